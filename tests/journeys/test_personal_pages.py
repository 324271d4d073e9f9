"""Insured persons on the public pages: activation, sign-in, their own records and nobody else's, and family members who act."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from yibao.domains.enrolment.models import Contribution, Enrolment
from yibao.domains.people.models import Voucher
from yibao.domains.personal_access.founding import found_demo_access
from yibao.domains.personal_access.models import Account, ActivationCode, Channel, Proxy, RecordLook
from yibao.domains.personal_access.operations import UnauthorisedChannelError, close_account
from yibao.domains.reference.models import Change
from yibao.domains.settlement.models import Settlement
from yibao.domains.vouchers.queries import verify
from yibao.interfaces.portal import person_session

from .personal_access import SECRET, child, handed_out, known_person, sign_in, with_account
from .small_town import REGION, new_person

TODAY = timezone.localdate


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def person(standing_town):
    return known_person(balance_fen=50_000)


@pytest.fixture
def signed_in(client, person):
    """The person's own browser."""
    sign_in(client, person)
    return client


@pytest.fixture
def bill(person, hospital):
    _, told = hospital.visit(person, "3000.00", account="1")
    return Settlement.objects.get(pk=told["setl_id"])


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


class TestActivation:
    def typed(self, person, handed, **changes):
        return {
            "number": person.document_number, "name": person.name, "code": handed, "password": SECRET, "again": SECRET,
        } | changes  # fmt: skip

    @pytest.mark.requirement("MOB-04")
    def test_opens_account_and_voucher_and_signs_in(self, client, standing_town):
        person = new_person()
        answer = client.post("/portal/activate", self.typed(person, handed_out(person).lower().replace("-", " ")))
        assert (answer.status_code, answer.url) == (302, "/portal/my/")
        assert Account.objects.get(person=person).secret != SECRET
        assert Voucher.objects.get(person=person, kind="01").number.startswith("EV")
        assert ActivationCode.objects.get().used_at is not None
        assert person.name in page(client, "/portal/my/")

    @pytest.mark.parametrize(
        "wrong",
        [{"code": "AAAA-AAAA-AAAA"}, {"name": "别人"}, {"number": "110101199001010015"}, {"code": ""}, {"again": "x"},
         {"password": "123", "again": "123"}, {"password": "1234567890", "again": "1234567890"}],
    )  # fmt: skip
    def test_refused_nothing_is_opened(self, client, standing_town, wrong):
        person = new_person()
        answer = client.post("/portal/activate", self.typed(person, handed_out(person), **wrong))
        assert answer.status_code == 400
        assert "没有激活" in answer.content.decode()
        assert SECRET not in answer.content.decode()
        assert not Account.objects.exists()
        assert not Voucher.objects.filter(person=person, kind="01").exists()
        assert not ActivationCode.objects.exclude(used_at=None).exists()

    def test_five_wrong_codes_void_it(self, client, standing_town):
        person = new_person()
        right = handed_out(person)
        for _ in range(5):
            client.post("/portal/activate", self.typed(person, "AAAA-AAAA-AAAA"))
        assert client.post("/portal/activate", self.typed(person, right)).status_code == 400
        assert ActivationCode.objects.get().voided_at is not None
        assert not Account.objects.exists()

    def test_a_code_is_used_once_and_a_newer_one_voids_the_older(self, client, standing_town):
        person = new_person()
        older, newer = handed_out(person), handed_out(person)
        assert client.post("/portal/activate", self.typed(person, older)).status_code == 400
        assert client.post("/portal/activate", self.typed(person, newer)).status_code == 302
        again = self.typed(person, newer, password="another sentence", again="another sentence")
        assert client.post("/portal/activate", again).status_code == 400

    def test_too_old(self, client, standing_town):
        person = new_person()
        code = handed_out(person)
        ActivationCode.objects.update(valid_until=timezone.now())
        assert client.post("/portal/activate", self.typed(person, code)).status_code == 400

    @pytest.mark.requirement("MOB-03")
    def test_only_channels_with_an_authorisation_in_force_activate(self, client, standing_town):
        person = new_person()
        channel = Channel.objects.create(
            code="bank", name_zh="某银行", name_en="a bank", document="授权书", valid_from=TODAY() - timedelta(days=9)
        )
        code = handed_out(person, channel=channel)
        Channel.objects.update(valid_until=TODAY())
        assert client.post("/portal/activate", self.typed(person, code)).status_code == 400
        assert not Voucher.objects.filter(person=person, kind="01").exists()
        channel.refresh_from_db()
        with pytest.raises(UnauthorisedChannelError):
            handed_out(person, channel=channel)
        Channel.objects.update(valid_until=None)
        assert client.post("/portal/activate", self.typed(person, code)).status_code == 302
        assert Voucher.objects.filter(person=person, kind="01").exists()

    def test_nothing_secret_is_in_the_history(self, client, standing_town):
        person = new_person()
        code = handed_out(person)
        client.post("/portal/activate", self.typed(person, code))
        kept = ActivationCode.objects.get().digest, Account.objects.get().secret
        told = [
            str((change.before, change.after)) for change in Change.objects.filter(table__startswith="personal_access")
        ]
        assert told
        assert [secret for secret in (code, *kept) if any(secret in row for row in told)] == []
        assert code not in kept[0]


