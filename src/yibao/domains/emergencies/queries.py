"""Decisions, prepayments and what institutions still hold of them, as staff may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from yibao.domains.emergencies.models import EmergencyDecision, EmergencySettlement, Prepayment, PrepaymentClearing
from yibao.domains.staff.queries import Scope

Standing = Literal["proposed", "refused", "coming", "in_force", "ended"]


def decisions(*, region: str | None = None) -> QuerySet[EmergencyDecision]:
    """Decisions of a region or of all, newest first, with who proposed, approved and ended them."""
    related = ("region", "proposed_by__user", "approval__decided_by__user", "end__ended_by__user")
    found = EmergencyDecision.objects.select_related(*related)
    return found.filter(region_id=region) if region else found


def visible_decisions(scope: Scope) -> QuerySet[EmergencyDecision]:
    """The decisions of the member's region, with how many settlements were made under each."""
    return decisions(region=scope.region).annotate(settled=Count("settlements")).order_by("-id")


def last_day_of(decision: EmergencyDecision) -> date | None:
    """The first day that the decision no longer covers, an early end taken into account."""
    return decision.end.ends_on if hasattr(decision, "end") else decision.valid_until


def standing_of(decision: EmergencyDecision, day: date) -> Standing:
    """Where a decision stands on a day."""
    if not hasattr(decision, "approval"):
        return "proposed"
    if not decision.approval.is_approved:
        return "refused"
    if day < decision.valid_from:
        return "coming"
    until = last_day_of(decision)
    return "in_force" if until is None or day < until else "ended"


def decision_of_settlement(settlement_ids: Sequence[int]) -> EmergencyDecision | None:
    """The decision by whose law one of these settlements was made."""
    found = (
        EmergencySettlement.objects.filter(settlement_id__in=settlement_ids)
        .select_related("decision__approval__decided_by__user")
        .first()
    )
    return found.decision if found is not None else None


def prepayments_of(decision: EmergencyDecision) -> QuerySet[Prepayment]:
    """A decision's prepayments, newest first, each with `cleared_fen`."""
    related = ("institution", "fund", "requested_by__user", "order__decided_by__user")
    return (
        Prepayment.objects.filter(decision=decision)
        .select_related(*related)
        .prefetch_related("clearings__entered_by__user")
        .annotate(cleared_fen=Coalesce(Subquery(_CLEARED), 0))
        .order_by("-id")
    )


_CLEARED = (
    PrepaymentClearing.objects.filter(prepayment=OuterRef("pk"))
    .order_by()
    .values("prepayment")
    .annotate(sum=Sum("amount_fen"))
    .values("sum")
)


@dataclass(frozen=True, slots=True)
class InstitutionBalance:
    """What one institution was prepaid from one fund, what was cleared, and what it still holds, in fen."""

    institution_code: str
    institution: str
    fund: str
    prepaid_fen: int
    repaid_fen: int
    set_off_fen: int

    @property
    def balance_fen(self) -> int:
        """The fund's claim on the institution."""
        return self.prepaid_fen - self.repaid_fen - self.set_off_fen


def balances_of(decision: EmergencyDecision) -> list[InstitutionBalance]:
    """The balances of a decision's ordered prepayments by institution and fund."""
    ordered = Prepayment.objects.filter(decision=decision, order__is_approved=True).order_by()
    keys = ("institution__code", "institution__name", "fund_id")
    prepaid = ordered.values_list(*keys).annotate(sum=Sum("amount_fen")).order_by(*keys)
    cleared: dict[tuple[str, str, str], int] = {
        (code, fund, kind): int(total)
        for code, fund, kind, total in PrepaymentClearing.objects.filter(prepayment__decision=decision)
        .order_by()
        .values_list("prepayment__institution__code", "prepayment__fund_id", "kind")
        .annotate(sum=Sum("amount_fen"))
    }
    return [
        InstitutionBalance(
            institution_code=code,
            institution=name,
            fund=fund,
            prepaid_fen=int(total),
            repaid_fen=cleared.get((code, fund, "repaid"), 0),
            set_off_fen=cleared.get((code, fund, "set_off"), 0),
        )
        for code, name, fund, total in prepaid
    ]
