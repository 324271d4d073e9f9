"""The fee lines that a settlement settled."""

from collections.abc import Sequence

from django.db.models import Q

from yibao.domains.settlement.models import Settlement
from yibao.domains.visits.models import FeeLine


def settled_lines(settlement: Settlement) -> Sequence[FeeLine]:
    """Fee lines of a settlement in the order of charging; a reversal shows the lines of what it reverses."""
    is_reversal = settlement.kind == Settlement.Kind.REVERSAL
    origin_id = (settlement.reverses_id if is_reversal else None) or settlement.pk
    stood_then = Q(withdrawn_at=None) | Q(
        withdrawn_at__gt=settlement.settled_at
    )  # a reversal frees lines to be withdrawn
    lines = FeeLine.objects.filter(stood_then, batch__settled_batches__settlement_id=origin_id)
    return list(lines.order_by("occurred_at", "pk"))


def settlements_of_visit(settlement: Settlement) -> Sequence[Settlement]:
    """All rows of the same visit, oldest first: settlements, their reversals, settlements again."""
    rows = Settlement.objects.filter(visit_id=settlement.visit_id).defer("trace", "accumulator_changes")
    return list(rows.order_by("settled_at", "pk"))
