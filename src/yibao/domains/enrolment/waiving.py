"""Late fees as the office sees them, and waiving them: proposed by one officer on an article, decided by another."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from yibao.core.errors import YibaoError
from yibao.domains.enrolment.late_fees import LateFee, LateFeePayment, LateFeeWaiver, LateFeeWaiverDecision
from yibao.domains.enrolment.models import Employer
from yibao.domains.reference.operations import act_as


class NotOwedLateFeeError(YibaoError):
    """The late fee was paid, waived or fell away, or a waiver of it waits for its decision."""

    code: ClassVar[str] = "late_fees.not_owed"


class OwnWaiverError(YibaoError):
    """Who proposed a waiver does not decide on it (四眼原则)."""

    code: ClassVar[str] = "late_fees.own_waiver"


class WaiverDecidedError(YibaoError):
    """The waiver was decided before, and otherwise."""

    code: ClassVar[str] = "late_fees.decided"


def late_fees_of(region: str) -> QuerySet[LateFee]:
    """All late fees of a region, the latest first, marked as paid, waived, proposed, fallen away, or owed if none of these."""
    paid = LateFeePayment.objects.filter(late_fee=OuterRef("pk"), receipt__reversal=None)
    waived = LateFeeWaiverDecision.objects.filter(waiver__late_fee=OuterRef("pk"), is_approved=True)
    proposed = LateFeeWaiver.objects.filter(late_fee=OuterRef("pk"), decision=None)
    return (
        LateFee.objects.filter(receipt__region_id=region)
        .select_related("employer", "receipt__reversal")
        .prefetch_related(
            Prefetch("payments", LateFeePayment.objects.filter(receipt__reversal=None).select_related("receipt")),
            Prefetch("waivers", LateFeeWaiver.objects.select_related("decision").order_by("pk")),
        )
        .annotate(is_paid=Exists(paid), is_waived=Exists(waived), is_proposed=Exists(proposed))
        .order_by("-pk")
    )


@transaction.atomic
def propose_waiver(
    *, region: str, fees: Collection[int], document: str, article: str, reason: str, actor: str, at: datetime
) -> list[LateFeeWaiver]:
    """Propose to waive late fees by an article, all of them or none.

    :raises NotOwedLateFeeError: one of them is not owed, or waits for a decision already; nothing was proposed.
    """
    act_as(actor)
    found = list(_held(region, fees))
    for fee in found:
        if fee.is_paid or fee.is_waived or fee.is_proposed or _fell_away(fee):  # type: ignore[attr-defined]  # annotated
            raise NotOwedLateFeeError(fee=fee.pk)
    if missing := set(fees) - {fee.pk for fee in found}:
        raise NotOwedLateFeeError(fee=min(missing))
    counted = dict(LateFeeWaiver.objects.filter(late_fee__in=found).values_list("late_fee").annotate(n=Count("pk")))
    return LateFeeWaiver.objects.bulk_create([
        LateFeeWaiver(
            late_fee=fee, attempt=counted.get(fee.pk, 0) + 1, document=document, article=article, reason=reason,
            proposed_by=actor, proposed_at=at,
        )
        for fee in found
    ])  # fmt: skip


@transaction.atomic
def decide_waiver(
    *, region: str, waiver_id: int, is_approved: bool, note: str, actor: str, at: datetime
) -> LateFeeWaiverDecision | None:
    """Decide on a waiver; the same decision again changes nothing. None when the region has no such waiver.

    :raises OwnWaiverError, WaiverDecidedError: nothing changed.
    :raises NotOwedLateFeeError: the fee was paid or fell away since, so there is nothing to waive.
    """
    act_as(actor)
    waiver = LateFeeWaiver.objects.filter(pk=waiver_id, late_fee__receipt__region_id=region).first()
    if waiver is None:
        return None
    (fee,) = _held(region, [waiver.late_fee_id])
    known = LateFeeWaiverDecision.objects.filter(waiver=waiver).first()
    if known is not None:
        if known.is_approved != is_approved:
            raise WaiverDecidedError(waiver=waiver.pk)
        return known
    if waiver.proposed_by == actor:
        raise OwnWaiverError(waiver=waiver.pk, user=actor)
    if is_approved and (fee.is_paid or fee.is_waived or _fell_away(fee)):  # type: ignore[attr-defined]  # annotated
        raise NotOwedLateFeeError(fee=fee.pk)
    return LateFeeWaiverDecision.objects.create(
        waiver=waiver, is_approved=is_approved, note=note, decided_by=actor, decided_at=at
    )


def _held(region: str, fees: Collection[int]) -> QuerySet[LateFee]:
    """Late fees by number, read after their employers are held: who pays them holds the employer too."""
    employers = LateFee.objects.filter(pk__in=fees).values("employer_id")
    list(Employer.objects.select_for_update().filter(pk__in=employers).order_by("pk"))
    return late_fees_of(region).filter(pk__in=fees).order_by("pk")


def _fell_away(fee: LateFee) -> bool:
    """Whether the payment that it came of was taken back."""
    return hasattr(fee.receipt, "reversal")
