"""The list of the poverty watch: search, page by page, and take it out for civil affairs as CSV or Excel."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.core.identity import mask
from yibao.domains.assistance.models import WatchListing
from yibao.domains.assistance.queries import found_listings
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, TooManyRowsError, attached, decimal_yuan
from yibao.interfaces.office.masking import mask_name
from yibao.interfaces.office.poverty_forms import STATES, WatchSearchForm
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import reader_of

PAGE_ROWS: Final = 50
PURPOSE_OF_EXPORT: Final = "export"
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show one page of the listings that were found, newest first."""
    form = WatchSearchForm(request.GET)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) <= 18
    if not form.is_valid() or (before and not is_number):
        return _refused(request, form)
    found = found_listings(scope_of(request.staff_member), form.search())
    if before:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE_ROWS + 1])
    context = {
        "section": "poverty",
        "form": form,
        "rows": [row_of(listing) for listing in page[:PAGE_ROWS]],
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "before"}),
        "is_first": not before,
        "older": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
    }
    return render(request, "office/poverty.html", context)


def row_of(listing: WatchListing) -> dict[str, Any]:
    """A listing as plain data in the reader's language; the identity number is masked for everybody."""
    state: str = listing.state  # type: ignore[attr-defined]  # annotated by visible_listings
    return {
        "number": listing.pk,
        "person": listing.person.name,
        "person_number": listing.person.number,
        "document": mask(listing.person.document_number),
        "year": listing.benefit_year,
        "title": reader_of(zh=listing.title_zh, en=listing.title_en),
        "signal": listing.signal,
        "signal_name": listing.get_signal_display(),
        "limit_fen": listing.limit_fen,
        "counted_fen": listing.counted_fen,
        "crossed_on": listing.crossed_on,
        "state": state,
        "state_name": str(dict(STATES)[state]),
    }


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out all that was found and note whose records left the house; too much is refused, not cut off."""
    form = WatchSearchForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    member = request.staff_member
    found = list(found_listings(scope_of(member), form.search())[: EXPORT_ROWS_MAX + 1])
    if len(found) > EXPORT_ROWS_MAX:
        form.add_error(None, text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}")))
        return _refused(request, form)
    now = timezone.now()
    persons = {listing.person_id for listing in found}
    record_reads(reader=member, person_ids=persons, page=request.path, purpose=PURPOSE_OF_EXPORT, at=now)
    rows = [_cells(listing) for listing in found]
    return attached(kind, name="poverty-watch", sheet=_("Poverty watch"), titles=_titles(), rows=rows)


def _titles() -> list[str]:
    """The heads of the columns."""
    return [
        _("Listing"),
        _("Person number"),
        _("Name"),
        _("Document number"),
        _("Benefit year"),
        _("Threshold"),
        _("Signal"),
        _("Limit (yuan)"),
        _("Counted (yuan)"),
        _("Crossed on"),
        _("State"),
    ]


def _cells(listing: WatchListing) -> list[Cell]:
    """A listing as a row of the file, with name and identity number masked."""
    row = row_of(listing)
    return [
        row["number"],
        row["person_number"],
        mask_name(row["person"]),
        row["document"],
        row["year"],
        row["title"],
        row["signal_name"],
        decimal_yuan(row["limit_fen"]),
        decimal_yuan(row["counted_fen"]),
        row["crossed_on"].isoformat(),
        row["state_name"],
    ]


def _refused(request: StaffRequest, form: WatchSearchForm) -> HttpResponse:
    context = {"section": "poverty", "form": form, "rows": [], "is_refused": True}
    return render(request, "office/poverty.html", context, status=HTTPStatus.BAD_REQUEST)
