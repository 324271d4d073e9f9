"""Change what was recorded when an inpatient was admitted (2403): time, ward, physician, number, diagnoses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.timezone import localdate, localtime
from psycopg import errors as database_errors

from yibao.core.errors import YibaoError
from yibao.domains.people.queries import LockedPerson
from yibao.domains.storage import Raw
from yibao.domains.visits.operations import (
    AdmissionFacts,
    NewDiagnosis,
    change_admission,
    earliest_line,
    replace_diagnoses,
)
from yibao.workflows.change_visit import (
    AlreadyDischargedError,
    AskedVisit,
    VisitChange,
    VisitSettledError,
    ask_visit,
    visit_to_change,
)
from yibao.workflows.exactly_once import Outcome, Step
from yibao.workflows.open_visit import FutureVisitError, NumberInUseError


class AfterFirstLineError(YibaoError):
    """The admission would begin after a fee line that stands (入院时间晚于费用发生时间)."""

    code: ClassVar[str] = "visits.after_first_line"


@dataclass(frozen=True, slots=True)
class AdmissionChange:
    """Which admission, and what it shall say; diagnoses replace those of admission where any are brought."""

    change: VisitChange
    facts: AdmissionFacts
    diagnoses: Sequence[NewDiagnosis]


def admission_step(wish: AdmissionChange) -> Step[AskedVisit, None]:
    """The change of an admission, for `exactly_once.perform`.

    :raises AlreadyDischargedError, VisitSettledError, FutureVisitError, AfterFirstLineError, NumberInUseError: nothing
        was changed.
    """
    began: datetime = wish.facts.began_at
    if began > wish.change.at:
        raise FutureVisitError(field="begntime", begins=began.strftime("%Y-%m-%d %H:%M:%S"))

    def act(raw: Raw, person: LockedPerson | None, asked: AskedVisit) -> Outcome[None]:
        assert person is not None
        visit = visit_to_change(wish.change, person, asked)
        if visit.state == "discharged":
            raise AlreadyDischargedError(visit_id=visit.id)
        if asked.settled.fetchone() is not None:
            raise VisitSettledError(visit_id=visit.id)
        first = earliest_line(raw, visit_id=visit.id)
        if first is not None and localdate(first) < localdate(began):
            raise AfterFirstLineError(field="begntime", occurred=localtime(first).strftime("%Y-%m-%d %H:%M:%S"))
        try:
            change_admission(raw, visit_id=visit.id, facts=wish.facts).fetchone()
        except database_errors.UniqueViolation:
            raise NumberInUseError(number=wish.facts.number_at_institution) from None
        if wish.diagnoses:
            replace_diagnoses(raw, visit_id=visit.id, stage="1", diagnoses=wish.diagnoses)
        return Outcome(None, visit.id)

    return Step(lambda raw: ask_visit(raw, wish.change), act)
