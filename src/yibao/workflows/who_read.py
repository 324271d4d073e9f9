"""Who looked at a person's records (谁查看过我的信息): institutions, staff of the agency, family members, the person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Literal

from yibao.domains.messages.models import RecordRead
from yibao.domains.personal_access.queries import looks_at
from yibao.domains.staff.models import PersonalRecordRead

Reader = Literal["institution", "staff", "family", "self", "refused"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One look: when, by what kind of reader, which one by name where the person may know it, and for what."""

    read_at: datetime
    reader: Reader
    name: str
    purpose: str


def readings_of(person_id: int, *, limit: int) -> list[Reading]:
    """The latest looks at a person's records, newest first.

    Of an institution the name and the transaction, of staff the role alone; of a stranger who was refused no name.
    """
    rows = [*_institutions(person_id, limit), *_staff(person_id, limit), *_persons(person_id, limit)]
    return nlargest(limit, rows, key=lambda row: row.read_at)


def _institutions(person_id: int, limit: int) -> Iterator[Reading]:
    found = RecordRead.objects.filter(person_id=person_id).select_related("institution").order_by("-read_at")[:limit]
    for row in found:
        yield Reading(row.read_at, "institution", row.institution.name, row.infno)


def _staff(person_id: int, limit: int) -> Iterator[Reading]:
    found = PersonalRecordRead.objects.filter(person_id=person_id).select_related("reader").order_by("-pk")[:limit]
    for row in found:
        yield Reading(row.read_at, "staff", row.reader.role, row.purpose)


def _persons(person_id: int, limit: int) -> Iterator[Reading]:
    for look in looks_at(person_id)[:limit]:
        if look.is_refused:
            yield Reading(look.read_at, "refused", "", look.purpose)
        elif look.proxy is not None:
            yield Reading(look.read_at, "family", look.account.person.name, look.purpose)
        else:
            yield Reading(look.read_at, "self", "", look.purpose)
