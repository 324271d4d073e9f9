"""Writing decisions in a major epidemic: proposed, approved by another officer, ended early by a further row."""

from datetime import date, datetime
from typing import ClassVar, Final

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.emergencies.in_force import forget
from yibao.domains.emergencies.models import EmergencyApproval, EmergencyDecision, EmergencyEnd
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember

_OVERLAP: Final = "emergency_is_decided_once_for_a_day"


class NotAnEmergencyOfficerError(YibaoError):
    """Only agency officers of the region decide on emergencies and prepay institutions."""

    code: ClassVar[str] = "emergencies.not_an_officer"


class OwnProposalError(YibaoError):
    """Who proposed something does not decide on it (四眼原则)."""

    code: ClassVar[str] = "emergencies.own_proposal"


class EmergencyDecidedError(YibaoError):
    """The decision was approved or refused before, and otherwise."""

    code: ClassVar[str] = "emergencies.already_decided"


class EmergencyOverlapError(YibaoError):
    """Another approved decision on the same emergency covers a part of these days."""

    code: ClassVar[str] = "emergencies.overlap"


class NotInForceError(YibaoError):
    """The decision was not approved, or its days are over: nothing can be done under it."""

    code: ClassVar[str] = "emergencies.not_in_force"


class EndOutsidePeriodError(YibaoError):
    """A decision ends on a day to come within its period: what was settled under it stands."""

    code: ClassVar[str] = "emergencies.end_outside_period"


class EmptyEmergencyPeriodError(YibaoError):
    """The decision's last day lies before its first."""

    code: ClassVar[str] = "emergencies.empty_period"


def check_emergency_officer(member: StaffMember, region: str) -> None:
    """Refuse who is no agency officer of the region.

    :raises NotAnEmergencyOfficerError: another role or region.
    """
    if member.role != StaffMember.Role.AGENCY or member.region_id != region:
        raise NotAnEmergencyOfficerError(user=str(member.user), region=region)


@transaction.atomic
def propose_decision(
    *,
    emergency: str,
    document: str,
    reason: str,
    valid_from: date,
    valid_until: date | None,
    member: StaffMember,
    at: datetime,
) -> EmergencyDecision:
    """Enter what is to be decided for the member's region; it has no effect yet.

    :raises NotAnEmergencyOfficerError: the member may not propose it.
    :raises EmptyEmergencyPeriodError: the period has no day.
    """
    check_emergency_officer(member, member.region_id)
    if valid_until is not None and valid_until <= valid_from:
        raise EmptyEmergencyPeriodError(valid_from=valid_from, valid_until=valid_until)
    act_as(str(member.user))
    return EmergencyDecision.objects.create(
        region=member.region,
        emergency=emergency,
        document=document,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
        proposed_by=member,
        proposed_at=at,
    )


def decide_on(
    *, decision: EmergencyDecision, is_approved: bool, note: str, member: StaffMember, at: datetime
) -> EmergencyApproval:
    """Approve or refuse a proposed decision; the same word again changes nothing.

    :raises NotAnEmergencyOfficerError, OwnProposalError: this member may not decide.
    :raises EmergencyDecidedError: it was decided otherwise.
    :raises EmergencyOverlapError: another one covers a part of its days.
    """
    check_emergency_officer(member, decision.region_id)
    try:
        with transaction.atomic():
            locked = EmergencyDecision.objects.select_for_update().get(pk=decision.pk)
            known = EmergencyApproval.objects.filter(decision=locked).first()
            if known is not None:
                if known.is_approved != is_approved:
                    raise EmergencyDecidedError(decision=locked.pk)
                return known
            if locked.proposed_by_id == member.pk:
                raise OwnProposalError(user=str(member.user))
            act_as(str(member.user))
            return EmergencyApproval.objects.create(
                decision=locked, is_approved=is_approved, note=note, decided_by=member, decided_at=at
            )
    except IntegrityError as error:
        if _OVERLAP not in _constraint_of(error):
            raise
        raise EmergencyOverlapError(decision=decision.pk) from None
    finally:
        forget()


def _constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that was broken, as the server says it."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or "")


def end_decision(
    *, decision: EmergencyDecision, ends_on: date, document: str, reason: str, member: StaffMember, at: datetime
) -> EmergencyEnd:
    """End an approved decision before its time, from a day to come on; saying the same again changes nothing.

    :raises NotAnEmergencyOfficerError: this member may not end it.
    :raises NotInForceError: it was not approved, or was ended otherwise.
    :raises EndOutsidePeriodError: the day is past, today, or outside the period.
    """
    check_emergency_officer(member, decision.region_id)
    try:
        with transaction.atomic():
            locked = EmergencyDecision.objects.select_for_update().get(pk=decision.pk)
            known = EmergencyEnd.objects.filter(decision=locked).first()
            if known is not None:
                if known.ends_on != ends_on:
                    raise NotInForceError(decision=locked.pk)
                return known
            if not EmergencyApproval.objects.filter(decision=locked, is_approved=True).exists():
                raise NotInForceError(decision=locked.pk)
            too_late = locked.valid_until is not None and ends_on >= locked.valid_until
            if ends_on <= localdate(at) or ends_on <= locked.valid_from or too_late:
                raise EndOutsidePeriodError(decision=locked.pk, ends_on=ends_on)
            act_as(str(member.user))
            return EmergencyEnd.objects.create(
                decision=locked, ends_on=ends_on, document=document, reason=reason, ended_by=member, ended_at=at
            )
    finally:
        forget()
