"""A gap makes people wait and a repair ends it; a relation moves to another region once; nobody stays insured twice."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from yibao.domains.enrolment.coverage import covered_from
from yibao.domains.enrolment.models import (
    Contribution,
    DoubleDecision,
    Employer,
    Enrolment,
    OutsideEnrolment,
    PersonalAccount,
    TransferStep,
)
from yibao.domains.enrolment.operations import AlreadyEnrolledError, NotEnrolledError, UnknownPersonError
from yibao.domains.enrolment.transferring import UnknownTransferError
from yibao.domains.ledger.models import Entry
from yibao.domains.reference.models import Division
from yibao.workflows.assess_month import assess_month
from yibao.workflows.detect_double_enrolment import (
    NotDoubleError,
    decide_double_enrolment,
    detect_double_enrolment,
)
from yibao.workflows.record_payment import AmountNotOwedError, Incoming, record_payment, reverse_receipt
from yibao.workflows.repair_gap import NoGapError, price_repair, repair_gap
from yibao.workflows.transfer_enrolment import (
    ArrearsError,
    Arrival,
    NotTransferredOutError,
    RetiredTransferError,
    TransferRefusedError,
    apply_transfer,
    contributed_months,
    refuse_transfer,
    transfer_in,
    transfer_out,
)

from .records import check_deferred_rules, nothing_changes
from .small_town import REGION, new_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_town")]
AT = datetime(2026, 9, 20, 2, tzinfo=UTC)
TIANJIN = "120000"


def months_paid(person, *months, year=2026):
    """Flexibly employed, 553.56 yuan a month, paid in the month."""
    for month in months:
        start = date(year, month, 1)
        Contribution.objects.create(
            enrolment=person.enrolments.filter(scheme="310").last(), period_start=start, base_fen=0, employer_fen=0,
            period_end=date(year + month // 12, month % 12 + 1, 1), person_fen=55_356, subsidy_fen=0, to_pool_fen=55_356,
            to_account_fen=0, paid_on=start,
        )  # fmt: skip


def pay_month(person, month, *, year=2026, number=None, scheme="310", amount_fen=55_356, paid_on=None):
    start = date(year, month, 1)
    assess_month(region=REGION, month=start, at=AT, scheme=scheme)
    return record_payment(
        money(person, number or f"{person.number}-{start}", paid_on or start.replace(day=5), amount_fen, scheme)
    )


def money(person, number, paid_on, amount_fen, scheme="310"):
    return Incoming(
        number=number, region=REGION, scheme=scheme, amount_fen=amount_fen, paid_on=paid_on, at=AT, actor="test",
        person_number=person.number,
    )  # fmt: skip


def stretches(person):
    """The person's enrolments as (state, from, until, covered from)."""
    rows = person.enrolments.order_by("valid_from")
    return [(row.state, row.valid_from, row.valid_until, covered_from(row)) for row in rows]


