"""One layer's law in one stretch of time: for every combination of the circumstances it depends on, the row it compiles to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import NamedTuple

from yibao.core.money import PPM, divide_half_up
from yibao.core.period import Period
from yibao.engines.benefits.tables import (
    ADDS_COST,
    ADDS_DEDUCTIBLE,
    ADDS_LIMIT,
    ADDS_PAYMENT,
    DIMENSIONS,
    UNLIMITED_FEN,
    Clauses,
    RowClauses,
)
from yibao.policies.errors import Problem
from yibao.policies.language import Adjustment, Layer, Quantity, Suspended
from yibao.policies.law import Law, Placed, PlacedLayer, Role
from yibao.policies.names import PER_VISIT
from yibao.policies.slots import column_of
from yibao.policies.values import Band, Bands, Share, Spread, read_ratio, spread

VISIT = -1


class PlannedRow(NamedTuple):
    """What a layer does in some circumstances, before its bands have a place in the band table."""

    threshold_fen: int
    deductible_accumulator: int
    bands: Bands
    cost_accumulator: int
    cap_fen: int
    cap_accumulator: int
    limit_fen: int
    limit_accumulator: int
    adds: int
    clauses: RowClauses


class Plan(NamedTuple):
    """The circumstances a layer depends on, and its row for each combination of their codes; where none is, it does not apply."""

    dimensions: tuple[str, ...]
    rows: Mapping[tuple[str, ...], PlannedRow]


class Held(NamedTuple):
    """What holds of a quantity in some circumstances: the amount or the bands, with the clauses it stands on."""

    leaf: int | Bands
    clause: str
    further: Clauses


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans layers for one stretch of time in which no value changes; what is wrong goes to `problems`."""

    law: Law
    stretch: Period
    suspended: Mapping[str, Suspended]
    problems: list[Problem]
    used: set[Placed]
    spreads: Mapping[Placed, Spread]

    def plan(self, placed: PlacedLayer) -> Plan:
        """Plan a layer's rows."""
        codes, depends = self.law.codes(), placed.dimensions()
        dimensions: tuple[str, ...] = tuple(dimension for dimension in DIMENSIONS if dimension in depends)
        rows: dict[tuple[str, ...], PlannedRow] = {}
        now = {role: self._in_force(values) for role, values in placed.values.items()}
        adjusting = self._in_force(placed.adjustments)
        for key in product(*(codes[dimension] for dimension in dimensions)):
            cell: dict[str, str] = dict(zip(dimensions, key, strict=True))
            if not self._occurs(cell):
                continue
            local = self._as_local(cell)
            if placed.applies_to(local):
                row = self._row(placed, local, now, adjusting, moved=local != cell)
                if row is not None:
                    rows[key] = row
        return Plan(dimensions, rows)

    def _in_force(self, values: Sequence[Placed]) -> tuple[Placed, ...]:
        """Keep the values that hold in this stretch of time."""
        return tuple(value for value in values if self.stretch.start in value.period)

    def _occurs(self, cell: Mapping[str, str]) -> bool:
        """Say whether there is such care at such a level on these days."""
        care, level = cell.get("care"), cell.get("level")
        if care is None:
            return True
        return self.stretch.start in self.law.cares[care] and (level is None or level in self.law.levels_of(care))

    def _as_local(self, cell: Mapping[str, str]) -> Mapping[str, str]:
        """Take care elsewhere for local care when an emergency says so."""
        return {**cell, "place": self.law.scheme.places[0]} if "place" in cell and "place" in self.suspended else cell

    def _row(
        self,
        placed: PlacedLayer,
        cell: Mapping[str, str],
        now: Mapping[Role, tuple[Placed, ...]],
        adjusting: Sequence[Placed],
        *,
        moved: bool,
    ) -> PlannedRow | None:
        """Plan one row; None when a value is missing (the problem is noted)."""
        held: dict[Role, Held] = {}
        for role, values in now.items():
            chosen = self._choose(placed, role, values, cell)
            if chosen is None:
                return None
            held[role] = self._adjusted(role, chosen, adjusting, cell)
        further = [pair for each in held.values() for pair in each.further]
        further += [("base", self.suspended["catalogue"].clause)] if "catalogue" in self.suspended else []
        further += [("base", self.suspended["place"].clause)] if moved else []
        layer, money = placed.layer, held.get("lump") or held.get("cap")
        rates = held.get("bands") or held["lump"]
        threshold = self._amount("deductible", held.get("deductible"), 0, further)
        limit = self._amount("limit", held.get("limit"), UNLIMITED_FEN, further)
        cap = self._amount("lump" if "lump" in held else "cap", money, UNLIMITED_FEN, further)
        return PlannedRow(
            threshold_fen=threshold,
            deductible_accumulator=self._accumulator(layer.deductible),
            bands=rates.leaf if isinstance(rates.leaf, tuple) else (),
            cost_accumulator=self._accumulator(layer.bands),
            cap_fen=cap,
            cap_accumulator=self._accumulator(layer.lump or layer.cap),
            limit_fen=limit,
            limit_accumulator=self._accumulator(layer.limit),
            adds=adds_of(layer),
            clauses=RowClauses(
                rates.clause,
                held["deductible"].clause if "deductible" in held else None,
                held["cap"].clause if "cap" in held else None,
                held["limit"].clause if "limit" in held else None,
                tuple(further),
            ),
        )

    def _amount(self, role: Role, held: Held | None, otherwise: int, further: list[tuple[str, str]]) -> int:
        """Give a quantity's amount, what it is without one when there is none or an emergency suspends it."""
        if held is None:
            return otherwise
        suspension = self.suspended.get(role)
        if suspension is not None:
            further.append((role, suspension.clause))
            return otherwise
        assert isinstance(held.leaf, int)
        return held.leaf

    def _choose(
        self, placed: PlacedLayer, role: Role, values: Sequence[Placed], cell: Mapping[str, str]
    ) -> Held | None:
        """Find the one value of a role that holds in a cell; none and several are problems, never a default."""
        day = self.stretch.start
        holding = [value for value in values if self.spreads[value].holds_in(cell)]
        if not holding:
            self.problems.append(placed.problem("gap", f"no {role} from {day} for {said(cell)}", role))
            return None
        if len(holding) > 1:
            ids = " and ".join(value.value.clause for value in holding)
            self.problems.append(holding[1].problem("overlap", f"{ids} both hold from {day} for {said(cell)}"))
            return None
        self.used.add(holding[0])
        leaf = self.spreads[holding[0]].leaf(cell)
        if leaf is None:
            self.problems.append(holding[0].problem("missing_cell", f"no entry for {said(cell)}", "value"))
            return None
        clause = holding[0].value.clause
        return self._resolved(holding[0], role, leaf) if isinstance(leaf, Share) else Held(leaf, clause, ())

    def _resolved(self, placed: Placed, role: Role, share: Share) -> Held | None:
        """Turn a ratio of a statistic into an amount; the statistic's clause is one of its clauses."""
        day, known = self.stretch.start, self.law.statistics.get(share.statistic)
        if known is None:
            self.problems.append(placed.problem("unknown_code", f"{share.statistic} is no statistic", "value"))
            return None
        values = self._in_force(known)
        if len(values) != 1:
            kind = "overlap" if values else "gap"
            self.problems.append(placed.problem(kind, f"{share.statistic} from {day}", "value"))
            return None
        self.used.add(values[0])
        amount = self.spreads[values[0]].leaf({})
        if not isinstance(amount, int):
            return None
        return Held(share.of(amount), placed.value.clause, ((role, values[0].value.clause),))

    def _adjusted(self, role: Role, held: Held, adjusting: Sequence[Placed], cell: Mapping[str, str]) -> Held:
        """Apply the adjustments that hold in a cell, in the order of the file."""
        for placed in adjusting:
            value = placed.value
            assert isinstance(value, Adjustment)
            if value.of != role or not self.spreads[placed].holds_in(cell):
                continue
            self.used.add(placed)
            change = self.spreads[placed].leaf(cell)
            if not isinstance(change, int):
                self.problems.append(placed.problem("missing_cell", f"no entry for {said(cell)}", "value"))
                continue
            leaf = _adjust(held.leaf, value, change)
            held = Held(leaf, held.clause, (*held.further, (role, value.clause)))
        return held

    def _accumulator(self, quantity: Quantity | None) -> int:
        """Say where a quantity is counted, -1 when it is within the visit."""
        if quantity is None or quantity.accumulator == PER_VISIT:
            return VISIT
        return column_of(self.law, quantity.accumulator)


