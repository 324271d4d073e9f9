"""Entering which supplementary plan a person holds, and ending it early."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.reference.operations import act_as
from yibao.domains.supplement.models import HeldPlan


class PlanHeldError(YibaoError):
    """The person holds a plan of the region for a part of these days already (已有保单)."""

    code: ClassVar[str] = "supplement.held"


class PolicyNumberUsedError(YibaoError):
    """The policy number stands for another policy (保单号已登记)."""

    code: ClassVar[str] = "supplement.number_used"


class PlanEndedError(YibaoError):
    """The policy was ended before, or its time is over (保单已终止)."""

    code: ClassVar[str] = "supplement.ended"


@dataclass(frozen=True, slots=True)
class NewHeldPlan:
    """A policy as an insurer reports it; the premium in fen."""

    person_id: int
    region: str
    plan: str
    policy_number: str
    premium_fen: int
    valid_from: date
    valid_until: date


@transaction.atomic
def hold_plans(plans: Sequence[NewHeldPlan], *, at: datetime, actor: str) -> None:
    """Enter that persons hold plans; the caller has looked for overlaps, and the database refuses what slipped in between.

    :raises PlanHeldError, PolicyNumberUsedError: nothing was entered.
    """
    act_as(actor)
    rows = [
        HeldPlan(
            person_id=new.person_id, region_id=new.region, plan=new.plan, policy_number=new.policy_number,
            premium_fen=new.premium_fen, valid_from=new.valid_from, valid_until=new.valid_until,
            reported_by=actor, reported_at=at,
        )
        for new in plans
    ]  # fmt: skip
    try:
        with transaction.atomic():
            HeldPlan.objects.bulk_create(rows, batch_size=2000)
    except IntegrityError as violation:
        if "held_plans_never_overlap" in str(violation):
            raise PlanHeldError(valid_from=rows[0].valid_from.isoformat()) from None
        if "policy_number_is_used_once" in str(violation):
            raise PolicyNumberUsedError(number=rows[0].policy_number) from None
        raise


@transaction.atomic
def end_plan(*, held_id: int, on: date, reason: str, at: datetime, actor: str) -> HeldPlan:
    """End a policy: from the day `on` it pays nothing any more; what it paid stays paid.

    :raises PlanEndedError: it was ended before, or its time is over.
    """
    act_as(actor)
    held = HeldPlan.objects.select_for_update().get(pk=held_id)
    if held.ended_at is not None or held.valid_until <= on:
        raise PlanEndedError(number=held.policy_number)
    held.valid_until = max(on, held.valid_from)
    held.ended_by, held.ended_at, held.end_reason = actor, at, reason
    held.save(update_fields=["valid_until", "ended_by", "ended_at", "end_reason"])
    return held