class TestSignIn:
    def test_wrong_ones_are_told_alike(self, client, person):
        pages = [
            client.post("/portal/sign-in", {"number": number, "password": secret})
            .content.decode()
            .split('role="alert"')[1]
            .split("</div>")[0]
            for number, secret in ((person.document_number, "wrong"), ("110101199001010015", SECRET))
        ]
        assert pages[0] == pages[1]
        assert "证件号码或密码不对" in pages[0]
        assert "portal_person" not in client.session

    def test_five_wrong_ones_lock_for_a_quarter_of_an_hour(self, client, person, monkeypatch):
        for _ in range(5):
            client.post("/portal/sign-in", {"number": person.document_number, "password": "wrong"})
        right = {"number": person.document_number, "password": SECRET}
        assert client.post("/portal/sign-in", right).status_code == 400
        later = timezone.now() + timedelta(minutes=15, seconds=1)
        monkeypatch.setattr("yibao.interfaces.portal.sign_in.timezone.now", lambda: later)
        assert client.post("/portal/sign-in", right).status_code == 302

    def test_an_address_may_not_try_for_ever(self, client, person):
        right = {"number": person.document_number, "password": SECRET}
        answers = [client.post("/portal/sign-in", {"number": "x", "password": "x"}).status_code for _ in range(30)]
        assert set(answers) == {400}
        assert client.post("/portal/sign-in", right).status_code == 429
        assert "portal_person" not in client.session

    def test_strangers_are_sent_to_sign_in_and_back(self, client, person, bill):
        answer = client.get(f"/portal/my/visits/{bill.pk}")
        assert answer.url == f"/portal/sign-in?next=%2Fportal%2Fmy%2Fvisits%2F{bill.pk}"
        given = {"number": person.document_number, "password": SECRET, "next": f"/portal/my/visits/{bill.pk}"}
        assert client.post("/portal/sign-in", given).url == f"/portal/my/visits/{bill.pk}"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.example/portal/my/", "//evil.example", "/admin/", "javascript:x"]
    )
    def test_nobody_is_led_elsewhere(self, client, person, elsewhere):
        given = {"number": person.document_number, "password": SECRET, "next": elsewhere}
        assert client.post("/portal/sign-in", given).url == "/portal/my/"

    @pytest.mark.parametrize(
        "path", ["", "voucher", "voucher/code", "insurance", "visits", "visits/1", "family", "readers"]
    )
    def test_nothing_is_open_without_it(self, client, standing_town, path):
        assert client.get(f"/portal/my/{path}").url.startswith("/portal/sign-in?next=")
        assert not RecordLook.objects.exists()

    def test_is_no_sign_in_to_the_office(self, signed_in):
        for path in ("/", "/settlements", "/admin/"):
            assert "sign-in" in signed_in.get(path).url or "login" in signed_in.get(path).url

    @pytest.mark.parametrize(("after", "is_in"), [(timedelta(minutes=19), True), (timedelta(minutes=20), False)])
    def test_ends_by_itself(self, signed_in, monkeypatch, after, is_in):
        later = timezone.now() + after
        monkeypatch.setattr("yibao.interfaces.portal.access.timezone.now", lambda: later)
        assert (signed_in.get("/portal/my/").status_code == 200) is is_in

    def test_ends_with_the_day_however_busy(self, signed_in, monkeypatch):
        session = signed_in.session
        held = session["portal_person"]
        held["since"] -= person_session.WHOLE.total_seconds()
        session["portal_person"] = held
        session.save()
        assert signed_in.get("/portal/my/").status_code == 302

    def test_a_new_password_ends_every_session(self, signed_in, person):
        with_account(person, secret="another sentence")
        assert signed_in.get("/portal/my/").status_code == 302

    def test_closing_ends_it_too(self, signed_in, person):
        close_account(account=Account.objects.get(), at=timezone.now(), by="agency")
        assert signed_in.get("/portal/my/").status_code == 302
        assert (
            signed_in.post("/portal/sign-in", {"number": person.document_number, "password": SECRET}).status_code == 400
        )

    def test_signing_out(self, signed_in):
        assert signed_in.post("/portal/sign-out").url == "/portal/"
        assert signed_in.get("/portal/my/").status_code == 302


