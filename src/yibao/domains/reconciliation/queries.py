"""Reconciliations that were made, what they covered, and what is open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from yibao.domains.institutions.models import Institution
from yibao.domains.reconciliation.models import ClearingApplication, ReconciliationDifference, ReconciliationRun
from yibao.domains.reconciliation.practices import Practice
from yibao.domains.reconciliation.totals import (
    Cell,
    Period,
    Totals,
    ask_for_cells,
    cells_of,
    covers,
    midnight,
    sum_of,
)
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope
from yibao.domains.storage import Raw, ask, reading

STANDING = (ClearingApplication.State.APPLIED, ClearingApplication.State.ACCEPTED)


def is_own_agency(raw: Raw, *, division: str, region: str) -> bool:
    """Whether a division (结算经办机构) belongs to a pooling region."""
    if division == region:
        return True
    row = ask(raw, "SELECT pooling_region FROM reference_division WHERE code = %s", (division,)).fetchone()
    return row is not None and str(row[0]) == region


def cells_of_period(period: Period, practice: Practice) -> list[Cell]:
    """What an institution settled in a period, day by day."""
    with reading() as raw:
        return list(filter(covers(period), cells_of(ask_for_cells(raw, period, practice))))


def visible_runs(scope: Scope) -> QuerySet[ReconciliationRun]:
    """The reconciliations that a member may know of: of the own institution, or of the region's; newest first."""
    runs = ReconciliationRun.objects.select_related("institution", "member__user").order_by("-id")
    if scope.institution_id is not None:
        return runs.filter(institution_id=scope.institution_id)
    return runs.filter(institution__division__pooling_region=scope.region)


def open_runs(runs: QuerySet[ReconciliationRun]) -> QuerySet[ReconciliationRun]:
    """Those that differ, and that no later reconciliation of the same days and kinds has put in the place of."""
    later = ReconciliationRun.objects.filter(
        Q(scheme="") | Q(scheme=OuterRef("scheme")),
        Q(clearing_type="") | Q(clearing_type=OuterRef("clearing_type")),
        Q(grain="details") | Q(is_equal=True),
        institution_id=OuterRef("institution_id"),
        first_day__lte=OuterRef("first_day"),
        last_day__gte=OuterRef("last_day"),
        pk__gt=OuterRef("pk"),
    ).filter(Q(refunds="") | Q(refunds=OuterRef("refunds")))
    return runs.filter(is_equal=False).filter(~Exists(later))


def run_of_message(*, institution_id: int, run_id: int) -> ReconciliationRun | None:
    """An institution's own reconciliation by its number."""
    return ReconciliationRun.objects.filter(pk=run_id, institution_id=institution_id).first()


def count_of_runs(*, institution_id: int, first_day: date, last_day: date) -> tuple[int, int]:
    """How many reconciliations an institution made of these days, and how many of them were equal."""
    runs = ReconciliationRun.objects.filter(
        institution_id=institution_id, first_day__gte=first_day, last_day__lte=last_day
    )
    return runs.count(), runs.filter(is_equal=True).count()


def differences_of(run: ReconciliationRun, *, cause: str = "", after_id: int = 0) -> QuerySet[ReconciliationDifference]:
    """The differences of a run in their order, perhaps of one cause, after one of them."""
    found = run.differences.filter(pk__gt=after_id).order_by("pk")
    return found.filter(cause=cause) if cause else found


def months_days(month: date) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReconciledCell:
    """What was settled on a day under a scheme, of a kind of care, and whether a reconciliation that still holds covers it."""

    day: date
    scheme: str
    clearing_type: str
    totals: Totals
    is_reconciled: bool


def reconciled_cells(period: Period, practice: Practice) -> list[ReconciledCell]:
    """A period's settlements day by day, reversals taken off, with what has been reconciled.

    A reconciliation holds as long as what it found is still what stands: a settlement that came since is not covered.
    """
    cells = cells_of_period(period, practice)
    runs = ReconciliationRun.objects.filter(
        institution_id=period.institution_id,
        is_equal=True,
        reversals=practice.reversals,
        first_day__gte=period.first_day,
        last_day__lte=period.last_day,
    )
    holding = [covers(of) for of in (_period_of(run, period) for run in _holding(runs, period, cells, practice))]
    return [
        ReconciledCell(
            day, scheme, clearing_type, sum_of(group, practice),
            all(any(belongs(cell) for belongs in holding) for cell in group),
        )
        for (day, scheme, clearing_type), group in _grouped(cells)
    ]  # fmt: skip


def _period_of(run: ReconciliationRun, period: Period) -> Period:
    """What a run was about."""
    return Period(
        institution_id=run.institution_id, region=period.region, first_day=run.first_day, last_day=run.last_day,
        agency=run.agency, scheme=run.scheme, clearing_type=run.clearing_type, refunds=run.refunds,
    )  # fmt: skip


def _holding(
    runs: Iterable[ReconciliationRun], period: Period, cells: Sequence[Cell], practice: Practice
) -> list[ReconciliationRun]:
    """The runs whose findings are still what stands."""
    return [
        run
        for run in runs
        if sum_of(filter(covers(_period_of(run, period)), cells), practice)
        == Totals(
            run.found_count, run.found_total_fen, run.found_fund_fen, run.found_account_fen, run.found_cash_fen
        )
    ]  # fmt: skip


def _grouped(cells: Sequence[Cell]) -> list[tuple[tuple[date, str, str], list[Cell]]]:
    """The cells by day, scheme and clearing type, normal and refund rows together."""
    groups: dict[tuple[date, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.day, cell.scheme, cell.clearing_type), []).append(cell)
    return sorted(groups.items())


def visible_applications(scope: Scope) -> QuerySet[ClearingApplication]:
    """The applications for clearing that a member may know of, newest first."""
    found = ClearingApplication.objects.select_related("institution").order_by("-id")
    if scope.institution_id is not None:
        return found.filter(institution_id=scope.institution_id)
    return found.filter(institution__division__pooling_region=scope.region)


def is_cleared(*, institution_id: int, month: date, clearing_type: str) -> bool:
    """Whether an application for clearing of a month stands."""
    return ClearingApplication.objects.filter(
        institution_id=institution_id, month=month.replace(day=1), clearing_type=clearing_type, state__in=STANDING
    ).exists()


def institutions_that_settled(region: str, *, first_day: date, last_day: date) -> QuerySet[Institution]:
    """The institutions of a region that settled on some days, by code."""
    settled = Settlement.objects.filter(
        institution_id=OuterRef("pk"), settled_at__gte=midnight(first_day), settled_at__lt=day_after(last_day)
    )
    return Institution.objects.filter(division__pooling_region=region).filter(Exists(settled)).order_by("code")


def day_after(day: date) -> datetime:
    """The first moment after a day."""
    return midnight(day + timedelta(days=1))
