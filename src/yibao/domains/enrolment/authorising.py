"""Authorising that an account pays for a relative (个人账户家庭共济), and ending it; both persons are held meanwhile."""

from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from yibao.core.errors import YibaoError
from yibao.core.period import Period
from yibao.domains.enrolment.models import AccountSharing
from yibao.domains.enrolment.paying import lock_people
from yibao.domains.reference.operations import act_as


class SharingHeldError(YibaoError):
    """The account is shared with this relative for a part of that time already (共济关系已存在)."""

    code: ClassVar[str] = "sharing.held"


class SharingEndedError(YibaoError):
    """The sharing was ended before (共济关系已解除)."""

    code: ClassVar[str] = "sharing.ended"


@transaction.atomic
def authorise_sharing(
    *,
    owner_id: int,
    beneficiary_id: int,
    relation: str,
    document: str,
    valid_from: date,
    at: datetime,
    actor: str,
    valid_until: date | None = None,
) -> AccountSharing:
    """Let an owner's account pay for a relative from a day on; whether the law allows it is asked by the workflow.

    :raises yibao.core.period.EmptyPeriodError: the time ends before it begins.
    :raises SharingHeldError: it is shared with the relative for a part of that time already.
    """
    act_as(actor)
    period = Period(valid_from, valid_until)
    lock_people([owner_id, beneficiary_id])
    for row in AccountSharing.objects.filter(owner_id=owner_id, beneficiary_id=beneficiary_id):
        was_never = row.valid_until == row.valid_from
        if not was_never and Period(row.valid_from, row.valid_until).overlaps(period):
            raise SharingHeldError(sharing=row.pk)
    return AccountSharing.objects.create(
        owner_id=owner_id,
        beneficiary_id=beneficiary_id,
        relation=relation,
        document=document,
        valid_from=valid_from,
        valid_until=valid_until,
        authorised_by=actor,
        authorised_at=at,
    )


@transaction.atomic
def end_sharing(*, sharing_id: int, on: date, at: datetime, actor: str) -> AccountSharing:
    """End a sharing: from the day `on` the account no longer pays for the relative; what it paid stays paid.

    :raises SharingEndedError: it was ended before, or its time is over.
    """
    act_as(actor)
    sharing = AccountSharing.objects.get(pk=sharing_id)
    lock_people([sharing.owner_id, sharing.beneficiary_id])
    sharing.refresh_from_db()
    if sharing.ended_at is not None or (sharing.valid_until is not None and sharing.valid_until <= on):
        raise SharingEndedError(sharing=sharing_id)
    sharing.valid_until = max(on, sharing.valid_from)
    sharing.ended_by, sharing.ended_at = actor, at
    sharing.save(update_fields=["valid_until", "ended_by", "ended_at"])
    return sharing
