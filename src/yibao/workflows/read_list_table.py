"""A table that somebody filled in becomes rows of a list, or a report of what is wrong with which line and column."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.domains.listings.lists import FIRST_DAY, LAST_DAY, STAMPED, VALID, ListKind
from yibao.domains.listings.operations import ListRow
from yibao.workflows.list_registers import day_of

MOST_ROWS: Final = 500_000
MOST_FAULTS: Final = 200
"""So many faults are told; a table with more is refused as well."""

LONGEST_VALUE: Final = 4000
_CODE: Final = re.compile(r"[^\s\x00-\x1f]{1,50}").fullmatch
_SPACE: Final = re.compile(r"[\s\x00]+")
_EMPTY: Final = frozenset({"", "null"})
_FLAGS: Final = frozenset({"", "0", "1"})


class TableTitlesError(YibaoError):
    """The first line of a table must name columns of the list, the code's among them, each once (表头不符)."""

    code: ClassVar[str] = "listings.table_titles"


class TableTooLongError(YibaoError):
    """The table has more lines than a list may have (行数过多)."""

    code: ClassVar[str] = "listings.table_too_long"


@dataclass(frozen=True, slots=True)
class TableFault:
    """What is wrong: the line of the table (the titles are line 1), the column, a reason, the value as it was found."""

    line: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class ReadTable:
    """The rows by code, and what was wrong; only a table without faults can be published."""

    rows: dict[str, ListRow] = field(default_factory=dict)
    faults: list[TableFault] = field(default_factory=list)


def read_list_table(kind: ListKind, table: Iterable[Sequence[str]]) -> ReadTable:
    """Read a table: its first line names the columns, in any order; what a release fills in by itself is not read.

    White space within a value becomes one blank, since the file of a list holds a row in one line; null is empty.
    :raises TableTitlesError: the titles do not fit the list.
    :raises TableTooLongError: there are more than `MOST_ROWS`.
    """
    lines = iter(table)
    titles = _titles(kind, next(lines, ()))
    read = ReadTable()
    for number, cells in enumerate(lines, 2):
        if number > MOST_ROWS + 1:
            raise TableTooLongError(most=MOST_ROWS)
        values = {title: text for title, cell in zip(titles, cells, strict=False) if (text := _text(cell))}
        if values and len(read.faults) < MOST_FAULTS:
            _keep(kind, read, number, values)
    return read


def _titles(kind: ListKind, cells: Sequence[str]) -> list[str]:
    """The columns that the first line names."""
    titles = [_text(cell) for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    unknown = [title for title in titles if title not in kind.columns and title != VALID]
    repeated = sorted({title for title in titles if titles.count(title) > 1})
    if kind.key not in titles or unknown or repeated:
        raise TableTitlesError(listing=kind.code, key=kind.key, unfit="、".join([*unknown, *repeated][:5]) or "-")
    return titles


def _text(cell: str) -> str:
    """A cell as a value in one line."""
    text = _SPACE.sub(" ", cell).strip()
    return "" if text in _EMPTY else text


def _keep(kind: ListKind, read: ReadTable, number: int, values: dict[str, str]) -> None:
    """Add a line to the rows, or what is wrong with it to the faults."""
    code = values.get(kind.key, "")
    before = len(read.faults)
    if not _CODE(code):
        read.faults.append(TableFault(number, kind.key, "code", code[:50]))
    elif code in read.rows:
        read.faults.append(TableFault(number, kind.key, "repeated", code))
    if not values.get(kind.name):
        read.faults.append(TableFault(number, kind.name, "missing", ""))
    for column, value in values.items():
        reason = _wrong(column, value)
        if reason:
            read.faults.append(TableFault(number, column, reason, value[:50]))
    if len(read.faults) == before and _is_over_before_it_began(values):
        read.faults.append(TableFault(number, LAST_DAY[0], "period", _first(values, LAST_DAY)))
    if len(read.faults) == before:
        own = {column: value for column, value in values.items() if column not in STAMPED}
        read.rows[code] = ListRow(own, values.get(VALID, "1") != "0")


def _wrong(column: str, value: str) -> str | None:
    """Why a value cannot stand in its column."""
    if len(value) > LONGEST_VALUE:
        return "too_long"
    if column in {*FIRST_DAY, *LAST_DAY} and not _is_day(value):
        return "day"
    if column == VALID and value not in _FLAGS:
        return "flag"
    return None


def _is_day(text: str) -> bool:
    """Whether a text begins with a day as 2026-01-31."""
    try:
        return day_of(text) is not None
    except ValueError:
        return False


def _is_over_before_it_began(values: dict[str, str]) -> bool:
    """Whether the last day of a row does not come after its first, which no register of ours can hold."""
    first, last = day_of(_first(values, FIRST_DAY)), day_of(_first(values, LAST_DAY))
    return first is not None and last is not None and last <= first


def _first(values: dict[str, str], columns: Iterable[str]) -> str:
    """The first of these columns that holds something."""
    return next((values[column] for column in columns if column in values), "")
