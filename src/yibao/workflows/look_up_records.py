"""What an institution may look up of a person it treats (5201 to 5206); every look-up is logged."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.operations import record_read
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Accumulator, SettledBatch, Settlement
from yibao.domains.settlement.queries import accumulators_of_person, settlement_of_person
from yibao.domains.visits.models import Diagnosis, FeeLine, Visit
from yibao.domains.visits.queries import diagnoses_of_visit, lines_of_visit, visits_of_person
from yibao.workflows.exactly_once import UnknownPersonNumberError
from yibao.workflows.reverse_settlement import UnknownSettlementError


class NotTreatedHereError(YibaoError):
    """The person has no visit at this institution, so it may not read the person's records."""

    code: ClassVar[str] = "visits.not_treated_here"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks up, by which transaction, when."""

    institution_id: int
    operator: str
    infno: str
    at: datetime


def _person(reader: Reader, number: str) -> Person:
    """The person, when this institution treats them; the reading is logged.

    :raises UnknownPersonNumberError, NotTreatedHereError: there is nothing to be read here.
    """
    person = Person.objects.filter(number=number).first()
    if person is None:
        raise UnknownPersonNumberError(number=number)
    if not Visit.objects.filter(person=person, institution_id=reader.institution_id).exists():
        raise NotTreatedHereError(number=number)
    record_read(
        storage.driver(),
        institution_id=reader.institution_id,
        person_id=person.pk,
        infno=reader.infno,
        operator=reader.operator,
        read_at=reader.at,
    )
    return person


def look_up_visits(
    reader: Reader,
    *,
    number: str,
    began_from: datetime,
    began_until: datetime,
    medical_type: str | None,
    visit_id: int | None,
) -> list[Visit]:
    """The person's visits at this institution in a half-open time, newest first (5201)."""
    person = _person(reader, number)
    found = visits_of_person(
        person_id=person.pk,
        began_from=began_from,
        began_until=began_until,
        medical_type=medical_type,
        visit_id=visit_id,
    )
    return [visit for visit in found if visit.institution_id == reader.institution_id]


def look_up_diagnoses(reader: Reader, *, number: str, visit_id: int) -> list[Diagnosis]:
    """The current diagnoses of a visit here (5202)."""
    person = _person(reader, number)
    found = diagnoses_of_visit(visit_id=visit_id, person_id=person.pk)
    return found if _is_here(reader, visit_id) else []


def look_up_settlement(reader: Reader, *, number: str, settlement_id: int, visit_id: int) -> tuple[Settlement, bool]:
    """One settlement made here, and whether it was reversed (5203).

    :raises UnknownSettlementError: this person has no such settlement here.
    """
    person = _person(reader, number)
    found = settlement_of_person(settlement_id=settlement_id, visit_id=visit_id, person_id=person.pk)
    if found is None or found.institution_id != reader.institution_id:
        raise UnknownSettlementError(settlement_id=settlement_id)
    return found, Settlement.objects.filter(reverses=found).exists() or found.kind == Settlement.Kind.REVERSAL


def look_up_lines(
    reader: Reader, *, number: str, visit_id: int, settlement_id: int | None
) -> list[tuple[FeeLine, int | None]]:
    """The fee lines of a visit here with the settlement each stands in, if any (5204)."""
    person = _person(reader, number)
    if not _is_here(reader, visit_id):
        return []
    settled = dict(
        SettledBatch.objects.filter(batch__visit_id=visit_id, is_released=False).values_list(
            "batch_id", "settlement_id"
        )
    )
    lines = [(line, settled.get(line.batch_id)) for line in lines_of_visit(visit_id=visit_id, person_id=person.pk)]
    return [pair for pair in lines if settlement_id is None or pair[1] == settlement_id]


def look_up_accumulators(reader: Reader, *, number: str) -> list[Accumulator]:
    """What the person has used of each benefit year (5206)."""
    return accumulators_of_person(person_id=_person(reader, number).pk)


def _is_here(reader: Reader, visit_id: int) -> bool:
    """Whether the visit is this institution's."""
    return Visit.objects.filter(pk=visit_id, institution_id=reader.institution_id).exists()
