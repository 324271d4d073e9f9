"""From the periods that were paid to the gap before the latest unbroken run of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yibao.engines.contributions.waiting import add_months


@dataclass(frozen=True, slots=True)
class PaidPeriod:
    """A paid month or year by its first day; `is_repair` when it was paid after it had been missed (补缴)."""

    start: date
    paid_on: date
    is_repair: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """The latest unbroken run of periods paid in their turn, and the gap before it.

    `missed` periods lie between the run and the last paid period before it (none: a first enrolment), `repaired` of them
    were paid afterwards. `latest` is the first day of the run's last period, `ends` the first day after it.
    """

    began: date
    latest: date
    latest_paid_on: date
    ends: date
    missed: int
    repaired: int
    gap_began: date | None


def latest_run(paid: Iterable[PaidPeriod], *, months: int, counts_from: date | None = None) -> Run | None:
    """Find the latest run among paid periods of so many months each; periods before `counts_from` are never missed.

    Periods may come in any order; a period paid both ways counts as paid in its turn.
    """
    periods = sorted(paid, key=lambda period: (period.start, period.is_repair))
    in_turn = {period.start: period.paid_on for period in reversed(periods) if not period.is_repair}
    repairs = {period.start for period in periods if period.is_repair} - set(in_turn)
    if not in_turn:
        return None
    latest = began = max(in_turn)
    while (before := add_months(began, -months)) in in_turn:
        began = before
    earlier = [start for start in in_turn if start < began]
    if not earlier:
        return Run(began, latest, in_turn[latest], add_months(latest, months), 0, 0, None)
    gap_began = add_months(max(earlier), months)
    if counts_from is not None:
        gap_began = max(gap_began, counts_from)
    missed: list[date] = []
    while gap_began < began and (start := add_months(gap_began, months * len(missed))) < began:
        missed.append(start)
    repaired = sum(start in repairs for start in missed)
    return Run(
        began=began,
        latest=latest,
        latest_paid_on=in_turn[latest],
        ends=add_months(latest, months),
        missed=len(missed),
        repaired=repaired,
        gap_began=gap_began if missed else None,
    )
