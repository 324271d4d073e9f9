"""Finding an insured person of a region, and all that was owed and paid for the person, for the office."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from yibao.domains.enrolment.models import Assessment, Contribution, Enrolment, Transfer
from yibao.domains.enrolment.owing import unpaid_assessments
from yibao.domains.people.models import Person

SHOWN: Final = 240
"""The latest contributions that a page or a file has: twenty years of months."""


@dataclass(frozen=True, slots=True)
class ContributionRecord:
    """A person's enrolments, latest contributions (newest first), what is owed, and transfers."""

    enrolments: list[Enrolment]
    contributions: list[Contribution]
    owed: list[Assessment]
    transfers: list[Transfer]


def find_insured(*, region: str, text: str) -> Person | None:
    """The person of this person or document number who is or was insured in the region, or nobody."""
    insured = Enrolment.objects.filter(region_id=region).values("person_id")
    return (
        Person.objects.select_related("division")
        .filter(Q(number=text) | Q(document_number=text.upper()), pk__in=insured)
        .first()
    )


def insured_among(*, region: str, person_ids: Collection[int]) -> frozenset[int]:
    """Those of the persons who are or were insured in the region."""
    found = Enrolment.objects.filter(region_id=region, person_id__in=list(person_ids))
    return frozenset(found.values_list("person_id", flat=True))


def contribution_record(person: Person) -> ContributionRecord:
    """All that is kept on a person's contributions."""
    contributions = (
        Contribution.objects.filter(enrolment__person=person)
        .select_related("enrolment", "assessment", "receipt", "reversal")
        .order_by("-period_start", "-id")[:SHOWN]
    )
    return ContributionRecord(
        list(person.enrolments.select_related("region", "employer").order_by("-valid_from")),
        list(contributions),
        list(unpaid_assessments().filter(person=person)),
        list(person.transfers.prefetch_related("steps").order_by("-id")),
    )
