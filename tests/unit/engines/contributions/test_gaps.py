"""Gaps in paid periods, the waiting they bring, and what a repair takes off."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yibao.engines.contributions import PaidPeriod, WaitingFacts, WaitingTerms, add_months, latest_run, waiting_of

RESIDENTS = WaitingTerms(
    tolerated=0, fixed_months=3, months_per_missed=1, free_missed=0, most_months=None, long_gap=4, long_gap_months=6,
    repair="variable", late_after_days=0, clause="c",
)  # fmt: skip
EMPLOYEES = WaitingTerms(
    tolerated=3, fixed_months=6, months_per_missed=0, free_missed=0, most_months=6, long_gap=None, long_gap_months=0,
    repair="all", late_after_days=None, clause="c",
)  # fmt: skip
DAY = date(2027, 1, 1)


def facts(missed, repaired=0, **more):
    return WaitingFacts(missed, repaired, **{"is_late": False, "is_exempt": False, "resumed_on": DAY} | more)


@pytest.mark.parametrize(
    ("missed", "repaired", "late", "months"),
    [(0, 0, False, 0), (0, 0, True, 3), (1, 0, False, 4), (2, 0, False, 5), (2, 1, False, 4), (2, 2, False, 3),
     (3, 3, False, 3), (4, 0, False, 7), (4, 4, False, 6), (6, 1, False, 8)],
)  # fmt: skip
def test_residents(missed, repaired, late, months):
    found = waiting_of(RESIDENTS, facts(missed, repaired, is_late=late))
    assert (found.total_months, found.covered_from) == (months, add_months(DAY, months))


@pytest.mark.parametrize(
    ("missed", "repaired", "months", "backdated"),
    [(0, 0, 0, None), (3, 0, 0, None), (3, 3, 0, date(2026, 10, 1)), (4, 0, 6, None), (4, 3, 6, None), (4, 4, 0, None)],
)
def test_employees(missed, repaired, months, backdated):
    found = waiting_of(EMPLOYEES, facts(missed, repaired, gap_began=date(2026, 10, 1)))
    assert (found.total_months, found.backdated_to) == (months, backdated)


def test_the_exempt_never_wait():
    assert waiting_of(RESIDENTS, facts(9, is_exempt=True, is_late=True)).covered_from == DAY


@settings(deadline=None)
@given(st.integers(0, 20), st.data())
def test_a_repair_never_lengthens_the_waiting(missed, data):
    repaired = data.draw(st.integers(0, missed))
    for terms in (RESIDENTS, EMPLOYEES, replace(RESIDENTS, free_missed=1), replace(RESIDENTS, most_months=6)):
        with_it = waiting_of(terms, facts(missed, repaired)).total_months
        assert 0 <= with_it <= waiting_of(terms, facts(missed)).total_months


def months(*starts, repair=False):
    return [PaidPeriod(date(2026, month, 1), date(2026, month, 10), repair) for month in starts]


class TestRuns:
    def test_nothing_paid(self):
        assert latest_run([], months=1) is None
        assert latest_run(months(3, repair=True), months=1) is None

    def test_a_first_enrolment_has_no_gap(self):
        run = latest_run(months(4, 2, 3), months=1)
        assert (run.began, run.ends, run.missed) == (date(2026, 2, 1), date(2026, 5, 1), 0)

    def test_a_gap_partly_repaired(self):
        run = latest_run(months(1, 2, 6, 7) + months(3, 4, repair=True), months=1)
        assert (run.began, run.missed, run.repaired, run.gap_began) == (date(2026, 6, 1), 3, 2, date(2026, 3, 1))

    def test_only_the_latest_gap_counts(self):
        run = latest_run(months(1, 3, 6), months=1)
        assert (run.missed, run.gap_began) == (2, date(2026, 4, 1))

    def test_years_before_the_rule_are_never_missed(self):
        years = [PaidPeriod(date(year, 1, 1), date(year - 1, 11, 1)) for year in (2020, 2027)]
        run = latest_run(years, months=12, counts_from=date(2025, 1, 1))
        assert (run.missed, run.gap_began) == (2, date(2025, 1, 1))
        assert latest_run(years, months=12, counts_from=date(2027, 1, 1)).missed == 0

    @settings(deadline=None)
    @given(st.sets(st.integers(0, 40), min_size=1))
    def test_gap_and_run_fill_the_time_between_two_paid_periods(self, numbers):
        paid = [PaidPeriod(add_months(date(2020, 1, 1), number), DAY) for number in numbers]
        run = latest_run(paid, months=1)
        assert run.ends == add_months(date(2020, 1, 1), max(numbers) + 1)
        if run.missed:
            assert add_months(run.gap_began, run.missed) == run.began
            assert add_months(run.gap_began, -1) in {period.start for period in paid}


def test_the_last_day_of_a_shorter_month():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert add_months(date(2026, 11, 15), 3) == date(2027, 2, 15)
