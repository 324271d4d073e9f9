"""Keep agreements (协议履行): suspend and resume, leave, terminate, renew; what hangs on a designation goes with it."""

from datetime import date, timedelta
from typing import ClassVar

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains.agreements.agreed_prices import PriceWish, agree_price
from yibao.domains.agreements.deadlines import day_after_term, months_later
from yibao.domains.agreements.life import end_agreement, lift_suspension, suspend_agreement
from yibao.domains.agreements.models import AgreedPrice, Agreement, AgreementCase, AgreementKind, AssessmentSheet, Party
from yibao.domains.agreements.operations import (
    CaseAct,
    NotThisPartyError,
    UnknownCaseError,
    locked_case,
    require_reason,
    take_step,
)
from yibao.domains.agreements.queries import newest_published_sheet
from yibao.domains.agreements.states import CaseState, CaseStep, state_after
from yibao.domains.institutions.models import Institution
from yibao.domains.institutions.operations import end_designation
from yibao.domains.staff.models import StaffMember
from yibao.policies.agreements import Term
from yibao.workflows.apply_for_agreement import AgreementWish, law_of_case, open_application


class PublicHospitalStaysError(YibaoError):
    """A public hospital may not leave of its own accord (公立医疗机构不得主动退出)."""

    code: ClassVar[str] = "agreements.public_hospital_stays"


class LeavesTooSoonError(YibaoError):
    """Who leaves says so some time before; the day asked for is earlier."""

    code: ClassVar[str] = "agreements.leaves_too_soon"


class RenewalTooEarlyError(YibaoError):
    """The renewal is asked for in the last months of the term only."""

    code: ClassVar[str] = "agreements.renewal_too_early"


class RenewalBarredError(YibaoError):
    """The last published assessment bars the renewal (考核不合格不予续签)."""

    code: ClassVar[str] = "agreements.renewal_barred"


@transaction.atomic
def suspend(case_id: int, *, begins_on: date, asked_by: Party, act: CaseAct) -> AgreementCase:
    """Suspend an agreement from a day on: nothing of that time is settled; too long a suspension ends it.

    :raises AgreementReasonMissingError: article or reason is missing.
    :raises DayOutsideTermError: the day lies outside the term.
    """
    require_reason(act)
    case, agreement = _held(case_id, CaseStep.SUSPEND, act)
    most = law_of_case(case).procedure.life.suspension_most
    ends_by = day_after_term(begins_on, most.value, most.unit)
    suspend_agreement(
        agreement, begins_on=begins_on, ends_by=ends_by, asked_by=asked_by, article=act.article, reason=act.note
    )
    return take_step(case, CaseStep.SUSPEND, act)


@transaction.atomic
def resume(case_id: int, *, on: date, act: CaseAct) -> AgreementCase:
    """Let a suspended agreement hold again from a day on.

    :raises SuspensionOverError: it was suspended too long.
    """
    case, agreement = _held(case_id, CaseStep.RESUME, act)
    lift_suspension(agreement, on=on)
    return take_step(case, CaseStep.RESUME, act)


@transaction.atomic
def leave(case_id: int, *, on: date, is_public: bool, act: CaseAct) -> AgreementCase:
    """Agree that an institution leaves (退出) on a day that it asked for in time; public it is by the register, or said to be.

    :raises PublicHospitalStaysError: it is a public hospital, and the law keeps it.
    :raises LeavesTooSoonError: the day is earlier than the law's notice allows.
    """
    case, agreement = _held(case_id, CaseStep.EXIT, act)
    law = law_of_case(case).procedure
    is_hospital = case.institution.kind != Institution.Kind.PHARMACY
    is_public = is_public or case.institution.is_public is True
    if is_public and is_hospital and not law.public_may_leave.value and case.kind == AgreementKind.DESIGNATION:
        raise PublicHospitalStaysError(institution=case.institution.name)
    earliest = day_after_term(localdate(act.at), law.life.exit_before.value, law.life.exit_before.unit)
    if on < min(earliest, agreement.valid_until):
        raise LeavesTooSoonError(earliest=earliest.isoformat())
    return _end(case, agreement, CaseStep.EXIT, on=on, act=act)


