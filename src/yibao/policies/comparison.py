"""What differs between two laws: every rate, deductible, cap and layer, held side by side in every circumstance.

Compared is what the law means, not how its files are written: a value that moved to another file or was split into two
is no difference, and a value that changes for one level in one status is one difference for exactly these.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from yibao.policies.circumstances import Atom, Box, Cuts, atoms_of, boxes, cuts_of
from yibao.policies.compile import spread_all
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import Text
from yibao.policies.law import Cell, Clause, Law, Placed, PlacedLayer, Role
from yibao.policies.references import Chosen
from yibao.policies.values import Bands, Spread

Kind = Literal[
    "circumstance_added", "circumstance_removed", "layer_added", "layer_removed", "base", "fund", "deductible", "rates",
    "cap", "basis", "account", "not_paid",
]  # fmt: skip
Content = int | Bands | tuple[str, ...] | str
"""An amount in fen, bands of upper ends in fen and rates in ppm, names, or a code."""
_ROLES: tuple[tuple[Role, Kind], ...] = (("deductible", "deductible"), ("bands", "rates"), ("cap", "cap"))


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


class _Said(NamedTuple):
    """What a law says about one quantity in one circumstance."""

    value: Content
    counted: str | None
    clause: str | None


class _Read(NamedTuple):
    """One law spread out: for each layer and circumstance what it says by kind, and its order and title."""

    chosen: Chosen
    atoms: frozenset[Atom]
    layers: Mapping[str, Mapping[Atom, Mapping[Kind, _Said]]]
    titles: Mapping[str, Text]


def compare(before: Chosen, after: Chosen) -> Comparison:
    """Hold two laws side by side.

    :raises PolicyError: a value cannot be read (which `load` and `compile_folder` have excluded).
    """
    cuts = cuts_of(before.law, after.law)
    old, new = _read(before, cuts), _read(after, cuts)
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


def _read(chosen: Chosen, cuts: Cuts) -> _Read:
    """Spread a law out over all circumstances."""
    law, problems = chosen.law, list[Problem]()
    spreads = spread_all(law, problems)
    if problems:
        raise PolicyError(tuple(problems))
    placed = [layer for layer in law.layers if chosen.on in layer.period]
    layers: dict[str, dict[Atom, Mapping[Kind, _Said]]] = {layer.layer.key: {} for layer in placed}
    said: dict[Cell, dict[str, Mapping[Kind, _Said]]] = {}
    atoms = set[Atom]()
    for atom, cell in atoms_of(law, cuts):
        atoms.add(atom)
        if cell not in said:
            said[cell] = {p.layer.key: _say(chosen, p, cell, spreads) for p in placed if p.applies_to(cell)}
        for key, words in said[cell].items():
            layers[key][atom] = words
    return _Read(chosen, frozenset(atoms), layers, {layer.layer.key: layer.layer.title for layer in placed})


def _say(chosen: Chosen, placed: PlacedLayer, cell: Cell, spreads: Mapping[Placed, Spread]) -> Mapping[Kind, _Said]:
    """What a layer says in one cell."""
    layer = placed.layer
    base = tuple(layer.base.owed) if layer.base.owed is not None else f"beyond:{layer.base.beyond}"
    said: dict[Kind, _Said] = {"base": _Said(base, None, None), "fund": _Said(layer.fund, None, None)}
    quantities = {"deductible": layer.deductible, "bands": layer.bands, "cap": layer.cap}
    for role, kind in _ROLES:
        quantity = quantities[role]
        for value in placed.values.get(role, ()):
            leaf = spreads[value].leaf(cell) if chosen.on in value.period and spreads[value].holds_in(cell) else None
            if leaf is not None and quantity is not None:
                said[kind] = _Said(leaf, quantity.accumulator, value.value.clause)
    return said


def _of_circumstances(before: Law, after: Law) -> Iterator[Difference]:
    """Kinds of care, levels, statuses and places that came or went."""
    old, new = before.codes(), after.codes()
    for name in Cell._fields:
        if name in ("age", "ordinal"):
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
    kinds: tuple[Kind, ...] = ("base", "fund", "deductible", "rates", "cap")
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
        grounds = _grounds(old, before.clause), _grounds(new, after.clause)
        return None if grounds[0] == grounds[1] else ("basis", *before[:2], *grounds)
    return before and before[:2], after and after[:2]


def _grounds(read: _Read, clause: str | None) -> tuple[str | None, ...]:
    """Document and article of a clause."""
    found = read.chosen.law.clauses.get(clause or "")
    return (found.document, found.article) if found else (None, None)


def _lies_in(atom: Atom, box: Box) -> bool:
    """Say whether an atom belongs to a box."""
    return all(name not in box or value in box[name] for name, value in zip(Cell._fields, atom, strict=True))


def _side(read: _Read, key: str, kind: Kind, atoms: Sequence[Atom]) -> Side | None:
    """Put what one law says in some circumstances together with its clauses, in the order of the files."""
    here = read.layers.get(key, {})
    said = [here[atom][kind] for atom in atoms if kind in here.get(atom, {})]
    if not said:
        return None
    law = read.chosen.law
    ids = {each.clause for each in said}
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
        care: Side(care, None, (law.clauses[entry.clause],)) for entry in law.scheme.not_paid for care in entry.care
    }


def _sources(side: Side) -> tuple[tuple[str | None, str | None], ...]:
    """Documents and articles of a side."""
    return tuple((clause.document, clause.article) for clause in side.clauses)
