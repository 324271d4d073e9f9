"""Checks on layers and on how they stand to each other: which come earlier, which meet in a visit, who counts what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from yibao.core.period import Period
from yibao.policies.errors import Problem
from yibao.policies.language import Left, Quantity
from yibao.policies.law import Codes, Law, PlacedLayer
from yibao.policies.names import PER_VISIT
from yibao.policies.values import read_ratio

_KIND_OF_ROLE: Mapping[str, str] = {
    "deductible": "deductible",
    "bands": "cost",
    "limit": "cost",
    "cap": "payment",
    "lump": "payment",
}


def problems_of_layers(law: Law) -> Iterator[Problem]:
    """Layers have keys and orders of their own, and name payers, accumulators and earlier layers that exist."""
    codes = law.codes()
    earlier: dict[str, PlacedLayer] = {}
    for placed in law.layers:
        layer = placed.layer
        if layer.key in earlier:
            yield placed.problem("repeated_layer", layer.key, "key")
        for other in earlier.values():
            if other.layer.order == layer.order and other.period.overlaps(placed.period) and meet(law, other, placed):
                yield placed.problem("repeated_order", f"{layer.order} in {layer.key}", "order")
        yield from _problems_of_slice(placed, codes)
        yield from _problems_of_payer(law, placed)
        yield from _Base(law, placed, earlier).problems()
        if (layer.bands is None) == (layer.lump is None) or (layer.lump and layer.cap):
            yield placed.problem("base", "either bands, with a cap or without, or a lump sum", "key")
        for role, quantity in quantities(placed).items():
            yield from _problems_of_accumulator(law, placed, role, quantity)
        earlier[layer.key] = placed
    renewals = {placed.layer.deductible.renews_after_days for placed in law.layers if placed.layer.deductible} - {None}
    if len(renewals) > 1:
        yield law.document.problem("contradiction", "a long admission renews its deductibles after different days")


def _problems_of_slice(placed: PlacedLayer, codes: Codes) -> Iterator[Problem]:
    """A layer applies to circumstances that exist."""
    for dimension, chosen in placed.layer.applies.items():
        for code in chosen:
            if code not in codes[dimension]:
                yield placed.problem("unknown_code", f"{code} is no {dimension}", "applies", dimension)


def quantities(placed: PlacedLayer) -> Mapping[str, Quantity]:
    """Give a layer's quantities by role."""
    layer = placed.layer
    found: Mapping[str, Quantity | None] = {
        "limit": layer.limit,
        "deductible": layer.deductible,
        "bands": layer.bands,
        "lump": layer.lump,
        "cap": layer.cap,
    }
    return {role: quantity for role, quantity in found.items() if quantity is not None}


def _problems_of_payer(law: Law, placed: PlacedLayer) -> Iterator[Problem]:
    """Funds and charities pay from a declared fund; the account from one of its balances; the hospital from neither."""
    layer, scheme = placed.layer, law.scheme
    if (layer.payer in {"fund", "charity"}) != (layer.fund is not None):
        yield placed.problem("unknown_fund", f"{layer.payer} and fund {layer.fund}", "fund")
    elif layer.fund is not None and layer.fund not in scheme.funds:
        yield placed.problem("unknown_fund", layer.fund, "fund")
    if layer.payer == "account" and scheme.account is None:
        yield placed.problem("unknown_fund", "the scheme has no account", "payer")
    known = scheme.account.balances if scheme.account else {}
    wanted = layer.payer == "account" and len(known) > 1
    if (wanted and layer.balance is None) or (layer.balance is not None and layer.balance not in known):
        yield placed.problem("unknown_code", f"{layer.balance} is no balance of the account", "balance")
    if layer.balance is not None and layer.payer != "account":
        yield placed.problem("unknown_code", "balances are for the account", "balance")


