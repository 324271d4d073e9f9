"""Files of institutions read row by row: text with tabs (as 3202 sends it), CSV, Excel, each also inside a ZIP.

Columns without a heading: setl_id, mdtrt_id, psn_no, medfee_sumamt, fund_pay_sumamt, acct_pay, refd_setl_flag, anything more
(knowledge of the gateway's envelope, section 7: third party). With a heading, by name in whatever order. Nothing is
unpacked beyond the limits, nothing is believed of what a ZIP says about itself.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import ClassVar, Final, NamedTuple

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from yibao.core.errors import YibaoError
from yibao.domains.files.zipped import UnreadableZipError, UnsafeNameError, ZipLimits, ZipTooLargeError, open_zip
from yibao.domains.reconciliation.comparing import Claims
from yibao.domains.storage import array_of

UNPACKED_BYTES_MAX: Final = 512 * 1024 * 1024
"""How much a file may unpack to: some five million rows (our default)."""
WORKBOOK_BYTES_MAX: Final = 128 * 1024 * 1024
ROWS_MAX: Final = 3_000_000
_LINE_MAX: Final = 4_000
_COLUMNS: Final = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
_NAMES: Final = {
    "setl_id": ("setl_id", "结算ID", "结算号", "结算编号"),
    "mdtrt_id": ("mdtrt_id", "就诊ID", "就诊号"),
    "psn_no": ("psn_no", "人员编号"),
    "medfee_sumamt": ("medfee_sumamt", "医疗费总额", "总费用"),
    "fund_pay_sumamt": ("fund_pay_sumamt", "基金支付总额", "基金支付"),
    "acct_pay": ("acct_pay", "个人账户支出", "个人账户支付金额", "个人账户支付"),
    "refd_setl_flag": ("refd_setl_flag", "退费结算标志", "退费标志"),
}
_NEEDED: Final = ("setl_id", "medfee_sumamt", "fund_pay_sumamt", "acct_pay")
_BLANK: Final = frozenset(("", "null", "NULL", "None"))
_CODE = re.compile(r"[0-9A-Za-z_-]{1,30}").fullmatch
_AMOUNT = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2})0*)?").fullmatch
_REFUNDS: Final = frozenset(("1", "01", "001"))
_PLAIN_ROWS = re.compile(
    rb"^(\d{1,18})\t(\d{1,30})\t(\d{1,30})\t(-?\d{1,13}\.\d\d)\t(-?\d{1,13}\.\d\d)\t(-?\d{1,13}\.\d\d)\t(\d{1,3})"
    rb"(?:\t[^\n]*)?\r?$",
    re.MULTILINE,
).findall
_BLOCK_BYTES: Final = 4 * 1024 * 1024
_CHUNK_ROWS: Final = 50_000
_Places = dict[str, int]
_IN_ORDER: Final = {name: place for place, name in enumerate(_COLUMNS)}


class _Row(NamedTuple):
    """One row; amounts in fen, `settlement` none where the number can be none of ours, `flag` 1 for a refund."""

    line: int
    setl_id: str
    settlement: int | None
    visit: str
    person: str
    total_fen: int
    fund_fen: int
    account_fen: int
    flag: int


class FileRefusedError(YibaoError):
    """A line of the file cannot be read (对账文件无法读取)."""

    code: ClassVar[str] = "reconciliation.file"


class FileColumnError(FileRefusedError):
    """A line has too few columns, or the heading does not name one that is needed."""

    code: ClassVar[str] = "reconciliation.file_column"


class FileAmountError(FileRefusedError):
    """An amount is no number of yuan with at most two decimals."""

    code: ClassVar[str] = "reconciliation.file_amount"


class FileNumberError(FileRefusedError):
    """A number of settlement, visit or person is missing or is not of letters and digits, at most 30."""

    code: ClassVar[str] = "reconciliation.file_number"


class FileTextError(FileRefusedError):
    """The file is no text of lines in UTF-8 or GB 18030, and no Excel workbook."""

    code: ClassVar[str] = "reconciliation.file_text"


class FileTooLongError(FileRefusedError):
    """The file has more rows than are compared at once."""

    code: ClassVar[str] = "reconciliation.file_too_long"


class ZipRefusedError(YibaoError):
    """The archive is broken, locked, or not one plain file without a path (压缩包不符合要求)."""

    code: ClassVar[str] = "reconciliation.zip"


class ZipBombError(ZipRefusedError):
    """The archive unpacks to more than is read (压缩炸弹)."""

    code: ClassVar[str] = "reconciliation.zip_bomb"


def read_claims(content: bytes) -> Iterator[Claims]:
    """The rows of a file in their order, some thousands at a time.

    :raises ZipRefusedError, FileRefusedError: it is not such a file; rows before the fault may have been given.
    """
    try:
        yield from _claims_of(content)
    except csv.Error:
        raise FileTextError(line=0) from None
    except UnicodeDecodeError:
        raise FileTextError(line=0) from None
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, OSError, NotImplementedError):
        raise ZipRefusedError(entry="") from None


def _claims_of(content: bytes) -> Iterator[Claims]:
    """By what the file is: its first bytes tell, not its name."""
    if not content.startswith(b"PK"):
        return _claims_of_text(_pieces(content))
    if _is_workbook(content):
        return _chunked(_parsed(_cells_of_workbook(content)))
    return _unzipped(content)


def _unzipped(content: bytes) -> Iterator[Claims]:
    """The rows of the one file inside an archive."""
    limits = ZipLimits(files=1, unpacked_bytes=UNPACKED_BYTES_MAX)
    try:
        for entry in open_zip(content, limits=limits):
            first = next(entry.pieces, b"")
            if first.startswith(b"PK"):
                raise ZipRefusedError(entry=entry.name[:50])
            yield from _claims_of_text(_with_first(first, entry.pieces))
    except UnsafeNameError as unsafe:
        raise ZipRefusedError(entry=str(unsafe.facts["name"])[:50]) from None
    except ZipTooLargeError as large:
        if large.facts["what"] == "files":
            raise ZipRefusedError(entry=">1") from None
        raise ZipBombError(most=UNPACKED_BYTES_MAX) from None
    except UnreadableZipError:
        raise ZipRefusedError(entry="") from None


def _pieces(content: bytes) -> Iterator[bytes]:
    """The bytes, some megabytes at a time."""
    yield from (content[at : at + _BLOCK_BYTES] for at in range(0, len(content), _BLOCK_BYTES))


def _claims_of_text(pieces: Iterator[bytes]) -> Iterator[Claims]:
    """The rows of text: tabs where the first line has one, commas otherwise; UTF-8 or, as Excel in Chinese writes, GB 18030."""
    blocks = _blocks(pieces)
    block = next(blocks, b"")
    first = block.partition(b"\n")[0]
    encoding = _encoding_of(first)
    if b"\t" in first:
        return _with_tabs(block, blocks, encoding)
    lines = (line for each in _with_first(block, blocks) for line in each.decode(encoding).splitlines(keepends=True))
    return _chunked(_parsed(csv.reader(lines)))


def _with_first(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks with the first of them."""
    yield first
    yield from others


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time; the last one ends with a line feed too."""
    rest = b""
    for read in _gathered(pieces):
        whole, feed, rest = (rest + read).rpartition(b"\n")
        if len(rest) > _LINE_MAX or b"\0" in read:
            raise FileTextError(line=0)
        if feed:
            yield whole + feed
    if rest:
        yield rest + b"\n"


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces joined into blocks."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _with_tabs(block: bytes, others: Iterator[bytes], encoding: str) -> Iterator[Claims]:
    """The rows of lines with tabs; a block of plain rows of 3202, as nearly all are, is never taken apart row by row."""
    places, number = dict(_IN_ORDER), 0
    for each in _with_first(block, others):
        count = each.count(b"\n")
        if number + count > ROWS_MAX:
            raise FileTooLongError(line=ROWS_MAX + 1, most=ROWS_MAX)
        plain = _PLAIN_ROWS(each) if places == _IN_ORDER else []
        if len(plain) == count:
            yield _plain_claims(number, plain)
        else:
            cells = [line.rstrip("\r").split("\t") for line in each.decode(encoding).split("\n")[:-1]]
            if number == 0 and (heading := _heading(cells[0])):
                places = heading
                cells[0] = []
            rows = (_row(number + at, row, places) for at, row in enumerate(cells, 1) if any(map(str.strip, row)))
            yield from _chunked(rows)
        number += count


def _plain_claims(before: int, rows: list[tuple[bytes, ...]]) -> Claims:
    """Rows whose numbers are digits and whose amounts have two decimals: their columns joined, the points struck out."""
    setl_ids, visits, persons, totals, funds, accounts, flags = (
        b",".join(column) for column in zip(*rows, strict=True)
    )
    fen = (each.replace(b".", b"") for each in (totals, funds, accounts))
    lines = ",".join(map(str, range(before + 1, before + len(rows) + 1)))
    columns = (setl_ids, setl_ids, visits, persons, *fen, flags)
    return Claims(len(rows), f"{{{lines}}}", *(f"{{{column.decode()}}}" for column in columns))


def _chunked(rows: Iterator[_Row]) -> Iterator[Claims]:
    """Rows, some at a time, turned into columns."""
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        columns = list(zip(*chunk, strict=True))
        quoted = (1, 3, 4)  # an empty text is quoted, so that it is none of the array's own words
        yield Claims(
            len(chunk),
            *(
                array_of(f'"{value}"' for value in column) if place in quoted else array_of(column)
                for place, column in enumerate(columns)
            ),
        )


def _encoding_of(first: bytes) -> str:
    """The encoding of a file by its first line; rows hold no Chinese, so only a heading matters."""
    try:
        first.decode("utf-8-sig")
    except csv.Error:
        raise FileTextError(line=0) from None
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig" if first.startswith(b"\xef\xbb\xbf") else "utf-8"


def _is_workbook(content: bytes) -> bool:
    """Whether an archive is an Excel workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "[Content_Types].xml" in archive.namelist()


