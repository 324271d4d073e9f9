"""Which institutions of a region reconciled some days, which differ, and what is open: for the agency's page."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from yibao.domains.institutions.models import Institution
from yibao.domains.reconciliation.models import ReconciliationRun
from yibao.domains.reconciliation.queries import day_after, open_runs
from yibao.domains.reconciliation.totals import midnight
from yibao.domains.settlement.models import Settlement
from yibao.domains.staff.queries import Scope

State = Literal["differs", "equal", "none"]
_DIFFERS, _EQUAL, _NONE = 0, 1, 2
# A reconciliation of totals has no rows and counts as one difference.
_OPEN = Sum(Case(When(grain="details", then="difference_count"), default=Value(1)))
_STATES: dict[int, State] = {_DIFFERS: "differs", _EQUAL: "equal", _NONE: "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewSearch:
    """Days (both included) and what narrows: the code of an institution, a state; empty does not narrow."""

    first_day: date
    last_day: date
    institution: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class InstitutionState:
    """An institution that settled or reconciled on the days: whether anything differs, and how much is open."""

    pk: int
    code: str
    name: str
    state: State
    runs: int
    open_differences: int
    latest_run_id: int | None


def institutions_found(scope: Scope, search: OverviewSearch) -> QuerySet[Institution]:
    """The institutions of the member's region that the search finds, by code; each with its `state_number`."""
    runs = _runs(search)
    settled = Settlement.objects.filter(
        institution_id=OuterRef("pk"),
        settled_at__gte=midnight(search.first_day),
        settled_at__lt=day_after(search.last_day),
    )
    found = (
        Institution.objects.filter(division__pooling_region=scope.region)
        .filter(Exists(settled) | Exists(runs))
        .annotate(
            state_number=Case(
                When(Exists(open_runs(runs)), then=Value(_DIFFERS)),
                When(Exists(runs.filter(is_equal=True)), then=Value(_EQUAL)),
                default=Value(_NONE),
                output_field=IntegerField(),
            )
        )
        .order_by("code")
    )
    if search.institution:
        found = found.filter(code=search.institution)
    number = next((number for number, state in _STATES.items() if state == search.state), None)
    return found if number is None else found.filter(state_number=number)


def _runs(search: OverviewSearch) -> QuerySet[ReconciliationRun]:
    """The reconciliations of an institution that share a day with the days asked for."""
    return ReconciliationRun.objects.filter(
        institution_id=OuterRef("pk"), first_day__lte=search.last_day, last_day__gte=search.first_day
    )


def states_of(found: QuerySet[Institution], search: OverviewSearch) -> list[InstitutionState]:
    """The institutions with what is open, in their order."""
    runs = _runs(search).order_by().values("institution_id")
    still_open = open_runs(_runs(search)).order_by().values("institution_id")
    rows = found.annotate(
        runs=Coalesce(Subquery(runs.annotate(n=Count("pk")).values("n")), 0),
        latest=Subquery(runs.annotate(n=Max("pk")).values("n")),
        still_open=Coalesce(Subquery(still_open.annotate(n=_OPEN).values("n"), output_field=IntegerField()), 0),
    )
    return [
        InstitutionState(
            row.pk,
            row.code,
            row.name,
            _STATES[row.state_number],  # type: ignore[attr-defined]  # annotated by institutions_found
            row.runs,
            row.still_open,
            row.latest,
        )
        for row in rows
    ]
