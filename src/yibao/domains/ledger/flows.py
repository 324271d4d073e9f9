"""What flowed out of each fund."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from yibao.domains.ledger.models import Account, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class FundFlow:
    """What one fund spent, in fen: debits less credits of its expense accounts, reversals taken off."""

    fund: str
    name_zh: str
    name_en: str
    today_fen: int
    month_fen: int


def fund_flows(*, month_from: datetime, today_from: datetime, until: datetime) -> Sequence[FundFlow]:
    """Sum each fund's spending since `month_from` and since `today_from`, both before `until`; one statement."""
    spent = F("debit_fen") - F("credit_fen")
    rows = (
        Entry.objects.filter(
            account__nature=Account.Nature.EXPENSE,
            journal__entered_at__gte=min(month_from, today_from),
            journal__entered_at__lt=until,
        )
        .values("fund_id", "fund__name_zh", "fund__name_en")
        .annotate(
            today=Coalesce(Sum(spent, filter=Q(journal__entered_at__gte=today_from)), 0),
            month=Coalesce(Sum(spent, filter=Q(journal__entered_at__gte=month_from)), 0),
        )
        .order_by("fund_id")
    )
    return [
        FundFlow(
            fund=row["fund_id"],
            name_zh=row["fund__name_zh"],
            name_en=row["fund__name_en"],
            today_fen=int(row["today"]),
            month_fen=int(row["month"]),
        )
        for row in rows
    ]
