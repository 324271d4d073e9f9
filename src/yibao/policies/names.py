"""Checks that everything a policy file names exists and fits where it is named."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from yibao.engines.benefits.tables import MAX_AGE
from yibao.policies.errors import Problem
from yibao.policies.language import Quantity
from yibao.policies.law import Law, Placed, PlacedLayer

PER_VISIT = "visit"
MAX_ORDINAL = 1000
_KIND_OF_ROLE: Mapping[str, str] = {"deductible": "deductible", "bands": "cost", "cap": "payment"}
_UNIT_OF_ROLE: Mapping[str, str] = {"deductible": "yuan", "bands": "ratio", "cap": "yuan", "account": "components"}


def problems_of_names(law: Law, folder_name: str) -> Iterator[Problem]:
    """Yield what is wrong with the names of a scheme whose files lie in `folder_name` (<region>/<scheme>)."""
    if law.name != folder_name:
        yield law.document.problem("wrong_folder", f"{law.name} lies in {folder_name}", "region")
    yield from _problems_of_steps(law, "ages", law.scheme.ages, first=0, last=MAX_AGE)
    yield from _problems_of_steps(law, "ordinals", law.scheme.ordinals, first=1, last=MAX_ORDINAL)
    yield from _problems_of_layers(law)
    yield from _problems_of_payment(law)
    codes = law.codes()
    for placed in law.values():
        yield from _problems_of_value(placed, codes)


def _problems_of_steps(law: Law, key: str, steps: Mapping[str, int], *, first: int, last: int) -> Iterator[Problem]:
    """Groups of ages and ordinals start at the first one and rise."""
    starts = list(steps.values())
    if not starts or starts[0] != first:
        yield law.document.problem("gap", f"{key} start at {first}", key)
    if any(after <= before for before, after in pairwise(starts)) or (starts and starts[-1] > last):
        yield law.document.problem("not_rising", f"{key} rise and end at {last} at most", key)


def _problems_of_layers(law: Law) -> Iterator[Problem]:
    """Layers have keys and orders of their own, and name funds, accumulators and earlier layers that exist."""
    codes = law.codes()
    earlier: dict[str, int] = {}
    in_scope_only: set[str] = set()
    for placed in law.layers:
        layer = placed.layer
        if layer.key in earlier:
            yield placed.problem("repeated_layer", layer.key, "key")
        if layer.order in earlier.values() and not _same_order_elsewhere(law, placed):
            yield placed.problem("repeated_order", f"{layer.order} in {layer.key}", "order")
        if layer.fund not in law.scheme.funds:
            yield placed.problem("unknown_fund", layer.fund, "fund")
        yield from _problems_of_base(placed, earlier, in_scope_only)
        for dimension, chosen in layer.applies.items():
            for code in chosen:
                if code not in codes[dimension]:
                    yield placed.problem("unknown_code", f"{code} is no {dimension}", "applies", dimension)
        for role, quantity in (("deductible", layer.deductible), ("bands", layer.bands), ("cap", layer.cap)):
            yield from _problems_of_accumulator(law, placed, role, quantity)
        earlier[layer.key] = layer.order
        if layer.base.owed in (None, ["in_scope"]):
            in_scope_only.add(layer.key)


def _same_order_elsewhere(law: Law, placed: PlacedLayer) -> bool:
    """Layers that never meet in one visit may have the same order."""
    rivals = [other for other in law.layers if other is not placed and other.layer.order == placed.layer.order]
    return not any(
        rival.period.overlaps(placed.period) and rival.applies_to(cell) and placed.applies_to(cell)
        for rival in rivals
        for cell in law.cells()
    )


def _problems_of_base(placed: PlacedLayer, earlier: Mapping[str, int], in_scope_only: set[str]) -> Iterator[Problem]:
    """A base is either what is owed of some components, or what an earlier layer left of the in-scope cost."""
    base = placed.layer.base
    if (base.owed is None) == (base.beyond is None) or base.owed == []:
        yield placed.problem("base", "either owed: [components] or beyond: layer", "base")
    if base.owed is not None and len(set(base.owed)) != len(base.owed):
        yield placed.problem("base", "a component comes twice", "base", "owed")
    if base.beyond is not None and base.beyond not in earlier:
        yield placed.problem("unknown_layer", f"{base.beyond} is no earlier layer", "base", "beyond")
    elif base.beyond is not None and base.beyond not in in_scope_only:
        yield placed.problem(
            "base", f"{base.beyond} works on more than in_scope, so nothing is beyond it", "base", "beyond"
        )


def _problems_of_accumulator(law: Law, placed: PlacedLayer, role: str, quantity: Quantity | None) -> Iterator[Problem]:
    """An accumulator is declared and counts what the role needs; 'visit' needs no declaration."""
    if quantity is None or quantity.accumulator == PER_VISIT:
        return
    declared = law.scheme.accumulators.get(quantity.accumulator)
    if declared is None:
        yield placed.problem("unknown_accumulator", quantity.accumulator, role, "accumulator")
    elif declared.kind != _KIND_OF_ROLE[role]:
        detail = f"{quantity.accumulator} counts {declared.kind}, not {_KIND_OF_ROLE[role]}"
        yield placed.problem("wrong_accumulator", detail, role, "accumulator")


def _problems_of_payment(law: Law) -> Iterator[Problem]:
    """Each kind of care has layers, or is said to be paid by no fund, and not both."""
    said = {care: number for number, entry in enumerate(law.scheme.not_paid) for care in entry.care}
    for care, number in said.items():
        if care not in law.scheme.cares:
            yield law.document.problem("unknown_code", f"{care} is no care", "not_paid", number, "care")
    for care in law.scheme.cares:
        paid = any(placed.applies_to(cell) for placed in law.layers for cell in law.cells() if cell.care == care)
        if paid and care in said:
            yield law.document.problem("contradiction", f"{care} has layers", "not_paid", said[care])
        if not paid and care not in said:
            yield law.document.problem("no_layer", f"{care} has no layer and is not in not_paid", "cares", care)


def _problems_of_value(placed: Placed, codes: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """A value has the unit of its role, and its slice names codes that exist."""
    value = placed.value
    if value.unit != _UNIT_OF_ROLE[placed.role]:
        yield placed.problem("wrong_unit", f"{placed.role} is given in {_UNIT_OF_ROLE[placed.role]}", "unit")
    if (value.edges is not None) != (placed.role == "bands"):
        yield placed.problem("edges", "edges stand with bands and only there", "edges")
    if len(set(value.by)) != len(value.by):
        yield placed.problem("repeated_key", "a dimension comes twice in by", "by")
    if placed.role == "account" and (value.where or value.by):
        yield placed.problem("not_in_the_language", "the account's components hold for all circumstances", "where")
    for dimension, chosen in value.where.items():
        for code in chosen:
            if code not in codes[dimension]:
                yield placed.problem("unknown_code", f"{code} is no {dimension}", "where", dimension)
        if not chosen:
            yield placed.problem("unknown_code", f"no {dimension} is named", "where", dimension)