@dataclass(frozen=True, slots=True)
class _Base:
    """Checks one layer's base against the layers before it."""

    law: Law
    placed: PlacedLayer
    earlier: Mapping[str, PlacedLayer]

    def problems(self) -> Iterator[Problem]:
        """A base is what is owed of some components, or what an earlier layer left of the in-scope cost."""
        base, placed = self.placed.layer.base, self.placed
        if (base.owed is None) == (base.beyond is None) or (base.owed is not None and not base.owed):
            yield placed.problem("base", "either owed: components or beyond: layer", "base")
        if isinstance(base.owed, list) and len(set(base.owed)) != len(base.owed):
            yield placed.problem("base", "a component comes twice", "base", "owed")
        known = {"in_scope", "self_pay_first", "over_ceiling", "full_self_pay", *self.law.scheme.components}
        for part in base.owed or ():
            if part not in known:
                yield placed.problem("unknown_code", f"{part} is no component", "base", "owed")
            elif isinstance(base.owed, dict) and not read_ratio(base.owed[part]):
                yield placed.problem(
                    "no_value", f"{base.owed[part]} is no weight above 0 and up to 1", "base", "owed", part
                )
        if base.beyond is not None:
            yield from self._problems_of_source(base.beyond)
        for number, left in enumerate(base.less):
            yield from self._problems_of_left(left, number)

    def _problems_of_source(self, beyond: str) -> Iterator[Problem]:
        """Another layer's rest can be taken up when that layer comes earlier and works on in-scope cost alone."""
        source = self.earlier.get(beyond)
        if source is None:
            yield self.placed.problem("unknown_layer", f"{beyond} is no earlier layer", "base", "beyond")
            return
        owed = source.layer.base.owed
        scope = {"in_scope", *(name for name, part in self.law.scheme.components.items() if part.of == "in_scope")}
        plain = not isinstance(owed, dict) or all(read_ratio(weight) == 10**6 for weight in owed.values())
        if source.layer.lump is not None or not plain or not set(owed or ()) <= scope:
            detail = f"{beyond} works on more than in_scope, so nothing is beyond it"
            yield self.placed.problem("base", detail, "base", "beyond")

    def _problems_of_left(self, left: Left, number: int) -> Iterator[Problem]:
        """What an earlier layer left can be taken off when that layer meets this one and leaves such a thing."""
        named = [key for key in (left.deductible, left.copay, left.beyond) if key is not None]
        if len(named) != 1:
            yield self.placed.problem("base", "one of deductible, copay, beyond", "base", "less", number)
            return
        source = self.earlier.get(named[0])
        if source is None or not meet(self.law, source, self.placed):
            detail = f"{named[0]} is no earlier layer of the same visits"
            yield self.placed.problem("unknown_layer", detail, "base", "less", number)
        elif source.layer.lump is not None and left.deductible is None:
            yield self.placed.problem("base", f"a lump sum leaves nothing ({named[0]})", "base", "less", number)
        elif left.deductible is not None and source.layer.deductible is None:
            yield self.placed.problem("base", f"{named[0]} has no deductible", "base", "less", number)


def _problems_of_accumulator(law: Law, placed: PlacedLayer, role: str, quantity: Quantity) -> Iterator[Problem]:
    """An accumulator is declared and counts what the role needs; 'visit' needs no declaration."""
    if quantity.accumulator == PER_VISIT:
        return
    declared = law.scheme.accumulators.get(quantity.accumulator)
    if declared is None:
        yield placed.problem("unknown_accumulator", quantity.accumulator, role, "accumulator")
    elif declared.kind != _KIND_OF_ROLE[role]:
        detail = f"{quantity.accumulator} counts {declared.kind}, not {_KIND_OF_ROLE[role]}"
        yield placed.problem("wrong_accumulator", detail, role, "accumulator")


