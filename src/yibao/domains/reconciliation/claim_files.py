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
from itertools import chain
from typing import IO, ClassVar, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from yibao.core.errors import YibaoError
from yibao.domains.reconciliation.comparing import ClaimedRow

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
_AMOUNT = re.compile(r"(-?)(\d{1,13})(?:\.(\d{1,2})0*)?").fullmatch
_REFUNDS: Final = frozenset(("1", "01", "001"))
_Places = dict[str, int]


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


def read_claims(content: bytes) -> Iterator[ClaimedRow]:
    """The rows of a file in their order.

    :raises ZipRefusedError, FileRefusedError: it is not such a file; rows before the fault may have been given.
    """
    try:
        yield from _rows_of(content)
    except csv.Error:
        raise FileTextError(line=0) from None
    except UnicodeDecodeError:
        raise FileTextError(line=0) from None
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError, OSError, NotImplementedError):
        raise ZipRefusedError(entry="") from None


def _rows_of(content: bytes) -> Iterator[ClaimedRow]:
    """By what the file is: its first bytes tell, not its name."""
    if not content.startswith(b"PK"):
        return _parsed(_cells_of_text(io.BytesIO(content)))
    if _is_workbook(content):
        return _parsed(_cells_of_workbook(content))
    return _unzipped(content)


def _unzipped(content: bytes) -> Iterator[ClaimedRow]:
    """The rows of the one file inside an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = _only_entry(archive)
        with archive.open(entry) as inside:
            if inside.read(2) == b"PK":
                raise ZipRefusedError(entry=entry.filename[:50])
        with archive.open(entry) as inside:
            yield from _parsed(_cells_of_text(inside))


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file of an archive, when it is harmless."""
    entries = archive.infolist()
    if len(entries) != 1 or entries[0].is_dir():
        raise ZipRefusedError(entry=str(len(entries)))
    entry = entries[0]
    if re.search(r"[/\\\x00-\x1f:]", entry.orig_filename) or entry.filename in {".", ".."}:
        raise ZipRefusedError(entry=entry.filename[:50])
    if entry.flag_bits & 1:
        raise ZipRefusedError(entry=entry.filename[:50])
    if entry.file_size > UNPACKED_BYTES_MAX:
        raise ZipBombError(most=UNPACKED_BYTES_MAX)
    return entry


def _cells_of_text(source: IO[bytes]) -> Iterator[Sequence[str]]:
    """The cells of text: tabs where the first line has one, commas otherwise; UTF-8 or, as Excel in Chinese writes, GB 18030."""
    first = _line(source)
    encoding = _encoding_of(first)
    lines = (line.decode(encoding) for line in chain((first,), iter(lambda: _line(source), b"")))
    if b"\t" in first:
        return (line.rstrip("\r\n").split("\t") for line in lines)
    return csv.reader(lines)


def _line(source: IO[bytes]) -> bytes:
    """The next line, of bounded length; the end is empty."""
    line = source.readline(_LINE_MAX)
    if len(line) == _LINE_MAX:
        raise FileTextError(line=0)
    if b"\0" in line:
        raise FileTextError(line=0)
    return line


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


def _parsed(cells: Iterator[Sequence[str]]) -> Iterator[ClaimedRow]:
    """Rows from cells; a first row that names columns is a heading."""
    places: _Places = {name: place for place, name in enumerate(_COLUMNS)}
    for number, row in enumerate(cells, 1):
        if number > ROWS_MAX:
            raise FileTooLongError(line=number, most=ROWS_MAX)
        if number == 1 and (heading := _heading(row)):
            places = heading
            continue
        if any(cell.strip() for cell in row):
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


def _row(line: int, row: Sequence[str], places: _Places) -> ClaimedRow:
    """One row as typed values."""
    if len(row) <= max(places[name] for name in _NEEDED):
        raise FileColumnError(line=line, column=_COLUMNS[len(row)] if len(row) < len(_COLUMNS) else str(len(row)))
    setl_id = _code(line, row, places, "setl_id")
    if not setl_id:
        raise FileNumberError(line=line, column="setl_id")
    total_fen = _fen(line, row, places, "medfee_sumamt")
    is_refund = total_fen < 0 or (total_fen == 0 and _cell(row, places, "refd_setl_flag") in _REFUNDS)
    return ClaimedRow(
        line,
        setl_id,
        int(setl_id) if setl_id.isdecimal() and len(setl_id) <= 18 else None,
        _code(line, row, places, "mdtrt_id"),
        _code(line, row, places, "psn_no"),
        total_fen,
        _fen(line, row, places, "fund_pay_sumamt"),
        _fen(line, row, places, "acct_pay"),
        is_refund,
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
