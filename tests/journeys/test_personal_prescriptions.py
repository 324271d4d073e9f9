"""Patients on the public pages: choosing who dispenses, agreeing to pay, following both, and nobody else's."""

import pytest
from django.test import Client

from yibao.domains.mobile_orders.models import Authorisation, Order
from yibao.domains.personal_access.models import Proxy, RecordLook
from yibao.domains.prescriptions.models import Event, Prescription
from yibao.domains.vouchers.models import Redemption

from .hospital import Hospital
from .mobile_payer import MobilePayer, connect_test_channel
from .personal_access import code_of, known_person, sign_in
from .prescribing import OTHER_PHARMACY, PHARMACY, claimed, prescribed, staff_the_houses
from .small_town import new_person

ME = "/portal/my"


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def person(standing_town):
    staff_the_houses()
    return known_person(balance_fen=20_000)


@pytest.fixture
def mine(client, person):
    """The person's own browser."""
    sign_in(client, person)
    return client


@pytest.fixture
def rx(person):
    return prescribed(person)


def page(client, path):
    answer = client.get(ME + path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def choose(client, rx, code):
    return client.post(f"{ME}/prescriptions/{rx.number}/choose", {"institution": code})


class TestPrescriptions:
    def test_is_told_with_its_medicines_and_its_way(self, mine, rx):
        assert "阿莫西林胶囊" in page(mine, "/prescriptions")
        told = page(mine, f"/prescriptions/{rx.number}")
        assert "还没有选择" in told
        assert "信息" in told
        assert "测试医师" in told
        assert "<svg" in told

    def test_a_pharmacy_is_found_and_chosen_and_may_be_changed(self, mine, rx):
        told = page(mine, f"/prescriptions/{rx.number}?search=另一")
        assert OTHER_PHARMACY in told
        assert "<html" not in page(mine, f"/prescriptions/{rx.number}/pharmacies?search={PHARMACY}")
        assert choose(mine, rx, OTHER_PHARMACY).status_code == 302
        assert choose(mine, rx, PHARMACY).status_code == 302
        rx.refresh_from_db()
        assert rx.place.code == PHARMACY
        event = Event.objects.filter(prescription=rx, step="choose").latest("number")
        assert event.actor == f"person {rx.person.number}"

    def test_the_chosen_pharmacy_reads_it_by_the_voucher(self, mine, rx, person, pharmacy):
        choose(mine, rx, PHARMACY)
        asked = {
            "app_chnl_id": "1", "app_chnl_user_id": "1", "dev_info": "t", "ip_info": "1", "opter": "1", "opter_name": "x",
            "optins": PHARMACY, "insuplc_admdvs": "110101", "mdtrt_cert_type": "01", "mdtrt_cert_no": code_of(person),
        }  # fmt: skip
        found = pharmacy.expect("7202", {"data": asked})
        assert found["diag_name"] == "肺炎"
        assert Redemption.objects.get().infno == "7202"

    @pytest.mark.parametrize("place", ["", "H11010100002", "P99999999999"])
    def test_not_every_place_dispenses(self, mine, rx, place):
        answer = choose(mine, rx, place)
        assert answer.status_code == 409
        assert "另选一家" in answer.content.decode()
        assert not Event.objects.filter(prescription=rx, step="choose").exists()

    def test_not_when_a_dispenser_works_on_it(self, mine, rx, pharmacy):
        claimed(rx, pharmacy)
        answer = choose(mine, rx, OTHER_PHARMACY)
        assert answer.status_code == 409
        assert "不能更改" in answer.content.decode()
        assert Prescription.objects.get(pk=rx.pk).holder.code == PHARMACY

    def test_a_strangers_is_not_found_and_the_try_is_noted(self, mine, person):
        other = new_person()
        theirs = prescribed(other)
        assert mine.get(f"{ME}/prescriptions/{theirs.number}").status_code == 404
        assert choose(mine, theirs, PHARMACY).status_code == 404
        assert mine.get(f"{ME}/prescriptions/none").status_code == 404
        assert RecordLook.objects.filter(is_refused=True, person=other, account__person=person).count() == 2
        assert Prescription.objects.get(pk=theirs.pk).place is None

    def test_a_family_member_handles_only_when_allowed(self, mine, rx, person):
        from datetime import timedelta

        from django.utils import timezone

        today = timezone.localdate()
        son = known_person("张儿子")
        hers = Client()
        sign_in(hers, son)
        for purpose, allowed in (("view", False), ("handle", True)):
            proxy = Proxy.objects.create(
                principal=person, agent=son, basis="consent", relation="儿子", purposes=[purpose], valid_from=today,
                valid_until=today + timedelta(days=9), given_by="x", given_at=timezone.now(),
            )  # fmt: skip
            assert hers.post(f"{ME}/family/{proxy.pk}/act").status_code == 302
            assert rx.number in page(hers, f"/prescriptions/{rx.number}") or not allowed
            assert choose(hers, rx, PHARMACY).status_code == (302 if allowed else 403)
            assert Event.objects.filter(prescription=rx, step="choose").exists() is allowed
            Proxy.objects.filter(pk=proxy.pk).update(valid_until=today, ended_at=timezone.now(), ended_by="x")
        assert Event.objects.get(prescription=rx, step="choose").actor == f"person {son.number}"


class TestOrders:
    @pytest.fixture
    def payer(self, person):
        connect_test_channel()
        return MobilePayer()

    @pytest.mark.requirement("MOB-05")
    def test_agreeing_pays_and_everything_is_told(self, mine, person, payer):
        placed = payer.place(person, total="3000.00", account="1")
        number = placed["payOrdId"]
        assert "同意支付" in page(mine, f"/orders/{number}")
        agreed = mine.post(f"{ME}/orders/{number}/authorise").content.decode()
        code = agreed.split('data-code="')[1].split('"')[0]
        given = Authorisation.objects.get(kind="payment")
        assert (given.person_id, given.institution.code, given.given_through) == (person.pk, "H11010100001", "portal")
        payer.pay(placed, code=code)
        told = page(mine, f"/orders/{number}")
        assert "同意支付" not in told
        assert f"{ME}/visits/{Order.objects.get(number=number).settlement_id}" in told
        bill = told.split(f"{ME}/orders/{number}/bills/")[1].split('"')[0]
        pdf = mine.get(f"{ME}/orders/{number}/bills/{bill}")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        assert "已支付" in page(mine, "/messages")
        assert "<html" not in page(mine, f"/orders/{number}/state")

    def test_a_paid_order_is_not_agreed_to_again(self, mine, person, payer):
        placed = payer.place(person)
        payer.pay(placed)
        assert "data-code" not in mine.post(f"{ME}/orders/{placed['payOrdId']}/authorise").content.decode()
        assert not Authorisation.objects.filter(kind="payment").exists()

    def test_a_strangers_is_not_found_and_the_try_is_noted(self, mine, person, payer):
        other = new_person(balance_fen=1_000)
        placed = payer.place(other)
        paid = payer.pay(placed)
        number = placed["payOrdId"]
        assert paid["ordStas"] == "6"
        for path in ("", "/state", "/bills/0000000001.pdf"):
            assert mine.get(f"{ME}/orders/{number}{path}").status_code == 404
        assert mine.post(f"{ME}/orders/{number}/authorise").status_code == 404
        assert not Authorisation.objects.filter(kind="payment").exists()
        assert RecordLook.objects.filter(is_refused=True, person=other).count() == 4


def test_nothing_there_is_said_plainly(mine):
    for path, words in (
        ("/prescriptions", "没有流转的处方"), ("/orders", "没有订单"), ("/messages", "还没有消息"), ("/online", "没有网上复诊记录"),
    ):  # fmt: skip
        assert words in page(mine, path)


def test_online_visits_are_told_with_what_they_stand_on(mine, person):
    from django.utils import timezone

    from yibao.domains.internet_care.models import VisitCheck
    from yibao.domains.visits.models import Visit

    house = Hospital()
    earlier, later = house.register(person, at="2026-11-05 09:00:00"), house.visit(person, "200.00")[0]
    VisitCheck.objects.create(
        visit=Visit.objects.get(pk=later), document="测试规则", disease_code="I10", checked_at=timezone.now(),
        prior_visit=Visit.objects.get(pk=earlier),
    )  # fmt: skip
    told = page(mine, "/online")
    assert "依据 2026-11-05 在测试H11010100001 的线下就诊" in told
    assert "200.00" in told
    assert "2026-11-10 09:00" in told
