from datetime import date

import pytest

from yibao.core.period import EmptyPeriodError, Period, split_at_changes

YEAR = Period(date(2023, 1, 1), date(2024, 1, 1))
OPEN = Period(date(2023, 7, 1))


def test_the_first_day_counts_and_the_end_day_does_not():
    assert date(2023, 1, 1) in YEAR
    assert date(2023, 12, 31) in YEAR
    assert date(2024, 1, 1) not in YEAR
    assert date(2022, 12, 31) not in YEAR
    assert date(2099, 1, 1) in OPEN


def test_a_period_without_a_day_is_refused():
    with pytest.raises(EmptyPeriodError):
        Period(date(2023, 1, 1), date(2023, 1, 1))


def test_periods_that_touch_do_not_overlap():
    after = Period(date(2024, 1, 1), date(2025, 1, 1))
    assert not YEAR.overlaps(after)
    assert YEAR.intersect(after) is None
    assert YEAR.intersect(OPEN) == Period(date(2023, 7, 1), date(2024, 1, 1))
    assert OPEN.intersect(Period(date(2022, 1, 1))) == OPEN


def test_splitting_cuts_at_every_change_and_leaves_no_day_out():
    parts = [OPEN, Period(date(2020, 1, 1), date(2023, 3, 1))]
    pieces = split_at_changes(YEAR, parts)
    assert pieces == (
        Period(date(2023, 1, 1), date(2023, 3, 1)),
        Period(date(2023, 3, 1), date(2023, 7, 1)),
        Period(date(2023, 7, 1), date(2024, 1, 1)),
    )
    assert split_at_changes(OPEN, []) == (OPEN,)
    assert str(OPEN) == "[2023-07-01, …)"
