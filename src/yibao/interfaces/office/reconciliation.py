"""Reconciliation in the office: an institution's own days and its file, or, for the agency, which institutions reconciled."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.reconciliation.operations import Asker
from yibao.domains.reconciliation.overview import OverviewSearch, institutions_found, states_of
from yibao.domains.reconciliation.practices import practice_of
from yibao.domains.reconciliation.queries import ReconciledCell, months_days, reconciled_cells, visible_runs
from yibao.domains.reconciliation.totals import Period
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, attached, decimal_yuan
from yibao.interfaces.office.reconciliation_forms import STATES, FileForm, MonthForm, OverviewForm, clearing_name
from yibao.interfaces.office.texts import SENTENCES, text_of
from yibao.interfaces.office.words import scheme_name
from yibao.workflows.reconcile import ClaimFile, reconcile_file

SECTION: Final = "reconciliation"
PAGE_ROWS: Final = 50
RUNS_SHOWN: Final = 20
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show the institution's own month, or the institutions of the region."""
    if request.staff_member.role == Role.INSTITUTION:
        return _show_days(request)
    return _show_institutions(request)


def _show_days(request: StaffRequest) -> HttpResponse:
    """The day totals of a month with what is reconciled, the latest reconciliations, and the form for a file."""
    form = MonthForm(request.GET)
    if not form.is_valid():
        context = {"section": SECTION, "form": form, "is_refused": True, "file_form": FileForm()}
        return render(request, "office/reconciliation.html", context, status=HTTPStatus.BAD_REQUEST)
    first, last = form.days(timezone.localdate())
    return render(request, "office/reconciliation.html", _days_context(request, form, FileForm(), first, last))


def _days_context(
    request: StaffRequest, form: MonthForm, file_form: FileForm, first: date, last: date
) -> dict[str, Any]:
    """What the institution's page shows."""
    cells = _cells(request.staff_member, first, last)
    runs = visible_runs(scope_of(request.staff_member))
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) <= 18:
        runs = runs.filter(pk__lt=int(before))
    page = list(runs[: RUNS_SHOWN + 1])
    return {
        "section": SECTION,
        "form": form,
        "file_form": file_form,
        "month": first,
        "rows": [(cell, scheme_name(cell.scheme), clearing_name(cell.clearing_type)) for cell in cells],
        "open_days": len({cell.day for cell in cells if not cell.is_reconciled}),
        "runs": [(run, scheme_name(run.scheme), clearing_name(run.clearing_type)) for run in page[:RUNS_SHOWN]],
        "older": page[RUNS_SHOWN - 1].pk if len(page) > RUNS_SHOWN else None,
        "filters": urlencode({"month": f"{first:%Y-%m}"}),
    }


def _cells(member: StaffMember, first: date, last: date) -> list[ReconciledCell]:
    """The days of the member's institution."""
    assert member.institution_id is not None
    period = Period(
        institution_id=member.institution_id, region=member.region_id, first_day=first, last_day=last
    )  # fmt: skip
    return reconciled_cells(period, practice_of(member.region_id))


@require_POST
@staff_page(Role.INSTITUTION)
def compare(request: StaffRequest) -> HttpResponse:
    """Compare the institution's own file; what cannot be read is said and changes nothing."""
    member = request.staff_member
    file_form = FileForm(request.POST, request.FILES)
    if file_form.is_valid():
        try:
            run_id = _compared(member, file_form.cleaned_data)
        except YibaoError as error:
            if error.code not in SENTENCES:
                raise
            file_form.add_error(None, text_of(error))
        else:
            return redirect(reverse("office:reconciliation_run", args=[run_id]))
    month = MonthForm({})
    month.is_valid()
    context = _days_context(request, month, file_form, *months_days(timezone.localdate()))
    return render(request, "office/reconciliation.html", context, status=HTTPStatus.BAD_REQUEST)


def _compared(member: StaffMember, said: dict[str, Any]) -> int:
    """Compare the file; the number of the reconciliation."""
    institution = member.institution
    assert institution is not None
    period = Period(
        institution_id=institution.pk,
        region=member.region_id,
        first_day=said["first"],
        last_day=said["last"],
        clearing_type=said["clearing_type"],
    )
    asker = Asker(
        source="office", at=timezone.now(), operator=member.user.get_username()[:30], member_id=member.pk
    )  # fmt: skip
    file = ClaimFile(code=institution.code, name=said["file"].name[:200], content=said["file"].read())
    return reconcile_file(period, asker, file).run_id


def _show_institutions(request: StaffRequest) -> HttpResponse:
    """The institutions of the region page by page, by code."""
    form = OverviewForm(request.GET)
    after = request.GET.get("after", "")
    if not form.is_valid() or (after and not (after.isalnum() and len(after) == 12)):
        context = {"section": SECTION, "form": form, "rows": [], "is_refused": True}
        return render(request, "office/reconciliation_institutions.html", context, status=HTTPStatus.BAD_REQUEST)
    search = form.search(timezone.localdate())
    found = institutions_found(scope_of(request.staff_member), search)
    if after:
        found = found.filter(code__gt=after)
    page = states_of(found[: PAGE_ROWS + 1], search)
    context = {
        "section": SECTION,
        "form": form,
        "search": search,
        "rows": [(row, dict(STATES)[row.state]) for row in page[:PAGE_ROWS]],
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "after"}),
        "is_first": not after,
        "next": page[PAGE_ROWS - 1].code if len(page) > PAGE_ROWS else None,
    }
    return render(request, "office/reconciliation_institutions.html", context)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Take out what the page shows, all pages of it; no person stands in it."""
    member = request.staff_member
    is_own = member.role == Role.INSTITUTION
    form = MonthForm(request.GET) if is_own else OverviewForm(request.GET)
    if not form.is_valid():
        return _show_days(request) if is_own else _show_institutions(request)
    today = timezone.localdate()
    if isinstance(form, MonthForm):
        titles, rows = _day_table(_cells(member, *form.days(today)))
    else:
        titles, rows = _institution_table(member, form.search(today))
    return attached(kind, name="reconciliation", sheet=_("Reconciliation"), titles=titles, rows=rows)


def _day_table(cells: list[ReconciledCell]) -> tuple[list[str], list[list[Cell]]]:
    """The days as a file."""
    titles = [
        _("Day"), _("Scheme"), _("Clearing type"), _("Settlements"), _("Total (yuan)"), _("Paid by funds (yuan)"),
        _("From the account (yuan)"), _("In cash (yuan)"), _("State"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            cell.day.isoformat(), scheme_name(cell.scheme), clearing_name(cell.clearing_type), cell.totals.count,
            decimal_yuan(cell.totals.total_fen), decimal_yuan(cell.totals.fund_fen),
            decimal_yuan(cell.totals.account_fen), decimal_yuan(cell.totals.cash_fen),
            _("reconciled") if cell.is_reconciled else _("not reconciled"),
        ]
        for cell in cells
    ]  # fmt: skip
    return titles, rows


def _institution_table(member: StaffMember, search: OverviewSearch) -> tuple[list[str], list[list[Cell]]]:
    """The institutions as a file; a region has fewer than a file may hold."""
    titles = [_("Institution code"), _("Institution"), _("State"), _("Reconciliations"), _("Open differences")]
    found: Any = institutions_found(scope_of(member), search)
    rows: list[list[Cell]] = [
        [row.code, row.name, str(dict(STATES)[row.state]), row.runs, row.open_differences]
        for row in states_of(found[:EXPORT_ROWS_MAX], search)
    ]
    return titles, rows
