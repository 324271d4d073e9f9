"""What an institution may look up of a person who stands at its counter: filings (5301 5302 5304), beds (5303), drugs (5205).

A person whom the institution treats, or whose voucher it showed in the last day (1101), may be looked up; each look-up is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils.timezone import localdate

from yibao.domains import storage
from yibao.domains.catalogue.models import Item
from yibao.domains.filings.models import Filing
from yibao.domains.filings.queries import filings_in_force, transfers_between
from yibao.domains.messages.models import RecordRead
from yibao.domains.messages.operations import record_read
from yibao.domains.people.models import Person
from yibao.domains.visits.models import FeeLine, Visit
from yibao.workflows.exactly_once import UnknownPersonNumberError
from yibao.workflows.look_up_records import NotTreatedHereError, Reader

IDENTIFIED: Final = "1101"
STANDS_HERE: Final = timedelta(days=1)
MOST: Final = 200


def person_at_counter(reader: Reader, number: str) -> Person:
    """The person, when this institution treats them or identified them in the last day; the reading is noted.

    :raises UnknownPersonNumberError, NotTreatedHereError: there is nothing to be read here.
    """
    person = Person.objects.filter(number=number).first()
    if person is None:
        raise UnknownPersonNumberError(number=number)
    here = Q(person=person, institution_id=reader.institution_id)
    shown = RecordRead.objects.filter(here, infno=IDENTIFIED, read_at__gt=reader.at - STANDS_HERE)
    if not (Visit.objects.filter(here).exists() or shown.exists()):
        raise NotTreatedHereError(number=number)
    _note(reader, [person.pk])
    return person


def _note(reader: Reader, person_ids: Sequence[int]) -> None:
    for person_id in person_ids:
        record_read(
            storage.driver(), institution_id=reader.institution_id, person_id=person_id, infno=reader.infno,
            operator=reader.operator, read_at=reader.at,
        )  # fmt: skip


def look_up_recognitions(reader: Reader, *, number: str) -> list[Filing]:
    """The person's recognised diseases from today on (5301)."""
    person = person_at_counter(reader, number)
    return filings_in_force(person_id=person.pk, kind=Filing.Kind.RECOGNITION, since=localdate(reader.at))


def look_up_points(reader: Reader, *, number: str, business: str) -> list[Filing]:
    """The person's designated points of care of a business type from today on, in their order (5302)."""
    person = person_at_counter(reader, number)
    found = filings_in_force(person_id=person.pk, kind=Filing.Kind.POINT, since=localdate(reader.at))
    mine = [each for each in found if each.details.get("biz_appy_type") == business]
    return sorted(mine, key=lambda each: str(each.details.get("fix_srt_no", "")))


def look_up_transfers(
    reader: Reader, *, institution_code: str, number: str | None, since: date, until: date
) -> list[Filing]:
    """Referrals from or to this institution that begin between two days, both included, perhaps of one person (5304)."""
    person_id = person_at_counter(reader, number).pk if number else None
    found = transfers_between(
        institution_id=reader.institution_id,
        institution_code=institution_code,
        person_id=person_id,
        since=since,
        until=until,
    )
    if number is None:
        _note(reader, sorted({each.person_id for each in found}))
    return found


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay that is still open, and whether it is outside of the region of insurance."""

    visit: Visit
    is_elsewhere: bool


def look_up_stays(reader: Reader, *, number: str | None, began_from: datetime, began_until: datetime) -> list[Stay]:
    """Who lies in a bed: a person wherever it is, or without one all of this institution's, by when they came (5303)."""
    found = Visit.objects.filter(care="inpatient", state="open", began_at__gte=began_from, began_at__lt=began_until)
    if number:
        found = found.filter(person=person_at_counter(reader, number))
    else:
        found = found.filter(institution_id=reader.institution_id)
    visits = list(found.select_related("person", "enrolment").order_by("-began_at", "-id")[:MOST])
    if not number:
        _note(reader, sorted({visit.person_id for visit in visits}))
    return [Stay(visit, visit.place != "local") for visit in visits]


def look_up_chronic_drugs(
    reader: Reader, *, number: str, since: datetime, until: datetime
) -> list[tuple[FeeLine, Item | None]]:
    """Drugs that the person got for chronic and special diseases anywhere in a half-open time, newest first (5205)."""
    person = person_at_counter(reader, number)
    chronic = Q(visit__medical_type__startswith="14") | Q(visit__medical_type="9903")
    lines = list(
        FeeLine.objects.filter(
            chronic, visit__person=person, visit__care="outpatient", occurred_at__gte=since, occurred_at__lt=until,
            withdrawn_at=None,
        )
        .exclude(visit__state="cancelled")
        .select_related("visit__institution")
        .order_by("-occurred_at", "-id")[:MOST]
    )  # fmt: skip
    items = {item.code: item for item in Item.objects.filter(code__in={line.item_code for line in lines})}
    drugs = {"drug", "decoction_piece"}
    return [
        (line, items.get(line.item_code))
        for line in lines
        if line.item_code not in items or items[line.item_code].kind in drugs
    ]
