"""Waiting periods (待遇等待期): how long benefits wait after a gap or a late payment, and what a repair takes off."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Repair = Literal["variable", "all"]


@dataclass(frozen=True, slots=True)
class WaitingTerms:
    """A region's rule. Periods are months for employees and years for residents; what is waited is always months.

    A gap of up to `tolerated` periods has no consequence. Beyond it benefits wait `fixed_months` (固定等待期) and
    `months_per_missed` for each missed period (变动等待期) but the first `free_missed`, which the fixed part covers already.
    Repaired periods take their variable months off (`variable`), or end the waiting when all are repaired (`all`). After a gap of
    `long_gap` periods the sum is never below `long_gap_months`; it is never above `most_months`.
    """

    tolerated: int
    fixed_months: int
    months_per_missed: int
    free_missed: int
    most_months: int | None
    long_gap: int | None
    long_gap_months: int
    repair: Repair
    late_after_days: int | None
    clause: str


@dataclass(frozen=True, slots=True)
class WaitingFacts:
    """What happened: `missed` consecutive periods unpaid in time, of them `repaired` afterwards, then paid again.

    `resumed_on` is the day from which benefits would run without waiting, `gap_began` the first missed day.
    """

    missed: int
    repaired: int
    is_late: bool
    is_exempt: bool
    resumed_on: date
    gap_began: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long benefits wait, part by part in months, and the day from which they run.

    `backdated_to` is the first day of a gap that was tolerated and wholly repaired: benefits run through it as well.
    """

    fixed_months: int
    variable_months: int
    repaired_months: int
    total_months: int
    covered_from: date
    backdated_to: date | None
    clause: str


def waiting_of(terms: WaitingTerms, facts: WaitingFacts) -> Waiting:
    """Work out the waiting period after a gap or a late payment.

    Source of the parts: 国办发〔2024〕38号 (residents), 基本医疗保险关系转移接续暂行办法 (employees); every number is the terms'.
    """
    assert 0 <= facts.repaired <= facts.missed
    whole = facts.missed > 0 and facts.repaired == facts.missed
    if facts.is_exempt or (facts.missed <= terms.tolerated and not facts.is_late):
        backdated_to = facts.gap_began if whole and not facts.is_late else None
        return Waiting(0, 0, 0, 0, facts.resumed_on, backdated_to, terms.clause)
    variable = max(0, facts.missed - terms.free_missed) * terms.months_per_missed
    repaired = min(variable, facts.repaired * terms.months_per_missed)
    total = terms.fixed_months + variable - repaired
    if terms.repair == "all" and whole:
        total = 0
    elif terms.long_gap is not None and facts.missed >= terms.long_gap:
        total = max(total, terms.long_gap_months)
    if terms.most_months is not None:
        total = min(total, terms.most_months)
    covered_from = add_months(facts.resumed_on, total)
    return Waiting(terms.fixed_months, variable, repaired, total, covered_from, None, terms.clause)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month when it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