class TestOwnRecords:
    def test_the_voucher_is_a_code_for_this_person(self, signed_in, person):
        shown = page(signed_in, "/portal/my/voucher")
        code = shown.split('data-code="')[1][:50]
        assert Voucher.objects.get(pk=verify(code, timezone.now()).voucher_id).person_id == person.pk
        assert "<svg" in shown
        assert Voucher.objects.get(person=person, kind="01").number not in shown
        part = page(signed_in, "/portal/my/voucher/code")
        assert "<html" not in part
        assert code not in part

    def test_the_bill_is_told_as_in_the_office(self, signed_in, person, bill):
        from yibao.workflows.explain_settlement import explain_settlement

        told = page(signed_in, f"/portal/my/visits/{bill.pk}")
        sentences = explain_settlement(bill, "zh").sentences
        assert len(sentences) > 2
        for sentence in sentences:
            assert sentence.split("（")[0][:20] in told
        assert "阿莫西林胶囊" in told
        assert "3,000.00" in told

    @pytest.mark.requirement("ENR-26")
    def test_insurance_and_account(self, signed_in, person, bill):
        Contribution.objects.create(
            enrolment=Enrolment.objects.get(person=person), period_start=date(2026, 9, 1), period_end=date(2026, 10, 1),
            base_fen=1_000_000, employer_fen=98_000, person_fen=20_003, subsidy_fen=0, to_pool_fen=98_003,
            to_account_fen=20_000, paid_on=date(2026, 9, 10),
        )  # fmt: skip
        told = page(signed_in, "/portal/my/insurance")
        assert "职工基本医疗保险" in told
        assert "2026-09-01 – 2026-10-01" in told
        assert "200.03" in told
        assert "−500.00" in told
        assert person.document_number not in told
        assert person.document_number[:3] + "*" * 11 + person.document_number[-4:] in told

    def test_every_look_is_noted_and_shown(self, signed_in, person, bill):
        page(signed_in, f"/portal/my/visits/{bill.pk}")
        look = RecordLook.objects.latest("pk")
        assert (look.person_id, look.account.person_id, look.proxy, look.purpose, look.page, look.is_refused) == (
            person.pk, person.pk, None, "visits", f"/portal/my/visits/{bill.pk}", False,
        )  # fmt: skip
        told = page(signed_in, "/portal/my/readers")
        assert "查看就诊和账单" in told
        with pytest.raises(DatabaseError), transaction.atomic():
            RecordLook.objects.update(purpose="x")

    def test_institutions_that_looked_are_named(self, signed_in, person, hospital):
        hospital.expect("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.document_number}})
        told = page(signed_in, "/portal/my/readers")
        assert "测试H11010100001" in told
        assert "核对就诊人身份" in told

    @pytest.mark.requirement("SEC-02")
    def test_a_strangers_record_is_not_found_and_the_try_is_noted(self, signed_in, person, hospital):
        stranger = new_person()
        _, told = hospital.visit(stranger, "700.00")
        refused = signed_in.get(f"/portal/my/visits/{told['setl_id']}")
        unknown = signed_in.get("/portal/my/visits/999999999")
        assert refused.status_code == unknown.status_code == 404
        assert refused.content.decode().split("<main")[1] == unknown.content.decode().split("<main")[1]
        look = RecordLook.objects.get(is_refused=True)
        assert (look.account.person_id, look.person_id) == (person.pk, stranger.pk)
        assert signed_in.get(f"/portal/my/visits/{2**70}").status_code == 404

    def test_few_statements(self, signed_in, person, hospital, bill, django_assert_max_num_queries):
        for _ in range(3):
            hospital.visit(person, "100.00")
        for path in ("", "voucher", "insurance", "visits", f"visits/{bill.pk}", "family", "readers"):
            with django_assert_max_num_queries(16):
                page(signed_in, f"/portal/my/{path}")


class TestFamily:
    @pytest.fixture
    def daughter(self, person):
        return known_person("王女儿")

    def give(self, client, agent, purposes=("view",), **changes):
        given = {
            "name": agent.name, "number": agent.document_number, "relation": "女儿", "purposes": list(purposes), "days": "90",
        }  # fmt: skip
        return client.post("/portal/my/family/new", given | changes)

    def acting(self, client, agent, proxy):
        client.post("/portal/sign-out")
        sign_in(client, agent)
        assert client.post(f"/portal/my/family/{proxy.pk}/act").url == "/portal/my/"
        return client

    def test_acts_within_what_was_allowed_seen_by_all(self, signed_in, person, daughter, bill):
        assert self.give(signed_in, daughter).status_code == 302
        proxy = Proxy.objects.get()
        assert (proxy.purposes, proxy.valid_until - proxy.valid_from) == (["view"], timedelta(days=90))
        hers = self.acting(signed_in, daughter, proxy)
        told = page(hers, f"/portal/my/visits/{bill.pk}")
        assert "您正在代 <strong>张测试</strong> 办理" in told
        assert hers.get("/portal/my/voucher").status_code == 403
        assert hers.get("/portal/my/family").status_code == 403
        looks = RecordLook.objects.filter(person=person, account__person=daughter)
        assert {(look.purpose, look.is_refused) for look in looks if look.proxy_id == proxy.pk} >= {
            ("visits", False), ("voucher", True), ("family", True),
        }  # fmt: skip
        assert hers.post("/portal/my/family/stop").url == "/portal/my/"
        assert hers.get(f"/portal/my/visits/{bill.pk}").status_code == 404
        hers.post("/portal/sign-out")
        sign_in(hers, person)
        assert "王女儿（代我办理）" in page(hers, "/portal/my/readers")

    def test_shows_the_voucher_when_allowed(self, signed_in, person, daughter):
        self.give(signed_in, daughter, purposes=("voucher",))
        hers = self.acting(signed_in, daughter, Proxy.objects.get())
        code = page(hers, "/portal/my/voucher").split('data-code="')[1][:50]
        assert Voucher.objects.get(pk=verify(code, timezone.now()).voucher_id).person_id == person.pk
        assert hers.get("/portal/my/visits").status_code == 403
        assert "我的账单" not in page(hers, "/portal/my/").split("<main")[1]

    def test_ended_at_once_by_the_person(self, signed_in, person, daughter, client):
        self.give(signed_in, daughter)
        proxy = Proxy.objects.get()
        from django.test import Client

        hers = self.acting(Client(), daughter, proxy)
        assert hers.get("/portal/my/visits").status_code == 200
        assert signed_in.post(f"/portal/my/family/{proxy.pk}/end").status_code == 302
        told = page(hers, "/portal/my/visits")
        assert "您正在代" not in told
        assert hers.post(f"/portal/my/family/{proxy.pk}/act").status_code == 404

    def test_is_given_up_by_the_family_member(self, signed_in, person, daughter):
        self.give(signed_in, daughter)
        proxy = Proxy.objects.get()
        signed_in.post("/portal/sign-out")
        sign_in(signed_in, daughter)
        assert signed_in.post(f"/portal/my/family/{proxy.pk}/end").status_code == 302
        proxy.refresh_from_db()
        assert proxy.ended_by == f"person {daughter.number}"

    def test_a_stranger_neither_acts_nor_ends(self, signed_in, person, daughter):
        self.give(signed_in, daughter)
        proxy = Proxy.objects.get()
        other = known_person("赵他人")
        signed_in.post("/portal/sign-out")
        sign_in(signed_in, other)
        assert signed_in.post(f"/portal/my/family/{proxy.pk}/act").status_code == 404
        assert signed_in.post(f"/portal/my/family/{proxy.pk}/end").status_code == 404
        proxy.refresh_from_db()
        assert proxy.ended_at is None

    @pytest.mark.parametrize(
        ("changes", "said"),
        [({"name": "别人"}, "没有找到"), ({"number": "110101199001010015"}, "没有找到"), ({"purposes": []}, "请至少选择一项"),
         ({"purposes": ["all"]}, "没有作任何更改"), ({"days": "9999"}, "没有作任何更改")],
    )  # fmt: skip
    def test_refused_nothing_is_given(self, signed_in, daughter, changes, said):
        answer = self.give(signed_in, daughter, **changes)
        assert answer.status_code in {400, 409}
        assert said in answer.content.decode()
        assert not Proxy.objects.exists()

    def test_not_to_oneself_not_twice_not_to_a_minor(self, signed_in, person, daughter):
        assert "不能授权给自己" in self.give(signed_in, person).content.decode()
        assert "须年满 18" in self.give(signed_in, child()).content.decode()
        self.give(signed_in, daughter)
        assert "已有授权" in self.give(signed_in, daughter).content.decode()
        assert Proxy.objects.count() == 1

    def test_a_right_stays_as_it_was_given(self, signed_in, daughter):
        self.give(signed_in, daughter)
        for change in (
            lambda: Proxy.objects.update(purposes=["view", "voucher"]),
            lambda: Proxy.objects.all().delete(),
            lambda: Proxy.objects.update(valid_until=TODAY() + timedelta(days=900)),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


class TestDisplay:
    @pytest.mark.requirement("ELD-04")
    def test_elder_mode_is_remembered_in_the_account(self, signed_in, person, bill):
        from django.test import Client

        signed_in.post("/portal/display", {"switch": "elder", "next": "/portal/my/"})
        told = page(signed_in, "/portal/my/")
        assert 'class="large elder"' in told
        assert "我的参保与个人账户" not in told
        assert "拨打 12393" in told
        assert Account.objects.get(person=person).display == "elder"
        another_phone = Client()
        sign_in(another_phone, person)
        assert 'class="large elder"' in page(another_phone, "/portal/my/")

    def test_without_an_account_a_cookie_keeps_it(self, client, standing_town):
        client.post("/portal/display", {"switch": "elder", "next": "/portal/"})
        assert 'class="large elder"' in page(client, "/portal/")


class TestDemo:
    def test_two_persons_can_sign_in_and_one_act_for_the_other(self, client, standing_town):
        new_person(born=date(2010, 1, 1))
        elder, adult = new_person(born=date(1950, 1, 1), status="retired"), new_person(born=date(1980, 1, 1))
        now = timezone.now()
        for _ in range(2):  # a second run gives new passwords
            told = found_demo_access(region=REGION, at=now, on=TODAY())
        assert [demo.person.pk for demo in told] == [elder.pk, adult.pk]
        sign_in(client, adult, secret=told[1].password)
        assert client.post(f"/portal/my/family/{Proxy.objects.get().pk}/act").status_code == 302
        assert elder.name in page(client, "/portal/my/")

    def test_a_place_without_such_persons_gets_none(self, standing_town):
        assert found_demo_access(region=REGION, at=timezone.now(), on=TODAY()) == []
        assert not Account.objects.exists()