class TestEmployeesGap:
    @pytest.mark.requirement("ENR-24")
    def test_a_gap_makes_a_waiting_period_and_repair_ends_it(self):
        person = new_person()
        months_paid(person, 1, 2)
        pay_month(person, 7)
        assert stretches(person) == [
            ("1", date(2019, 1, 1), date(2026, 3, 1), date(2019, 1, 1)),
            ("2", date(2026, 3, 1), date(2026, 7, 1), date(2026, 3, 1)),
            ("1", date(2026, 7, 1), None, date(2027, 1, 1)),
        ]
        price = price_repair(region=REGION, scheme="310", person_number=person.number, on=date(2026, 7, 20))
        assert (len(price.periods), price.periods[0], price.due_fen) == (4, date(2026, 3, 1), 4 * 55_356)
        repair_gap(money(person, "R1", date(2026, 7, 20), price.due_fen))
        assert stretches(person)[-1] == ("1", date(2026, 7, 1), None, date(2026, 7, 1))
        assert Contribution.objects.filter(is_repair=True).count() == 4
        check_deferred_rules()

    def test_a_part_of_a_long_gap_repaired_does_not_end_it(self):
        person = new_person()
        months_paid(person, 1)
        pay_month(person, 7)
        repair_gap(money(person, "R1", date(2026, 7, 20), 2 * 55_356), periods=2)
        assert stretches(person)[-1][3] == date(2027, 1, 1)
        assert (
            len(price_repair(region=REGION, scheme="310", person_number=person.number, on=date(2026, 8, 1)).periods)
            == 3
        )

    def test_a_short_gap_repaired_is_covered_backwards(self):
        person = new_person()
        months_paid(person, 1, 2)
        pay_month(person, 5)
        assert [row[0] for row in stretches(person)] == ["1", "2", "1"]
        assert stretches(person)[-1][3] == date(2026, 5, 1)
        repair_gap(money(person, "R1", date(2026, 5, 20), 2 * 55_356))
        assert [row[0] for row in stretches(person)] == ["1", "1", "1"]

    def test_a_repair_taken_back_waits_again(self):
        person = new_person()
        months_paid(person, 1)
        pay_month(person, 7)
        repair_gap(money(person, "R1", date(2026, 7, 20), 5 * 55_356))
        assert stretches(person)[-1][3] == date(2026, 7, 1)
        reverse_receipt(number="R1", on=date(2026, 7, 21), at=AT, actor="test")
        assert stretches(person)[-1][3] == date(2027, 1, 1)

    def test_a_repair_again_is_once(self):
        person = new_person()
        months_paid(person, 1)
        pay_month(person, 4)
        wish = money(person, "R1", date(2026, 4, 20), 2 * 55_356)
        first = repair_gap(wish)
        with nothing_changes():
            assert repair_gap(wish) == first

    def test_refusals(self):
        whole, broken = new_person(), new_person()
        months_paid(whole, 1, 2, 3)
        months_paid(broken, 1)
        pay_month(broken, 7)
        with nothing_changes(), pytest.raises(NoGapError):
            repair_gap(money(whole, "R1", date(2026, 4, 20), 1))
        with nothing_changes(), pytest.raises(AmountNotOwedError):
            repair_gap(money(broken, "R1", date(2026, 7, 20), 1))
        with pytest.raises(NoGapError):
            price_repair(region=REGION, scheme="310", person_number="none", on=date(2026, 4, 20))

    def test_who_never_stopped_never_waits(self):
        person = new_person()
        months_paid(person, 1, 2)
        pay_month(person, 3)
        assert stretches(person) == [("1", date(2019, 1, 1), None, date(2019, 1, 1))]

    def test_the_retired_never_wait(self):
        person = new_person()
        months_paid(person, 1)
        Enrolment.objects.filter(person=person).update(status_group="retired", person_type="1201")
        pay_month(person, 9, amount_fen=300)
        assert stretches(person) == [("1", date(2019, 1, 1), None, date(2019, 1, 1))]

    def test_after_a_suspension_the_resumed_row_waits(self):
        person = new_person()
        months_paid(person, 1)
        row = person.enrolments.get()
        row.valid_until = date(2026, 2, 1)
        row.save()
        for state, begins, ends in (("2", date(2026, 2, 1), date(2026, 7, 10)), ("1", date(2026, 7, 10), None)):
            Enrolment.objects.create(
                person=person, scheme="310", region_id=REGION, division_id="110101", person_type="1103",
                status_group="active", state=state, valid_from=begins, valid_until=ends,
            )  # fmt: skip
        pay_month(person, 7)
        assert stretches(person)[1:] == [
            ("2", date(2026, 2, 1), date(2026, 7, 10), date(2026, 2, 1)),
            ("1", date(2026, 7, 10), None, date(2027, 1, 1)),
        ]


class TestResidents:
    def year_paid(self, person, year):
        Contribution.objects.create(
            enrolment=person.enrolments.order_by("valid_from").last(), period_start=date(year, 1, 1),
            period_end=date(year + 1, 1, 1), base_fen=0, employer_fen=0, person_fen=40_000, subsidy_fen=0,
            to_pool_fen=40_000, to_account_fen=0, paid_on=date(year - 1, 11, 1),
        )  # fmt: skip

    def resident(self, born=date(1950, 1, 1)):
        return new_person(scheme="390", status="elderly", born=born)

    def test_missed_years_wait_and_each_repaired_one_takes_a_month_off(self):
        person = self.resident()
        self.year_paid(person, 2024)
        pay_month(person, 1, year=2027, scheme="390", amount_fen=40_000, paid_on=date(2026, 11, 5))
        assert stretches(person)[-1] == ("1", date(2027, 1, 1), None, date(2027, 6, 1))
        repair_gap(money(person, "R1", date(2027, 1, 10), 40_000, "390"), periods=1)
        assert stretches(person)[-1][3] == date(2027, 5, 1)
        repaired = Contribution.objects.get(is_repair=True)
        assert (repaired.period_start, repaired.subsidy_fen) == (date(2026, 1, 1), 0)

    def test_paid_after_the_window_the_fixed_months_run_from_the_payment(self):
        person = self.resident()
        for year in (2025, 2026):
            self.year_paid(person, year)
        pay_month(person, 1, year=2027, scheme="390", amount_fen=40_000, paid_on=date(2027, 2, 10))
        assert stretches(person) == [
            ("1", date(2019, 1, 1), date(2027, 1, 1), date(2019, 1, 1)),
            ("1", date(2027, 1, 1), None, date(2027, 5, 10)),
        ]

    def test_years_before_the_mechanism_are_forgiven(self):
        person = self.resident()
        self.year_paid(person, 2020)
        pay_month(person, 1, year=2025, scheme="390", amount_fen=40_000, paid_on=date(2024, 11, 5))
        assert stretches(person)[-1][3] == date(2019, 1, 1)


