"""What differs between two laws: every rate, deductible, cap and layer, held side by side in every circumstance.

Compared is what the law means, not how its files are written: a value that moved to another file or was split into two
is no difference, and a value that changes for one level in one status is one difference for exactly these.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from yibao.engines.benefits.tables import DIMENSIONS
from yibao.policies.circumstances import STEPPED, Atom, Box, Cuts, atoms_of, boxes, cuts_of, names_of
from yibao.policies.language import Text
from yibao.policies.law import Clause, Law, PlacedLayer
from yibao.policies.plans import Plan, PlannedRow, plans_on
from yibao.policies.references import Chosen
from yibao.policies.values import Bands

Kind = Literal[
    "circumstance_added", "circumstance_removed", "layer_added", "layer_removed", "base", "fund", "deductible", "rates",
    "cap", "limit", "lump", "basis", "account", "not_paid",
]  # fmt: skip
Content = int | Bands | tuple[str, ...] | str
"""An amount in fen, bands of upper ends in fen and rates in ppm, names, or a code."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two laws says: the value, over what it is counted (None: within the visit), its clauses."""

    value: Content
    counted: Text | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `layer` is the title of the layer, `where` in which of its circumstances; a side of None says nothing."""

    kind: Kind
    layer: Text | None
    where: Box
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between two laws, layer by layer in the order of the calculation."""

    before: Chosen
    after: Chosen
    cuts: Cuts
    differences: tuple[Difference, ...]

    @property
    def names(self) -> Mapping[str, Text]:
        """What the laws themselves call the codes of their aids, plans and diseases."""
        return names_of(self.before.law, self.after.law)


class _Said(NamedTuple):
    """What a law says about one quantity in one circumstance."""

    value: Content
    counted: str | None
    clauses: tuple[str, ...]


class _Read(NamedTuple):
    """One law spread out: for each layer and circumstance what it says by kind, and its order and title."""

    chosen: Chosen
    layers: Mapping[str, Mapping[Atom, Mapping[Kind, _Said]]]
    titles: Mapping[str, Text]


def compare(before: Chosen, after: Chosen) -> Comparison:
    """Hold two laws side by side.

    :raises PolicyError: a value cannot be read (which `load` and `compile_folder` have excluded).
    """
    cuts = cuts_of(before.law, after.law)
    depends = _dimensions(before, after)
    old, new = _read(before, cuts, depends), _read(after, cuts, depends)
    differences = (
        *_of_circumstances(before.law, after.law),
        *(difference for key in _keys(old, new) for difference in _of_layer(key, old, new)),
        *_of_account(before, after),
        *_of_not_paid(before, after),
    )
    return Comparison(before, after, cuts, differences)


def _keys(old: _Read, new: _Read) -> list[str]:
    """The layers of both laws in the order of the calculation, those of the new law first."""
    return list(dict.fromkeys((*new.layers, *old.layers)))


def _dimensions(*both: Chosen) -> Mapping[str, frozenset[str]]:
    """The circumstances on which each layer depends in either law."""
    depends: dict[str, frozenset[str]] = {}
    for chosen in both:
        for placed in chosen.law.layers:
            if chosen.on in placed.period:
                depends[placed.layer.key] = depends.get(placed.layer.key, frozenset()) | placed.dimensions()
    return depends


def _read(chosen: Chosen, cuts: Cuts, depends: Mapping[str, frozenset[str]]) -> _Read:
    """Spread a law out over the circumstances that matter to each layer."""
    law, plans = chosen.law, plans_on(chosen.law, chosen.on)
    layers: dict[str, dict[Atom, Mapping[Kind, _Said]]] = {placed.layer.key: {} for placed in plans}
    for placed, plan in plans.items():
        for atom, cell in atoms_of(law, cuts, depends[placed.layer.key]):
            row = _row(plan, cell)
            if row is not None:
                layers[placed.layer.key][atom] = _say(placed, row)
    return _Read(chosen, layers, {placed.layer.key: placed.layer.title for placed in plans})


