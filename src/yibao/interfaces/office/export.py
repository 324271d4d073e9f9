"""Settlements as CSV and Excel: numbers stay numbers, text cannot become a formula, persons are masked."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook

from yibao.core.errors import YibaoError
from yibao.core.identity import mask
from yibao.domains.settlement.models import Settlement
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.rows import standing_of
from yibao.interfaces.office.words import scheme_name

EXPORT_ROWS_MAX: Final = 50_000
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | Decimal


class TooManyRowsError(YibaoError):
    """More was found than one file may hold; nothing is cut off silently."""

    code: ClassVar[str] = "office.too_many_rows"


def decimal_yuan(amount_fen: int) -> Decimal:
    """Fen as yuan for a spreadsheet, which keeps it a number."""
    return Decimal(amount_fen).scaleb(-2)


_COLUMNS: Final[tuple[tuple[Promise, Callable[[Settlement], Cell]], ...]] = (
    (_("Settlement number (setl_id)"), lambda s: s.pk),
    (_("Visit number (mdtrt_id)"), lambda s: s.visit_id),
    (_("Message number (msgid)"), lambda s: s.msgid),
    (_("Settled at"), lambda s: timezone.localtime(s.settled_at).strftime("%Y-%m-%d %H:%M:%S")),
    (_("Institution code"), lambda s: s.institution.code),
    (_("Institution"), lambda s: s.institution.name),
    (_("Person number"), lambda s: s.person.number),
    (_("Name"), lambda s: mask_name(s.person.name)),
    (_("Document number"), lambda s: mask(s.person.document_number)),
    (_("Scheme"), lambda s: scheme_name(s.enrolment.scheme)),
    (_("Care"), lambda s: s.visit.get_care_display()),
    (_("Standing"), lambda s: standing_of(s)[1]),
    (_("Total (yuan)"), lambda s: decimal_yuan(s.total_fen)),
    (_("Fully self-paid (yuan)"), lambda s: decimal_yuan(s.full_self_pay_fen)),
    (_("Over ceiling (yuan)"), lambda s: decimal_yuan(s.over_ceiling_fen)),
    (_("Self-pay-first (yuan)"), lambda s: decimal_yuan(s.self_pay_first_fen)),
    (_("In scope (yuan)"), lambda s: decimal_yuan(s.in_scope_fen)),
    (_("Deductible (yuan)"), lambda s: decimal_yuan(s.deductible_fen)),
    (_("Paid by funds (yuan)"), lambda s: decimal_yuan(s.fund_fen)),
    (_("Paid by person (yuan)"), lambda s: decimal_yuan(s.person_fen)),
    (_("From the account (yuan)"), lambda s: decimal_yuan(s.account_fen)),
    (_("In cash (yuan)"), lambda s: decimal_yuan(s.cash_fen)),
    (_("Borne by hospital (yuan)"), lambda s: decimal_yuan(s.hospital_fen)),
)


def settlement_table(settlements: Sequence[Settlement]) -> tuple[list[str], Iterable[Sequence[Cell]]]:
    """The settlements as titles and rows."""
    return [str(title) for title, _read in _COLUMNS], map(_cells, settlements)


def attached(  # a file has a kind, a name and what stands in it
    kind: str, *, name: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]], sheet: str = "", stamp: str = ""
) -> HttpResponse:
    """Rows below their titles as a file to be kept: `kind` is csv or xlsx; it is named yibao-<name>-<stamp, or the moment>."""
    content, content_type = csv_of(titles, rows) if kind == "csv" else xlsx_of(sheet, titles, rows)
    stamp = stamp or f"{timezone.localtime():%Y%m%d-%H%M%S}"
    headers = {"Content-Disposition": f'attachment; filename="yibao-{name}-{stamp}.{kind}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


def csv_of(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> tuple[bytes, str]:
    """Rows below their titles as CSV, and its content type; a byte order mark lets Excel see UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows(_harmless_row(row) for row in rows)
    return text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"


def xlsx_of(sheet_title: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> tuple[bytes, str]:
    """Rows below their titles as an Excel workbook of one sheet, and its content type."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_title)
    sheet.freeze_panes = "A2"
    sheet.append(list(titles))
    for row in rows:
        sheet.append(_harmless_row(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _cells(settlement: Settlement) -> list[Cell]:
    return [read(settlement) for _title, read in _COLUMNS]


def _harmless_row(row: Sequence[Cell]) -> list[Cell]:
    return [harmless(value) if isinstance(value, str) else value for value in row]
