"""Writes of agreement cases: each step checks the state, moves it and notes who took it and why, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import IntegrityError, transaction

from yibao.core.errors import YibaoError
from yibao.domains.agreements.models import AgreementCase, CaseEvent, CaseMaterial, Party, ShortcomingNotice
from yibao.domains.agreements.states import (
    BEFORE_SIGNING,
    INSTITUTION_STEPS,
    TAKING_MATERIALS,
    AgreementStepError,
    CaseStep,
    state_after,
)
from yibao.domains.files.models import File
from yibao.domains.reference.operations import act_as
from yibao.domains.staff.models import StaffMember


class UnknownCaseError(YibaoError):
    """There is no such case within the member's sight."""

    code: ClassVar[str] = "agreements.unknown_case"


class NotThisPartyError(YibaoError):
    """The step belongs to the other party: the institution's to its own staff, the agency's to the region's officers."""

    code: ClassVar[str] = "agreements.not_this_party"


class ApplicationStandsError(YibaoError):
    """An application of this kind is under way already."""

    code: ClassVar[str] = "agreements.application_stands"


class SecondShortcomingNoticeError(YibaoError):
    """All shortcomings are told in one notice; there is no second (一次性告知)."""

    code: ClassVar[str] = "agreements.second_notice"


class AgreementReasonMissingError(YibaoError):
    """A decision against the applicant names its article and its reason."""

    code: ClassVar[str] = "agreements.reason_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAct:
    """Who takes a step, when, with which words and findings."""

    member: StaffMember
    at: datetime
    article: str = ""
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageClock:
    """A stage and how long it may take, from a day on."""

    stage: str
    start: date
    value: int
    unit: str

    def columns(self) -> dict[str, Any]:
        """The columns of a case."""
        return {
            "clock_stage": self.stage, "clock_from": self.start, "clock_value": self.value, "clock_unit": self.unit
        }  # fmt: skip


STOPPED: Mapping[str, Any] = {"clock_stage": "", "clock_from": None, "clock_value": None, "clock_unit": ""}
"""The columns of a case whose clock stands still."""


def party_of(member: StaffMember) -> Party:
    """For whom a member acts.

    :raises NotThisPartyError: neither for an institution nor for the agency.
    """
    if member.role == StaffMember.Role.INSTITUTION:
        return Party.INSTITUTION
    if member.role == StaffMember.Role.AGENCY:
        return Party.AGENCY
    raise NotThisPartyError(user=member.user.get_username())


def open_case(*, case: AgreementCase, act: CaseAct) -> AgreementCase:
    """Write down a new case.

    :raises ApplicationStandsError: one of the kind is under way.
    """
    act_as(act.member.user.get_username())
    standing = AgreementCase.objects.filter(
        institution=case.institution, kind=case.kind, practitioner=case.practitioner, state__in=sorted(BEFORE_SIGNING)
    ).first()  # fmt: skip
    if standing is not None:
        raise ApplicationStandsError(case=standing.pk)
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as twin:  # the other one was quicker: the constraint decides, the sentence is the same
        if "one_application_at_a_time" not in str(twin):
            raise
        raise ApplicationStandsError(case="") from None
    _note(case, CaseStep.OPEN, act)
    return case


def locked_case(case_id: int, member: StaffMember) -> AgreementCase:
    """The case within the member's sight, its row held until the transaction ends.

    :raises UnknownCaseError: there is none.
    """
    found = AgreementCase.objects.select_for_update(of=("self",)).select_related(
        "institution__division", "practitioner"
    )
    found = found.filter(pk=case_id, region_id=member.region_id)
    if member.role == StaffMember.Role.INSTITUTION:
        found = found.filter(institution=member.institution)
    case = found.first()
    if case is None:
        raise UnknownCaseError(case=case_id)
    return case


def take_step(
    case: AgreementCase, step: CaseStep, act: CaseAct, *, clock: StageClock | None = None, **changes: Any
) -> AgreementCase:
    """Take a step with a locked case; without a clock of its own the stage's clock stops.

    :raises NotThisPartyError: the step is the other party's.
    :raises AgreementStepError: it does not fit the state.
    """
    wanted = Party.INSTITUTION if step in INSTITUTION_STEPS else Party.AGENCY
    if party_of(act.member) != wanted:
        raise NotThisPartyError(user=act.member.user.get_username())
    act_as(act.member.user.get_username())
    case.state = state_after(case.state, step)
    columns = {**(clock.columns() if clock else STOPPED), **changes}
    for name, value in columns.items():
        setattr(case, name, value)
    case.save(update_fields=["state", *columns])
    _note(case, step, act)
    return case


def _note(case: AgreementCase, step: CaseStep, act: CaseAct) -> None:
    CaseEvent.objects.create(
        case=case, step=step, state_after=case.state, at=act.at, member=act.member, article=act.article,
        note=act.note, details=dict(act.details),
    )  # fmt: skip


def require_reason(act: CaseAct) -> None:
    """Insist on article and reason.

    :raises AgreementReasonMissingError: one is missing.
    """
    if not act.article.strip() or not act.note.strip():
        raise AgreementReasonMissingError


def keep_material(case: AgreementCase, *, key: str, file: File, act: CaseAct) -> CaseMaterial:
    """Keep a material for a locked case whose materials are not under review.

    :raises AgreementStepError: they are, or the case is decided.
    :raises NotThisPartyError: only the institution brings materials.
    """
    if party_of(act.member) is not Party.INSTITUTION:
        raise NotThisPartyError(user=act.member.user.get_username())
    if case.state not in TAKING_MATERIALS:
        raise AgreementStepError(state=case.state, step="material")
    return CaseMaterial.objects.create(case=case, key=key, file=file, brought_at=act.at, brought_by=act.member)


def give_shortcoming_notice(
    case: AgreementCase, *, stage: str, items: Sequence[Mapping[str, str]], act: CaseAct
) -> ShortcomingNotice:
    """Name all shortcomings of a stage, once.

    :raises SecondShortcomingNoticeError: a notice of this stage was given.
    """
    if ShortcomingNotice.objects.filter(case=case, stage=stage).exists():
        raise SecondShortcomingNoticeError(case=case.pk)
    return ShortcomingNotice.objects.create(
        case=case, stage=stage, items=[dict(item) for item in items], given_at=act.at, given_by=act.member
    )


def officer_who_found_complete(case: AgreementCase) -> int | None:
    """The number of the member who found the materials complete."""
    event = CaseEvent.objects.filter(case=case, step=CaseStep.COMPLETE).order_by("-id").first()
    return event.member_id if event else None
