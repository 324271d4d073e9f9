"""Writing the movements of prepaid funds between regions."""

from datetime import datetime
from typing import ClassVar

from django.db import connection, transaction

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains.interregional.models import PrepaidDecision, PrepaidOrder
from yibao.domains.interregional.operations import NotARegionOfficerError, SameOfficerTwiceError, check_officer
from yibao.domains.interregional.queries import prepaid_fen
from yibao.domains.ledger.models import Fund
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


class PrepaidKnownError(YibaoError):
    """This document stands for a movement of this fund between the regions already."""

    code: ClassVar[str] = "interregional.prepaid_known"


class PrepaidDecidedError(YibaoError):
    """The movement was ordered or refused before."""

    code: ClassVar[str] = "interregional.prepaid_decided"


class PrepaidTooLowError(YibaoError):
    """More would come back than the place of care holds."""

    code: ClassVar[str] = "interregional.prepaid_too_low"


class PrepaidSignError(YibaoError):
    """A payment or top-up is positive and goes to the place of care; a return is entered as a positive amount too."""

    code: ClassVar[str] = "interregional.prepaid_sign"


@transaction.atomic
def ask_for_movement(
    *,
    care_region: str,
    enrolment_region: str,
    fund: Fund,
    kind: str,
    amount_fen: int,
    document: str,
    reason: str,
    member: StaffMember,
    at: datetime,
) -> PrepaidOrder:
    """Ask that a prepaid fund is paid, topped up or returned; no money moves yet. `amount_fen` is positive.

    :raises NotARegionOfficerError, PrepaidSignError, PrepaidKnownError: nothing was written.
    """
    if member.role != StaffMember.Role.AGENCY or member.region_id not in {care_region, enrolment_region}:
        raise NotARegionOfficerError(user=str(member.user), region=f"{care_region}, {enrolment_region}")
    if amount_fen <= 0 or care_region == enrolment_region:
        raise PrepaidSignError(amount=format_yuan(amount_fen))
    known = {
        "care_region_id": care_region,
        "enrolment_region_id": enrolment_region,
        "fund": fund,
        "document": document,
    }
    act_as(str(member.user))
    order, is_new = PrepaidOrder.objects.get_or_create(
        **known,
        defaults={
            "kind": kind,
            "amount_fen": -amount_fen if kind == PrepaidOrder.Kind.RETURN else amount_fen,
            "reason": reason,
            "asked_by": member,
            "asked_at": at,
        },
    )
    if not is_new:
        raise PrepaidKnownError(document=document)
    return order


def decide_on_movement(
    *, order: PrepaidOrder, is_approved: bool, note: str, member: StaffMember, at: datetime
) -> PrepaidDecision:
    """Order or refuse a movement, once, within a transaction: an officer of the region that pays, not who asked for it.

    :raises NotARegionOfficerError, SameOfficerTwiceError, PrepaidDecidedError, PrepaidTooLowError: nothing was written.
    """
    locked = PrepaidOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    check_officer(member, locked.enrolment_region_id if locked.amount_fen > 0 else locked.care_region_id)
    if PrepaidDecision.objects.filter(order=locked).exists():
        raise PrepaidDecidedError(order=locked.pk)
    if locked.asked_by_id == member.pk:
        raise SameOfficerTwiceError(user=str(member.user))
    _one_at_a_time(locked)
    held_fen = prepaid_fen(locked.care_region_id, locked.enrolment_region_id, locked.fund_id)
    if is_approved and held_fen + locked.amount_fen < 0:
        raise PrepaidTooLowError(held=format_yuan(held_fen), amount=format_yuan(-locked.amount_fen))
    act_as(str(member.user))
    return PrepaidDecision.objects.create(
        order=locked, is_approved=is_approved, note=note, decided_by=member, decided_at=at
    )


def _one_at_a_time(order: PrepaidOrder) -> None:
    """Movements of one fund between one pair are decided one after the other; the database takes the same lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('yibao_prepaid'), hashtext(%s))",
            [order.care_region_id + order.enrolment_region_id + order.fund_id],
        )
