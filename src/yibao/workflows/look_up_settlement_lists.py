"""What an institution may look up of its own settlement lists (4103, 4104, 3607, 4105); every look into a person is logged."""

from datetime import datetime
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.operations import record_read
from yibao.domains.settlement_lists.models import SettlementList
from yibao.domains.settlement_lists.queries import ListCounts, latest_of_settlement, list_counts, list_of_month
from yibao.workflows.look_up_records import Reader
from yibao.workflows.step_settlement_lists import UnknownListError


class NoSuchListError(YibaoError):
    """No list of this institution answers the conditions (无符合条件的清单)."""

    code: ClassVar[str] = "settlement_lists.none_found"


class OtherInstitutionsListsError(YibaoError):
    """An institution looks up its own lists only."""

    code: ClassVar[str] = "settlement_lists.other_institution"


def look_up_list(reader: Reader, *, settlement_id: int, person_number: str | None) -> SettlementList:
    """The latest list of a settlement made here (4103).

    :raises UnknownListError: there is none.
    """
    found = latest_of_settlement(settlement_id=settlement_id, institution_id=reader.institution_id)
    if found is None or person_number not in (None, found.person.number):
        raise UnknownListError(field="setl_id", settlement_id=settlement_id)
    return _read(reader, found)


def look_up_quality(  # the conditions of 4104, all of which may be left out
    reader: Reader,
    *,
    settlement_id: int | None,
    month: tuple[datetime, datetime] | None,
    person_number: str | None,
    level: str | None,
    page: int,
) -> SettlementList:
    """What the checks found in one list: of a settlement, or the list at this page of those that answer (3607, 4104).

    The answer holds one list, so a page is one list (our reading of the interface).
    :raises UnknownListError, NoSuchListError: there is none.
    """
    if settlement_id is not None:
        return look_up_list(reader, settlement_id=settlement_id, person_number=person_number)
    found = list_of_month(
        institution_id=reader.institution_id,
        settled_from=month[0] if month else None,
        settled_until=month[1] if month else None,
        person=person_number or "",
        level=level or "",
        place=max(page - 1, 0),
    )
    if found is None:
        raise NoSuchListError
    return _read(reader, found)


def count_lists(
    reader: Reader,
    institution: str,
    *,
    asked_institution: str,
    settled_from: datetime | None,
    settled_until: datetime | None,
    medical_types: tuple[str, ...],
    reversed_too: bool,
) -> ListCounts:
    """How many settlements and lists there are (4105).

    :raises OtherInstitutionsListsError: another institution's were asked for.
    """
    if asked_institution != institution:
        raise OtherInstitutionsListsError(field="fixmedins_code", sent=asked_institution)
    return list_counts(
        institution_id=reader.institution_id,
        settled_from=settled_from,
        settled_until=settled_until,
        medical_types=medical_types,
        reversed_too=reversed_too,
    )


def _read(reader: Reader, found: SettlementList) -> SettlementList:
    """Log that the person's list was read."""
    record_read(
        storage.driver(),
        institution_id=reader.institution_id,
        person_id=found.person_id,
        infno=reader.infno,
        operator=reader.operator,
        read_at=reader.at,
    )
    return found
