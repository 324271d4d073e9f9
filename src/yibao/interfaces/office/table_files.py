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
LARGEST_UNPACKED_TIMES: Final = 16
MOST_ROWS: Final = 200_000


class UnreadableTableError(YibaoError):
    """The file is neither CSV in UTF-8 or GB18030 nor an Excel workbook, or larger than a list may be (文件无法读取)."""

    code: ClassVar[str] = "office.unreadable_table"


class MissingColumnError(YibaoError):
    """A column that is needed has no heading in the first row (缺少列)."""

    code: ClassVar[str] = "office.missing_column"


def read_table(content: bytes, columns: Mapping[str, Sequence[str]], *, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a list by our own column names; `columns` gives the headings that each may have; blank rows are left out.

    `_line` is the number of the row in the file, from 2.
    :raises UnreadableTableError: the file cannot be read.
    :raises MissingColumnError: a needed column is missing.
    """
    rows = lines_of(content)
    first = [cell.strip() for cell in next(rows, [])]
    places = {
        name: first.index(heading) for name, headings in columns.items() for heading in headings if heading in first
    }
    for name in needed:
        if name not in places:
            raise MissingColumnError(column=columns[name][0])
    found: list[dict[str, str]] = []
    for line, row in enumerate(rows, 2):
        if len(found) >= MOST_ROWS:
            raise UnreadableTableError(most=LARGEST_BYTES // (1024 * 1024))
        if any(cell.strip() for cell in row):
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
            found.append({**cells, "_line": str(line)})
    return found


def lines_of(content: bytes, *, largest_bytes: int = LARGEST_BYTES) -> Iterator[list[str]]:
    """The lines of a list as cells of text, the headings first.

    :raises UnreadableTableError: the file cannot be read.
    """
    if len(content) > largest_bytes:
        raise UnreadableTableError(most=largest_bytes // (1024 * 1024))
    return _workbook(content, largest_bytes) if content[:2] == b"PK" else _csv(content)


def _csv(content: bytes) -> Iterator[list[str]]:
    """The rows of CSV in UTF-8, or as Excel in China writes it; tabs divide where the headings have them."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            divider = "\t" if "\t" in text.partition("\n")[0] else ","
            return csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    raise UnreadableTableError(most=LARGEST_BYTES // (1024 * 1024))


def _workbook(content: bytes, largest_bytes: int) -> Iterator[list[str]]:
    """The rows of a workbook's first sheet as text; a small file that unpacks into a huge one is refused."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        if sum(each.file_size for each in packed.infolist()) > LARGEST_UNPACKED_TIMES * largest_bytes:
            raise UnreadableTableError(most=largest_bytes // (1024 * 1024))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
        raise UnreadableTableError(most=largest_bytes // (1024 * 1024)) from None
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