def _row(plan: Plan, cell: Mapping[str, str]) -> PlannedRow | None:
    """What a layer does in some circumstances, which may name more than it depends on."""
    return plan.rows.get(tuple(cell[name] for name in plan.dimensions))


def _say(placed: PlacedLayer, row: PlannedRow) -> Mapping[Kind, _Said]:
    """What a layer says in one combination of circumstances, adjustments applied."""
    layer, clauses = placed.layer, row.clauses
    said: dict[Kind, _Said] = {
        "base": _Said(_base(placed), None, ()),
        "fund": _Said(layer.fund or layer.payer, None, ()),
    }
    if layer.bands is not None:
        said["rates"] = _Said(row.bands, layer.bands.accumulator, _clauses(row, "bands", clauses.rates))
    if layer.lump is not None:
        said["lump"] = _Said(row.cap_fen, layer.lump.accumulator, _clauses(row, "lump", clauses.rates))
    if layer.deductible is not None:
        stands_on = _clauses(row, "deductible", clauses.deductible)
        said["deductible"] = _Said(row.threshold_fen, layer.deductible.accumulator, stands_on)
    if layer.cap is not None:
        said["cap"] = _Said(row.cap_fen, layer.cap.accumulator, _clauses(row, "cap", clauses.cap))
    if layer.limit is not None:
        said["limit"] = _Said(row.limit_fen, layer.limit.accumulator, _clauses(row, "limit", clauses.limit))
    return said


def _clauses(row: PlannedRow, role: str, clause: str | None) -> tuple[str, ...]:
    """A quantity's own clause and those of what determines or adjusts it."""
    return (*((clause,) if clause else ()), *(each for what, each in row.clauses.further if what == role))


def _base(placed: PlacedLayer) -> tuple[str, ...] | str:
    """What counts: components, with their weight unless they count wholly, and what earlier layers left, taken off."""
    base = placed.layer.base
    less = tuple(
        f"less:{kind}:{key}"
        for left in base.less
        for kind, key in (("deductible", left.deductible), ("copay", left.copay), ("beyond", left.beyond))
        if key is not None
    )
    if base.beyond is not None:
        return f"beyond:{base.beyond}"
    if isinstance(base.owed, dict):
        return (*(part if weight == 1 else f"{part}:{weight}" for part, weight in base.owed.items()), *less)
    return (*(base.owed or ()), *less)


def _of_circumstances(before: Law, after: Law) -> Iterator[Difference]:
    """Kinds of care, levels, statuses and places that came or went."""
    old, new = before.codes(), after.codes()
    for name in DIMENSIONS:
        if name in STEPPED:
            continue
        for kind, more, less in (("circumstance_added", new, old), ("circumstance_removed", old, new)):
            codes = tuple(code for code in more[name] if code not in less[name])
            if codes:
                side = Side(codes, None, ())
                added = kind == "circumstance_added"
                yield Difference(
                    "circumstance_added" if added else "circumstance_removed",
                    None,
                    {name: codes},
                    None if added else side,
                    side if added else None,
                )


def _of_layer(key: str, old: _Read, new: _Read) -> Iterator[Difference]:
    """What differs in one layer: whether it is there, base, fund, deductible, rates, cap."""
    was, now = old.layers.get(key, {}), new.layers.get(key, {})
    title = new.titles.get(key) or old.titles[key]
    if not was or not now:
        yield Difference("layer_added" if now else "layer_removed", title, {}, None, None)
    domain = was.keys() | now.keys()
    kinds: tuple[Kind, ...] = ("base", "fund", "limit", "deductible", "rates", "lump", "cap")
    for kind in kinds:
        groups: dict[Hashable, list[Atom]] = {}
        for atom in sorted(domain, key=str):
            pair = was.get(atom, {}).get(kind), now.get(atom, {}).get(kind)
            groups.setdefault(_difference_of(pair, old, new), []).append(atom)
        for box in (box for mark, atoms in groups.items() if mark is not None for box in boxes(atoms, domain)):
            inside = [atom for atom in domain if _lies_in(atom, box)]
            before, after = _side(old, key, kind, inside), _side(new, key, kind, inside)
            same = before and after and (before.value, before.counted) == (after.value, after.counted)
            yield Difference("basis" if same else kind, title, box, before, after)


