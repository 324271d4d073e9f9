"""From law to tables: each layer's plan laid out for the kernel, with what all layers of a stretch of time share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from operator import mul

from yibao.core.money import PPM
from yibao.core.period import Period
from yibao.engines.benefits.tables import (
    BAND_WIDTH,
    DIMENSIONS,
    LEFT_BEYOND,
    LEFT_COPAY,
    LEFT_DEDUCTIBLE,
    LEFT_KINDS,
    MAX_AGE,
    MAX_COMPONENTS,
    NATIONAL,
    OUT_ACCOUNT,
    OUT_FUNDS,
    OUT_HOSPITAL,
    ROW_WIDTH,
    CompiledPolicy,
    EmergencyTerms,
    RowClauses,
    freeze,
    trace_size_for,
)
from yibao.policies.errors import Problem
from yibao.policies.language import Left, Suspended
from yibao.policies.law import Law, Placed, PlacedEmergency, PlacedLayer
from yibao.policies.plans import Plan, PlannedRow
from yibao.policies.slots import columns_of, slots_of
from yibao.policies.values import read_ratio

WEIGHTS = len(NATIONAL) + MAX_COMPONENTS
NEAR = 4
"""How many dimensions the first of the two places of a visit combines."""


@dataclass(slots=True)
class Tables:
    """The tables while they are filled."""

    rows: list[list[int]] = field(default_factory=list)
    bands: list[tuple[int, ...]] = field(default_factory=list)
    weights: list[list[int]] = field(default_factory=list)
    less: list[int] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    near: list[list[int]] = field(default_factory=list)
    far: list[list[int]] = field(default_factory=list)
    clauses: list[RowClauses] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles one stretch of time in which nothing changes from the plans of its layers."""

    law: Law
    stretch: Period
    plans: Mapping[PlacedLayer, Plan]
    emergency: PlacedEmergency | None
    problems: list[Problem]
    used: set[Placed]

    def policy(self) -> CompiledPolicy:
        """Build the tables; they are only to be used when `problems` stays empty."""
        law, scheme, codes, tables = self.law, self.law.scheme, self.law.codes(), Tables()
        for place, placed in enumerate(law.layers):
            self._lay_out(tables, place, placed)
        cares, starts = self._by_care()
        slots, columns = slots_of(law), columns_of(law)
        name = f"{law.name}@{self.stretch.start.isoformat()}"
        renewals = [p.layer.deductible.renews_after_days for p in self.plans if p.layer.deductible]
        return CompiledPolicy(
            policy_id=f"{name}+{self.emergency.emergency.emergency}" if self.emergency else name,
            cares=codes["care"],
            levels=codes["level"],
            statuses=codes["status"],
            places=codes["place"],
            age_groups=codes["age"],
            ordinal_groups=codes["ordinal"],
            aids=codes["aid"],
            tenure_groups=codes["tenure"],
            plans=codes["plan"],
            diseases=codes["disease"],
            layers=tuple(placed.layer.key for placed in law.layers),
            funds=tuple(scheme.funds),
            accumulators=slots,
            components=tuple(scheme.components),
            balances=balances_of(law),
            account_fund=scheme.account.fund if scheme.account else None,
            has_own_account=scheme.account is not None and scheme.account.own,
            year_starts=int(scheme.year_starts[:2]),
            renewal_days=next((days for days in renewals if days is not None), None),
            carried=carried_of(law),
            aid_kinds={aid: tuple(said.kinds) for aid, said in scheme.aids.items()},
            disease_codes={code: name for name, said in scheme.diseases.items() for code in said.codes},
            emergency=self._terms(),
            needs_wide_codes=self._needs_wide_codes(),
            row_clauses=tuple(tables.clauses),
            space=freeze(self._space()),
            groups=freeze(_all_groups(law)),
            care_levels=freeze(list(self._care_levels()), columns=len(codes["level"])),
            care_starts=freeze(starts),
            care_layers=freeze(cares),
            near=freeze(tables.near),
            far=freeze(tables.far),
            cells=freeze(tables.cells),
            rows=freeze(tables.rows, columns=ROW_WIDTH),
            weights=freeze(tables.weights, columns=WEIGHTS),
            less=freeze(tables.less),
            bands=freeze(tables.bands, columns=BAND_WIDTH),
            columns=freeze(columns or [[-1] * 12 * len(codes["disease"])], columns=12 * len(codes["disease"])),
            rows_read=tuple(tuple(row) for row in tables.rows),
            bands_read=tuple(tables.bands),
            columns_read=tuple(tuple(line) for line in columns),
            payers=tuple(placed.layer.payer for placed in law.layers),
            trace_size=trace_size_for(tables.rows),
            index=self._index(),
            earned=frozenset(
                placed.value.clause
                for layer in self.plans
                for placed in layer.adjustments
                if placed.value.unit == "earned" and self.stretch.start in placed.period
            ),
        )

    def _lay_out(self, tables: Tables, place: int, placed: PlacedLayer) -> None:
        """Put a layer's dense table, its distinct rows and their bands into the tables."""
        plan = self.plans.get(placed, Plan((), {}))
        codes = self.law.codes()
        sizes = [len(codes[dimension]) if dimension in plan.dimensions else 1 for dimension in DIMENSIONS]
        strides = [0 if size == 1 else stride for size, stride in zip(sizes, _strides(sizes), strict=True)]
        full = [len(listed) for listed in codes.values()]
        tables.near.append([len(tables.cells) + place for place in _offsets(full[:NEAR], strides[:NEAR])])
        tables.far.append([strides[-1], *_offsets(full[NEAR:-1], strides[NEAR:-1])])
        head, known = self._head(tables, place, placed), dict[PlannedRow, int]()
        for key in product(*(codes[dimension] for dimension in plan.dimensions)):
            row = plan.rows.get(key)
            if row is not None and row not in known:
                known[row] = len(tables.rows)
                start = len(tables.bands)
                tables.bands += row.bands
                tables.rows.append(_row(head, row, start))
                tables.clauses.append(row.clauses)
            tables.cells.append(-1 if row is None else known[row])

    def _head(self, tables: Tables, place: int, placed: PlacedLayer) -> Mapping[str, int]:
        """Give what all rows of a layer share: where its base comes from and where its payment goes."""
        layer, weights = placed.layer, self._weights(placed)
        if any(weight not in {0, PPM} for weight in weights):
            tables.weights.append(weights)
        start = len(tables.less)
        tables.less += [self._left(left) for left in layer.base.less]
        balance = balances_of(self.law).index(layer.balance) if layer.balance else 0
        funds = list(self.law.scheme.funds)
        out = {"account": OUT_ACCOUNT, "hospital": OUT_HOSPITAL}.get(layer.payer)
        beyond = layer.base.beyond
        return {
            "layer": place,
            "owed": sum(1 << k for k, weight in enumerate(weights) if weight),
            "weights": len(tables.weights) - 1 if any(weight not in {0, PPM} for weight in weights) else -1,
            "beyond": -1 if beyond is None else self._left(Left(beyond=beyond)),
            "less_start": start,
            "less_end": len(tables.less),
            "out": OUT_FUNDS + funds.index(layer.fund or "") if out is None else out,
            "balance": balance if layer.payer == "account" else -1,
            "credits": int(bool(layer.deductible and layer.deductible.credits_transfer)),
            "renews": int(bool(layer.deductible and layer.deductible.renews_after_days)),
            "excess": int(bool(layer.bands and layer.bands.on == "excess")),
            "lump": int(layer.lump is not None),
            "limit_excess": int(bool(layer.limit and layer.limit.on == "excess")),
            "reports": int(layer.payer == "fund" and beyond is None and weights[0] > 0),
        }

    def _weights(self, placed: PlacedLayer) -> list[int]:
        """Give the share in ppm by which each component counts; a layer beyond another has that one's."""
        base, components = placed.layer.base, (*NATIONAL, *self.law.scheme.components)
        if base.beyond is not None:
            return self._weights(self.law.layers[self._place(base.beyond)])
        owed = base.owed or {}
        shares = {part: read_ratio(share) or 0 for part, share in owed.items()} if isinstance(owed, dict) else {}
        wholly = shares or dict.fromkeys(owed, PPM)
        return [wholly.get(part, 0) for part in components] + [0] * (WEIGHTS - len(components))

    def _place(self, key: str) -> int:
        """Give the place of a layer among all of the scheme."""
        return next(place for place, placed in enumerate(self.law.layers) if placed.layer.key == key)

    def _left(self, left: Left) -> int:
        """Give the place of what an earlier layer left."""
        kinds = ((left.deductible, LEFT_DEDUCTIBLE), (left.copay, LEFT_COPAY), (left.beyond, LEFT_BEYOND))
        return next(self._place(key) * LEFT_KINDS + kind for key, kind in kinds if key is not None)

    def _by_care(self) -> tuple[list[int], list[int]]:
        """List the layers that may apply to each kind of care; gives the list and where each care's part begins."""
        listed: list[int] = []
        starts = [0]
        for care in self.law.codes()["care"]:
            for place, placed in enumerate(self.law.layers):
                if placed in self.plans and care in placed.layer.applies.get("care", [care]):
                    listed.append(place)
            starts.append(len(listed))
        return listed, starts

    def _care_levels(self) -> Iterator[list[int]]:
        """Say for each kind of care in force which levels give it."""
        for care in self.law.codes()["care"]:
            given = self.law.levels_of(care) if self.stretch.start in self.law.cares[care] else ()
            yield [int(level in given) for level in self.law.codes()["level"]]

    def _index(self) -> Mapping[str, Mapping[str, int]]:
        """Give the place of each name; a kind of care that is like another one has its place."""
        index = {name: {code: place for place, code in enumerate(listed)} for name, listed in self.law.codes().items()}
        for care, said in self.law.scheme.cares.items():
            if said.like is not None and self.stretch.start in self.law.cares[care]:
                index["care"][care] = index["care"][said.like]
        index["accumulator"] = {name: place for place, name in enumerate(slots_of(self.law))}
        return index

    def _space(self) -> list[int]:
        """Give the sizes and what concerns every visit."""
        scheme = self.law.scheme
        sizes = [len(codes) for codes in self.law.codes().values()]
        carved = [
            sum(1 << k for k, part in enumerate(scheme.components.values()) if part.of == national)
            for national in NATIONAL
        ]
        everything = int("catalogue" in self._suspended())
        return [*sizes, self._account(), len(self.law.layers), len(scheme.components), *carved, everything]

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
        parts, known = holding[0].value.value, (*NATIONAL, *self.law.scheme.components)
        if not isinstance(parts, list) or not set(parts) <= set(known):
            self.problems.append(holding[0].problem("no_value", f"components are {', '.join(known)}", "value"))
            return 0
        return sum(1 << known.index(part) for part in set(parts))

    def _suspended(self) -> Mapping[str, Suspended]:
        """Give what the emergency suspends."""
        return {entry.what: entry for entry in self.emergency.emergency.suspends} if self.emergency else {}

    def _terms(self) -> EmergencyTerms | None:
        """Give for whom the emergency's tables are."""
        if self.emergency is None:
            return None
        said = self.emergency.emergency
        applies = {str(dimension): tuple(codes) for dimension, codes in said.applies.items()}
        return EmergencyTerms(said.emergency, tuple(said.diseases), applies)

    def _needs_wide_codes(self) -> bool:
        """Say whether visits must tell more than the first seven circumstances."""
        scheme = self.law.scheme
        timed = any(said.per in {"month", "quarter"} for said in scheme.accumulators.values())
        return bool(scheme.aids or scheme.tenures or scheme.plans or scheme.diseases or timed)


