"""Decide that an emergency's law holds (重大疫情医疗保障): proposed by one officer, approved by another, ended early by a word.

The law itself stands in `emergencies/<name>.yaml` of the region's schemes; a decision cannot cover a day that no such file covers.
"""

from contextlib import suppress
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from yibao import policies
from yibao.core.errors import YibaoError
from yibao.domains.emergencies import decisions
from yibao.domains.emergencies.models import EmergencyApproval, EmergencyDecision, EmergencyEnd
from yibao.domains.staff.models import StaffMember


class NoEmergencyLawError(YibaoError):
    """No scheme of the region has a file of this emergency that covers the first day."""

    code: ClassVar[str] = "emergencies.no_law"


def emergencies_of(region: str, on: date) -> tuple[str, ...]:
    """Name the emergencies that the files of a region's schemes in force on a day know, whatever the emergencies' own days."""
    names: set[str] = set()
    for known_region, scheme in policies.schemes():
        if known_region == region:
            with suppress(policies.NoPolicyError):
                names.update(policies.law_of(policies.load(region, scheme, on)).emergencies)
    return tuple(sorted(names))


def schemes_with(region: str, emergency: str, on: date) -> tuple[str, ...]:
    """Name the schemes of a region in which an emergency's file covers a day."""
    return tuple(
        scheme
        for known_region, scheme in policies.schemes()
        if known_region == region and _covers(region, scheme, emergency, on)
    )


def _covers(region: str, scheme: str, emergency: str, on: date) -> bool:
    """Whether a scheme has law on a day, and the emergency's file with it."""
    try:
        return emergency in policies.emergencies(region, scheme, on)
    except policies.NoPolicyError:
        return False


def propose(
    *,
    emergency: str,
    document: str,
    reason: str,
    valid_from: date,
    valid_until: date | None,
    member: StaffMember,
    at: datetime,
) -> EmergencyDecision:
    """Propose that an emergency's law holds in the member's region; it has no effect until another officer approves it.

    :raises NoEmergencyLawError: no file of the region covers the first day.
    :raises NotAnEmergencyOfficerError, EmptyEmergencyPeriodError: nothing was entered.
    """
    if not schemes_with(member.region_id, emergency, valid_from):
        raise NoEmergencyLawError(region=member.region_id, emergency=emergency, on=valid_from)
    return decisions.propose_decision(
        emergency=emergency,
        document=document,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
        member=member,
        at=at,
    )


def approve(decision_id: int, *, note: str, member: StaffMember, at: datetime) -> EmergencyApproval:
    """Put a proposed decision in force; what is settled from now on of its days follows its law.

    :raises NotAnEmergencyOfficerError, OwnProposalError, EmergencyDecidedError, EmergencyOverlapError: nothing changed.
    """
    return decisions.decide_on(
        decision=EmergencyDecision.objects.get(pk=decision_id), is_approved=True, note=note, member=member, at=at
    )


def refuse(decision_id: int, *, note: str, member: StaffMember, at: datetime) -> EmergencyApproval:
    """Refuse a proposed decision.

    :raises NotAnEmergencyOfficerError, OwnProposalError, EmergencyDecidedError: nothing changed.
    """
    return decisions.decide_on(
        decision=EmergencyDecision.objects.get(pk=decision_id), is_approved=False, note=note, member=member, at=at
    )


@transaction.atomic
def end(
    decision_id: int, *, ends_on: date, document: str, reason: str, member: StaffMember, at: datetime
) -> EmergencyEnd:
    """End a decision early, from a day to come on; what was settled under it stands.

    :raises NotAnEmergencyOfficerError, NotInForceError, EndOutsidePeriodError: nothing changed.
    """
    return decisions.end_decision(
        decision=EmergencyDecision.objects.get(pk=decision_id),
        ends_on=ends_on,
        document=document,
        reason=reason,
        member=member,
        at=at,
    )
