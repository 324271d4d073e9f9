"""Mutual recognition of results (检查检验互认, 5401 and 5402): what was examined lately, at whatever institution.

An institution reads of persons it treats, and every reading is logged. How far back reports count is a setting.
"""

from datetime import timedelta
from typing import Final

from yibao.domains import storage
from yibao.domains.clinical.models import ClinicalRecord
from yibao.domains.clinical.queries import report_of_person, reports_of_person
from yibao.domains.messages.operations import record_read
from yibao.domains.people.models import Person
from yibao.domains.reference.models import Setting
from yibao.domains.visits.models import Visit
from yibao.workflows.exactly_once import UnknownPersonNumberError
from yibao.workflows.look_up_records import NotTreatedHereError, Reader

DAYS_KEY: Final = "clinical.recognition_days"
DAYS: Final = 180
"""How many days reports are told back; regions set theirs item by item, no general number is published (our default)."""
MOST: Final = 100


def recent_reports(reader: Reader, *, number: str, item_code: str, institution: str) -> list[ClinicalRecord]:
    """The person's latest examinations and laboratory reports, of an item or institution if one is named (5401).

    :raises UnknownPersonNumberError, NotTreatedHereError: there is nothing to be read here.
    """
    person_id = _person(reader, number)
    kept = Setting.objects.filter(key=DAYS_KEY).values_list("value", flat=True).first()
    days = kept if isinstance(kept, int) and 0 < kept < 36_500 else DAYS
    return reports_of_person(
        person_id=person_id,
        since=reader.at - timedelta(days=days),
        item_code=item_code,
        institution=institution,
        limit=MOST,
    )


def report_in_full(reader: Reader, *, number: str, institution: str, report_number: str) -> ClinicalRecord | None:
    """One report as its institution uploaded it last (5402); nothing when there is none.

    :raises UnknownPersonNumberError, NotTreatedHereError: there is nothing to be read here.
    """
    person_id = _person(reader, number)
    return report_of_person(person_id=person_id, institution=institution, report_number=report_number)


def _person(reader: Reader, number: str) -> int:
    """The person, when this institution treats them; the reading is logged."""
    person_id = Person.objects.filter(number=number).values_list("pk", flat=True).first()
    if person_id is None:
        raise UnknownPersonNumberError(number=number)
    if not Visit.objects.filter(person_id=person_id, institution_id=reader.institution_id).exists():
        raise NotTreatedHereError(number=number)
    record_read(
        storage.driver(),
        institution_id=reader.institution_id,
        person_id=person_id,
        infno=reader.infno,
        operator=reader.operator,
        read_at=reader.at,
    )
    return person_id
