"""Who owes a contribution for a period, what is assessed and unpaid, and what was paid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from yibao.domains.enrolment.models import Assessment, Contribution


@dataclass(frozen=True, slots=True)
class Insured:
    """A person insured for some day of a period, with all that the assessment needs.

    `wage_fen` is the declared monthly wage, `carried_base_fen` the base of the latest contribution, `attempts` how often the
    period was assessed and taken back.
    """

    person_id: int
    enrolment_id: int
    birth_date: date
    status_group: str
    has_employer: bool
    wage_fen: int | None
    carried_base_fen: int | None
    statuses: tuple[str, ...]
    attempts: int


def insured_in(*, region: str, scheme: str, start: date, end: date, after: int, limit: int) -> list[Insured]:
    """The next persons by number whose period is neither assessed nor paid; of several enrolments the last one counts."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (e.person_id) {_INSURED} WHERE e.region_id = %(region)s AND e.scheme = %(scheme)s"
            " AND e.state = '1' AND e.valid_from < %(end)s AND (e.valid_until IS NULL OR e.valid_until > %(start)s)"
            f" AND e.person_id > %(after)s AND NOT EXISTS ({_ASSESSED}) AND NOT EXISTS ({_PAID})"
            " ORDER BY e.person_id, e.valid_from DESC LIMIT %(limit)s",
            {"region": region, "scheme": scheme, "start": start, "end": end, "after": after, "limit": limit},
        )
        return [_insured(row) for row in cursor.fetchall()]


def insured_by_enrolment(*, enrolment_id: int, start: date, end: date) -> Insured:
    """One enrolment as `insured_in` gives it, whatever its state."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_INSURED} WHERE e.id = %(enrolment)s",
            {"enrolment": enrolment_id, "start": start, "end": end},
        )
        return _insured(cursor.fetchone())


def _insured(row: Sequence[Any]) -> Insured:
    person, enrolment, born, group, has_employer, wage, carried, statuses, attempts = row
    return Insured(person, enrolment, born, group, has_employer, wage, carried, tuple(statuses or ()), attempts)


_INSURED = """
 e.person_id, e.id, p.birth_date, e.status_group, e.employer_id IS NOT NULL,
 (SELECT w.wage_fen FROM enrolment_wagedeclaration w WHERE w.person_id = e.person_id AND w.valid_from < %(end)s
     AND (w.valid_until IS NULL OR w.valid_until > %(start)s) ORDER BY w.valid_from DESC LIMIT 1),
 (SELECT c.base_fen FROM enrolment_contribution c JOIN enrolment_enrolment ce ON ce.id = c.enrolment_id
   WHERE ce.person_id = e.person_id AND ce.scheme = e.scheme AND c.kind = 'payment' AND c.base_fen > 0
   ORDER BY c.period_start DESC LIMIT 1),
 (SELECT array_agg(s.kind) FROM enrolment_specialstatus s WHERE s.person_id = e.person_id AND s.valid_from < %(end)s
     AND (s.valid_until IS NULL OR s.valid_until > %(start)s)),
 (SELECT count(*) FROM enrolment_assessment a WHERE a.person_id = e.person_id AND a.scheme = e.scheme
     AND a.period_start = %(start)s AND a.kind = 'reversal')
 FROM enrolment_enrolment e JOIN people_person p ON p.id = e.person_id
"""
_ASSESSED = """
 SELECT FROM enrolment_assessment a WHERE a.person_id = e.person_id AND a.scheme = e.scheme
    AND a.period_start = %(start)s AND a.kind = 'assessment'
    AND NOT EXISTS (SELECT FROM enrolment_assessment r WHERE r.reverses_id = a.id)
"""
_PAID = """
 SELECT FROM enrolment_contribution c JOIN enrolment_enrolment ce ON ce.id = c.enrolment_id
  WHERE ce.person_id = e.person_id AND ce.scheme = e.scheme AND c.period_start = %(start)s AND c.kind = 'payment'
    AND NOT EXISTS (SELECT FROM enrolment_contribution r WHERE r.reverses_id = c.id)
"""


def standing_assessments() -> QuerySet[Assessment]:
    """Assessments that were not taken back."""
    return Assessment.objects.filter(kind=Assessment.Kind.ASSESSMENT, reversal=None)


def unpaid_assessments() -> QuerySet[Assessment]:
    """Standing assessments without a standing payment, oldest first."""
    payment = Contribution.objects.filter(assessment=OuterRef("pk"), kind=Contribution.Kind.PAYMENT, reversal=None)
    return standing_assessments().filter(~Exists(payment)).order_by("person_id", "period_start")


def standing_contributions(*, person_ids: Iterable[int], scheme: str) -> QuerySet[Contribution]:
    """Payments that were not taken back, of persons under a scheme in whatever region, by period."""
    return (
        Contribution.objects.filter(
            enrolment__person_id__in=list(person_ids),
            enrolment__scheme=scheme,
            kind=Contribution.Kind.PAYMENT,
            reversal=None,
        )
        .select_related("enrolment")
        .order_by("period_start", "id")
    )
