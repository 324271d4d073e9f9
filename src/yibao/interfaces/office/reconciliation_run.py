"""One reconciliation in the office: claim beside what stands here, each difference with its cause and what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yibao.domains.reconciliation.mending import mending_of
from yibao.domains.reconciliation.models import ReconciliationDifference, ReconciliationRun
from yibao.domains.reconciliation.queries import differences_of, visible_runs
from yibao.domains.staff.models import StaffMember
from yibao.domains.staff.operations import record_reads
from yibao.domains.staff.queries import scope_of
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.export import EXPORT_ROWS_MAX, Cell, TooManyRowsError, attached, decimal_yuan
from yibao.interfaces.office.reconciliation_forms import CauseForm, clearing_name
from yibao.interfaces.office.texts import text_of
from yibao.interfaces.office.words import own_words, scheme_name

SECTION: Final = "reconciliation"
PAGE_ROWS: Final = 50
PURPOSE: Final = "reconciliation"
PURPOSE_OF_EXPORT: Final = "export"
_LARGEST: Final = 2**63 - 1
Role = StaffMember.Role
_READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.INSTITUTION)


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum of the claim beside the same here; none where the claim does not say it."""

    name: str
    claimed_fen: int | None
    found_fen: int

    @property
    def difference_fen(self) -> int | None:
        """How much more stands here."""
        return None if self.claimed_fen is None else self.found_fen - self.claimed_fen


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A difference with what mends it in the reader's language."""

    difference: ReconciliationDifference
    mended_by: str
    advice: str


@require_safe
@staff_page(*_READERS)
def show(request: StaffRequest, run_id: int) -> HttpResponse:
    """Show one page of the differences of a reconciliation within the member's sight, and note whose records they are."""
    run = _find(request, run_id)
    if run is None:
        return not_found(request)
    form = CauseForm(request.GET)
    after = request.GET.get("after", "")
    if not form.is_valid() or (after and not (after.isascii() and after.isdigit() and len(after) <= 18)):
        return _page(request, run, form, [], status=HTTPStatus.BAD_REQUEST)
    found = differences_of(run, cause=form.cleaned_data["cause"], after_id=int(after or 0))
    page = list(found.select_related("settlement")[: PAGE_ROWS + 1])
    _note(request, page[:PAGE_ROWS], PURPOSE)
    return _page(request, run, form, page)


def _page(
    request: StaffRequest,
    run: ReconciliationRun,
    form: CauseForm,
    page: list[ReconciliationDifference],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page, one difference more than it shows when there are more."""
    context = {
        "section": SECTION,
        "run": run,
        "scheme": scheme_name(run.scheme),
        "clearing": clearing_name(run.clearing_type),
        "sums": _sums(run),
        "form": form,
        "rows": [_row(difference) for difference in page[:PAGE_ROWS]],
        "next": page[PAGE_ROWS - 1].pk if len(page) > PAGE_ROWS else None,
        "is_first": not request.GET.get("after"),
        "filters": urlencode({name: value for name, value in request.GET.items() if value and name != "after"}),
        "is_refused": status != HTTPStatus.OK,
    }
    return render(request, "office/reconciliation_run.html", context, status=status)


@require_safe
@staff_page(*_READERS)
def download(request: StaffRequest, run_id: int, kind: str) -> HttpResponse:
    """Take out the differences that the page finds; too many are refused, not cut off."""
    run = _find(request, run_id)
    if run is None:
        return not_found(request)
    form = CauseForm(request.GET)
    if not form.is_valid():
        return _page(request, run, form, [], status=HTTPStatus.BAD_REQUEST)
    found = differences_of(run, cause=form.cleaned_data["cause"]).select_related("settlement")
    differences = list(found[: EXPORT_ROWS_MAX + 1])
    if len(differences) > EXPORT_ROWS_MAX:
        form.add_error(None, text_of(TooManyRowsError(most=f"{EXPORT_ROWS_MAX:,}")))
        return _page(request, run, form, [], status=HTTPStatus.BAD_REQUEST)
    _note(request, differences, PURPOSE_OF_EXPORT)
    return attached(
        kind,
        name=f"reconciliation-{run.pk}",
        sheet=_("Differences"),
        titles=_titles(),
        rows=[_cells(_row(difference)) for difference in differences],
    )


def _find(request: StaffRequest, run_id: int) -> ReconciliationRun | None:
    """The reconciliation, when the member may know of it."""
    if run_id > _LARGEST:
        return None
    return visible_runs(scope_of(request.staff_member)).filter(pk=run_id).first()


def _note(request: StaffRequest, differences: Iterable[ReconciliationDifference], purpose: str) -> None:
    """Note whose records were read."""
    persons = {each.settlement.person_id for each in differences if each.settlement is not None}
    record_reads(
        reader=request.staff_member, person_ids=persons, page=request.path, purpose=purpose, at=timezone.now()
    )  # fmt: skip


def _sums(run: ReconciliationRun) -> list[Sum]:
    """Claim and findings beside each other."""
    return [
        Sum(_("Total"), run.claimed_total_fen, run.found_total_fen),
        Sum(_("Paid by funds"), run.claimed_fund_fen, run.found_fund_fen),
        Sum(_("From the account"), run.claimed_account_fen, run.found_account_fen),
        Sum(_("In cash"), run.claimed_cash_fen, run.found_cash_fen),
    ]


def _row(difference: ReconciliationDifference) -> DifferenceRow:
    """A difference in the reader's language."""
    mending = mending_of(difference)
    return DifferenceRow(difference, mending.infno, own_words(mending))


def _titles() -> list[str]:
    """The heads of the columns."""
    return [
        _("Line of the file"), _("Cause"), _("Settlement number (setl_id)"), _("Visit number (mdtrt_id)"),
        _("Person number"), _("Message number (msgid)"), _("Refund"), _("Total there (yuan)"), _("Total here (yuan)"),
        _("Funds there (yuan)"), _("Funds here (yuan)"), _("Account there (yuan)"), _("Account here (yuan)"),
        _("Mended by"), _("What to do"),
    ]  # fmt: skip


def _cells(row: DifferenceRow) -> list[Cell]:
    """A difference as a row of the file."""
    each = row.difference
    amounts = (
        each.claimed_total_fen, each.found_total_fen, each.claimed_fund_fen, each.found_fund_fen,
        each.claimed_account_fen, each.found_account_fen,
    )  # fmt: skip
    return [
        each.line or "", each.get_cause_display(), each.setl_id, each.visit_number, each.person_number, each.msgid,
        _("yes") if each.is_refund else _("no"), *("" if fen is None else decimal_yuan(fen) for fen in amounts),
        row.mended_by, row.advice,
    ]  # fmt: skip
