"""Bring diagnoses to an outpatient visit (2203), discharge an inpatient (2402) or take the discharge back (2405)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.settlement.queries import ask_whether_settled
from yibao.domains.storage import Raw, Rows
from yibao.domains.visits.operations import (
    NewDiagnosis,
    discharge,
    replace_diagnoses,
    set_medical_type,
    undo_discharge,
)
from yibao.domains.visits.queries import VisitToChange, ask_for_stay, ask_for_visit, visit_of
from yibao.policies.internet_care import marked_types
from yibao.workflows.check_internet_visit import take_internet_visit
from yibao.workflows.exactly_once import Outcome, Step
from yibao.workflows.open_visit import AlreadyInHospitalError
from yibao.workflows.settle_visit import UnknownVisitError, VisitCancelledError, WrongKindOfCareError


class VisitSettledError(YibaoError):
    """The visit has a settlement that stands; it must be reversed first (已结算)."""

    code: ClassVar[str] = "visits.settled"


class AlreadyDischargedError(YibaoError):
    """The inpatient was discharged before (已出院)."""

    code: ClassVar[str] = "visits.already_discharged"


class DischargedBeforeAdmissionError(YibaoError):
    """The discharge would lie before the admission, or after now."""

    code: ClassVar[str] = "visits.discharge_time"


@dataclass(frozen=True, slots=True)
class VisitChange:
    """Which visit of whom an institution wants to change."""

    institution_id: int
    person_number: str
    visit_id: int
    is_inpatient: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AskedVisit:
    """The visit and whether a settlement of it stands, as asked for."""

    visit: Rows
    settled: Rows


def ask_visit(raw: Raw, change: VisitChange) -> AskedVisit:
    """Queue the reads that every change of a visit needs."""
    return AskedVisit(ask_for_visit(raw, visit_id=change.visit_id), ask_whether_settled(raw, visit_id=change.visit_id))


def visit_to_change(change: VisitChange, person: LockedPerson, asked: AskedVisit) -> VisitToChange:
    """The visit, when it is this person's at this institution, of this kind of care, and not cancelled.

    :raises UnknownVisitError, VisitCancelledError, WrongKindOfCareError: otherwise.
    """
    visit = visit_of(asked.visit)
    if visit is None or visit.person_id != person.id or visit.institution_id != change.institution_id:
        raise UnknownVisitError(visit_id=change.visit_id)
    if (visit.care == "inpatient") != change.is_inpatient:
        raise WrongKindOfCareError(visit_id=change.visit_id)
    if visit.state == "cancelled":
        raise VisitCancelledError(visit_id=change.visit_id)
    return visit


def diagnoses_step(
    change: VisitChange, *, medical_type: str, details: dict[str, object], diagnoses: Sequence[NewDiagnosis]
) -> Step[AskedVisit, None]:
    """The change that records what 2203 brings: medical category, details, and the set of diagnoses.

    :raises VisitSettledError: a settlement stands on what was recorded before.
    :raises InternetRefusedError: it is marked as a visit over the internet and breaks rules of these.
    """

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        if asked.settled.fetchone() is not None:
            raise VisitSettledError(visit_id=change.visit_id)
        set_medical_type(raw, visit_id=visit.id, medical_type=medical_type, details=details)
        replace_diagnoses(raw, visit_id=visit.id, stage="1", diagnoses=diagnoses)
        if medical_type in marked_types():
            take_internet_visit(raw, visit_id=visit.id, at=change.at)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)


def discharge_step(
    change: VisitChange, *, ended_at: datetime, details: dict[str, object], diagnoses: Sequence[NewDiagnosis]
) -> Step[AskedVisit, None]:
    """The change that discharges an inpatient.

    :raises AlreadyDischargedError, DischargedBeforeAdmissionError: nothing changed.
    """

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        if visit.state == "discharged":
            raise AlreadyDischargedError(visit_id=visit.id)
        if ended_at < visit.began_at or ended_at > change.at:
            raise DischargedBeforeAdmissionError(field="endtime", ended=ended_at.strftime("%Y-%m-%d %H:%M:%S"))
        discharge(raw, visit_id=visit.id, ended_at=ended_at, details=details)
        if diagnoses:
            replace_diagnoses(raw, visit_id=visit.id, stage="2", diagnoses=diagnoses)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)


def undo_discharge_step(change: VisitChange) -> Step[AskedVisit, None]:
    """The change that takes a discharge back.

    :raises NotYetDischargedError, VisitSettledError, AlreadyInHospitalError: nothing changed.
    """

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(change, person, asked)
        if visit.state != "discharged":
            raise NotYetDischargedError(visit_id=visit.id)
        if asked.settled.fetchone() is not None:
            raise VisitSettledError(visit_id=visit.id)
        if ask_for_stay(raw, person_id=person.id).fetchone() is not None:
            raise AlreadyInHospitalError(person=change.person_number)
        undo_discharge(raw, visit_id=visit.id)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, change), act)


class NotYetDischargedError(YibaoError):
    """There is no discharge to take back (未出院)."""

    code: ClassVar[str] = "visits.not_yet_discharged"
