"""Online and offline cost apart in the office, month by month, against the one budget that an institution has."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yibao.core.errors import YibaoError
from yibao.domains import storage
from yibao.domains.institutions.models import Institution
from yibao.domains.internet_care.auditing import audited_institutions
from yibao.domains.internet_care.budgets import MonthCost, budgets_of_year, costs_of_year
from yibao.domains.internet_care.operations import change_budget
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.claim_forms import fen_of
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.internet_forms import BudgetForm
from yibao.interfaces.office.internet_words import SECTION
from yibao.interfaces.office.texts import text_of
from yibao.policies.internet_care import marked_types

_FIRST_YEAR: Final = 2019
_PPM: Final = 1_000_000
Role = StaffMember.Role


@dataclass(frozen=True, slots=True)
class YearOfInstitution:
    """An institution's year: its months, its budget (none where none was set), what was spent; money in fen."""

    institution: Institution
    months: list[MonthCost]
    budget_fen: int | None

    @property
    def spent_fen(self) -> int:
        """What the funds paid, online and offline together."""
        return sum(month.fund_fen for month in self.months)

    @property
    def online_fen(self) -> int:
        """What the funds paid online."""
        return sum(month.online_fund_fen for month in self.months)

    @property
    def left_fen(self) -> int | None:
        """What is left of the budget; below nought where it was overspent."""
        return None if self.budget_fen is None else self.budget_fen - self.spent_fen

    @property
    def used_percent(self) -> str:
        """The used share of the budget with one decimal; a dash without one."""
        return f"{self.spent_fen * 1000 // self.budget_fen / 10:.1f}" if self.budget_fen else "–"


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)
def show(request: StaffRequest) -> HttpResponse:
    """Show a year of the institutions in the member's sight; an officer sets and adjusts budgets here."""
    member = request.staff_member
    if request.method == "POST" and member.role != Role.AGENCY:
        return not_found(request)
    form, refusal, status = BudgetForm(request.POST or None), "", HTTPStatus.OK
    year = _year(request)
    if request.method == "POST":
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            try:
                is_known = _set(member, form.cleaned_data, year)
            except YibaoError as error:
                refusal, status = text_of(error), HTTPStatus.CONFLICT
            else:
                if is_known:
                    return redirect(f"{reverse('office:internet_costs')}?year={year}")
                form.add_error("institution", _("Your region has no such institution with care over the internet."))
    context = {
        "section": SECTION,
        "year": year,
        "years": range(timezone.localdate().year, _FIRST_YEAR - 1, -1),
        "institutions": list(years_of(member, year)),
        "form": form if member.role == Role.AGENCY else None,
        "refusal": refusal,
    }
    return render(request, "office/internet_costs.html", context, status=status)


@require_safe
@staff_page(Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send a year by institution and month as CSV or Excel."""
    year = _year(request)
    titles = (
        _("Institution code"), _("Institution"), _("Month"), _("Visits online"), _("Cost online (yuan)"),
        _("Funds online (yuan)"), _("Visits offline"), _("Cost offline (yuan)"), _("Funds offline (yuan)"),
        _("Funds together (yuan)"), _("Budget of the year (yuan)"),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            each.institution.code, each.institution.name, f"{year}-{month.month:02d}", month.online_visits,
            decimal_yuan(month.online_total_fen), decimal_yuan(month.online_fund_fen), month.offline_visits,
            decimal_yuan(month.offline_total_fen), decimal_yuan(month.offline_fund_fen), decimal_yuan(month.fund_fen),
            "" if each.budget_fen is None else decimal_yuan(each.budget_fen),
        ]
        for each in years_of(request.staff_member, year)
        for month in each.months
    ]  # fmt: skip
    return attached(kind, name=f"internet-costs-{year}", sheet=str(year), titles=titles, rows=rows)


def years_of(member: StaffMember, year: int) -> Iterator[YearOfInstitution]:
    """The year of each institution in a member's sight that may give care over the internet, by code."""
    own = member.institution_id
    with storage.transaction() as raw:
        costs = costs_of_year(raw, region=member.region_id, year=year, medical_types=marked_types(), institution_id=own)
    budgets = budgets_of_year(region=member.region_id, year=year)
    found = audited_institutions(member.region_id).order_by("code")
    for institution in found if own is None else found.filter(pk=own):
        months = [month for month in costs if month.institution_id == institution.pk]
        yield YearOfInstitution(institution, months, budgets.get(institution.pk))


def _set(member: StaffMember, said: dict[str, Any], year: int) -> bool:
    """Write a step of a budget; false where the region has no such institution."""
    institution = audited_institutions(member.region_id).filter(code=said["institution"].upper()).first()
    if institution is None:
        return False
    change_budget(
        institution=institution, year=year, kind=said["kind"], amount_fen=fen_of(said["amount"]),
        reason=said["reason"], document=said["document"], member=member, at=timezone.now(),
    )  # fmt: skip
    return True


def _year(request: StaffRequest) -> int:
    """The year that is asked for; this one without."""
    said = request.GET.get("year", "")
    this_year = timezone.localdate().year
    return int(said) if said.isascii() and said.isdigit() and _FIRST_YEAR <= int(said) <= this_year else this_year
