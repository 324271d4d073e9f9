"""Reimbursement by hand through the office: from the application to the payment, as officers click through it."""

from datetime import date
from io import BytesIO

import pytest
from django.test import Client

from yibao.domains.claims.models import Application, Document, PaymentOrder
from yibao.domains.reimbursement.models import BillLine
from yibao.domains.staff.models import PersonalRecordRead

from .office_records import found_staff, sign_in
from .records import nothing_changes
from .reimbursements import accepted, applied, approved, checked, found_officers
from .small_town import new_person

pytestmark = pytest.mark.usefixtures("standing_town")
READS = ("staff_personalrecordread",)


@pytest.fixture
def officers(standing_town):
    found_officers()
    found_staff()


@pytest.fixture
def person(officers):
    return new_person()


def as_officer(name):
    client = Client()
    sign_in(client, name)
    return client


def typed(someone, **changes):
    """What an officer types into the form of a new application."""
    return {
        "person": someone.document_number, "relation": "self", "applicant_name": someone.name, "bank_name": "测试银行",
        "account_holder": someone.name, "account_number": "6222 0000 1111 2222 333", "scheme": "310",
        "reason": "system_failure", "institution": "h11010100001", "care": "inpatient", "began_on": "2026-11-01",
        "ended_on": "2026-11-09", **changes,
    }  # fmt: skip


def case_page(application):
    return f"/reimbursements/{application.pk}"


def step(client, application, name, **said):
    return client.post(f"{case_page(application)}/{name}", said)


@pytest.mark.requirement("MAN-01")
class TestTheWholeLife:
    def test_from_the_application_to_the_payment(self, person):
        receiver, checker = as_officer("receiver"), as_officer("checker")
        decider, payer = as_officer("decider"), as_officer("payer")
        answer = receiver.post("/reimbursements/new", typed(person))
        application = Application.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, case_page(application))
        assert application.account_number == "6222000011112222333"

        file = BytesIO(b"an invoice")
        file.name = "invoice.pdf"
        step(receiver, application, "document", kind="invoice", number="A1", amount="20300.00", file=file)
        for kind in ("fee_list", "diagnosis", "record", "other"):
            step(receiver, application, "document", kind=kind)
        assert len(Document.objects.get(kind="invoice").digest) == 64
        wrong = Document.objects.get(kind="other")
        assert step(receiver, application, "void-document", document=wrong.pk).status_code == 302
        assert step(receiver, application, "void-document", document=wrong.pk).status_code == 409
        assert step(receiver, application, "accept").status_code == 302
        bill = "XA01\t阿莫西林胶囊\t200\t100.00\t20000.00\t2026-11-01\n,空调费,1,300,300.00,2026-11-02\n"
        assert step(checker, application, "bill", lines=bill).status_code == 302
        assert step(checker, application, "calculate").status_code == 302
        page = checker.get(case_page(application))
        calculation = page.context["calculation"]
        assert (calculation.total_fen, calculation.full_self_pay_fen) == (2_030_000, 30_000)
        assert all(passed for _asked, passed, _detail in page.context["checks"])
        assert len(page.context["explanation"].sentences) >= 2
        assert step(checker, application, "check", note="票据核验无误").status_code == 302
        assert step(decider, application, "approve").status_code == 302
        assert step(payer, application, "pay").status_code == 302

        order = PaymentOrder.objects.get()
        assert order.amount_fen == calculation.fund_fen
        shown = payer.get(case_page(application)).content.decode()
        assert "6222000011112222333" not in shown
        assert "622************2333" in shown
        assert "票据核验无误" in shown
        number = Application.objects.get(pk=application.pk).reimbursement.settlement_id
        assert f'href="{case_page(application)}"' in payer.get(f"/settlements/{number}").content.decode()

    def test_the_bank_returns_it_and_it_is_paid_again(self, person):
        application, payer = approved(person), as_officer("payer")
        step(payer, application, "pay")
        back = {"reason": "账号有误", "bank_name": "他行", "account_holder": person.name}
        refused = step(payer, application, "payment-returned", account_number="x", **back)
        assert refused.status_code == 400
        assert step(payer, application, "payment-returned", account_number="62220000", **back).status_code == 302
        assert step(payer, application, "pay").status_code == 302
        assert [order.account_number for order in PaymentOrder.objects.all()] == ["6222000011112222333", "62220000"]

    def test_it_is_taken_back(self, person):
        application = approved(person)
        assert step(as_officer("checker"), application, "take-back", article="第十七条").status_code == 302
        assert Application.objects.get().state == "reversed"

    def test_lines_are_refused_and_withdrawn(self, person):
        application, checker = accepted(person), as_officer("checker")
        line = BillLine.objects.get()
        step(checker, application, "refuse-line", line=line.pk, article="第四条")
        assert BillLine.objects.get().refused_article == "第四条"
        step(checker, application, "withdraw-line", line=line.pk)
        assert BillLine.objects.get().withdrawn_at is not None
        with nothing_changes(but=READS):
            assert step(checker, application, "withdraw-line", line="x").status_code == 409


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"person": ""}, 400), ({"account_number": "12"}, 400), ({"began_on": "gestern"}, 400),
            ({"relation": "proxy"}, 400), ({"institution": "X1"}, 400), ({"person": "nobody"}, 409),
            ({"institution": "H99999999999"}, 409), ({"scheme": "390"}, 409), ({"ended_on": "2026-10-01"}, 409),
        ],
    )  # fmt: skip
    def test_a_wrong_application_changes_nothing(self, person, changes, status):
        client = as_officer("receiver")
        with nothing_changes():
            answer = client.post("/reimbursements/new", typed(person, **changes))
        assert answer.status_code == status
        assert 'role="alert"' in answer.content.decode()

    def test_a_refused_step_is_said_on_the_page_and_changes_nothing(self, person):
        application = checked(person)
        with nothing_changes(but=READS):
            answer = step(as_officer("checker"), application, "approve")
        assert answer.status_code == 409
        assert "岗位不相容" in answer.content.decode()

    @pytest.mark.parametrize(
        "bill",
        [
            "XA01,only,three",
            "XA01,名称,1,100,100,gestern",
            "XA01,,1,100,100,2026-11-01",
            "XA01,名称,x,100,100,2026-11-01",
        ],
    )
    def test_an_unreadable_bill_changes_nothing(self, person, bill):
        application = accepted(person)
        with nothing_changes(but=READS):
            assert step(as_officer("checker"), application, "bill", lines=bill).status_code == 409

    def test_the_second_use_of_an_invoice_is_said(self, person):
        accepted(person, invoice="TWICE")
        other = applied(new_person())
        with nothing_changes(but=READS):
            answer = step(as_officer("receiver"), other, "document", kind="invoice", number="twice", amount="1")
        assert (answer.status_code, "不能重复报销" in answer.content.decode()) == (409, True)

    def test_an_unknown_step_is_not_found(self, person):
        application = applied(person)
        assert step(as_officer("receiver"), application, "burn").status_code == 404

    def test_steps_are_not_taken_by_reading(self, person):
        application = applied(person)
        assert as_officer("receiver").get(f"{case_page(application)}/accept").status_code == 405


