"""Maternity claims: one application gives allowance and cost; what is refused changes nothing."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from yibao.domains.claims.models import Application, PaymentOrder
from yibao.domains.claims.operations import ArticleMissingError, SameOfficerError
from yibao.domains.claims.states import WrongStateError
from yibao.domains.enrolment.models import Employer, Enrolment
from yibao.domains.ledger.queries import balance_fen, entries_of_cause
from yibao.domains.maternity.models import MaternityCalculation, MaternityClaim
from yibao.domains.maternity.operations import EventClaimedError
from yibao.engines.maternity import UnknownCareKindError, WrongMaternityCaseError
from yibao.policies import NoPolicyError
from yibao.workflows.apply_for_reimbursement import NoSuchPersonError, accept
from yibao.workflows.claim_maternity import (
    EventAheadError,
    MaternityChangedError,
    MaternityNotCalculatedError,
    MaternityWish,
    NotAnEmployeeError,
    TooFewMonthsError,
    approve_maternity,
    calculate_maternity,
    check_maternity,
    claim_maternity,
    months_before,
    refuse_maternity,
    reverse_maternity,
    send_maternity_back,
    withdraw_maternity,
)
from yibao.workflows.pay_claim import pay

from .office_records import found_staff
from .records import nothing_changes
from .reimbursements import act, applicant, bring, found_officers
from .small_town import new_person
from .test_office_reimbursements import as_officer

pytestmark = pytest.mark.usefixtures("standing_town", "_officers")
MATERNITY = Application.Kind.MATERNITY
BORN = date(2026, 10, 20)


@pytest.fixture
def _officers(standing_town):
    found_officers()
    found_staff()


def employee(**changes):
    """A woman insured through an employer."""
    person = new_person(**changes)
    employer = Employer.objects.create(code=f"E{person.pk}", name="测试单位", division_id="110101")
    Enrolment.objects.filter(person=person, scheme="310").update(employer=employer)
    return person


@pytest.fixture
def mother(standing_town):
    return employee()


def wish(someone, **changes):
    """A caesarean section at a tertiary hospital, paid by herself, at 9,000 a month."""
    told = {
        "person": someone.number, "event": "birth", "happened_on": BORN, "is_difficult": True, "children": 1,
        "pregnancy_weeks": 39, "average_wage_fen": 900_000, "own_wage_fen": 1_000_000, "prenatal_cost_fen": 150_000,
        "care_cost_fen": 800_000, "care_key": "caesarean/tertiary", **changes,
    }  # fmt: skip
    return MaternityWish(**told)


def claimed(someone, **changes):
    return claim_maternity(wish(someone, **changes), applicant(someone), act("receiver"))


def checked(someone, **changes):
    application = claimed(someone, **changes)
    bring(application, "diagnosis")
    bring(application, "invoice", number=f"MAT{application.pk}", amount_fen=950_000)
    accept(application.pk, application_kind=MATERNITY, act=act("receiver"))
    calculate_maternity(application.pk, act("checker"))
    check_maternity(application.pk, act("checker"))
    return application


def approved(someone, **changes):
    application = checked(someone, **changes)
    approve_maternity(application.pk, act("decider"))
    return Application.objects.get(pk=application.pk)


class TestTheWholeLife:
    @pytest.mark.requirement("MAT-01", "MAT-05")
    def test_one_application_gives_allowance_and_cost_and_is_paid_at_once(self, mother):
        application = approved(mother)
        owed = MaternityCalculation.objects.get()
        # 9,000 / 30 × (98 + 15 + 60), checks to 1,200, a caesarean at 3,800; to the own wage the employer adds the rest
        assert (owed.days, owed.allowance_fen) == (173, 5_190_000)
        assert (owed.prenatal_fen, owed.care_fen, owed.total_fen) == (120_000, 380_000, 5_690_000)
        assert owed.employer_tops_up_fen == 5_766_667 - 5_190_000
        assert all(passed for _key, passed, _detail in owed.checks)

        posted = entries_of_cause(cause="maternity", cause_id=application.pk)
        assert [(e.account.code, e.debit_fen, e.credit_fen, e.person_id) for e in posted] == [
            ("5001", 5_690_000, 0, mother.pk), ("2001", 0, 5_690_000, mother.pk),
        ]  # fmt: skip
        pay(application.pk, application_kind=MATERNITY, act=act("payer"))
        order = PaymentOrder.objects.get()
        assert (order.amount_fen, order.fund_codes) == (5_690_000, ["310100"])
        assert balance_fen(book="employee", account="2001") == 0
        assert Application.objects.get().state == "closed"

    def test_ten_working_days(self, mother):
        assert claimed(mother).due_on == date(2026, 11, 30)

    def test_a_miscarriage_brings_its_days(self, mother):
        application = checked(
            mother, event="miscarriage", is_difficult=False, children=0, pregnancy_weeks=18,
            care_key="abortion_surgical/tertiary", care_cost_fen=50_000, prenatal_cost_fen=0,
        )  # fmt: skip
        owed = MaternityCalculation.objects.get(claim_id=application.pk)
        assert (owed.days, owed.care_fen) == (42, 27_000)

    def test_without_an_employer_cost_alone_is_paid(self):
        person = new_person()
        checked(person)
        owed = MaternityCalculation.objects.get()
        assert (owed.days, owed.allowance_fen, owed.total_fen) == (0, 0, 500_000)
        assert ["employer_known", False, ""] in owed.checks

    def test_taken_back_it_is_posted_in_red_and_may_be_claimed_again(self, mother):
        application = approved(mother)
        reverse_maternity(application.pk, act("checker", article="第八条"))
        red = entries_of_cause(cause="mat_reversal", cause_id=application.pk)
        assert sum(e.debit_fen for e in red) == -5_690_000
        assert balance_fen(book="employee", account="5001") == 0
        assert approved(mother).pk != application.pk


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"person": "nobody"}, NoSuchPersonError),
            ({"happened_on": date(2026, 12, 1)}, EventAheadError),
            ({"happened_on": date(2018, 1, 1)}, NotAnEmployeeError),
            ({"happened_on": date(2021, 1, 1)}, NoPolicyError),
            ({"children": 0}, WrongMaternityCaseError),
            ({"event": "miscarriage"}, WrongMaternityCaseError),
            ({"care_key": "by_moonlight"}, UnknownCareKindError),
        ],
    )
    def test_a_wrong_claim_changes_nothing(self, mother, changes, error):
        with nothing_changes(), pytest.raises(error):
            claimed(mother, **changes)

    def test_a_resident_is_sent_to_her_own_scheme(self):
        resident = new_person(scheme="390", status="working_age")
        with nothing_changes(), pytest.raises(NotAnEmployeeError):
            claimed(resident)

    def test_an_event_is_claimed_once(self, mother):
        first = claimed(mother)
        with nothing_changes(), pytest.raises(EventClaimedError):
            claimed(mother)
        withdraw_maternity(first.pk, act("receiver"))
        assert claimed(mother).pk != first.pk

    def test_the_database_holds_it_too(self, mother):
        twin = MaternityClaim.objects.get(application=claimed(mother))
        other = claimed(mother, happened_on=date(2025, 1, 1))
        with pytest.raises(IntegrityError, match="claimed_once"), transaction.atomic():
            MaternityClaim.objects.filter(application=other).update(happened_on=twin.happened_on)

    def test_too_few_months_are_not_approved(self):
        person = employee(since=date(2026, 6, 1))
        application = checked(person)
        assert ["months_before", False, "4 / 9"] in MaternityCalculation.objects.get().checks
        with nothing_changes(), pytest.raises(TooFewMonthsError):
            approve_maternity(application.pk, act("decider"))
        refuse_maternity(application.pk, act("decider", article="连续参保不足"))
        assert Application.objects.get().state == "refused"
        assert claimed(person)

    def test_a_gap_ends_the_count_of_months(self, mother):
        claim = MaternityClaim.objects.get(application=claimed(mother))
        row = Enrolment.objects.get(person=mother)
        Enrolment.objects.filter(pk=row.pk).update(valid_from=date(2026, 3, 1))
        row.pk, row.valid_from, row.valid_until = None, date(2019, 1, 1), date(2026, 3, 1)
        row.save(force_insert=True)
        assert months_before(claim) == 93
        Enrolment.objects.filter(pk=row.pk).update(valid_until=date(2026, 2, 28))
        assert months_before(claim) == 7

    def test_what_changed_since_the_check_is_not_approved(self, mother):
        application = checked(mother)
        MaternityClaim.objects.update(own_wage_fen=0)
        with nothing_changes(), pytest.raises(MaternityChangedError):
            approve_maternity(application.pk, act("decider"))
        send_maternity_back(application.pk, act("decider"))
        calculate_maternity(application.pk, act("checker"))
        check_maternity(application.pk, act("checker"))
        assert approve_maternity(application.pk, act("decider")).state == "approved"

    def test_four_eyes_and_articles(self, mother):
        application = checked(mother)
        for attempt in (approve_maternity, refuse_maternity):
            with nothing_changes(), pytest.raises(SameOfficerError):
                attempt(application.pk, act("checker", article="x"))
        with nothing_changes(), pytest.raises(ArticleMissingError):
            refuse_maternity(application.pk, act("decider"))
        approve_maternity(application.pk, act("decider"))
        with nothing_changes(), pytest.raises(SameOfficerError):
            pay(application.pk, application_kind=MATERNITY, act=act("decider"))
        with nothing_changes(), pytest.raises(SameOfficerError):
            reverse_maternity(application.pk, act("decider", article="x"))

    def test_out_of_turn(self, mother):
        application = claimed(mother)
        with nothing_changes(), pytest.raises(WrongStateError):
            calculate_maternity(application.pk, act("checker"))
        with nothing_changes(), pytest.raises(WrongStateError):
            approve_maternity(application.pk, act("decider"))
        bring(application, "diagnosis")
        accept(application.pk, application_kind=MATERNITY, act=act("receiver"))
        with nothing_changes(), pytest.raises(MaternityNotCalculatedError):
            check_maternity(application.pk, act("checker"))


class TestTheOffice:
    def typed(self, someone, **changes):
        return {
            "person": someone.number, "relation": "self", "applicant_name": someone.name, "bank_name": "测试银行",
            "account_holder": someone.name, "account_number": "6222000011112222333", "event": "birth",
            "happened_on": BORN.isoformat(), "pregnancy_weeks": "39", "children": "1", "is_difficult": "on",
            "average_wage": "9000", "own_wage": "8000.50", "prenatal_cost": "1500", "care_cost": "8000",
            "care_key": "caesarean/tertiary", **changes,
        }  # fmt: skip

    @pytest.mark.requirement("MAT-05")
    def test_from_the_claim_to_the_payment(self, mother):
        receiver, checker = as_officer("receiver"), as_officer("checker")
        assert receiver.post("/maternity/new", self.typed(mother)).status_code == 302
        page = f"/maternity/{Application.objects.get().pk}"
        receiver.post(f"{page}/document", {"kind": "diagnosis"})
        for client, step, status in (
            (receiver, "accept", 302), (checker, "calculate", 302), (checker, "check", 302),
            (checker, "approve", 409), (as_officer("decider"), "approve", 302), (as_officer("payer"), "pay", 302),
        ):  # fmt: skip
            assert client.post(f"{page}/{step}").status_code == status, step
        text = checker.get(page).content.decode()
        assert "9,000.00 元 ÷ 30 × 173 天 = 51,900.00 元" in text
        assert "女职工劳动保护特别规定" in text
        assert "生育98天，其中产前15天。" in text
        assert PaymentOrder.objects.get().amount_fen == 5_690_000

    @pytest.mark.parametrize(
        ("changes", "status"), [({"children": "x"}, 400), ({"care_key": "by_moonlight"}, 400), ({"children": "0"}, 409)]
    )
    def test_a_wrong_claim_changes_nothing(self, mother, changes, status):
        client = as_officer("receiver")
        with nothing_changes():
            assert client.post("/maternity/new", self.typed(mother, **changes)).status_code == status

    @pytest.mark.parametrize(
        ("name", "status"), [("agency", 200), ("auditor", 200), ("institution", 403), ("system", 403)]
    )
    def test_pages_are_for_agency_and_auditors(self, mother, name, status):
        application, client = checked(mother), as_officer(name)
        for page in ("/maternity", "/maternity.csv", f"/maternity/{application.pk}"):
            assert client.get(page).status_code == status
        assert as_officer("elsewhere").get(f"/maternity/{application.pk}").status_code == 404
        assert as_officer("agency").get(f"/reimbursements/{application.pk}").status_code == 404

    def test_the_queue_and_its_command_name_what_is_late(self, mother):
        from typer.testing import CliRunner

        from yibao.interfaces.commands.reimbursement import app

        application = claimed(mother)
        Application.objects.filter(pk=application.pk).update(due_on=date(2026, 11, 2))
        listed = CliRunner().invoke(app, ["list", "--kind", "maternity"], env={"COLUMNS": "200"})
        assert (listed.exit_code, str(application.pk) in listed.output) == (0, True)
        assert mother.document_number not in listed.output
        late = CliRunner().invoke(app, ["overdue", "--kind", "maternity"], env={"COLUMNS": "200"})
        assert (late.exit_code, "超期" in late.output) == (1, True)
        assert CliRunner().invoke(app, ["overdue"]).exit_code == 0
        assert CliRunner().invoke(app, ["overdue", "--kind", "tea"]).exit_code == 2
        assert datetime.now(UTC).date() > date(2026, 11, 2)
