"""Writing what happens under a decision: settlements by its law, prepayments to institutions, and their clearing."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction
from django.db.models import Sum
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.core.money import format_yuan
from yibao.domains.emergencies.decisions import NotInForceError, OwnProposalError, check_emergency_officer
from yibao.domains.emergencies.models import EmergencyDecision, Prepayment, PrepaymentClearing, PrepaymentOrder
from yibao.domains.emergencies.queries import standing_of
from yibao.domains.institutions.models import Institution
from yibao.domains.ledger.models import Fund
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember
from yibao.domains.storage import Write


class PrepaymentKnownError(YibaoError):
    """This document stands for a prepayment of this fund to the institution already."""

    code: ClassVar[str] = "emergencies.prepayment_known"


class PrepaymentDecidedError(YibaoError):
    """The prepayment was ordered or refused before."""

    code: ClassVar[str] = "emergencies.prepayment_decided"


class NotOrderedError(YibaoError):
    """The prepayment was not ordered, so there is nothing to clear."""

    code: ClassVar[str] = "emergencies.not_ordered"


class ClearedTooMuchError(YibaoError):
    """More would be cleared than the institution still holds of the prepayment."""

    code: ClassVar[str] = "emergencies.cleared_too_much"


class ClearingKnownError(YibaoError):
    """This document was entered before as a clearing of the prepayment."""

    code: ClassVar[str] = "emergencies.clearing_known"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where money goes."""

    bank_name: str
    account_holder: str
    account_number: str


def settled_under(*, settlement_id: int, decision_id: int) -> Write:
    """The write that says by which decision's law a settlement was made."""
    return Write(
        "under_emergency",
        "INSERT INTO emergencies_emergencysettlement (settlement_id, decision_id) SELECT %s, %s /*from each*/",
        (settlement_id, decision_id),
    )


@transaction.atomic
def ask_for_prepayment(
    *,
    decision: EmergencyDecision,
    institution: Institution,
    fund: Fund,
    amount_fen: int,
    account: BankAccount,
    document: str,
    member: StaffMember,
    at: datetime,
) -> Prepayment:
    """Enter a prepayment that another officer is to order; no money moves yet.

    :raises NotAnEmergencyOfficerError: the member may not ask for it.
    :raises NotInForceError: the decision was not approved, or its days are over.
    :raises PrepaymentKnownError: the document was used for the same fund and institution.
    """
    check_emergency_officer(member, decision.region_id)
    if standing_of(decision, localdate(at)) not in {"coming", "in_force"}:
        raise NotInForceError(decision=decision.pk)
    known = {"decision": decision, "institution": institution, "fund": fund, "document": document}
    act_as(str(member.user))
    prepayment, is_new = Prepayment.objects.get_or_create(
        **known,
        defaults={
            "amount_fen": amount_fen,
            "bank_name": account.bank_name,
            "account_holder": account.account_holder,
            "account_number": account.account_number,
            "requested_by": member,
            "requested_at": at,
        },
    )
    if not is_new:
        raise PrepaymentKnownError(document=document, institution=institution.code)
    return prepayment


@transaction.atomic
def decide_on_prepayment(
    *, prepayment: Prepayment, is_approved: bool, note: str, member: StaffMember, at: datetime
) -> PrepaymentOrder:
    """Order or refuse a prepayment, once.

    :raises NotAnEmergencyOfficerError, OwnProposalError: this member may not decide.
    :raises PrepaymentDecidedError: it was decided before.
    """
    locked = Prepayment.objects.select_for_update(of=("self",)).select_related("decision").get(pk=prepayment.pk)
    check_emergency_officer(member, locked.decision.region_id)
    if PrepaymentOrder.objects.filter(prepayment=locked).exists():
        raise PrepaymentDecidedError(prepayment=locked.pk)
    if locked.requested_by_id == member.pk:
        raise OwnProposalError(user=str(member.user))
    act_as(str(member.user))
    return PrepaymentOrder.objects.create(
        prepayment=locked, is_approved=is_approved, note=note, decided_by=member, decided_at=at
    )


@transaction.atomic
def enter_clearing(
    *, prepayment: Prepayment, kind: str, amount_fen: int, document: str, member: StaffMember, at: datetime
) -> PrepaymentClearing:
    """Enter that a part of a prepayment was repaid or set off.

    :raises NotAnEmergencyOfficerError: this member may not enter it.
    :raises NotOrderedError: no money was prepaid.
    :raises ClearingKnownError: the document was entered before.
    :raises ClearedTooMuchError: more than what is left.
    """
    locked = Prepayment.objects.select_for_update(of=("self",)).select_related("decision").get(pk=prepayment.pk)
    check_emergency_officer(member, locked.decision.region_id)
    if not PrepaymentOrder.objects.filter(prepayment=locked, is_approved=True).exists():
        raise NotOrderedError(prepayment=locked.pk)
    earlier = PrepaymentClearing.objects.filter(prepayment=locked)
    if earlier.filter(kind=kind, document=document).exists():
        raise ClearingKnownError(document=document)
    left_fen = locked.amount_fen - (earlier.aggregate(sum=Sum("amount_fen"))["sum"] or 0)
    if amount_fen > left_fen:
        raise ClearedTooMuchError(amount=format_yuan(amount_fen), left=format_yuan(left_fen))
    act_as(str(member.user))
    return PrepaymentClearing.objects.create(
        prepayment=locked, kind=kind, amount_fen=amount_fen, document=document, entered_by=member, entered_at=at
    )
