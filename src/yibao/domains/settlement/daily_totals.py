"""What was settled day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.visible_settlements import counted_settlements
from yibao.domains.staff.queries import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """One day's settlements: how many were made and reversed, and the sums in fen with reversals taken off."""

    day: date
    settlements: int = 0
    reversals: int = 0
    total_fen: int = 0
    fund_fen: int = 0
    account_fen: int = 0
    cash_fen: int = 0
    hospital_fen: int = 0

    @property
    def person_fen(self) -> int:
        """What the persons paid, from their accounts and in cash."""
        return self.account_fen + self.cash_fen


_SUMS = ("total_fen", "fund_fen", "account_fen", "cash_fen", "hospital_fen")


def daily_totals(scope: Scope, *, last_day: date, days: int, zone: ZoneInfo) -> Sequence[DayTotal]:
    """Sum the settlements of each of the `days` days up to `last_day`, days without any included; one statement."""
    first_day = last_day - timedelta(days=days - 1)
    is_reversal = Q(kind=Settlement.Kind.REVERSAL)
    rows = (
        counted_settlements(scope)
        .filter(
            settled_at__gte=_midnight(first_day, zone), settled_at__lt=_midnight(last_day + timedelta(days=1), zone)
        )
        .annotate(day=TruncDate("settled_at", tzinfo=zone))
        .values("day")
        .annotate(
            settlements=Count("pk", filter=~is_reversal),
            reversals=Count("pk", filter=is_reversal),
            **{f"sum_{name}": Coalesce(Sum(name), 0) for name in _SUMS},
        )
        .order_by("day")
    )
    found = {
        row["day"]: DayTotal(
            day=row["day"],
            settlements=row["settlements"],
            reversals=row["reversals"],
            **{name: int(row[f"sum_{name}"]) for name in _SUMS},  # type: ignore[literal-required]  # annotated above by the same names
        )
        for row in rows
    }
    return [found.get(day) or DayTotal(day=day) for day in (first_day + timedelta(days=n) for n in range(days))]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
