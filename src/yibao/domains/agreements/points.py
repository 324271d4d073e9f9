"""How medical staff stand by their points (支付资格): computed from the rows, never edited."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from yibao.domains.agreements.conduct import StaffPoint
from yibao.domains.agreements.deadlines import months_later
from yibao.policies.agreement_library import points_law


@dataclass(frozen=True, slots=True)
class StaffStanding:
    """Points of the day's natural year, and what all points led to.

    `suspended_until` and `barred_until` are the first days on which the suspension, or the bar from registering after twelve
    points, is over; None where there is none on that day.
    """

    points: int
    suspended_until: date | None = None
    barred_until: date | None = None


def staff_standing_on(practitioner_code: str, day: date) -> StaffStanding:
    """How a physician or pharmacist stands on a day, by the points of all places of practice.

    Points that were taken back by that day count for nothing. Source: 医保发〔2024〕23号.
    """
    rows = (
        StaffPoint.objects.filter(practitioner__code=practitioner_code, decided_on__lte=day, takes_back=None)
        .select_related("taken_back", "institution__division")
        .order_by("decided_on", "id")
    )
    return _standing([row for row in rows if not _is_taken_back(row, day)], day)


def _is_taken_back(row: StaffPoint, day: date) -> bool:
    """Whether the points do not count any more on a day."""
    taken_back: StaffPoint | None = getattr(row, "taken_back", None)
    return taken_back is not None and taken_back.decided_on <= day


def _standing(rows: Iterable[StaffPoint], day: date) -> StaffStanding:
    """Go through the rows: each suspends or bars from its own day by what the year adds up to."""
    totals: dict[int, int] = {}
    suspended: list[date] = []
    barred: list[date] = []
    for row in rows:
        law = points_law(row.institution.division.pooling_region, row.decided_on)
        total = totals[row.year] = totals.get(row.year, 0) + row.points
        if months := law.suspension_months(total):
            suspended.append(months_later(row.decided_on, months))
        at_once = law.bar_months(row.points, at_once=True)
        if months := max(at_once, law.bar_months(total, at_once=False)):
            barred.append(months_later(row.decided_on, months))
    return StaffStanding(totals.get(day.year, 0), _last(suspended, day), _last(barred, day))


def _last(ends: list[date], day: date) -> date | None:
    """The latest end that is not over."""
    return max((end for end in ends if day < end), default=None)
