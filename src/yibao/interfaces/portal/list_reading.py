"""Read a settlement list (费用清单) that was pasted from a spreadsheet or uploaded as CSV."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from yibao.core.errors import YibaoError
from yibao.core.money import NotAnAmountError, parse_scaled
from yibao.workflows.price_list import ListedLine, RefusedLinesError

HEADINGS: Final[Mapping[str, frozenset[str]]] = {
    "code": frozenset(
        {"编码", "项目编码", "医保编码", "目录编码", "国家编码", "医保目录编码", "med_list_codg", "code"}
    ),
    "quantity": frozenset({"数量", "cnt", "quantity", "qty"}),
    "price": frozenset({"单价", "价格", "pric", "price"}),
    "amount": frozenset({"金额", "总金额", "费用金额", "det_item_fee_sumamt", "amount"}),
}
"""What the columns are called in lists that hospitals print or export; other columns are left aside."""
_WITHOUT_HEADING: Final = ("code", "quantity", "price", "amount")
_NEEDED: Final = {"code": "编码 code", "quantity": "数量 quantity", "price": "单价 price"}
_DECIMALS: Final = {"quantity": 4, "price": 6, "amount": 2}
_LONGEST_CELL: Final = 50


class WrongColumnsError(YibaoError):
    """A line without a heading has neither three nor four columns."""

    code: ClassVar[str] = "portal.wrong_columns"


class LackingColumnsError(YibaoError):
    """The heading names no column of codes, quantities or prices."""

    code: ClassVar[str] = "portal.lacking_columns"


class UnreadableFileError(YibaoError):
    """The file is no text in UTF-8 or GB 18030."""

    code: ClassVar[str] = "portal.unreadable_file"


def text_of_file(content: bytes) -> str:
    """The text of an uploaded file, in UTF-8 or as spreadsheets in China write it.

    :raises UnreadableFileError: it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFileError(bytes=len(content))


def read_list(text: str) -> list[ListedLine]:
    """The lines of a list with or without heading, numbered as they stand in the text; empty lines are skipped.

    :raises yibao.workflows.price_list.RefusedLinesError: with every line that cannot be read.
    """
    rows = list(_rows(text))
    if not rows:
        return []
    number, first = rows[0]
    columns = _heading(first)
    if columns is not None:
        lacking = [said for name, said in _NEEDED.items() if name not in columns]
        if lacking:
            raise RefusedLinesError([(number, LackingColumnsError(columns=", ".join(lacking)))])
        rows = rows[1:]
    lines: list[ListedLine] = []
    problems: list[tuple[int, YibaoError]] = []
    for number, cells in rows:
        try:
            lines.append(_line(number, cells, columns))
        except (NotAnAmountError, WrongColumnsError) as error:
            problems.append((number, error))
    if problems:
        raise RefusedLinesError(problems)
    return lines


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The filled lines of the text as cells, with their numbers."""
    lines = text.replace("，", ",").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    delimiter = max("\t,;|", key=first.count)
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
        if any(cells):
            yield number, cells


def _heading(cells: Sequence[str]) -> dict[str, int] | None:
    """Which column is what, when the first line is a heading; None when it is a line like the others."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        for column, names in HEADINGS.items():
            if cell.lower() in names:
                found.setdefault(column, place)
    return found or None


def _line(number: int, cells: Sequence[str], columns: Mapping[str, int] | None) -> ListedLine:
    """Read one line."""
    if columns is None:
        while len(cells) > len(_NEEDED) and not cells[-1]:
            cells = cells[:-1]
        if len(cells) not in {len(_NEEDED), len(_WITHOUT_HEADING)}:
            raise WrongColumnsError(count=len(cells))
        columns = {name: place for place, name in enumerate(_WITHOUT_HEADING) if place < len(cells)}
    named = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
    return ListedLine(
        number=number,
        item_code=named["code"][:_LONGEST_CELL],
        quantity_e4=_figure(named, "quantity"),
        price_e6=_figure(named, "price"),
        amount_fen=_figure(named, "amount") if named.get("amount") else None,
    )


def _figure(named: Mapping[str, str], column: str) -> int:
    """Read a figure of a line; thousands separators and a currency sign are let pass."""
    text = named[column].replace(",", "").strip("¥￥元 ")
    try:
        return parse_scaled(text, decimals=_DECIMALS[column])
    except NotAnAmountError:
        raise NotAnAmountError(text=text[:_LONGEST_CELL]) from None