def _difference_of(pair: tuple[_Said | None, _Said | None], old: _Read, new: _Read) -> Hashable:
    """What tells differences of one kind apart; None where both laws say the same on the same grounds."""
    before, after = pair
    if before is None and after is None:
        return None
    if before is not None and after is not None and before[:2] == after[:2]:
        grounds = _grounds(old, before.clauses), _grounds(new, after.clauses)
        return None if grounds[0] == grounds[1] else ("basis", *before[:2], *grounds)
    return before and before[:2], after and after[:2]


def _grounds(read: _Read, clauses: Sequence[str]) -> tuple[tuple[str | None, str | None], ...]:
    """Documents and articles of clauses."""
    found = (read.chosen.law.clauses.get(clause) for clause in clauses)
    return tuple((clause.document, clause.article) if clause else (None, None) for clause in found)


def _lies_in(atom: Atom, box: Box) -> bool:
    """Say whether an atom belongs to a box."""
    return all(name not in box or value in box[name] for name, value in zip(DIMENSIONS, atom, strict=True))


def _side(read: _Read, key: str, kind: Kind, atoms: Sequence[Atom]) -> Side | None:
    """Put what one law says in some circumstances together with its clauses, in the order of the files."""
    here = read.layers.get(key, {})
    said = [here[atom][kind] for atom in atoms if kind in here.get(atom, {})]
    if not said:
        return None
    law = read.chosen.law
    ids = {clause for each in said for clause in each.clauses}
    accumulator = law.scheme.accumulators.get(said[0].counted or "")
    counted = Text(zh=accumulator.zh, en=accumulator.en) if accumulator else None
    value = said[0].value
    if isinstance(value, str) and value in law.scheme.funds:
        fund = law.scheme.funds[value]
        counted = Text(zh=fund.zh, en=fund.en)
    elif isinstance(value, str) and value.startswith("beyond:"):
        counted = read.titles[value.removeprefix("beyond:")]
    return Side(value, counted, tuple(law.clauses[clause] for clause in law.clauses if clause in ids))


def _of_account(before: Chosen, after: Chosen) -> Iterator[Difference]:
    """Which parts of the cost the personal account may pay."""
    old, new = _account(before), _account(after)
    if (old and (old.value, _sources(old))) != (new and (new.value, _sources(new))):
        same = old is not None and new is not None and old.value == new.value
        yield Difference("basis" if same else "account", None, {}, old, new)


def _account(chosen: Chosen) -> Side | None:
    """What a law says of the account on its day."""
    for placed in chosen.law.account:
        if chosen.on in placed.period:
            return Side(tuple(placed.value.value), None, (chosen.law.clauses[placed.value.clause],))
    return None


def _of_not_paid(before: Chosen, after: Chosen) -> Iterator[Difference]:
    """Kinds of care for which no fund pays."""
    old, new = _not_paid(before), _not_paid(after)
    for care in dict.fromkeys((*old, *new)):
        if care not in old or care not in new:
            yield Difference("not_paid", None, {"care": (care,)}, old.get(care), new.get(care))


def _not_paid(chosen: Chosen) -> dict[str, Side]:
    """The kinds of care that a law says no fund pays for."""
    law = chosen.law
    return {
        care: Side(care, None, (law.clauses[entry.clause],))
        for entry, period in law.not_paid
        if chosen.on in period
        for care in entry.care
    }


def _sources(side: Side) -> tuple[tuple[str | None, str | None], ...]:
    """Documents and articles of a side."""
    return tuple((clause.document, clause.article) for clause in side.clauses)
