"""What an institution may look up of its own goods (3508 to 3513): balances, movements, packs; readings of buyers are logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Final, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, Q, QuerySet

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.messages.operations import record_read
from yibao.domains.stock.models import Balance, Movement, TraceEntry, TraceSale
from yibao.workflows.look_up_records import Reader

MOST_ROWS: Final = 1000
"""The interface has no pages here; of more rows the newest are answered (our default)."""
_BEIJING: Final = ZoneInfo("Asia/Shanghai")
Row = TypeVar("Row", bound=Model)


class OtherInstitutionsGoodsError(YibaoError):
    """An institution looks up its own goods only."""

    code: ClassVar[str] = "stock.other_institution"


@dataclass(frozen=True, slots=True)
class StockSearch:
    """What is looked up: days that both count, and columns that must be so; empty ones do not narrow."""

    institution: str | None = None
    first: date | None = None
    last: date | None = None
    columns: Mapping[str, object] = field(default_factory=dict)


def look_up_balances(reader: Reader, institution: str, search: StockSearch) -> list[Balance]:
    """Balances of batches, the last moved first (3508)."""
    _own(institution, search)
    return list(_found(Balance.objects.all(), reader, search, "institution_id", "moved_at")[:MOST_ROWS])


def look_up_movements(
    reader: Reader, institution: str, search: StockSearch, *, kinds: tuple[str, ...]
) -> list[Movement]:
    """Movements of these kinds, newest first, with what became of them (3509, 3510, 3511)."""
    _own(institution, search)
    rows = Movement.objects.filter(kind__in=kinds).select_related("person", "deletion")
    found = list(_found(rows, reader, search, "institution_id", "occurred_at")[:MOST_ROWS])
    _note_reading(reader, {row.person_id for row in found if row.person_id is not None})
    return found


def look_up_packs_in(reader: Reader, institution: str, search: StockSearch) -> list[TraceEntry]:
    """Packs that came, newest first (3512)."""
    _own(institution, search)
    rows = TraceEntry.objects.select_related("code", "movement__deletion")
    return list(_found(rows, reader, search, "movement__institution_id", "movement__occurred_at")[:MOST_ROWS])


def look_up_packs_sold(reader: Reader, institution: str, search: StockSearch) -> list[TraceSale]:
    """Packs that were sold, newest first (3513)."""
    _own(institution, search)
    rows = TraceSale.objects.select_related("code", "person", "movement", "settlement")
    found = list(_found(rows, reader, search, "institution_id", "sold_at")[:MOST_ROWS])
    _note_reading(reader, {row.person_id for row in found if row.person_id is not None})
    return found


def _own(institution: str, search: StockSearch) -> None:
    """Refuse to look into another's shelves."""
    if search.institution not in (None, institution):
        raise OtherInstitutionsGoodsError(field="fixmedins_code", sent=search.institution)


def _found(rows: "QuerySet[Row]", reader: Reader, search: StockSearch, house: str, moment: str) -> "QuerySet[Row]":
    """Narrow rows to the reader's house, the days and the columns; newest first."""
    wanted = Q(**{house: reader.institution_id})
    if search.first is not None:
        wanted &= Q(**{f"{moment}__gte": datetime.combine(search.first, time.min, _BEIJING)})
    if search.last is not None and search.last < date.max:
        wanted &= Q(**{f"{moment}__lt": datetime.combine(search.last + timedelta(days=1), time.min, _BEIJING)})
    for column, value in search.columns.items():
        if value is not None:
            wanted &= Q(**{column: value})
    return rows.filter(wanted).order_by("-pk")


def _note_reading(reader: Reader, person_ids: set[int]) -> None:
    """Log that the buyers' records were read."""
    for person_id in sorted(person_ids):
        record_read(
            storage.driver(),
            institution_id=reader.institution_id,
            person_id=person_id,
            infno=reader.infno,
            operator=reader.operator,
            read_at=reader.at,
        )
