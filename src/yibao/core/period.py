"""Half-open dated periods: the first day counts, the end day does not (左闭右开)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from yibao.core.errors import YibaoError


class EmptyPeriodError(YibaoError):
    """A period ends on or before the day it starts."""

    code: ClassVar[str] = "period.empty"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from `start` up to but not including `end`; no `end` means open.

    :raises EmptyPeriodError: `end` is not after `start`.
    """

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise EmptyPeriodError(start=self.start.isoformat(), end=self.end.isoformat())

    def __contains__(self, day: date) -> bool:
        """Say whether a day lies in the period."""
        return self.start <= day and (self.end is None or day < self.end)

    def __str__(self) -> str:
        """Start and end as [2023-01-01, 2024-01-01), an open end as [2023-01-01, …)."""
        return f"[{self.start.isoformat()}, {self.end.isoformat() if self.end else '…'})"

    def overlaps(self, other: "Period") -> bool:
        """Say whether the two periods share a day."""
        return self.intersect(other) is not None

    def intersect(self, other: "Period") -> "Period | None":
        """Give the days that lie in both periods, or None when there are none."""
        start = max(self.start, other.start)
        ends = [end for end in (self.end, other.end) if end is not None]
        end = min(ends) if ends else None
        return None if end is not None and end <= start else Period(start, end)


def split_at_changes(whole: Period, parts: Iterable[Period]) -> tuple[Period, ...]:
    """Cut a period wherever one of the parts starts or ends, so that nothing changes inside a piece; pieces are in order."""
    days = {day for part in parts for day in (part.start, part.end) if day is not None and day in whole}
    starts = sorted(days | {whole.start})
    return tuple(Period(start, end) for start, end in zip(starts, [*starts[1:], whole.end], strict=True))