def problems_of_stretch(law: Law, stretch: Period) -> Iterator[Problem]:
    """What only shows on certain days: care without layers, layers beyond missing ones, cost counted twice or by nobody."""
    now = [placed for placed in law.layers if stretch.start in placed.period]
    yield from _problems_of_payment(law, now, stretch)
    for placed in now:
        beyond = placed.layer.base.beyond
        source = next((other for other in now if other.layer.key == beyond), None)
        if beyond is not None and (source is None or not _covers(law, source, placed)):
            detail = f"{beyond} does not apply from {stretch.start} wherever {placed.layer.key} does"
            yield placed.problem("unknown_layer", detail, "base", "beyond")
        yield from _problems_of_own_counting(placed)
    for first, second in combinations(now, 2):
        if set(costs_of(first)) & set(costs_of(second)) and meet(law, first, second):
            yield second.problem("counted_twice", f"its cost, by {first.layer.key} too", "bands", "accumulator")
    added = {quantity.accumulator for placed in now for quantity in quantities(placed).values() if quantity.counts}
    for placed in now:
        for role, quantity in quantities(placed).items():
            if quantity.accumulator not in {*added, PER_VISIT}:
                yield placed.problem(
                    "never_written", f"{quantity.accumulator} from {stretch.start}", role, "accumulator"
                )


def _problems_of_payment(law: Law, now: list[PlacedLayer], stretch: Period) -> Iterator[Problem]:
    """On each day each kind of care has layers, or is said to be paid by no fund, and not both."""
    said: dict[str, int] = {}
    for number, (entry, period) in enumerate(law.not_paid):
        for care in entry.care:
            if care not in law.codes()["care"]:
                yield law.document.problem("unknown_code", f"{care} is no care", "not_paid", number, "care")
            if stretch.start in period:
                said[care] = number
    for care in law.codes()["care"]:
        if stretch.start not in law.cares[care]:
            continue
        paid = any(care in placed.layer.applies.get("care", [care]) for placed in now)
        if paid and care in said:
            yield law.document.problem("contradiction", f"{care} has layers", "not_paid", said[care])
        if not paid and care not in said:
            yield law.document.problem("no_layer", f"{care} has no layer and is not in not_paid", "cares", care)


def _problems_of_own_counting(placed: PlacedLayer) -> Iterator[Problem]:
    """Bands and limit of one layer may share an accumulator when both count the same."""
    limit, bands = placed.layer.limit, placed.layer.bands
    if limit is None or bands is None or limit.accumulator == PER_VISIT or limit.accumulator != bands.accumulator:
        return
    if (limit.on == "excess") != (bands.on == "excess"):
        yield placed.problem("counted_twice", f"{limit.accumulator} with and without the deductible", "limit", "on")


def costs_of(placed: PlacedLayer) -> Iterator[str]:
    """The accumulators of cost to which a layer adds."""
    for quantity in (placed.layer.bands, placed.layer.limit):
        if quantity is not None and quantity.counts and quantity.accumulator != PER_VISIT:
            yield quantity.accumulator


def meet(law: Law, one: PlacedLayer, other: PlacedLayer) -> bool:
    """Say whether there are circumstances in which both layers apply."""
    area, rest = _area(law, one), _area(law, other)
    pairs = _pairs(law, area) & _pairs(law, rest)
    return bool(pairs) and all(set(area[name]) & set(rest[name]) for name in area if name not in {"care", "level"})


def _covers(law: Law, wide: PlacedLayer, narrow: PlacedLayer) -> bool:
    """Say whether one layer applies wherever another one does."""
    area, rest = _area(law, wide), _area(law, narrow)
    within = all(set(rest[name]) <= set(area[name]) for name in area if name not in {"care", "level"})
    return within and _pairs(law, rest) <= _pairs(law, area)


def _area(law: Law, placed: PlacedLayer) -> Mapping[str, tuple[str, ...]]:
    """Give the codes of each circumstance for which a layer applies."""
    return {name: tuple(placed.layer.applies.get(name, listed)) for name, listed in law.codes().items()}  # type: ignore[call-overload]


def _pairs(law: Law, area: Mapping[str, tuple[str, ...]]) -> set[tuple[str, str]]:
    """Give the pairs of care and level that exist in an area."""
    known = law.codes()["care"]
    return {
        (care, level)
        for care in area["care"]
        if care in known
        for level in law.levels_of(care)
        if level in area["level"]
    }
