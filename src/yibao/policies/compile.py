"""From law to tables: for every combination of circumstances the rows that the kernel walks through."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from yibao.core.period import Period
from yibao.engines.benefits.tables import (
    COMPONENTS,
    MAX_AGE,
    ROW_BY_COST,
    ROW_WIDTH,
    UNLIMITED_FEN,
    CompiledPolicy,
    RowClauses,
    freeze,
    trace_size_for,
)
from yibao.policies.errors import Problem
from yibao.policies.language import Quantity
from yibao.policies.law import Cell, Law, Placed, PlacedLayer, Role
from yibao.policies.names import PER_VISIT
from yibao.policies.values import Bands, Leaf, Spread, spread


class PlannedRow(NamedTuple):
    """A row before its bands have a place in the band table."""

    layer: int
    owed: int
    beyond: int
    fund: int
    threshold_fen: int
    deductible_accumulator: int
    cost_accumulator: int
    bands: Bands
    cap_fen: int
    cap_accumulator: int
    reports_deductible: bool
    clauses: RowClauses


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles one stretch of time in which no value changes; what is wrong goes to `problems`."""

    law: Law
    stretch: Period
    problems: list[Problem]
    used: set[Placed]
    spreads: Mapping[Placed, Spread]

    def policy(self) -> CompiledPolicy:
        """Build the tables; they are only to be used when `problems` stays empty."""
        law, codes = self.law, self.law.codes()
        layers = [placed for placed in law.layers if self.stretch.start in placed.period]
        plans = {cell: tuple(self._plan(cell, layers)) for cell in law.cells()}
        rows, bands, clauses, ranges = _lay_out(plans)
        cells = [ranges[plans[cell]] if cell in plans else (-1, -1) for cell in _dense(codes)]
        table, row_table = freeze(cells, columns=2), freeze(rows, columns=ROW_WIDTH)
        index = {name: {code: place for place, code in enumerate(listed)} for name, listed in codes.items()}
        index["accumulator"] = {name: place for place, name in enumerate(law.scheme.accumulators)}
        return CompiledPolicy(
            policy_id=f"{law.name}@{self.stretch.start.isoformat()}",
            cares=codes["care"],
            levels=codes["level"],
            statuses=codes["status"],
            places=codes["place"],
            age_groups=codes["age"],
            ordinal_groups=codes["ordinal"],
            layers=tuple(placed.layer.key for placed in law.layers),
            funds=tuple(law.scheme.funds),
            accumulators=tuple(law.scheme.accumulators),
            account_fund=law.scheme.account.fund if law.scheme.account else None,
            row_clauses=clauses,
            space=freeze([*(len(listed) for listed in codes.values()), self._account(), len(law.layers)]),
            age_group=freeze(_groups(law.scheme.ages, first=0, last=MAX_AGE)),
            ordinal_group=freeze(_groups(law.scheme.ordinals, first=1, last=max(law.scheme.ordinals.values()))),
            cells=table,
            rows=row_table,
            bands=freeze(bands, columns=2),
            rows_read=tuple(tuple(row) for row in rows),
            bands_read=tuple(bands),
            trace_size=trace_size_for(table, row_table),
            index=index,
        )

    def _plan(self, cell: Cell, layers: Sequence[PlacedLayer]) -> Iterator[PlannedRow]:
        """Plan the rows of one cell in the order of the layers."""
        here = {placed.layer.key: place for place, placed in enumerate(self.law.layers) if placed in layers}
        applying = [placed for placed in layers if placed.applies_to(cell)]
        counted: set[int] = set()
        reported = False
        for placed in applying:
            beyond = placed.layer.base.beyond
            if beyond is not None and beyond not in {other.layer.key for other in applying}:
                self.problems.append(
                    placed.problem("unknown_layer", f"{beyond} does not apply in {_said(cell)}", "base")
                )
                continue
            owed = sum(1 << COMPONENTS.index(part) for part in placed.layer.base.owed or ())
            row = self._row(placed, cell, here, owed=owed, reports=bool(owed & 1) and not reported)
            if row is None:
                continue
            reported = reported or row.reports_deductible
            if row.cost_accumulator in counted:
                self.problems.append(
                    placed.problem("counted_twice", f"its cost in {_said(cell)}", "bands", "accumulator")
                )
            counted |= {row.cost_accumulator} - {-1}
            yield row

    def _row(
        self, placed: PlacedLayer, cell: Cell, here: Mapping[str, int], *, owed: int, reports: bool
    ) -> PlannedRow | None:
        """Plan one layer's row in a cell; None when a value is missing there (the problem is noted)."""
        layer = placed.layer
        found: dict[Role, tuple[Leaf, str]] = {}
        for role in placed.values:
            chosen = self._choose(placed, role, cell)
            if chosen is None:
                return None
            found[role] = chosen
        threshold, deductible_clause = found.get("deductible", (0, None))
        cap, cap_clause = found.get("cap", (UNLIMITED_FEN, None))
        bands, clause = found["bands"]
        assert isinstance(threshold, int)
        assert isinstance(cap, int)
        assert isinstance(bands, tuple)
        return PlannedRow(
            layer=here[layer.key],
            owed=owed,
            beyond=here[layer.base.beyond] if layer.base.beyond is not None else -1,
            fund=list(self.law.scheme.funds).index(layer.fund),
            threshold_fen=threshold,
            deductible_accumulator=self._accumulator(layer.deductible),
            cost_accumulator=self._accumulator(layer.bands),
            bands=bands,
            cap_fen=cap,
            cap_accumulator=self._accumulator(layer.cap),
            reports_deductible=reports,
            clauses=RowClauses(clause, deductible_clause, cap_clause),
        )

    def _choose(self, placed: PlacedLayer, role: Role, cell: Cell) -> tuple[Leaf, str] | None:
        """Find the one value of a role that holds in a cell; none and several are problems, never a default."""
        day = self.stretch.start
        holding = [value for value in placed.values[role] if day in value.period and self.spreads[value].holds_in(cell)]
        if not holding:
            self.problems.append(placed.problem("gap", f"no {role} from {day} for {_said(cell)}", role))
            return None
        if len(holding) > 1:
            ids = " and ".join(value.value.clause for value in holding)
            self.problems.append(holding[1].problem("overlap", f"{ids} both hold from {day} for {_said(cell)}"))
            return None
        self.used.add(holding[0])
        leaf = self.spreads[holding[0]].leaf(cell)
        if leaf is None:
            self.problems.append(holding[0].problem("missing_cell", f"no entry for {_said(cell)}", "value"))
            return None
        return leaf, holding[0].value.clause

    def _accumulator(self, quantity: Quantity | None) -> int:
        """Give the place of a quantity's accumulator, -1 when it counts within the visit."""
        if quantity is None or quantity.accumulator == PER_VISIT:
            return -1
        return list(self.law.scheme.accumulators).index(quantity.accumulator)

    def _account(self) -> int:
        """Give the bits of the components that the account may pay on these days."""
        if not self.law.account:
            return 0
        holding = [value for value in self.law.account if self.stretch.start in value.period]
        if len(holding) != 1:
            kind = "overlap" if holding else "gap"
            self.problems.append(self.law.document.problem(kind, f"account from {self.stretch.start}", "account"))
            return 0
        self.used.add(holding[0])
        parts = holding[0].value.value
        if not isinstance(parts, list) or not set(parts) <= set(COMPONENTS):
            self.problems.append(holding[0].problem("no_value", f"components are {', '.join(COMPONENTS)}", "value"))
            return 0
        return sum(1 << COMPONENTS.index(part) for part in set(parts))


