"""Quality deposits in the office: what is withheld of a year's months, what came back, settled by the published assessment."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yibao.core.errors import YibaoError
from yibao.domains.agreements.conduct import AssessmentSheet
from yibao.domains.agreements.queries import published_sheet
from yibao.domains.institutions.models import Institution
from yibao.domains.reconciliation.models import DepositEnd, QualityDeposit
from yibao.domains.reconciliation.withholding import visible_deposits
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, staff_page
from yibao.interfaces.office.export import Cell, attached, decimal_yuan
from yibao.interfaces.office.reconciliation_forms import clearing_name
from yibao.interfaces.office.texts import text_of
from yibao.workflows.withhold_deposit import settle_deposits

SECTION: Final = "reconciliation"
_FIRST_YEAR: Final = 2019
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@dataclass(frozen=True, slots=True)
class DepositsOfHouse:
    """An institution's deposits of a year and the assessments that were published for it; sums in fen."""

    institution: Institution
    deposits: list[QualityDeposit]
    sheets: list[AssessmentSheet]

    @property
    def withheld_fen(self) -> int:
        """What was withheld and not undone with its month."""
        return sum(each.withheld_fen for each in self.deposits if not _is_undone(each))

    @property
    def returned_fen(self) -> int:
        """What the assessment returned."""
        return sum(each.end.all_returned_fen for each in self.deposits if _is_assessed(each))

    @property
    def forfeited_fen(self) -> int:
        """What the assessment forfeited."""
        return sum(each.end.all_forfeited_fen for each in self.deposits if _is_assessed(each))

    @property
    def open_fen(self) -> int:
        """What still is withheld."""
        return self.withheld_fen - self.returned_fen - self.forfeited_fen

    @property
    def may_settle(self) -> bool:
        """Whether something is withheld for which an assessment was published."""
        assessed = {sheet.scope for sheet in self.sheets}
        return any(each.scope in assessed and not hasattr(each, "end") for each in self.deposits)


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest) -> HttpResponse:
    """Show a year's deposits of the institutions in the member's sight."""
    return _page(request)


@require_POST
@staff_page(Role.AGENCY)
def settle(request: StaffRequest) -> HttpResponseBase:
    """Return and forfeit by the published assessment; what may not be is said and changes nothing."""
    year = _year(request.POST.get("year", ""))
    try:
        settle_deposits(
            institution_code=request.POST.get("institution", ""), year=year, member=request.staff_member,
            at=timezone.now(),
        )  # fmt: skip
    except YibaoError as error:
        return _page(request, refusal=text_of(error), status=HTTPStatus.CONFLICT)
    return redirect(f"{reverse('office:deposits')}?year={year}")


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, kind: str) -> HttpResponse:
    """Send a year's deposits fund by fund as CSV or Excel."""
    year = _year(request.GET.get("year", ""))
    titles = [
        _("Institution code"), _("Institution"), _("Month"), _("Clearing type"), _("What is assessed"), _("Fund"),
        _("Paid by funds, deductions taken off (yuan)"), _("Share withheld (%)"), _("Withheld (yuan)"),
        _("Returned (yuan)"), _("Forfeited (yuan)"), _("Standing"), _("Share of the payment (%)"),
    ]  # fmt: skip
    found = visible_deposits(scope_of(request.staff_member), year=year)
    return attached(kind, name=f"deposits-{year}", sheet=str(year), titles=titles, rows=_rows(found))


def _rows(deposits: Iterable[QualityDeposit]) -> Iterable[list[Cell]]:
    for each in deposits:
        application, end = each.application, getattr(each, "end", None)
        nothing = [0] * len(each.fund_codes)
        returned, forfeited = (end.returned_fen, end.forfeited_fen) if end else (nothing, nothing)
        for fund, base, fen, back, kept in zip(
            each.fund_codes, each.bases_fen, each.amounts_fen, returned, forfeited, strict=True
        ):
            yield [
                application.institution.code, application.institution.name, f"{application.month:%Y-%m}",
                clearing_name(application.clearing_type), str(each.get_scope_display()), fund, decimal_yuan(base),
                each.percent, decimal_yuan(fen), decimal_yuan(back), decimal_yuan(kept),
                str(end.get_cause_display()) if end else _("withheld"),
                end.sheet.payment_percent if end and end.sheet else "",
            ]  # fmt: skip


def _page(request: StaffRequest, *, refusal: str = "", status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    """The page of a year."""
    year = _year(request.POST.get("year") or request.GET.get("year", ""))
    houses: dict[int, list[QualityDeposit]] = {}
    for deposit in visible_deposits(scope_of(request.staff_member), year=year):
        houses.setdefault(deposit.application.institution_id, []).append(deposit)
    context = {
        "section": SECTION,
        "year": year,
        "years": range(timezone.localdate().year, _FIRST_YEAR - 1, -1),
        "houses": [(_of(deposits, year), [_shown(each) for each in deposits]) for deposits in houses.values()],
        "may_work": request.staff_member.role == Role.AGENCY,
        "refusal": refusal,
    }
    return render(request, "office/deposits.html", context, status=status)


def _of(deposits: list[QualityDeposit], year: int) -> DepositsOfHouse:
    """An institution's deposits with its published assessments."""
    institution = deposits[0].application.institution
    sheets = [published_sheet(institution.pk, year, scope) for scope in AssessmentSheet.Scope.values]
    return DepositsOfHouse(institution, deposits, [sheet for sheet in sheets if sheet is not None])


def _shown(deposit: QualityDeposit) -> tuple[QualityDeposit, str, DepositEnd | None]:
    return deposit, clearing_name(deposit.application.clearing_type), getattr(deposit, "end", None)


def _is_undone(deposit: QualityDeposit) -> bool:
    return hasattr(deposit, "end") and deposit.end.cause == DepositEnd.Cause.UNDONE


def _is_assessed(deposit: QualityDeposit) -> bool:
    return hasattr(deposit, "end") and deposit.end.cause == DepositEnd.Cause.ASSESSED


def _year(said: str) -> int:
    """The year that is asked for; this one without."""
    this_year = timezone.localdate().year
    is_year = said.isascii() and said.isdigit() and len(said) == len("2026")
    return int(said) if is_year and _FIRST_YEAR <= int(said) <= this_year else this_year
