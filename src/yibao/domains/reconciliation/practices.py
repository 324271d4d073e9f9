"""What a region does where the interface leaves a choice."""

from dataclasses import dataclass
from typing import Final, Literal

from yibao.domains.institutions.models import Institution
from yibao.domains.reconciliation.models import RegionPractice

Reversals = Literal["counted", "netted", "left_out"]
FIELDS: Final = (
    "reversals", "result_codes", "shows_undone", "refuses_unknown_undo", "needs_reconciled_month",
    "closes_cleared_months",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Practice:
    """A region's practice (地区对账口径) as plain values; without a row for the region, our defaults."""

    reversals: Reversals = "counted"
    result_codes: Literal["short", "long"] = "short"
    shows_undone: bool = False
    refuses_unknown_undo: bool = False
    needs_reconciled_month: bool = True
    closes_cleared_months: bool = True


def practice_of(region: str) -> Practice:
    """The practice of a pooling region."""
    kept = RegionPractice.objects.filter(region_id=region).values(*FIELDS).first()
    return Practice(**kept) if kept else Practice()


def practice_at(institution_id: int) -> Practice:
    """The practice of the pooling region in which an institution lies."""
    region = Institution.objects.filter(pk=institution_id).values_list("division__pooling_region", flat=True).first()
    return practice_of(region or "")