def spread_all(law: Law, problems: list[Problem]) -> dict[Placed, Spread]:
    """Spread every value of a law out once."""
    codes = law.codes()
    return {placed: spread(placed, codes, problems) for placed in law.values()}


def _lay_out(
    plans: Mapping[Cell, tuple[PlannedRow, ...]],
) -> tuple[
    list[list[int]], list[tuple[int, int]], tuple[RowClauses, ...], dict[tuple[PlannedRow, ...], tuple[int, int]]
]:
    """Put each distinct plan into the row table once; gives rows, bands, clauses by row, and each plan's rows."""
    rows: list[list[int]] = []
    bands: list[tuple[int, int]] = []
    clauses: list[RowClauses] = []
    ranges: dict[tuple[PlannedRow, ...], tuple[int, int]] = {}
    for plan in plans.values():
        if plan in ranges:
            continue
        ranges[plan] = (len(rows), len(rows) + len(plan))
        for row in plan:
            start = len(bands)
            bands += row.bands
            rows.append(
                [*row[:5], *row[5:7], start, len(bands), row.cap_fen, row.cap_accumulator, int(row.reports_deductible)]
            )
            assert rows[-1][ROW_BY_COST] == row.cost_accumulator
            clauses.append(row.clauses)
    return rows, bands, tuple(clauses), ranges


def _dense(codes: Mapping[str, tuple[str, ...]]) -> Iterator[Cell]:
    """All cells in the order in which the kernel numbers them."""
    return (Cell(*combination) for combination in product(*codes.values()))


def _groups(starts: Mapping[str, int], *, first: int, last: int) -> list[int]:
    """Give the group of every number from `first` to `last`."""
    begins = list(starts.values())
    return [sum(begin <= number for begin in begins) - 1 for number in range(first, last + 1)]


def _said(cell: Cell) -> str:
    """Write a cell as words."""
    return " ".join(cell)
