"""Family sharing of an account in the office: who sees it, what it says, authorised and ended, refused with a reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from yibao.core.identity import mask
from yibao.domains.enrolment.models import AccountSharing, Enrolment, PersonalAccount
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Change
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.models import PersonalRecordRead

from .families import balances, share
from .office_records import found_staff, sign_in
from .records import nothing_changes
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")


@pytest.fixture
def mother():
    found_staff()
    person = new_person(balance_fen=60_000)
    Person.objects.filter(pk=person.pk).update(name="王测试")
    return Person.objects.get(pk=person.pk)


@pytest.fixture
def child():
    person = new_person(scheme="390", status="student_child")
    Person.objects.filter(pk=person.pk).update(name="李小测试")
    return Person.objects.get(pk=person.pk)


def authorise(client, owner, person, **changes):
    told = {"relative": person.document_number, "name": person.name, "relation": "child", "document": "户口簿"}
    return client.post(f"/sharing/{owner.number}/new", told | changes)


class TestAuthorising:
    @pytest.mark.requirement("ACC-02")
    def test_entered_used_and_ended(self, client, mother, child, hospital):
        sign_in(client, "agency")
        assert authorise(client, mother, child).status_code == 302
        sharing = AccountSharing.objects.get()
        assert (sharing.owner, sharing.beneficiary, sharing.authorised_by) == (mother, child, "agency")
        assert sharing.valid_from == timezone.localdate()

        visit = hospital.register(child, insutype="390")
        hospital.charge(child, visit, "200.00")
        hospital.settle(child, visit, "200.00", account="1", insutype="390")

        page = client.get(f"/sharing/{mother.number}")
        text = page.content.decode()
        assert [(name, fen) for _row, name, fen in page.context["used"]] == [("李小测试", 20_000)]
        assert "子女" in text
        assert child.document_number not in text
        assert client.post(f"/sharing/{mother.number}/{sharing.pk}/end").status_code == 302
        sharing.refresh_from_db()
        assert (sharing.valid_until, sharing.ended_by) == (timezone.localdate(), "agency")
        written = Change.objects.get(table="enrolment_accountsharing", record=str(sharing.pk), action="update")
        assert written.actor == "agency"

        hospital.charge(child, visit, "100.00", batch="B2")
        info = hospital.settle(child, visit, "100.00", account="1", insutype="390", batch="B2")
        assert info["acct_mulaid_pay"] == 0
        assert balances(mother) == [40_000]

    def test_ended_twice_changes_nothing(self, client, mother, child):
        sharing = share(mother, child)
        sign_in(client, "agency")
        client.post(f"/sharing/{mother.number}/{sharing.pk}/end")
        with nothing_changes():
            answer = client.post(f"/sharing/{mother.number}/{sharing.pk}/end")
        assert answer.status_code == 409
        assert "已经解除" in answer.content.decode()

    def test_only_the_owners_page_ends_it(self, client, mother, child):
        sharing = share(mother, child)
        sign_in(client, "agency")
        with nothing_changes():
            assert client.post(f"/sharing/{child.number}/{sharing.pk}/end").status_code == 404

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"name": "别人"}, "没有证件号码"),
            ({"relative": "none"}, "没有证件号码"),
            ({"until": "2020-01-01"}, "终止日期必须晚于起始日期"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, client, mother, child, changes, sentence):
        sign_in(client, "agency")
        with nothing_changes():
            answer = authorise(client, mother, child, **changes)
        assert answer.status_code == 409
        assert sentence in answer.content.decode()

    @pytest.mark.parametrize(
        ("prepare", "sentence"),
        [
            (lambda _mother, child: Enrolment.objects.filter(person=child).update(state="2"), "未参加基本医疗保险"),
            (lambda _mother, child: Enrolment.objects.filter(person=child).update(region_id="310000"), "地域范围"),
            (lambda mother, _child: Enrolment.objects.filter(person=mother).update(state="4"), "未参加职工医保"),
            (lambda mother, _child: PersonalAccount.objects.filter(person=mother, balance_fen=0).delete(), "个人账户"),
            (share, "已可共济"),
        ],
        ids=["relative not insured", "too far", "owner not insured", "no account", "shared already"],
    )
    def test_what_the_law_does_not_allow_is_refused(self, client, child, prepare, sentence):
        found_staff()
        owner = new_person()
        prepare(owner, child)
        sign_in(client, "agency")
        with nothing_changes():
            answer = authorise(client, owner, child)
        assert answer.status_code == 409
        assert sentence in answer.content.decode()

    @pytest.mark.parametrize("field", ["relative", "name", "document", "relation"])
    def test_what_is_missing_is_said_at_its_field(self, client, mother, child, field):
        sign_in(client, "agency")
        with nothing_changes():
            answer = authorise(client, mother, child, **{field: ""})
        assert answer.status_code == 400
        assert field in answer.context["form"].errors

    def test_until_a_day(self, client, mother, child):
        sign_in(client, "agency")
        until = timezone.localdate() + timedelta(days=30)
        assert authorise(client, mother, child, until=until.isoformat()).status_code == 302
        assert AccountSharing.objects.get().valid_until == until


class TestWhoSeesWhat:
    def test_the_reading_is_noted(self, client, mother):
        sign_in(client, "auditor")
        assert client.get(f"/sharing/{mother.number}").context["form"] is None
        noted = PersonalRecordRead.objects.get()
        assert (noted.person_id, noted.purpose) == (mother.pk, "sharing")

    def test_auditors_read_and_never_act(self, client, mother, child):
        sign_in(client, "auditor")
        with nothing_changes():
            assert authorise(client, mother, child).status_code == 403

    @pytest.mark.parametrize("role", ["system", "institution", "nobody"])
    def test_other_roles_see_nothing(self, client, mother, role):
        sign_in(client, role)
        with nothing_changes():
            assert client.get(f"/sharing/{mother.number}").status_code == 403

    def test_another_region_finds_nobody(self, client, mother, child):
        sign_in(client, "elsewhere")
        with nothing_changes():
            assert client.get(f"/sharing/{mother.number}").status_code == 404
            assert authorise(client, mother, child).status_code == 404

    def test_a_relative_of_another_region_is_masked(self, client, mother, child):
        share(mother, child)
        Enrolment.objects.filter(person=child).update(region_id="310000")
        sign_in(client, "agency")
        text = client.get(f"/sharing/{mother.number}").content.decode()
        assert "李**试" in text
        assert "李小测试" not in text

    def test_the_other_side_sees_whose_account_pays(self, client, mother, child):
        share(mother, child)
        sign_in(client, "agency")
        page = client.get(f"/sharing/{child.number}")
        assert [each["relative"] for each in page.context["received"]] == ["王测试"]
        assert mother.document_number not in page.content.decode()
        assert mask(mother.document_number) not in page.content.decode()

    def test_the_persons_page_leads_there(self, client, mother):
        sign_in(client, "agency")
        page = client.get("/contributions", {"person": mother.number}).content.decode()
        assert f"/sharing/{mother.number}" in page


class TestOnASettlement:
    def test_the_relation_and_a_masked_name_and_no_number(self, client, mother, child, hospital):
        share(mother, child)
        visit = hospital.register(child, insutype="390")
        hospital.charge(child, visit, "200.00")
        info = hospital.settle(child, visit, "200.00", account="1", insutype="390")
        hospital.expect("2208", hospital.reversal(child, visit, info["setl_id"]))
        settled, turned = Settlement.objects.filter(person=child).order_by("id")
        sign_in(client, "agency")
        text = client.get(f"/settlements/{settled.pk}").content.decode()
        assert "由家庭成员（父母，王*试）的个人账户共济支付 200.00 元。" in text
        assert "家庭成员账户共济" in text
        assert not any(hidden in text for hidden in (mother.document_number, mother.number, mother.name))
        assert (
            "已退回家庭成员（父母，王*试）个人账户 200.00 元。"
            in client.get(f"/settlements/{turned.pk}").content.decode()
        )
        client.post("/language", {"language": "en"})
        english = client.get(f"/settlements/{settled.pk}").content.decode()
        assert "The personal account of a relative (parent, 王*试) paid 200.00 yuan." in english
