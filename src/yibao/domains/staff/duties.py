"""Cases of responsibility in office (责任追究): entered by one auditor, decided by another, never by who is concerned."""

from datetime import datetime
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from yibao.core.errors import YibaoError
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import DutyCase, DutyDecision, StaffMember


class NotAnAuditorError(YibaoError):
    """Cases of responsibility in office are auditors' work."""

    code: ClassVar[str] = "staff.not_an_auditor"


class UnknownMemberError(YibaoError):
    """The region's departments have no such member of staff; who works for an institution is handled by its agreement."""

    code: ClassVar[str] = "staff.unknown_member"


class OwnDutyCaseError(YibaoError):
    """Who is concerned, or who entered the case, does not decide it (回避)."""

    code: ClassVar[str] = "staff.own_duty_case"


class DutyCaseDecidedError(YibaoError):
    """There is no such case, it was decided before, or the document is in use."""

    code: ClassVar[str] = "staff.duty_case_decided"


def duty_cases_of(region: str) -> "QuerySet[DutyCase]":
    """The cases of a region, newest first."""
    return DutyCase.objects.filter(region_id=region).select_related(
        "member__user", "region", "entered_by__user", "decision__decided_by__user"
    )


@transaction.atomic
def enter_duty_case(case: DutyCase, *, user_name: str) -> DutyCase:
    """Enter a case against the region's member of this name.

    :raises NotAnAuditorError, UnknownMemberError, OwnDutyCaseError: nothing was written.
    """
    officer = case.entered_by
    _require_auditor(officer)
    concerned = StaffMember.objects.filter(
        user__username=user_name, region_id=officer.region_id, institution=None
    ).first()  # fmt: skip
    if concerned is None:
        raise UnknownMemberError(user=user_name)
    if concerned.pk == officer.pk:
        raise OwnDutyCaseError(user=user_name)
    act_as(officer.user.get_username())
    case.member, case.region_id = concerned, officer.region_id
    case.save(force_insert=True)
    return case


@transaction.atomic
def decide_duty_case(
    case_id: int, *, outcome: str, recipient: str, document: str, reason: str, officer: StaffMember, at: datetime
) -> DutyDecision:
    """Hand a case over, or drop it.

    :raises NotAnAuditorError, OwnDutyCaseError, DutyCaseDecidedError: nothing was written.
    """
    _require_auditor(officer)
    case = DutyCase.objects.select_for_update(of=("self",)).filter(pk=case_id, region_id=officer.region_id).first()
    if case is None:
        raise DutyCaseDecidedError(case=case_id, document=document)
    if officer.pk in {case.member_id, case.entered_by_id}:
        raise OwnDutyCaseError(user=officer.user.get_username())
    act_as(officer.user.get_username())
    try:
        with transaction.atomic():
            return DutyDecision.objects.create(
                case=case, outcome=outcome, recipient=recipient, document=document, reason=reason, decided_by=officer,
                decided_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise DutyCaseDecidedError(case=case_id, document=document) from None


def _require_auditor(officer: StaffMember) -> None:
    """Insist on an auditor."""
    if officer.role != StaffMember.Role.AUDITOR:
        raise NotAnAuditorError(user=officer.user.get_username())