@transaction.atomic
def terminate(case_id: int, *, on: date, act: CaseAct) -> AgreementCase:
    """Terminate an agreement (解除) on a day; supplements and annexes that stand on a designation end with it.

    :raises AgreementReasonMissingError: article or reason is missing.
    """
    require_reason(act)
    case, agreement = _held(case_id, CaseStep.TERMINATE, act)
    return _end(case, agreement, CaseStep.TERMINATE, on=on, act=act)


def _end(case: AgreementCase, agreement: Agreement, step: CaseStep, *, on: date, act: CaseAct) -> AgreementCase:
    """End an agreement and whatever stands on it."""
    end_agreement(agreement, on=on)
    take_step(case, step, act)
    if agreement.kind != AgreementKind.DESIGNATION:
        return case
    end_designation(code=case.institution.code, on=on, actor=act.member.user.get_username())
    standing_on_it = Agreement.objects.filter(
        institution_id=agreement.institution_id, signed_at__isnull=False, ended_on=None, valid_until__gt=on,
        case__state__in=[CaseState.IN_FORCE, CaseState.SUSPENDED],
    ).exclude(pk=agreement.pk)  # fmt: skip
    for each in standing_on_it.select_related("case"):
        end_agreement(each, on=max(on, each.valid_from))
        take_step(locked_case(each.case_id, act.member), step, act)
    return case


def _held(case_id: int, step: CaseStep, act: CaseAct) -> tuple[AgreementCase, Agreement]:
    """A case whose agreement stands, locked."""
    case = locked_case(case_id, act.member)
    state_after(case.state, step)
    return case, Agreement.objects.select_for_update(of=("self",)).select_related("case").get(case=case)


@transaction.atomic
def agree_on_price(case_id: int, wish: PriceWish, act: CaseAct) -> AgreedPrice:
    """Write down a price that an officer of the agency agreed on with an institution that is not public.

    :raises NotThisPartyError, PublicHousePriceError, AgreedPriceKnownError, AgreementStepError: nothing was written.
    """
    if act.member.role != StaffMember.Role.AGENCY:
        raise NotThisPartyError(user=act.member.user.get_username())
    _case, agreement = _held(case_id, CaseStep.SUSPEND, act)
    return agree_price(agreement, wish, member=act.member, at=act.at)


@transaction.atomic
def ask_for_renewal(agreement_id: int, act: CaseAct) -> AgreementCase:
    """Begin the application that renews an agreement (续签) of the member's own institution.

    :raises RenewalTooEarlyError: the last months of its term have not begun.
    :raises RenewalBarredError: the last published assessment bars it.
    """
    agreement = Agreement.objects.select_related("case__institution", "practitioner").filter(
        pk=agreement_id, institution=act.member.institution, signed_at__isnull=False
    ).first()  # fmt: skip
    if agreement is None:
        raise UnknownCaseError(case=agreement_id)
    first = first_day_to_renew(agreement, law_of_case(agreement.case).procedure.life.renew_before)
    if localdate(act.at) < first:
        raise RenewalTooEarlyError(first=first.isoformat())
    scope = (
        AssessmentSheet.Scope.INTERNET if agreement.kind == AgreementKind.INTERNET else AssessmentSheet.Scope.EVERYDAY
    )
    sheet = newest_published_sheet(institution_id=agreement.institution_id, scope=scope)
    if agreement.kind != AgreementKind.PHYSICIAN and sheet is not None and not sheet.may_renew:
        raise RenewalBarredError(year=sheet.year, grade=sheet.grade)
    physician = agreement.practitioner.code if agreement.practitioner else ""
    return open_application(AgreementWish(kind=agreement.kind, physician_code=physician, renews=agreement), act)


def first_day_to_renew(agreement: Agreement, before: Term) -> date:
    """The first day on which the renewal may be asked for."""
    if before.unit == "months":
        return months_later(agreement.valid_until, -before.value)
    return agreement.valid_until - timedelta(days=before.value)
