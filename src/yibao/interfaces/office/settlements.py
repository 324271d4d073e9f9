"""The list of settlements: search, page by page, and take it out as CSV or Excel."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.settlement.found_settlements import SettlementSearch, found_settlements, older_than
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, TooManyRowsError, attached, settlement_table
from yibao.interfaces.office.rows import settlement_rows
from yibao.interfaces.office.search import SettlementSearchForm
from yibao.interfaces.office.texts import text_of

PAGE_ROWS: Final = 50
PURPOSE_OF_EXPORT: Final = "export"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.INSTITUTION, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show one page of what was found, newest first; a search that makes no sense is answered with what is wrong."""
    form = SettlementSearchForm(request.GET)
    before = request.GET.get("before", "")
    if not form.is_valid() or (before and not _is_number(before)):
        return _refused(request, form)
    scope = scope_of(request.staff_member)
    found = found_settlements(scope, form.search())
    if before:
        found = older_than(found, settlement_id=int(before))
    page = list(found[: PAGE_ROWS + 1])
    filters = urlencode({name: value for name, value in request.GET.items() if value and name != "before"})
    context = {
        "section": "settlements",
        "form": form,
        "rows": settlement_rows(page[:PAGE_ROWS], scope),
        "filters": filters,
        "is_first": not before,
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
        "is_filtered": form.search() != SettlementSearch(),
    }
    return render(request, "office/settlements.html", context)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out all that was found and note whose records left the house; too much is refused, not cut off."""
    form = SettlementSearchForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    member = request.staff_member
    found = list(found_settlements(scope_of(member), form.search())[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        form.add_error(None, text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}")))
        return _refused(request, form)
    now = timezone.now()
    person_ids = {settlement.person_id for settlement in found}
    record_reads(reader=member, person_ids=person_ids, page=request.path, purpose=PURPOSE_OF_EXPORT, at=now)
    titles, rows = settlement_table(found)
    return attached(kind, name="settlements", sheet=_("Settlements"), titles=titles, rows=rows)


def _refused(request: StaffRequest, form: SettlementSearchForm) -> HttpResponse:
    context = {"section": "settlements", "form": form, "rows": [], "is_refused": True}
    return render(request, "office/settlements.html", context, status=HTTPStatus.BAD_REQUEST)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