def _row(head: Mapping[str, int], row: PlannedRow, bands_start: int) -> list[int]:
    """Write one row in the order of the columns."""
    return [
        head["layer"], head["owed"], head["weights"], head["beyond"], head["less_start"], head["less_end"], head["out"],
        head["balance"], row.threshold_fen, head["credits"], head["renews"], row.deductible_accumulator, bands_start,
        bands_start + len(row.bands), row.cost_accumulator, head["excess"], row.cap_fen, row.cap_accumulator, head["lump"],
        row.limit_fen, row.limit_accumulator, head["limit_excess"], row.adds, head["reports"],
    ]  # fmt: skip


def balances_of(law: Law) -> tuple[str, ...]:
    """Name the account's balances; one even where there is no account."""
    return tuple(law.scheme.account.balances) if law.scheme.account and law.scheme.account.balances else ("account",)


def carried_of(law: Law) -> Mapping[str, int]:
    """Give the columns counted over two years with the remainder by 2 of the years in which a window begins."""
    return {
        slot: (said.first_year or 0) % 2
        for name, said in law.scheme.accumulators.items()
        if said.per == "two_years"
        for slot in slots_of(law)
        if slot == name or slot.startswith(f"{name}@")
    }


def _strides(sizes: Sequence[int]) -> list[int]:
    """Give the stride of each dimension of a dense table, the last one running fastest."""
    return list(accumulate(reversed(sizes[1:]), lambda stride, size: stride * size, initial=1))[::-1]


def _offsets(sizes: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Give what each combination of some dimensions adds to a place in a layer's table."""
    return [sum(map(mul, key, strides)) for key in product(*map(range, sizes))]


def _all_groups(law: Law) -> list[list[int]]:
    """Give the group of every age, of every ordinal from 1, of every tenure."""
    scheme = law.scheme
    starts = ((scheme.ages, 0), (scheme.ordinals, 1), (scheme.tenures or {"all": 0}, 0))
    return [
        [sum(begin <= number for begin in begins.values()) - 1 for number in range(first, first + MAX_AGE + 1)]
        for begins, first in starts
    ]
