"""Arrears of employers (单位欠费): from when they run, what late fees (滞纳金) they bring, from when benefits are suspended."""

from dataclasses import dataclass
from datetime import date, timedelta

from yibao.core.money import share_half_up
from yibao.engines.contributions.waiting import add_months


@dataclass(frozen=True, slots=True)
class LateFeeTerms:
    """A rule of a day: what each day adds of the sum owed (万分之五), and the most that all days come to of it (None: no bound)."""

    daily_ppm: int
    most_ppm: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class ArrearsTerms:
    """A rule of a day on when arrears begin and what they suspend.

    A period is in arrears from `due_days` days after its end on; benefits are suspended from `suspended_after_months` months
    after its first day on (None: never).
    """

    due_days: int
    suspended_after_months: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class LateFeeDue:
    """The fee on one period that was paid late, in fen: of what sum, for how many days, whether the bound cut it."""

    principal_fen: int
    days: int
    fee_fen: int
    is_bounded: bool
    clause: str


def arrears_begin(terms: ArrearsTerms, *, period_end: date) -> date:
    """The first day on which a period is in arrears (欠缴之日), given the first day after the period."""
    return period_end + timedelta(days=terms.due_days)


def late_fee(terms: LateFeeTerms, *, principal_fen: int, begins: date, paid_on: date) -> LateFeeDue:
    """Work out the fee of one period: sum × days × daily share, rounded half up to the fen once, held to the bound.

    The first day in arrears counts, the day of paying does not: our reading of 自欠缴之日起按日加收 (社会保险法 第八十六条).
    """
    days = max(0, (paid_on - begins).days)
    fee_fen = share_half_up(principal_fen * days, terms.daily_ppm)
    most_fen = fee_fen if terms.most_ppm is None else share_half_up(principal_fen, terms.most_ppm)
    return LateFeeDue(principal_fen, days, min(fee_fen, most_fen), fee_fen > most_fen, terms.clause)


def suspended_from(terms: ArrearsTerms, *, period_start: date, period_end: date, on: date) -> date | None:
    """The day from which an unpaid period suspends benefits, or None as long as it does not by a day."""
    if terms.suspended_after_months is None or on < arrears_begin(terms, period_end=period_end):
        return None
    day = add_months(period_start, terms.suspended_after_months)
    return day if day <= on else None