@pytest.fixture
def mover():
    """Somebody paid up in Beijing who is to move to Tianjin."""
    person = new_person(balance_fen=123_456)
    months_paid(person, 1, 2, 3)
    return person


def apply(person, **more):
    named = {"scheme": "310", "from_region": REGION, "to_region": TIANJIN} | more
    return apply_transfer(person_number=person.number, on=date(2026, 4, 1), actor="test", **named)


ARRIVAL = Arrival(division="120101", person_type="1101", status_group="active")


def let_go(transfer, on=date(2026, 4, 10)):
    return transfer_out(transfer_id=transfer.pk, on=on, at=AT, actor="out")


def take_in(transfer, arrival=ARRIVAL, on=date(2026, 4, 16)):
    return transfer_in(transfer_id=transfer.pk, arrival=arrival, on=on, at=AT, actor="in")


class TestTransfers:
    @pytest.mark.requirement("ENR-24", "XRG-12", "XRG-13")
    def test_exactly_once_with_years_and_account(self, mover):
        Division.objects.get_or_create(code="120101", defaults={"name": "和平区", "pooling_region": TIANJIN})
        transfer = apply(mover)
        assert (transfer.out_due_on, transfer.in_due_on) == (date(2026, 4, 16), date(2026, 4, 23))
        first = let_go(transfer)
        assert (first.months, first.balance_fen) == (3, 123_456)
        assert PersonalAccount.objects.get(person=mover).balance_fen == 0
        with nothing_changes():
            assert (apply(mover), let_go(transfer)) == (transfer, first)
        arrived = take_in(transfer)
        with nothing_changes():
            assert take_in(transfer) == arrived
        assert PersonalAccount.objects.get(person=mover).balance_fen == 123_456
        assert (arrived.enrolment.region_id, arrived.months) == (TIANJIN, 3)
        assert contributed_months(person_id=mover.pk, scheme="310") == 3
        assert contributed_months(person_id=mover.pk, scheme="310", region=TIANJIN) == 0
        lines = Entry.objects.filter(journal__cause="transfer").order_by("journal_id", "line")
        assert list(lines.values_list("account__code", "fund_id", "debit_fen", "credit_fen", "person_id")) == [
            ("5201", "310200", 123_456, 0, mover.pk), ("1003", "310200", 0, 123_456, mover.pk),
            ("1003", "310200", 123_456, 0, mover.pk), ("4301", "310200", 0, 123_456, mover.pk),
        ]  # fmt: skip
        assert TransferStep.objects.count() == 2
        check_deferred_rules()

    def test_from_a_region_that_is_not_kept_here_the_paper_counts(self):
        person = new_person()
        person.enrolments.all().delete()
        transfer = apply(person, from_region="650100", to_region=REGION)
        step = take_in(transfer, replace(ARRIVAL, division="110101", months=77, balance_fen=5_000))
        assert (step.months, PersonalAccount.objects.get(person=person).balance_fen) == (77, 5_000)
        assert contributed_months(person_id=person.pk, scheme="310") == 77
        check_deferred_rules()

    def test_months_paid_elsewhere_are_no_gap(self):
        person, other = new_person(), new_person()
        for each in (person, other):
            months_paid(each, 1, year=2020)
            each.enrolments.update(valid_until=date(2020, 2, 1))
        transfer = apply(person, from_region="650100", to_region=REGION)
        take_in(transfer, replace(ARRIVAL, division="110101", months=74))
        Enrolment.objects.create(
            person=other, scheme="310", region_id=REGION, division_id="110101", person_type="1101", status_group="active",
            valid_from=date(2026, 4, 16),
        )  # fmt: skip
        for each in (person, other):
            pay_month(each, 4)
        assert stretches(person)[-1][3] == date(2026, 4, 16)
        assert stretches(other)[-1][3] == date(2026, 10, 1)

    def test_refusals(self, mover, subtests):
        Division.objects.get_or_create(code="120101", defaults={"name": "和平区", "pooling_region": TIANJIN})
        retired, owing = new_person(status="retired"), new_person()
        months_paid(owing, 1)
        assess_month(region=REGION, month=date(2026, 3, 1), at=AT, scheme="310")
        transfer = apply(mover)
        with subtests.test("not out yet"), nothing_changes(), pytest.raises(NotTransferredOutError):
            take_in(transfer)
        with subtests.test("retired"), nothing_changes(), pytest.raises(RetiredTransferError):
            apply(retired)
        with subtests.test("arrears"), nothing_changes(), pytest.raises(ArrearsError):
            apply(owing)
        with subtests.test("not enrolled"), nothing_changes(), pytest.raises(NotEnrolledError):
            apply(mover, scheme="390")
        with subtests.test("unknown"), nothing_changes(), pytest.raises(UnknownTransferError):
            transfer_out(transfer_id=0, on=date(2026, 4, 1), at=AT, actor="x")
        with subtests.test("nobody"), pytest.raises(UnknownPersonError):
            apply_transfer(person_number="x", scheme="310", from_region=REGION, to_region=TIANJIN, on=date(2026, 4, 1), actor="x")  # fmt: skip
        refused = refuse_transfer(transfer_id=transfer.pk, reason="资料不符", on=date(2026, 4, 2), at=AT, actor="out")
        with subtests.test("refused"), nothing_changes():
            assert (
                refuse_transfer(transfer_id=transfer.pk, reason="x", on=date(2026, 4, 3), at=AT, actor="x") == refused
            )
            with pytest.raises(TransferRefusedError):
                let_go(transfer)

    def test_nobody_arrives_twice(self, mover):
        Division.objects.get_or_create(code="120101", defaults={"name": "和平区", "pooling_region": TIANJIN})
        transfer = apply(mover)
        let_go(transfer)
        Enrolment.objects.create(
            person=mover, scheme="310", region_id=REGION, division_id="110101", person_type="1101", status_group="active",
            valid_from=date(2026, 4, 12),
        )  # fmt: skip
        with nothing_changes(), pytest.raises(AlreadyEnrolledError):
            take_in(transfer)


