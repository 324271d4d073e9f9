"""Reading visits, their diagnoses and their fee lines."""

from dataclasses import dataclass
from datetime import datetime

from yibao.domains.storage import Raw, Rows, ask
from yibao.domains.visits.models import Diagnosis, FeeLine, Visit


@dataclass(frozen=True, slots=True)
class VisitToChange:
    """A visit as far as an operation on it must know it; rows are read after the person was locked.

    `is_private`: the register says that the institution is not public, so its agreement may set prices.
    """

    id: int
    person_id: int
    institution_id: int
    enrolment_id: int
    care: str
    medical_type: str
    number_at_institution: str
    place: str
    state: str
    began_at: datetime
    ended_at: datetime | None
    scheme: str
    region: str
    level: str
    is_private: bool
    has_lines: bool


def ask_for_visit(raw: Raw, *, visit_id: int) -> Rows:
    """Ask for a visit by its mdtrt_id; read it with `visit_of`."""
    return ask(
        raw,
        "SELECT v.id, v.person_id, v.institution_id, v.enrolment_id, v.care, v.medical_type, v.number_at_institution,"
        " v.place, v.state, v.began_at, v.ended_at, e.scheme, e.region_id, i.level,"
        " i.is_public IS FALSE,"
        " EXISTS (SELECT FROM visits_feebatch b JOIN visits_feeline l ON l.batch_id = b.id"
        "         WHERE b.visit_id = v.id AND l.withdrawn_at IS NULL)"
        " FROM visits_visit v JOIN enrolment_enrolment e ON e.id = v.enrolment_id"
        " JOIN institutions_institution i ON i.id = v.institution_id WHERE v.id = %s",
        (visit_id,),
    )


def visit_of(rows: Rows) -> VisitToChange | None:
    """The visit that was asked for, or nothing."""
    row = rows.fetchone()
    return VisitToChange(*row) if row else None


def ask_for_stay(raw: Raw, *, person_id: int) -> Rows:
    """Ask whether a person lies in a hospital; one row if so."""
    return ask(
        raw,
        "SELECT 1 FROM visits_visit WHERE person_id = %s AND care = 'inpatient' AND state = 'open'",
        (person_id,),
    )


def visits_of_person(
    *, person_id: int, began_from: datetime, began_until: datetime, medical_type: str | None, visit_id: int | None
) -> list[Visit]:
    """A person's visits in a half-open time, newest first; at most 200 (5201)."""
    found = Visit.objects.filter(person_id=person_id, began_at__gte=began_from, began_at__lt=began_until)
    if medical_type:
        found = found.filter(medical_type=medical_type)
    if visit_id:
        found = found.filter(pk=visit_id)
    return list(
        found.select_related("person", "enrolment", "enrolment__employer", "institution").order_by("-began_at", "-id")[
            :200
        ]
    )


def diagnoses_of_visit(*, visit_id: int, person_id: int) -> list[Diagnosis]:
    """The current diagnoses of a visit in their order (5202)."""
    return list(
        Diagnosis.objects.filter(visit_id=visit_id, visit__person_id=person_id, is_current=True).order_by(
            "stage", "rank", "id"
        )
    )


def lines_of_visit(*, visit_id: int, person_id: int) -> list[FeeLine]:
    """The fee lines of a visit that were not withdrawn, in the order they came (5204)."""
    return list(
        FeeLine.objects.filter(visit_id=visit_id, visit__person_id=person_id, withdrawn_at=None)
        .select_related("visit")
        .order_by("id")
    )


def main_diagnosis_code(raw: Raw, *, visit_id: int) -> str | None:
    """The code of a visit's main diagnosis (主诊断), the one on discharge before the one on admission; none without any."""
    row = ask(
        raw,
        "SELECT code FROM visits_diagnosis WHERE visit_id = %s AND is_current AND is_main"
        " ORDER BY stage DESC, rank, id LIMIT 1",
        (visit_id,),
    ).fetchone()
    return str(row[0]) if row else None