def _cells_of_workbook(content: bytes) -> Iterator[Sequence[str]]:
    """The cells of the first sheet; a number is taken as it is written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > WORKBOOK_BYTES_MAX:
            raise ZipBombError(most=WORKBOOK_BYTES_MAX)
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if cell is None else str(cell) for cell in row]
    finally:
        book.close()


def _parsed(cells: Iterator[Sequence[str]]) -> Iterator[_Row]:
    """Rows from cells; a first row that names columns is a heading."""
    places = dict(_IN_ORDER)
    for number, row in enumerate(cells, 1):
        if number > ROWS_MAX:
            raise FileTooLongError(line=number, most=ROWS_MAX)
        if number == 1 and (heading := _heading(row)):
            places = heading
        elif any(cell.strip() for cell in row):
            yield _row(number, row, places)


def _heading(row: Sequence[str]) -> _Places | None:
    """Where each column stands, when the row is a heading.

    :raises FileRefusedError: a heading lacks a column that is needed.
    """
    known = {alias.casefold(): name for name, aliases in _NAMES.items() for alias in aliases}
    said = [known.get(cell.strip().lstrip("\ufeff").casefold()) for cell in row]
    if not any(said):
        return None
    missing = [name for name in _NEEDED if name not in said]
    if missing:
        raise FileColumnError(line=1, column=", ".join(missing))
    return {name: place for place, name in enumerate(said) if name}


def _row(line: int, row: Sequence[str], places: _Places) -> _Row:
    """One row as typed values, each cell looked at."""
    if len(row) <= max(places[name] for name in _NEEDED):
        raise FileColumnError(line=line, column=_COLUMNS[len(row)] if len(row) < len(_COLUMNS) else str(len(row)))
    setl_id = _code(line, row, places, "setl_id")
    if not setl_id:
        raise FileNumberError(line=line, column="setl_id")
    return _Row(
        line,
        setl_id,
        int(setl_id) if setl_id.isdecimal() and len(setl_id) <= 18 else None,
        _code(line, row, places, "mdtrt_id"),
        _code(line, row, places, "psn_no"),
        _fen(line, row, places, "medfee_sumamt"),
        _fen(line, row, places, "fund_pay_sumamt"),
        _fen(line, row, places, "acct_pay"),
        int(_cell(row, places, "refd_setl_flag") in _REFUNDS),
    )


def _cell(row: Sequence[str], places: _Places, name: str) -> str:
    """The text of a cell, empty where there is none."""
    place = places.get(name)
    text = row[place].strip() if place is not None and place < len(row) else ""
    return "" if text in _BLANK else text


def _code(line: int, row: Sequence[str], places: _Places, name: str) -> str:
    """A number or code as it was written, empty when there is none."""
    text = _cell(row, places, name)
    if text and not _CODE(text):
        raise FileNumberError(line=line, column=name)
    return text


def _fen(line: int, row: Sequence[str], places: _Places, name: str) -> int:
    """An amount in yuan as fen; nothing is nought."""
    text = _cell(row, places, name)
    if not text:
        return 0
    said = _AMOUNT(text)
    if said is None:
        raise FileAmountError(line=line, column=name)
    sign, yuan, decimals = said.groups()
    fen = int(yuan) * 100 + int((decimals or "").ljust(2, "0"))
    return -fen if sign else fen
