"""A month of contributions: assessed once, paid once, taken back; accounts credited; the ledger balanced."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from yibao.domains.enrolment.models import (
    AccountEntry,
    Assessment,
    Contribution,
    Employer,
    Enrolment,
    PersonalAccount,
    Receipt,
    SpecialStatus,
    WageDeclaration,
)
from yibao.domains.enrolment.owing import unpaid_assessments
from yibao.domains.enrolment.paying import PaidAssessmentError, ReceiptNumberUsedError, reverse_assessment
from yibao.domains.ledger.models import Entry
from yibao.policies import NoPolicyError
from yibao.workflows.assess_month import assess_month
from yibao.workflows.record_payment import (
    AccountSpentError,
    AmountNotOwedError,
    Incoming,
    NothingOwedError,
    UnknownPayerError,
    UnknownReceiptError,
    record_payment,
    reverse_receipt,
)

from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person

pytestmark = pytest.mark.django_db
MONTH = date(2026, 3, 1)
AT = datetime(2026, 3, 10, 2, tzinfo=UTC)


@pytest.fixture
def employer(standing_town):
    return Employer.objects.create(code="E1", name="测试单位", division_id="110101")


def employee(employer, wage_fen):
    person = new_person()
    Enrolment.objects.filter(person=person).update(employer=employer)
    WageDeclaration.objects.create(person=person, employer=employer, wage_fen=wage_fen, valid_from=date(2025, 7, 1))
    return person


def assess(month=MONTH, **more):
    return assess_month(region=REGION, month=month, at=AT, **more)


def incoming(number="V1", amount_fen=0, **more):
    named = {"scheme": "310", "employer_code": "E1"} | more
    return Incoming(
        number=number, region=REGION, amount_fen=amount_fen, paid_on=date(2026, 3, 12), at=AT, actor="test", **named
    )


def ledger_of(cause):
    lines = Entry.objects.filter(journal__cause=cause).values_list(
        "account__code", "fund_id", "debit_fen", "credit_fen"
    )
    return sorted(lines)


def balance(person):
    return PersonalAccount.objects.get(person=person).balance_fen


class TestAssessing:
    @pytest.mark.requirement("ENR-01", "ENR-02")
    def test_everybody_once_by_their_scheme(self, employer):
        worker = employee(employer, 1_000_000)
        new_person(status="retired", born=date(1950, 1, 1))
        new_person(scheme="390", status="student_child", born=date(2015, 1, 1))
        tally = assess()
        assert dict(tally.persons) == {"310": 2, "390": 1}
        assert dict(tally.due_fen) == {"310": 98_000 + 20_300 + 300, "390": 37_500}
        row = Assessment.objects.get(person=worker)
        assert (row.base_fen, row.employer_fen, row.person_fen) == (1_000_000, 98_000, 20_300)
        assert (row.to_pool_fen, row.to_large_fen, row.to_account_fen) == (88_000, 10_300, 20_000)
        assert [line["clause"] for line in row.lines][-1] == "bj-310-credit"
        assert row.law == "110000@2026-03-01"

    def test_twice_is_once(self, employer):
        employee(employer, 1_000_000)
        new_person(scheme="390", status="elderly", born=date(1950, 1, 1))
        assess()
        with nothing_changes():
            again = assess()
        assert (sum(again.persons.values()), sum(again.due_fen.values())) == (0, 0)

    def test_a_resident_owes_the_year_once_whatever_the_month(self, standing_town):
        person = new_person(scheme="390", status="elderly", born=date(1950, 1, 1))
        assess()
        assess(date(2026, 9, 1))
        row = Assessment.objects.get(person=person)
        assert (row.period_start, row.period_end) == (date(2026, 1, 1), date(2027, 1, 1))

    def test_who_owes_what(self, employer, subtests):
        rich, poor, undeclared = employee(employer, 9_000_000), employee(employer, 100_000), new_person()
        Enrolment.objects.filter(person=undeclared).update(employer=employer)
        suspended, gone = new_person(state="2"), new_person()
        Enrolment.objects.filter(person=gone).update(valid_until=MONTH)
        assess()
        bases = dict(Assessment.objects.values_list("person_id", "base_fen"))
        assert bases == {rich.pk: 3_389_100, poor.pk: 632_600, undeclared.pk: 632_600}
        assert not {suspended.pk, gone.pk} & set(bases)

    def test_the_base_of_the_latest_contribution_goes_on_without_a_declaration(self, employer):
        person = employee(employer, 1_000_000)
        assess()
        record_payment(incoming(amount_fen=118_300))
        WageDeclaration.objects.all().delete()
        assess(date(2026, 4, 1))
        assert Assessment.objects.get(person=person, period_start=date(2026, 4, 1)).base_fen == 1_000_000

    def test_a_month_paid_before_there_were_assessments_is_left_alone(self, employer):
        person = employee(employer, 1_000_000)
        Contribution.objects.create(
            enrolment=person.enrolments.get(), period_start=MONTH, period_end=date(2026, 4, 1), base_fen=1, employer_fen=1,
            person_fen=1, subsidy_fen=0, to_pool_fen=1, to_account_fen=1, paid_on=MONTH,
        )  # fmt: skip
        assert not assess().persons["310"]

    def test_a_group_that_the_law_does_not_name_is_told(self, standing_town):
        new_person(status="strange")
        tally = assess()
        assert dict(tally.outside_the_law) == {("310", "strange"): 1}
        assert not Assessment.objects.exists()

    def test_a_month_without_law(self, standing_town):
        with nothing_changes(), pytest.raises(NoPolicyError):
            assess(date(2019, 1, 1))

    def test_progress_is_told(self, standing_town):
        new_person()
        told = []
        assess(progress=told.append)
        assert told == [1]

    @pytest.mark.requirement("MAS-01", "ENR-04")
    def test_the_poor_are_paid_for_and_covered_at_once(self, standing_town):
        person = new_person(scheme="390", status="elderly", born=date(1950, 1, 1))
        SpecialStatus.objects.create(person=person, kind="2", document="d", valid_from=date(2025, 1, 1))
        assess()
        paid = Contribution.objects.get(enrolment__person=person)
        assert (paid.person_fen, paid.assistance_fen, paid.subsidy_fen) == (0, 40_000, 70_000)
        assert ledger_of("credit") == [
            ("1003", "610100", 0, 40_000), ("1004", "390100", 40_000, 0), ("1004", "390100", 70_000, 0),
            ("4001", "390100", 0, 40_000), ("4101", "390100", 0, 70_000), ("5001", "610100", 40_000, 0),
        ]  # fmt: skip
        check_deferred_rules()


class TestPaying:
    @pytest.mark.requirement("ENR-03", "ACC-01")
    def test_an_employer_pays_for_its_people(self, employer):
        one, two = employee(employer, 1_000_000), employee(employer, 2_000_000)
        other = new_person()
        assess()
        receipt = record_payment(incoming(amount_fen=118_300 + 236_300))
        assert receipt.contributions.count() == 2
        assert (balance(one), balance(two), balance(other)) == (20_000, 40_000, 0)
        assert ledger_of("receipt") == [
            ("1004", "310100", 264_000, 0), ("1004", "310200", 60_000, 0), ("1004", "330100", 30_600, 0),
            ("4001", "310100", 0, 264_000), ("4001", "310200", 0, 60_000), ("4001", "330100", 0, 30_600),
        ]  # fmt: skip
        assert [row.person_id for row in unpaid_assessments()] == [other.pk]
        check_deferred_rules()

    def test_a_retired_person_is_credited_out_of_the_pooled_fund(self, standing_town):
        person = new_person(status="retired", born=date(1950, 1, 1))
        assess()
        record_payment(incoming(amount_fen=300, employer_code=None, person_number=person.number))
        assert balance(person) == 11_000
        entry = AccountEntry.objects.get(account__person=person)
        assert (entry.cause, entry.cause_id) == ("credit", Contribution.objects.get().pk)
        sums = {
            fund: Entry.objects.filter(account__code="1004", fund_id=fund).aggregate(
                d=Sum("debit_fen"), c=Sum("credit_fen")
            )
            for fund in ("310100", "310200", "330100")
        }
        assert sums == {
            "310100": {"d": 0, "c": 11_000}, "310200": {"d": 11_000, "c": 0}, "330100": {"d": 300, "c": 0},
        }  # fmt: skip
        check_deferred_rules()

    def test_the_same_voucher_again_is_the_same_payment(self, employer):
        employee(employer, 1_000_000)
        assess()
        first = record_payment(incoming(amount_fen=118_300))
        with nothing_changes():
            assert record_payment(incoming(amount_fen=118_300)) == first

    def test_what_is_refused_changes_nothing(self, employer, subtests):
        employee(employer, 1_000_000)
        assess()
        record_payment(incoming(amount_fen=118_300))
        assess(date(2026, 4, 1))
        wishes = [
            (incoming(amount_fen=118_301), ReceiptNumberUsedError),
            (incoming("V2", 118_299), AmountNotOwedError),
            (incoming("V2", 1, employer_code="E9"), UnknownPayerError),
            (incoming("V2", 1, employer_code=None, person_number="9"), UnknownPayerError),
            (incoming("V2", 1, scheme="390"), NothingOwedError),
            (incoming("V2", 118_300, until=date(2026, 4, 1)), NothingOwedError),
        ]
        for wish, error in wishes:
            with subtests.test(error.__name__), nothing_changes(), pytest.raises(error):
                record_payment(wish)


class TestTakingBack:
    def test_everything_is_turned_round_and_owed_again(self, employer):
        person = employee(employer, 1_000_000)
        assess()
        record_payment(incoming(amount_fen=118_300))
        reverse_receipt(number="V1", on=date(2026, 3, 20), at=AT, actor="test")
        assert balance(person) == 0
        for name in ("to_pool_fen", "to_account_fen", "person_fen"):
            assert Contribution.objects.aggregate(sum=Sum(name))["sum"] == 0
        assert Receipt.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 0
        assert (
            Entry.objects.filter(journal__cause="receipt", account__code="4001").aggregate(s=Sum("credit_fen"))["s"]
            == 0
        )
        assert unpaid_assessments().count() == 1
        record_payment(incoming("V2", 118_300))
        assert balance(person) == 20_000
        check_deferred_rules()

    def test_a_corrected_assessment(self, employer):
        person = employee(employer, 1_000_000)
        assess()
        wrong = Assessment.objects.get()
        reverse_assessment(wrong, at=AT)
        WageDeclaration.objects.filter(person=person).update(wage_fen=2_000_000)
        assess()
        assert [(row.kind, row.attempt, row.base_fen) for row in Assessment.objects.order_by("id")] == [
            ("assessment", 1, 1_000_000), ("reversal", 1, -1_000_000), ("assessment", 2, 2_000_000),
        ]  # fmt: skip
        assert [row.base_fen for row in unpaid_assessments()] == [2_000_000]

    def test_refusals(self, employer):
        person = employee(employer, 1_000_000)
        assess()
        record_payment(incoming(amount_fen=118_300))
        with nothing_changes(), pytest.raises(PaidAssessmentError):
            reverse_assessment(Assessment.objects.get(), at=AT)
        with nothing_changes(), pytest.raises(UnknownReceiptError):
            reverse_receipt(number="V9", on=MONTH, at=AT, actor="test")
        with transaction.atomic():
            account = PersonalAccount.objects.get(person=person)
            account.balance_fen = 1
            account.save()
            AccountEntry.objects.create(
                account=account, amount_fen=-19_999, balance_after_fen=1, cause="settlement", cause_id=1, entered_at=AT
            )
        with nothing_changes(), pytest.raises(AccountSpentError):
            reverse_receipt(number="V1", on=MONTH, at=AT, actor="test")


class TestTheDatabaseItself:
    def test_assessments_and_receipts_are_append_only(self, employer):
        employee(employer, 1_000_000)
        assess()
        record_payment(incoming(amount_fen=118_300))
        changes = {Assessment: {"base_fen": 1}, Receipt: {"amount_fen": 1}, Contribution: {"paid_on": MONTH}}
        for model, change in changes.items():
            with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
                model.objects.update(**change)

    def test_no_second_standing_assessment(self, employer):
        employee(employer, 1_000_000)
        assess()
        row = Assessment.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
        row.attempt = 2
        with pytest.raises(IntegrityError, match="attempt before stands"), transaction.atomic():
            row.save(force_insert=True)

    def test_a_reversal_is_exact(self, employer):
        employee(employer, 1_000_000)
        assess()
        row = Assessment.objects.get()
        row.reverses_id, row.pk, row.kind = row.pk, None, "reversal"
        with pytest.raises(IntegrityError, match="exactly"), transaction.atomic():
            row.save(force_insert=True)
