"""Which decisions are in force: few, so they are remembered in the process for a few seconds and cost a settlement nothing."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import connection

REMEMBER_NS: Final = 3_000_000_000
"""Nanoseconds. How long another process may go on with what it read: an approval is seen this much later, an end lies on a day to come."""


@dataclass(frozen=True, slots=True)
class DecisionInForce:
    """An approved decision with the days it covers, an early end taken into account."""

    id: int
    emergency: str
    valid_from: date
    valid_until: date | None

    def covers(self, day: date) -> bool:
        """Say whether a day of benefit lies in it."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was read last, by region, and when; replaced as a whole, so threads see the old or the new."""

    by_region: Mapping[str, tuple[DecisionInForce, ...]] = field(default_factory=dict)
    read_at_ns: int | None = None


_latest = [_Memory()]


def forget() -> None:
    """Read anew at the next question."""
    _latest[0] = _Memory()


def decisions_in_force(region: str, day: date) -> tuple[DecisionInForce, ...]:
    """The decisions of a region that cover a day of benefit, oldest first; mostly none, at the cost of two look-ups."""
    memory = _latest[0]
    now_ns = time.monotonic_ns()
    if memory.read_at_ns is None or now_ns - memory.read_at_ns > REMEMBER_NS:
        _latest[0] = memory = _Memory(_read(), now_ns)
    known = memory.by_region.get(region)
    return tuple(each for each in known if each.covers(day)) if known else ()


def _read() -> Mapping[str, tuple[DecisionInForce, ...]]:
    """All approved decisions by region."""
    found: dict[str, tuple[DecisionInForce, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.region_id, d.id, d.emergency, d.valid_from, LEAST(d.valid_until, e.ends_on)"
            " FROM emergencies_emergencydecision d"
            " JOIN emergencies_emergencyapproval a ON a.decision_id = d.id AND a.is_approved"
            " LEFT JOIN emergencies_emergencyend e ON e.decision_id = d.id ORDER BY d.id"
        )
        for region, *columns in cursor.fetchall():
            found[region] = (*found.get(region, ()), DecisionInForce(*columns))
    return found
