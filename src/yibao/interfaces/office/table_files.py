"""A list that somebody sends as Excel or CSV, read as text cell by cell under the names of its columns."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from yibao.core.errors import YibaoError

LARGEST_BYTES: Final = 16 * 1024 * 1024
LARGEST_UNPACKED_BYTES: Final = 256 * 1024 * 1024
MOST_ROWS: Final = 200_000


class UnreadableListError(YibaoError):
    """The file is neither CSV in UTF-8 or GB18030 nor an Excel workbook, or larger than a list may be (文件无法读取)."""

    code: ClassVar[str] = "office.unreadable_list"


class MissingColumnError(YibaoError):
    """A column that is needed has no heading in the first row (缺少列)."""

    code: ClassVar[str] = "office.missing_column"


def read_table(content: bytes, columns: Mapping[str, Sequence[str]], *, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a list by our own column names; `columns` gives the headings that each may have; blank rows are left out.

    `_line` is the number of the row in the file, from 2.
    :raises UnreadableListError: the file cannot be read.
    :raises MissingColumnError: a needed column is missing.
    """
    if len(content) > LARGEST_BYTES:
        raise UnreadableListError(most=LARGEST_BYTES // (1024 * 1024))
    rows = _workbook(content) if content[:2] == b"PK" else _csv(content)
    first = [cell.strip() for cell in next(rows, [])]
    places = {
        name: first.index(heading) for name, headings in columns.items() for heading in headings if heading in first
    }
    for name in needed:
        if name not in places:
            raise MissingColumnError(column=columns[name][0])
    found = []
    for line, row in enumerate(rows, 2):
        if len(found) >= MOST_ROWS:
            raise UnreadableListError(most=LARGEST_BYTES // (1024 * 1024))
        if any(cell.strip() for cell in row):
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
            found.append({**cells, "_line": str(line)})
    return found


def _csv(content: bytes) -> Iterator[list[str]]:
    """The rows of CSV in UTF-8, or as Excel in China writes it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return csv.reader(io.StringIO(text, newline=""))
    raise UnreadableListError(most=LARGEST_BYTES // (1024 * 1024))


def _workbook(content: bytes) -> Iterator[list[str]]:
    """The rows of a workbook's first sheet as text; a small file that unpacks into a huge one is refused."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        if sum(each.file_size for each in packed.infolist()) > LARGEST_UNPACKED_BYTES:
            raise UnreadableListError(most=LARGEST_BYTES // (1024 * 1024))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
        raise UnreadableListError(most=LARGEST_BYTES // (1024 * 1024)) from None
    return ([_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True))


def _text(cell: Any) -> str:
    """A cell as text: days as 2026-01-31, whole numbers without a decimal point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
