"""Late fees to the fen, and the days from which arrears run and suspend."""

from datetime import date

import pytest

from yibao.engines.contributions import ArrearsTerms, LateFeeTerms, arrears_begin, late_fee, suspended_from

FEES = LateFeeTerms(daily_ppm=500, most_ppm=1_000_000, clause="fee")
RULE = ArrearsTerms(due_days=0, suspended_after_months=1, clause="arrears")


@pytest.mark.parametrize(
    ("principal_fen", "paid_on", "days", "fee_fen"),
    [
        (10_000_000, date(2026, 4, 11), 10, 50_000),  # 100,000 yuan for ten days: 500 yuan
        (10_000_000, date(2026, 4, 1), 0, 0),  # the first day in arrears, not yet a day late
        (10_000_000, date(2026, 3, 31), 0, 0),
        (100, date(2026, 4, 11), 10, 1),  # half a fen is rounded up
        (99, date(2026, 4, 11), 10, 0),
        (1_234_567, date(2026, 4, 4), 3, 1_852),  # 1,851.8505 fen
    ],
)
def test_a_fee_is_the_sum_by_days_rounded_once(principal_fen, paid_on, days, fee_fen):
    due = late_fee(FEES, principal_fen=principal_fen, begins=date(2026, 4, 1), paid_on=paid_on)
    assert (due.days, due.fee_fen, due.is_bounded) == (days, fee_fen, False)


def test_all_days_together_come_to_no_more_than_the_sum_owed():
    due = late_fee(FEES, principal_fen=100_000, begins=date(2020, 1, 1), paid_on=date(2026, 4, 1))
    assert (due.fee_fen, due.is_bounded) == (100_000, True)
    open_ended = LateFeeTerms(500, None, "fee")
    free = late_fee(open_ended, principal_fen=100_000, begins=date(2020, 1, 1), paid_on=date(2026, 4, 1))
    assert (free.days, free.fee_fen, free.is_bounded) == (2282, 114_100, False)


def test_arrears_begin_so_many_days_after_the_period():
    assert arrears_begin(RULE, period_end=date(2026, 4, 1)) == date(2026, 4, 1)
    assert arrears_begin(ArrearsTerms(15, 1, "a"), period_end=date(2026, 4, 1)) == date(2026, 4, 16)


@pytest.mark.parametrize(
    ("terms", "on", "day"),
    [
        (RULE, date(2026, 3, 31), None),
        (RULE, date(2026, 4, 1), date(2026, 4, 1)),
        (RULE, date(2026, 9, 1), date(2026, 4, 1)),
        (ArrearsTerms(15, 1, "a"), date(2026, 4, 10), None),
        (ArrearsTerms(15, 1, "a"), date(2026, 4, 16), date(2026, 4, 1)),
        (ArrearsTerms(0, 3, "a"), date(2026, 5, 31), None),
        (ArrearsTerms(0, 3, "a"), date(2026, 6, 1), date(2026, 6, 1)),
        (ArrearsTerms(0, None, "a"), date(2030, 1, 1), None),
    ],
)
def test_benefits_are_suspended_from_the_day_of_the_rule(terms, on, day):
    assert suspended_from(terms, period_start=date(2026, 3, 1), period_end=date(2026, 4, 1), on=on) == day
