"""Care in other regions in the office: what the regions owe each other, and the statements of the months."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.interregional.models import ClearingStatement
from yibao.domains.interregional.queries import (
    STANDINGS as ORDER,
)
from yibao.domains.interregional.queries import (
    due_of,
    pair_balances,
    standing_of,
    visible_statements,
    waiting_inquiries,
)
from yibao.domains.reference.queries import division_names
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.region_forms import MonthForm, StatementSearchForm
from yibao.interfaces.office.region_words import SECTION, STANDINGS
from yibao.interfaces.office.texts import text_of
from yibao.workflows.clear_regions import draw_all

PAGE_ROWS: Final = 50
Role = StaffMember.Role


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def show(request: StaffRequest) -> HttpResponse:
    """List what concerns the member's region: balances between the two ledgers, statements, how many requests wait."""
    return _render(request)


@require_POST
@staff_page(Role.AGENCY)
def draw(request: StaffRequest) -> HttpResponse:
    """Draw up a month for all regions whose insured came here; why one was left out is said on the page."""
    form = MonthForm(request.POST)
    if not form.is_valid():
        return _render(request, form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        drawn, left_out = draw_all(month=form.cleaned_data["month"], member=request.staff_member, at=timezone.now())
    except YibaoError as error:
        return _render(request, form=form, refusals=[text_of(error)], status=HTTPStatus.CONFLICT)
    if not drawn:
        told = [text_of(error) for _region, error in left_out] or [_("Nobody from another region was treated here.")]
        return _render(request, form=form, refusals=told, status=HTTPStatus.CONFLICT)
    return redirect("office:regions")


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send the statements that are shown as CSV or Excel."""
    titles = (
        _("Number"), _("Month"), _("Place of care"), _("Place of enrolment"), _("Lines"), _("Amount (yuan)"),
        _("Standing"), _("Next step due on"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            row.pk, f"{row.month:%Y-%m}", row.care_region.name, row.enrolment_region.name, row.lines,
            decimal_yuan(row.amount_fen), str(STANDINGS[standing_of(row)]), str(due_of(row) or ""),
        ]
        for row in _found(request)
    ]  # fmt: skip
    return attached(kind, name="clearing", sheet=_("Clearing between regions"), titles=titles, rows=rows)


def _found(request: StaffRequest) -> QuerySet[ClearingStatement]:
    """The statements that were searched for; a search that makes no sense finds all."""
    member = request.staff_member
    found = visible_statements(scope_of(member))
    form = StatementSearchForm(request.GET)
    if not form.is_valid():
        return found
    if form.cleaned_data["side"]:
        found = found.filter(Q(**{f"{form.cleaned_data['side']}_region_id": member.region_id}))
    if form.cleaned_data["standing"]:
        taken = ORDER.index(form.cleaned_data["standing"])
        found = found.annotate(taken=Count("steps")).filter(taken=taken)
    return found


def _render(
    request: StaffRequest,
    *,
    form: MonthForm | None = None,
    refusals: list[str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page, with what was refused on top of it."""
    member, today = request.staff_member, timezone.localdate()
    scope = scope_of(member)
    page = Paginator(_found(request), PAGE_ROWS).get_page(request.GET.get("page"))
    pairs = pair_balances(scope)
    names = division_names({code for pair in pairs for code in (pair.care_region, pair.enrolment_region)})
    filters = urlencode({name: value for name, value in request.GET.items() if value and name != "page"})
    context: dict[str, Any] = {
        "section": SECTION,
        "page": page,
        "rows": [(row, STANDINGS[standing_of(row)], due := due_of(row), bool(due and due < today)) for row in page],
        "pairs": [(names.get(p.care_region), names.get(p.enrolment_region), p) for p in pairs],
        "waiting": waiting_inquiries(scope).count(),
        "search": StatementSearchForm(request.GET or None),
        "filters": filters,
        "form": (form or MonthForm()) if member.role == Role.AGENCY else None,
        "refusals": refusals or [],
    }
    return render(request, "office/regions.html", context, status=status)
