"""Checks that everything a policy file names exists and fits where it is named."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from yibao.engines.benefits.tables import MAX_AGE, MAX_COMPONENTS, NATIONAL
from yibao.policies.errors import Problem
from yibao.policies.language import Adjustment, Value
from yibao.policies.law import NONE, Codes, Law, Placed, PlacedLayer

PER_VISIT = "visit"
_UNIT_OF_ROLE: Mapping[str, tuple[str, ...]] = {
    "deductible": ("yuan", "of_statistic"),
    "limit": ("yuan", "of_statistic"),
    "cap": ("yuan", "of_statistic"),
    "lump": ("yuan", "of_statistic"),
    "bands": ("ratio",),
    "account": ("components",),
    "statistic": ("yuan",),
}


def problems_of_names(law: Law, folder_name: str) -> Iterator[Problem]:
    """Yield what is wrong with the names of a scheme whose files lie in `folder_name` (<region>/<scheme>)."""
    scheme = law.scheme
    if law.name != folder_name:
        yield law.document.problem("wrong_folder", f"{law.name} lies in {folder_name}", "region")
    yield from _problems_of_steps(law, "ages", scheme.ages, first=0)
    yield from _problems_of_steps(law, "ordinals", scheme.ordinals, first=1)
    if scheme.tenures:
        yield from _problems_of_steps(law, "tenures", scheme.tenures, first=0)
    for key, listed in (("aids", scheme.aids), ("plans", scheme.plans), ("diseases", scheme.diseases)):
        if listed and next(iter(listed)) != NONE:
            yield law.document.problem("none_first", f"the first of {key} is {NONE}", key)
    yield from _problems_of_registers(law)
    yield from _problems_of_cares(law)
    yield from _problems_of_components(law)
    yield from _problems_of_accumulators(law)
    codes = law.codes()
    for placed in law.values():
        yield from _problems_of_value(law, placed, codes)
    for overlay in law.emergencies.values():
        for dimension, chosen in overlay.emergency.applies.items():
            for code in chosen:
                if code not in codes[dimension]:
                    yield overlay.document.problem("unknown_code", f"{code} is no {dimension}", "applies", dimension)


def _problems_of_steps(law: Law, key: str, steps: Mapping[str, int], *, first: int) -> Iterator[Problem]:
    """Groups of ages, ordinals and tenures start at the first one and rise."""
    starts = list(steps.values())
    if not starts or starts[0] != first:
        yield law.document.problem("gap", f"{key} start at {first}", key)
    if any(after <= before for before, after in pairwise(starts)) or (starts and starts[-1] > MAX_AGE):
        yield law.document.problem("not_rising", f"{key} rise and end at {MAX_AGE} at most", key)


def _problems_of_registers(law: Law) -> Iterator[Problem]:
    """A code of a register means one thing."""
    seen: set[str] = set()
    for aid, said in law.scheme.aids.items():
        for kind in said.kinds:
            if kind in seen:
                yield law.document.problem("repeated_key", f"kind {kind} of {aid}", "aids", aid, "kinds")
            seen.add(kind)
    seen.clear()
    for disease, named in law.scheme.diseases.items():
        for code in named.codes:
            if code in seen:
                yield law.document.problem("repeated_key", f"code {code} of {disease}", "diseases", disease, "codes")
            seen.add(code)


def _problems_of_cares(law: Law) -> Iterator[Problem]:
    """A kind of care that is like another one is like one with levels of its own."""
    for care, said in law.scheme.cares.items():
        if said.like is not None:
            model = law.scheme.cares.get(said.like)
            if model is None or model.like is not None:
                detail = f"{said.like} is no care with levels of its own"
                yield law.document.problem("unknown_code", detail, "cares", care, "like")


def _problems_of_components(law: Law) -> Iterator[Problem]:
    """A few components may be carved out, under names of their own."""
    components = law.scheme.components
    if len(components) > MAX_COMPONENTS:
        yield law.document.problem("not_in_the_language", f"{MAX_COMPONENTS} components at most", "components")
    for name in set(components) & set(NATIONAL):
        yield law.document.problem("repeated_key", f"{name} is one of the national four", "components", name)


def _problems_of_accumulators(law: Law) -> Iterator[Problem]:
    """Windows of two years begin in a year that is said; what is counted by disease needs diseases; all are used."""
    used = {
        quantity.accumulator
        for placed in law.layers
        for quantity in (
            placed.layer.deductible,
            placed.layer.bands,
            placed.layer.cap,
            placed.layer.limit,
            placed.layer.lump,
        )
        if quantity is not None
    }
    for name, said in law.scheme.accumulators.items():
        if (said.per == "two_years") != (said.first_year is not None):
            yield law.document.problem("not_in_the_language", "first_year stands with two_years", "accumulators", name)
        if said.by == "disease" and not law.scheme.diseases:
            yield law.document.problem("unknown_code", "the scheme declares no diseases", "accumulators", name, "by")
        if name == PER_VISIT:
            yield law.document.problem("repeated_key", f"{PER_VISIT} is the visit itself", "accumulators", name)
        if name not in used:
            yield law.document.problem("unused_accumulator", name, "accumulators", name)


def _problems_of_value(law: Law, placed: Placed, codes: Codes) -> Iterator[Problem]:
    """A value has the unit of its role, and its slice names codes that exist."""
    value = placed.value
    if isinstance(value, Adjustment):
        yield from _problems_of_adjustment(law, placed, value)
    else:
        yield from _problems_of_unit(placed, value)
    if len(set(value.by)) != len(value.by):
        yield placed.problem("repeated_key", "a dimension comes twice in by", "by")
    if placed.role in {"account", "statistic"} and (value.where or value.by):
        yield placed.problem("not_in_the_language", "this value holds for all circumstances", "where")
    for dimension, chosen in value.where.items():
        for code in chosen:
            if code not in codes[dimension]:
                yield placed.problem("unknown_code", f"{code} is no {dimension}", "where", dimension)
        if not chosen:
            yield placed.problem("unknown_code", f"no {dimension} is named", "where", dimension)


def _problems_of_unit(placed: Placed, value: Value) -> Iterator[Problem]:
    """Each role has its units, and bands alone have edges."""
    units = _UNIT_OF_ROLE[placed.role]
    if value.unit not in units:
        yield placed.problem("wrong_unit", f"{placed.role} is given in {' or '.join(units)}", "unit")
    if (value.edges is not None) != (placed.role == "bands"):
        yield placed.problem("edges", "edges stand with bands and only there", "edges")


def _problems_of_adjustment(law: Law, placed: Placed, value: Adjustment) -> Iterator[Problem]:
    """What is adjusted exists; points are for rates, and so are floor and ceiling."""
    owner = next(layer for layer in law.layers if placed in layer.adjustments)
    if value.of not in owner.values:
        yield placed.problem("base", f"{owner.layer.key} has no {value.of}", "of")
    if value.unit == "points" and value.of != "bands":
        yield placed.problem("wrong_unit", "points are for rates; amounts are adjusted by a factor", "unit")
    if value.unit == "earned":
        yield from _problems_of_earned(law, placed, owner)
    if value.of != "bands" and (value.floor, value.ceiling) != (0, 1):
        yield placed.problem("wrong_unit", "floor and ceiling are for rates", "of")


def _problems_of_earned(law: Law, placed: Placed, owner: PlacedLayer) -> Iterator[Problem]:
    """What is earned raises a cap of the year that has its accumulator for itself, since it is the accumulator that is offset."""
    cap, value = owner.layer.cap, placed.value
    assert isinstance(value, Adjustment)
    if value.of != "cap" or cap is None:
        yield placed.problem("wrong_unit", "what is earned raises a cap", "of")
        return
    declared = law.scheme.accumulators.get(cap.accumulator)
    if declared is None or declared.per != "year" or declared.by is not None:
        yield placed.problem("wrong_accumulator", f"{cap.accumulator} does not count a year", "of")
    quantities = (
        quantity
        for each in law.layers
        for quantity in (each.layer.limit, each.layer.deductible, each.layer.bands, each.layer.lump, each.layer.cap)
        if quantity is not None and quantity is not cap
    )
    if any(quantity.accumulator == cap.accumulator for quantity in quantities):
        yield placed.problem("wrong_accumulator", f"{cap.accumulator} serves something else too", "of")
