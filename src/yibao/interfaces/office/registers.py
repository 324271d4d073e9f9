"""Registers as pages of the office: a search, a table of columns, older rows, and the same columns as a file, masked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise

from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import Scope, scope_of
from yibao.interfaces.office.access import StaffRequest
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, TooManyRowsError, attached
from yibao.interfaces.office.texts import text_of

PAGE_ROWS: Final = 50
PURPOSE_OF_EXPORT: Final = "export"


class Found(Protocol):
    """What answers a search: rows within a scope, newest first."""

    def __call__(self, scope: Scope, form: Any) -> "QuerySet[Any]":
        """The rows that a member may see and that answer the form."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what stands in it for a reader, something smaller below it, where it leads."""

    title: Promise | str
    read: Callable[[Any, Scope], Cell]
    sub: Callable[[Any, Scope], str] | None = None
    link: Callable[[Any], str | None] | None = None
    is_number: bool = False
    is_export_only: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """A page: its names, its form, what it finds, its columns, and whose records a row is, if anybody's."""

    section: str
    name: str
    title: Promise
    lead: Promise
    caption: Promise
    form: type[forms.Form]
    found: Found
    columns: Sequence[Column]
    person_of: Callable[[Any], int | None]
    tabs: Sequence[tuple[str, Promise]] = ()


def show_register(request: StaffRequest, register: Register) -> HttpResponse:
    """One page of what was found, newest first; a search that makes no sense is answered with what is wrong."""
    form = register.form(request.GET)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
    if not form.is_valid() or (before and not is_number):
        return _refused(request, register, form)
    scope = scope_of(request.staff_member)
    found = register.found(scope, form)
    if before:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE_ROWS + 1])
    context = {
        **_context(register, form),
        "rows": [_cells(register, row, scope) for row in page[:PAGE_ROWS]],
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "before"}),
        "is_first": not before,
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
    }
    return render(request, "office/register.html", context)


def download_register(request: StaffRequest, register: Register, kind: str) -> HttpResponse:
    """All that was found as CSV or Excel, with persons masked; too much is refused, not cut off."""
    form = register.form(request.GET)
    if not form.is_valid():
        return _refused(request, register, form)
    scope = scope_of(request.staff_member)
    found = list(register.found(scope, form)[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        form.add_error(None, text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}")))
        return _refused(request, register, form)
    persons = {person for row in found if (person := register.person_of(row)) is not None}
    record_reads(
        reader=request.staff_member,
        person_ids=persons,
        page=request.path,
        purpose=PURPOSE_OF_EXPORT,
        at=timezone.now(),
    )
    masked = Scope(region=scope.region, institution_id=scope.institution_id, sees_records=scope.sees_records)
    titles = [str(column.title) for column in register.columns]
    rows = [[column.read(row, masked) for column in register.columns] for row in found]
    return attached(kind, name=register.name, sheet=str(register.title)[:30], titles=titles, rows=rows)


def _context(register: Register, form: forms.Form) -> dict[str, Any]:
    """What the page shows besides its rows."""
    return {
        "section": register.section,
        "register": register,
        "form": form,
        "columns": [column for column in register.columns if not column.is_export_only],
        "address": f"office:{register.name}",
        "file": f"office:{register.name}_file",
    }


def _cells(register: Register, row: Any, scope: Scope) -> list[dict[str, Any]]:
    """A row as the table shows it."""
    return [
        {
            "text": column.read(row, scope),
            "sub": column.sub(row, scope) if column.sub else "",
            "link": column.link(row) if column.link else None,
            "is_number": column.is_number,
        }
        for column in register.columns
        if not column.is_export_only
    ]


def _refused(request: StaffRequest, register: Register, form: forms.Form) -> HttpResponse:
    """The page with what is wrong; nothing was read."""
    context = {**_context(register, form), "is_refused": True}
    return render(request, "office/register.html", context, status=HTTPStatus.BAD_REQUEST)
