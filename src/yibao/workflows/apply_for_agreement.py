"""Apply for an agreement (协议申请): the institution's side, from the draft to asking for the acceptance test.

Which conditions, materials, windows and terms hold is the law of the region on the day; no region is known here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from django.db import transaction
from django.utils.timezone import localdate

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.agreements.clocks import due_day
from yibao.domains.agreements.models import Agreement, AgreementCase, AgreementKind, CaseEvent, CaseMaterial
from yibao.domains.agreements.operations import (
    CaseAct,
    NotThisPartyError,
    StageClock,
    keep_material,
    locked_case,
    open_case,
    take_step,
)
from yibao.domains.agreements.points import staff_standing_on
from yibao.domains.agreements.queries import is_designated_on
from yibao.domains.agreements.states import APPLYING_AGAIN, BEFORE_SIGNING, AgreementStepError, CaseState, CaseStep
from yibao.domains.files.models import File
from yibao.domains.files.operations import NewFile, keep_file
from yibao.domains.institutions.models import Institution, Practitioner
from yibao.policies.agreement_library import AppliedProcedure, agreement_procedure
from yibao.policies.agreements import ProcedureKey, Stage, Term, Window

_KEPT_FOR: Final = timedelta(days=365 * 15)
"""How long materials can be fetched (our default)."""


class OutsideWindowError(YibaoError):
    """Applications are taken on certain days of the year only, and this is none of them."""

    code: ClassVar[str] = "agreements.outside_window"


class NoDesignationError(YibaoError):
    """The institution is not designated, nor has it applied for one together with this where that is allowed."""

    code: ClassVar[str] = "agreements.no_designation"


class UnknownPhysicianError(YibaoError):
    """The institution has no physician of this code."""

    code: ClassVar[str] = "agreements.unknown_physician"


class BarredPhysicianError(YibaoError):
    """Twelve points bar the physician from registering until a day (不得再次登记)."""

    code: ClassVar[str] = "agreements.barred_physician"


class UnknownMaterialError(YibaoError):
    """The law asks for no such material."""

    code: ClassVar[str] = "agreements.unknown_material"


class TooSoonAgainError(YibaoError):
    """The time after a refusal in which nobody applies again is not over."""

    code: ClassVar[str] = "agreements.too_soon_again"


class RebuildOverdueError(YibaoError):
    """The months for rebuilding the system are over; the application lapses, and a new one may be made."""

    code: ClassVar[str] = "agreements.rebuild_overdue"


class NothingSupplementedError(YibaoError):
    """Materials that the notice names have not come."""

    code: ClassVar[str] = "agreements.nothing_supplemented"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementWish:
    """What an institution applies for; `physician_code` for an annex, `renews` the agreement that it is to follow."""

    kind: str
    physician_code: str = ""
    renews: Agreement | None = None


def procedure_key(kind: str, institution: Institution) -> ProcedureKey:
    """Under which heading the law speaks of a kind of agreement."""
    if kind == AgreementKind.INTERNET:
        return "internet"
    if kind == AgreementKind.PHYSICIAN:
        return "physician"
    return "designation_pharmacy" if institution.kind == Institution.Kind.PHARMACY else "designation_hospital"


def law_of_case(case: AgreementCase) -> AppliedProcedure:
    """The law that a case stands under: that of the day on which it was submitted, before that of its beginning.

    :raises yibao.policies.NoPolicyError: none is in force.
    """
    day = localdate(case.submitted_at or case.opened_at)
    return agreement_procedure(case.region_id, procedure_key(case.kind, case.institution), day)


def stage_clock(stage: Stage, term: Term, start: date) -> StageClock:
    """The clock of a stage from a day on."""
    return StageClock(stage=stage, start=start, value=term.value, unit=term.unit)


@transaction.atomic
def open_application(wish: AgreementWish, act: CaseAct) -> AgreementCase:
    """Begin an application: the institution then brings materials and submits it.

    :raises NotThisPartyError: not the institution's own staff.
    :raises NoDesignationError, UnknownPhysicianError, BarredPhysicianError, TooSoonAgainError: nothing was written.
    :raises yibao.policies.NoPolicyError: the region's law knows no such agreement on that day.
    """
    institution = act.member.institution
    if institution is None:
        raise NotThisPartyError(user=act.member.user.get_username())
    day = localdate(act.at)
    law = agreement_procedure(act.member.region_id, procedure_key(wish.kind, institution), day)
    together = _base_of(wish.kind, institution, law, day)
    physician = _physician(wish, institution, day)
    previous = AgreementCase.objects.filter(
        institution=institution, kind=wish.kind, practitioner=physician, state__in=sorted(APPLYING_AGAIN)
    ).order_by("-id").first()  # fmt: skip
    _require_patience(previous, law, day)
    case = AgreementCase(
        kind=wish.kind, institution=institution, practitioner=physician, region=act.member.region, opened_at=act.at,
        previous=previous, renews=wish.renews, together_with=together,
    )  # fmt: skip
    return open_case(case=case, act=act)


def _base_of(kind: str, institution: Institution, law: AppliedProcedure, day: date) -> AgreementCase | None:
    """The designation's case that this one is applied for together with; None where a designation is in force or not needed.

    :raises NoDesignationError: there is neither.
    """
    if kind == AgreementKind.DESIGNATION or is_designated_on(institution.pk, day):
        return None
    beside = AgreementCase.objects.filter(
        institution=institution, kind=AgreementKind.DESIGNATION, state__in=sorted(BEFORE_SIGNING)
    ).first()
    if law.procedure.together.value and beside is not None:
        return beside
    raise NoDesignationError(institution=institution.code, day=day.isoformat())


def _physician(wish: AgreementWish, institution: Institution, day: date) -> Practitioner | None:
    """The physician that an annex is for."""
    if wish.kind != AgreementKind.PHYSICIAN:
        return None
    found = Practitioner.objects.filter(
        code=wish.physician_code.strip().upper(), institution=institution, kind=Practitioner.Kind.PHYSICIAN
    ).first()
    if found is None:
        raise UnknownPhysicianError(physician=wish.physician_code)
    barred_until = staff_standing_on(found.code, day).barred_until
    if barred_until is not None:
        raise BarredPhysicianError(physician=found.code, until=barred_until.isoformat())
    return found


def _require_patience(previous: AgreementCase | None, law: AppliedProcedure, day: date) -> None:
    """Where the law makes a refused applicant wait, wait."""
    again = law.procedure.life.apply_again_after
    if previous is None or again is None or previous.state != CaseState.REFUSED:
        return
    refused = CaseEvent.objects.filter(case=previous, step=CaseStep.REFUSE).order_by("-id").first()
    assert refused is not None
    clock = AgreementCase(
        clock_from=localdate(refused.at), clock_value=again.value, clock_unit=again.unit, clock_stage="again"
    )
    until = due_day(clock)
    if until is not None and day < until:
        raise TooSoonAgainError(until=until.isoformat())


@transaction.atomic
def bring_material(case_id: int, *, key: str, name: str, content: bytes, act: CaseAct) -> CaseMaterial:
    """Upload a material; a further one of the same key takes the place of the first.

    :raises UnknownMaterialError: the law asks for no such material.
    :raises yibao.domains.files.operations.FileTooLargeError, FileNameError: the file cannot be kept.
    """
    case = locked_case(case_id, act.member)
    if key not in {material.key for material in law_of_case(case).procedure.materials}:
        raise UnknownMaterialError(material=key)
    institution = case.institution
    new = NewFile(institution.pk, institution.code, name, content, act.at, act.at + _KEPT_FOR)
    number = keep_file(storage.driver(), new)
    return keep_material(case, key=key, file=File.objects.get(number=number), act=act)


def missing_materials(case: AgreementCase) -> list[str]:
    """The keys of the materials that the law asks for and that have not come, in its order."""
    come = set(CaseMaterial.objects.filter(case=case).values_list("key", flat=True))
    return [each.key for each in law_of_case(case).procedure.materials if each.key not in come]


@transaction.atomic
def submit(case_id: int, act: CaseAct) -> AgreementCase:
    """Submit an application; the review's clock runs from this day.

    :raises OutsideWindowError: applications are not taken on this day.
    """
    case, day = locked_case(case_id, act.member), localdate(act.at)
    law = agreement_procedure(case.region_id, procedure_key(case.kind, case.institution), day)
    require_window(law.procedure.windows, day)
    return take_step(
        case, CaseStep.SUBMIT, act, clock=stage_clock("review", law.procedure.stages.review, day),
        submitted_at=act.at, needs_test=bool(law.procedure.test_programme),
    )  # fmt: skip


def require_window(windows: list[Window], day: date) -> None:
    """Insist on a day on which applications are taken; without windows that is any day.

    :raises OutsideWindowError: it is none.
    """
    if windows and not any(window.first <= f"{day:%m-%d}" <= window.last for window in windows):
        told = ", ".join(f"{window.first} – {window.last}" for window in windows)
        raise OutsideWindowError(day=day.isoformat(), windows=told)


@transaction.atomic
def supplement(case_id: int, act: CaseAct) -> AgreementCase:
    """Hand the supplemented application in again; the review's clock runs anew.

    :raises NothingSupplementedError: a material that the notice names has not come.
    """
    case, day = locked_case(case_id, act.member), localdate(act.at)
    missing = missing_materials(case)
    if case.state == CaseState.WANTING and missing:
        raise NothingSupplementedError(materials=", ".join(missing))
    review = law_of_case(case).procedure.stages.review
    return take_step(case, CaseStep.SUPPLEMENT, act, clock=stage_clock("review", review, day))


@transaction.atomic
def ask_for_test(case_id: int, act: CaseAct) -> AgreementCase:
    """Ask for the acceptance test (申请测试验收) after rebuilding the system; the test's clock runs from this day.

    :raises RebuildOverdueError: the months for it are over.
    :raises AgreementStepError: no test is owed, or an earlier stage is not done.
    """
    case, day = locked_case(case_id, act.member), localdate(act.at)
    law = law_of_case(case).procedure
    require_stage(case, law.path, "test")
    due = due_day(case) if case.clock_stage == "rebuild" else None
    if due is not None and day > due:
        raise RebuildOverdueError(due=due.isoformat())
    assert law.stages.test is not None
    return take_step(case, CaseStep.ASK_TEST, act, clock=stage_clock("test", law.stages.test, day))


_DONE: Final[dict[Stage, CaseState]] = {
    "assess": CaseState.ASSESSED, "negotiate": CaseState.NEGOTIATED, "test": CaseState.ACCEPTED,
}  # fmt: skip


def state_before(path: tuple[Stage, ...], stage: Stage | None) -> CaseState:
    """In which state a case stands before a stage of its path; None asks for the end of the path."""
    place = len(path) if stage is None else path.index(stage)
    return _DONE[path[place - 1]] if place else CaseState.COMPLETE


def require_stage(case: AgreementCase, path: tuple[Stage, ...], stage: Stage | None) -> None:
    """Insist that a case has come to a stage of its path (None: to its end).

    :raises AgreementStepError: it has not, or its path has no such stage.
    """
    if (stage is not None and stage not in path) or case.state != state_before(path, stage):
        raise AgreementStepError(state=case.state, step=stage or "offer")


@transaction.atomic
def withdraw(case_id: int, act: CaseAct) -> AgreementCase:
    """Take an application back before it is signed."""
    return take_step(locked_case(case_id, act.member), CaseStep.WITHDRAW, act)