def adds_of(layer: Layer) -> int:
    """Give the bits of the accumulators that a layer adds to; one that serves bands and limit is added to once."""
    adds = ADDS_DEDUCTIBLE if layer.deductible and layer.deductible.counts else 0
    adds |= ADDS_COST if layer.bands and layer.bands.counts else 0
    paid = layer.lump or layer.cap
    adds |= ADDS_PAYMENT if paid and paid.counts else 0
    shared = layer.limit and layer.bands and layer.limit.accumulator == layer.bands.accumulator and layer.bands.counts
    return adds | (ADDS_LIMIT if layer.limit and layer.limit.counts and not shared else 0)


def _adjust(leaf: int | Bands, value: Adjustment, change: int) -> int | Bands:
    """Add points to rates, or multiply rates or an amount by a factor; an unlimited amount stays so."""
    if isinstance(leaf, int):
        return leaf if leaf == UNLIMITED_FEN else divide_half_up(leaf * change, PPM)
    floor, ceiling = read_ratio(value.floor) or 0, read_ratio(value.ceiling)
    most = PPM if ceiling is None else ceiling
    return tuple(_adjust_band(band, change, points=value.unit == "points", floor=floor, ceiling=most) for band in leaf)


def _adjust_band(band: Band, change: int, *, points: bool, floor: int, ceiling: int) -> Band:
    """Adjust one rate; of one that follows the age, base, slope and bounds together."""

    def moved(rate: int) -> int:
        return rate + change if points else divide_half_up(rate * change, PPM)

    def bounded(rate: int) -> int:
        return min(max(moved(rate), floor), ceiling)

    if not band.by_age:
        return Band(band.top, bounded(band.rate))
    by_age = band.by_age if points else divide_half_up(band.by_age * change, PPM)
    if not by_age:
        return Band(band.top, bounded(min(max(band.rate, band.least), band.most)))
    return Band(band.top, moved(band.rate), by_age, band.from_age, bounded(band.least), bounded(band.most))


def said(cell: Mapping[str, str]) -> str:
    """Write circumstances as words."""
    return " ".join(cell.values()) or "every visit"


def plans_on(law: Law, day: date) -> Mapping[PlacedLayer, Plan]:
    """Give the plans of a checked law's layers on a day, in their order."""
    problems: list[Problem] = []
    codes = law.codes()
    spreads = {placed: spread(placed, codes, problems) for placed in law.values() if placed.role != "account"}
    planner = Planner(law, Period(day), {}, problems, set(), spreads)
    return {placed: planner.plan(placed) for placed in law.layers if day in placed.period}