class TestWhoSeesIt:
    @pytest.mark.parametrize(
        ("name", "status"), [("agency", 200), ("auditor", 200), ("institution", 403), ("system", 403), ("nobody", 403)]
    )
    def test_pages_are_for_agency_and_auditors(self, person, name, status):
        application = applied(person)
        client = as_officer(name)
        for page in ("/reimbursements", "/reimbursements.csv", case_page(application)):
            assert client.get(page).status_code == status

    def test_an_auditor_reads_but_works_on_nothing(self, person):
        application, client = checked(person), as_officer("auditor")
        assert "<form" not in client.get(case_page(application)).content.decode().split("<main")[1]
        assert client.get("/reimbursements/new").status_code == 403
        with nothing_changes():
            assert step(client, application, "approve").status_code == 403

    def test_another_region_finds_nothing(self, person):
        application, client = applied(person), as_officer("elsewhere")
        assert client.get("/reimbursements").context["rows"] == []
        with nothing_changes():
            assert client.get(case_page(application)).status_code == 404
            assert step(client, application, "withdraw").status_code == 404

    def test_opening_a_case_is_noted(self, person):
        application = applied(person)
        as_officer("agency").get(case_page(application))
        noted = PersonalRecordRead.objects.get()
        assert (noted.person_id, noted.purpose, noted.page) == (person.pk, "reimbursement", case_page(application))


class TestTheQueue:
    def test_shows_the_most_urgent_first_and_what_is_late(self, person):
        early, late, done = applied(person), applied(new_person()), approved(new_person(), total_yuan=100)
        Application.objects.filter(pk=late.pk).update(due_on=date(2026, 11, 13))
        answer = as_officer("agency").get("/reimbursements")
        assert [row.number for row in answer.context["rows"]] == [late.pk, early.pk]
        assert [row.late for row in answer.context["rows"]] == [True, False]
        assert (answer.context["late"], [row.number for row in answer.context["ended"]]) == (1, [done.pk])
        assert "已超期" in answer.content.decode()

    def test_is_taken_out_with_persons_masked(self, person):
        application = applied(person)
        answer = as_officer("agency").get("/reimbursements.csv")
        text = answer.content.decode("utf-8-sig")
        assert str(application.pk) in text
        assert person.document_number not in text
        assert person.name not in text
        assert PersonalRecordRead.objects.get().purpose == "export"

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_pages_speak_both_languages(self, person, language):
        application, client = checked(person), as_officer("agency")
        client.cookies["django_language"] = language
        for page in ("/reimbursements", "/reimbursements/new", case_page(application)):
            text = client.get(page).content.decode()
            assert ("手工" in text) == (language == "zh-hans")