class TestDoubles:
    DAY = date(2026, 9, 1)

    def doubled(self, months=()):
        person = new_person()
        months_paid(person, *months)
        Enrolment.objects.create(
            person=person, scheme="390", region_id=REGION, division_id="110101", person_type="1501",
            status_group="working_age", valid_from=date(2026, 1, 1),
        )  # fmt: skip
        return person

    @pytest.mark.requirement("ENR-18")
    def test_found_with_the_rule_and_ended_by_a_decision(self):
        person, single = self.doubled(range(1, 9)), new_person()
        months_paid(person, *range(1, 13), year=2025)
        (found,) = detect_double_enrolment(region=REGION, on=self.DAY)
        employee, _resident = found.held
        assert (found.person, found.clause) == (person, "cn-double-cross-employees")
        assert (found.keep, employee.months) == (employee.key, 20)
        decisions = decide_double_enrolment(
            person_number=person.number, keep=employee.key, reason="核实在职", on=self.DAY, at=AT, actor="officer"
        )
        assert [(row.clause, row.ended.scheme) for row in decisions] == [("cn-double-cross-employees", "390")]
        assert detect_double_enrolment(region=REGION, on=self.DAY) == []
        ended = Enrolment.objects.get(person=person, scheme="390")
        assert ended.valid_until == self.DAY
        assert single.enrolments.get().valid_until is None

    def test_less_than_a_year_is_for_the_person_to_decide(self):
        person = self.doubled(range(1, 9))
        (found,) = detect_double_enrolment(region=REGION, on=self.DAY)
        assert (found.keep, found.clause) == (None, None)
        resident = next(each.key for each in found.held if each.scheme == "390")
        (decision,) = decide_double_enrolment(
            person_number=person.number, keep=resident, reason="本人选择", on=self.DAY, at=AT, actor="officer"
        )
        assert (decision.clause, decision.ended.scheme) == ("", "310")

    def test_another_region_is_asked_to_end_its_own(self):
        person = new_person()
        Enrolment.objects.filter(person=person).update(
            employer=Employer.objects.create(code="E1", name="E", division_id="110101")
        )
        OutsideEnrolment.objects.create(
            person=person,
            scheme="310",
            region="310000",
            has_employer=False,
            months=30,
            valid_from=date(2024, 1, 1),
            reported_at=AT,
        )
        (found,) = detect_double_enrolment(region=REGION, on=self.DAY)
        assert (found.keep, found.clause) == (found.held[0].key, "cn-double-employees-work")
        (decision,) = decide_double_enrolment(
            person_number=person.number, keep=found.keep, reason="就业地", on=self.DAY, at=AT, actor="officer"
        )
        assert (decision.ended, decision.asked_elsewhere) == (None, "310000")
        assert detect_double_enrolment(region=REGION, on=self.DAY) == []

    def test_refusals(self):
        person, single = self.doubled(), new_person()
        wishes = {"keep": "local:0", "reason": "x", "on": self.DAY, "at": AT, "actor": "x"}
        for number in (person.number, single.number, "nobody"):
            with nothing_changes(), pytest.raises(NotDoubleError):
                decide_double_enrolment(person_number=number, **wishes)
        assert not DoubleDecision.objects.exists()
