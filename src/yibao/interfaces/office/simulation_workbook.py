"""A simulation as an Excel workbook: a sheet for each table, numbers as numbers in yuan and percent."""

import io
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

if TYPE_CHECKING:
    from yibao.warehouse.result_tables import ResultTable, Simulation

_FORMATS = {"fen": "#,##0.00", "ppm": "0.00%", "count": "#,##0"}
_LONGEST_NAME = 31
"""Excel's own limit for the name of a sheet."""


def write_workbook(simulation: "Simulation", path: Path) -> None:
    """Write the facts and all tables; the file is put in place when it is whole."""
    beside = path.with_name(f".{path.name}.writing")
    try:
        beside.write_bytes(workbook_of(simulation))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def workbook_of(simulation: "Simulation") -> bytes:
    """The facts and all tables as the content of an Excel file."""
    book = Workbook(write_only=True)
    facts = book.create_sheet("说明 facts")
    facts.column_dimensions["A"].width = 28
    for name, text in simulation.facts.items():
        facts.append([name, text])
    for table in simulation.tables:
        _sheet(book, table)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _sheet(book: Workbook, table: "ResultTable") -> None:
    """One table: title, headings that stay in sight, rows."""
    sheet = book.create_sheet(f"{table.key} {table.title.zh}".replace(":", " ")[:_LONGEST_NAME])
    sheet.freeze_panes = "A3"
    for place, column in enumerate(table.columns):
        sheet.column_dimensions[chr(ord("A") + place)].width = 34 if column.unit == "text" else 20
    sheet.append([f"{table.title.zh} {table.title.en}"])
    headings = []
    for column in table.columns:
        heading = WriteOnlyCell(sheet, value=f"{column.heading.zh} {column.heading.en}")
        heading.font = Font(bold=True)
        headings.append(heading)
    sheet.append(headings)
    for row in table.rows:
        sheet.append([_cell(sheet, value, column.unit) for value, column in zip(row, table.columns, strict=True)])


def _cell(sheet: Any, value: str | int | None, unit: str) -> Any:
    """One value: amounts in yuan, shares as parts of one; text is never taken for a formula."""
    if value is None or isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=value)
        if value is not None:
            cell.data_type = "s"
        return cell
    scaled = {"fen": Decimal(value).scaleb(-2), "ppm": Decimal(value).scaleb(-6)}.get(unit, value)
    cell = WriteOnlyCell(sheet, value=scaled)
    cell.number_format = _FORMATS[unit]
    return cell
