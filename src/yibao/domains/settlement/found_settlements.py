"""The settlements that answer a search."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Q, QuerySet

from yibao.core.identity import DOCUMENT_TYPES
from yibao.domains.messages.models import MessageNumber
from yibao.domains.people.models import Person
from yibao.domains.settlement.models import Settlement
from yibao.domains.settlement.visible_settlements import visible_settlements
from yibao.domains.staff.queries import Scope

Standing = Literal["", "standing", "reversed", "reversal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementSearch:
    """What is searched for; empty fields do not narrow. `person` is a person number or the number of a document.

    `settled_from` counts, `settled_until` does not.
    """

    settlement_id: int | None = None
    visit_id: int | None = None
    msgid: str = ""
    person: str = ""
    institution: str = ""
    scheme: str = ""
    care: str = ""
    standing: Standing = ""
    settled_from: datetime | None = None
    settled_until: datetime | None = None


def found_settlements(scope: Scope, search: SettlementSearch) -> QuerySet[Settlement]:
    """Settlements within the scope that answer the search, newest first, with person, institution, visit and reversal."""
    narrowed = visible_settlements(scope).filter(_of_record(search), _of_circumstances(search))
    related = narrowed.select_related("person", "institution", "enrolment", "visit", "reversal")
    return related.defer("trace", "accumulator_changes", "visit__details").order_by("-settled_at", "-id")


def older_than(settlements: QuerySet[Settlement], *, settlement_id: int) -> QuerySet[Settlement]:
    """Go on after a settlement in the order newest first; nothing follows a number that does not exist."""
    mark = Settlement.objects.filter(pk=settlement_id).values_list("settled_at", flat=True).first()
    if mark is None:
        return settlements.none()
    return settlements.filter(Q(settled_at__lt=mark) | Q(settled_at=mark, pk__lt=settlement_id))


def _of_record(search: SettlementSearch) -> Q:
    """Narrow to named records."""
    wanted = Q()
    if search.settlement_id is not None:
        wanted &= Q(pk=search.settlement_id)
    if search.visit_id is not None:
        wanted &= Q(visit_id=search.visit_id)
    if search.msgid:  # the numbers of messages have an index, the settlements know their person by one
        persons_of_message = MessageNumber.objects.filter(msgid=search.msgid, person__isnull=False).values("person_id")
        wanted &= Q(msgid=search.msgid, person_id__in=persons_of_message)
    if search.person:
        by_document = Q(document_type__in=sorted(DOCUMENT_TYPES), document_number=search.person.upper())
        persons = Person.objects.filter(Q(number=search.person) | by_document)
        wanted &= Q(person_id__in=persons.values("pk"))
    return wanted


def _of_circumstances(search: SettlementSearch) -> Q:
    """Narrow by where, under what, when, and whether it still stands."""
    wanted = Q()
    exact = {
        "institution__code": search.institution,
        "enrolment__scheme": search.scheme,
        "visit__care": search.care,
    }
    for field, value in exact.items():
        if value:
            wanted &= Q(**{field: value})
    if search.settled_from is not None:
        wanted &= Q(settled_at__gte=search.settled_from)
    if search.settled_until is not None:
        wanted &= Q(settled_at__lt=search.settled_until)
    return wanted & _of_standing(search.standing)


def _of_standing(standing: Standing) -> Q:
    """A reversal takes money back; a settlement stands until one does."""
    is_reversal = Q(kind=Settlement.Kind.REVERSAL)
    match standing:
        case "standing":
            return ~is_reversal & Q(reversal__isnull=True)
        case "reversed":
            return ~is_reversal & Q(reversal__isnull=False)
        case "reversal":
            return is_reversal
        case _:
            return Q()
