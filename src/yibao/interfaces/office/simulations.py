"""Simulations: which were asked for or kept, and one with its charts and tables; nothing is computed in a request."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yibao.core.money import divide_half_up, format_scaled, format_yuan
from yibao.domains.simulations.queries import simulations_of
from yibao.domains.staff.models import StaffMember
from yibao.interfaces.office.access import StaffRequest, not_found, staff_page
from yibao.interfaces.office.charts import chart_of_bars
from yibao.interfaces.office.words import own_words
from yibao.warehouse.result_tables import ResultTable, Simulation, read_kept

ROWS_MAX: Final = 100
OPEN_ROWS_MAX: Final = 12
"""Longer tables are folded."""
FEWEST_PERSONS: Final = 5
"""An analyst sees no figures of a group with fewer persons (our default): they might tell about one of them."""
PAGE_ROWS: Final = 50
Role = StaffMember.Role
READERS: Final = (Role.AGENCY, Role.AUDITOR, Role.ANALYST)


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table in the reader's language: cells are texts, `numbers` says which columns are figures."""

    key: str
    title: str
    headings: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]
    left_out: int
    chart: SafeString | None
    folded: bool


@require_safe
@staff_page(*READERS)
def show(request: StaffRequest) -> HttpResponse:
    """List the simulations that were asked for in the member's region, and those that the command kept for it, the newest first."""
    paths = sorted(_folder().glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = [(path.stem, read_kept(path)) for path in paths]
    region = request.staff_member.region_id
    kept = [(name, simulation) for name, simulation in found if _region(simulation) == region]
    asked = simulations_of(region)
    page = Paginator(asked, PAGE_ROWS).get_page(request.GET.get("page"))
    may_ask = request.staff_member.role == Role.ANALYST
    rows = [(each, STATES[each.run.state]) for each in page.object_list]
    context = {"section": "simulations", "kept": kept, "page": page, "rows": rows, "may_ask": may_ask}
    return render(request, "office/simulations.html", context)


@require_safe
@staff_page(*READERS)
def show_one(request: StaffRequest, name: str) -> HttpResponse:
    """Show a kept simulation of the member's region."""
    path = _folder() / f"{name}.json"
    simulation = read_kept(path) if path.is_file() else None
    if simulation is None or _region(simulation) != request.staff_member.region_id:
        return not_found(request)
    seen = for_reader(request.staff_member, simulation)
    if seen is None:
        return not_found(request)
    context = {"section": "simulations", "name": name, **page_of(request.staff_member, seen)}
    return render(request, "office/simulation.html", context)


def for_reader(member: StaffMember, simulation: Simulation) -> Simulation | None:
    """What a member may see of a simulation: an analyst no group of very few persons, and nothing of a handful altogether."""
    if member.role != Role.ANALYST:
        return simulation
    if int(simulation.facts["persons"]) < FEWEST_PERSONS:
        return None
    return replace(simulation, tables=tuple(_without_small_groups(table) for table in simulation.tables))


def page_of(member: StaffMember, simulation: Simulation) -> dict[str, Any]:
    """What the page of a simulation shows."""
    facts = simulation.facts
    return {
        "facts": facts,
        "visits": f"{int(facts['visits']):,}",
        "persons": f"{int(facts['persons']):,}",
        "threshold_fen": int(facts["threshold_fen"]),
        "income_fen": int(facts["income_fen"]),
        "share_ppm": int(facts["catastrophic_share_ppm"]),
        "everybody": _everybody(simulation),
        "tables": [_shown(table) for table in simulation.tables],
        "fewest": FEWEST_PERSONS if member.role == Role.ANALYST else 0,
    }


def _folder() -> Path:
    """Where kept simulations lie."""
    return Path(settings.SIMULATIONS)


def _region(simulation: Simulation) -> str:
    """The region whose law was the base."""
    return simulation.facts["base"].partition("/")[0]


def _everybody(simulation: Simulation) -> dict[str, Any]:
    """The figures that stand on top: what the funds pay more, how many are better and worse off."""
    funds = simulation.table("payers").rows[1]
    persons = simulation.table("persons").rows[0]
    return {
        "difference_fen": funds[3],
        "difference_ppm": funds[4],
        "better": f"{persons[3]:,}",
        "worse": f"{persons[4]:,}",
    }


def _without_small_groups(table: ResultTable) -> ResultTable:
    """The table without the rows of groups that have some, but very few persons."""
    places = [place for place, column in enumerate(table.columns) if column.name == "persons"]
    rows = tuple(row for row in table.rows if all(not 0 < int(row[place] or 0) < FEWEST_PERSONS for place in places))
    return replace(table, rows=rows)


def _shown(table: ResultTable) -> ShownTable:
    """A table as the page shows it."""
    figures = [column.unit != "text" for column in table.columns]
    rows = [
        list(
            zip(
                [_said(value, column.unit) for value, column in zip(row, table.columns, strict=True)],
                figures,
                strict=True,
            )
        )
        for row in table.rows[:ROWS_MAX]
    ]
    headings = list(zip([own_words(column.heading) for column in table.columns], figures, strict=True))
    chart, left_out = _chart(table), max(0, len(table.rows) - ROWS_MAX)
    folded = chart is not None or len(table.rows) > OPEN_ROWS_MAX
    return ShownTable(table.key, own_words(table.title), headings, rows, left_out, chart, folded)


def _said(value: str | int | None, unit: str) -> str:
    """A value in its unit, with a true minus sign."""
    if value is None or isinstance(value, str):
        return value or ""
    if unit == "fen":
        return format_yuan(value).replace("-", "−")
    if unit == "ppm":
        return f"{format_scaled(divide_half_up(value, 100), decimals=2)}%".replace("-", "−")
    return f"{value:,}"


STATES: Final[dict[str, Promise]] = {
    "waiting": gettext_lazy("waits its turn"), "running": gettext_lazy("being carried out"),
    "done": gettext_lazy("the result is there"), "failed": gettext_lazy("no result"),
}  # fmt: skip
"""How far a simulation is, in words."""


_CHARTS: Final[dict[str, tuple[int, tuple[int, ...], str]]] = {
    "layers": (1, (3, 4), "fen"),
    "persons": (1, (5, 6), "ppm"),
    "own_share": (0, (1, 2), "ppm"),
    "catastrophic": (1, (5, 6), "ppm"),
    "by_level": (0, (3, 4), "fen"),
}
"""For the tables that are drawn: the column of labels, the columns drawn, their unit."""


def _chart(table: ResultTable) -> SafeString | None:
    """The drawing of a table, where one tells more than the figures."""
    if table.key not in _CHARTS or not table.rows:
        return None
    label, columns, unit = _CHARTS[table.key]
    names = [_said(row[label], table.columns[label].unit) or _("everybody") for row in table.rows]
    series = {
        own_words(table.columns[place].heading): [int(row[place] or 0) for row in table.rows] for place in columns
    }
    return chart_of_bars(names, series, unit=unit)
