"""One scheme's law as it was read: its files, its layers, its clauses, each with its place in the files."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from yibao.core.period import Period
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import Layer, NotPaid, Quantity, Scheme, Source, Sourced, Topic, Value, parse

SCHEME_FILE = "scheme.yaml"
Role = Literal["deductible", "bands", "cap", "account"]


class Cell(NamedTuple):
    """One combination of circumstances that the law distinguishes."""

    care: str
    level: str
    status: str
    place: str
    age: str
    ordinal: str


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A dated value with the file and the path where it stands, and the days on which it holds."""

    value: Value
    role: Role
    document: Document
    path: tuple[Hashable, ...]
    period: Period

    def problem(self, kind: str, detail: str, *steps: Hashable) -> Problem:
        """Describe a problem of this value or of a part of it."""
        return self.document.problem(kind, detail, *self.path, *steps)


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer with the file and path where it stands, its days and its values by role."""

    layer: Layer
    document: Document
    path: tuple[Hashable, ...]
    period: Period
    values: Mapping[Role, tuple[Placed, ...]]

    def problem(self, kind: str, detail: str, *steps: Hashable) -> Problem:
        """Describe a problem of this layer or of a part of it."""
        return self.document.problem(kind, detail, *self.path, *steps)

    def applies_to(self, cell: Cell) -> bool:
        """Say whether the layer works in these circumstances."""
        return all(getattr(cell, dimension) in codes for dimension, codes in self.layer.applies.items())


@dataclass(frozen=True, slots=True)
class Clause:
    """What a value stands on (条款): document, article, link, trust, and our note about the reading."""

    id: str
    document: str | None
    article: str | None
    link: str | None
    trust: str
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """A scheme's files read and put together; `policy/check` says whether they can be law."""

    scheme: Scheme
    document: Document
    period: Period
    layers: tuple[PlacedLayer, ...]
    account: tuple[Placed, ...]
    clauses: Mapping[str, Clause]

    @property
    def name(self) -> str:
        """Region and scheme, as in 110000/310."""
        return f"{self.scheme.region}/{self.scheme.scheme}"

    def values(self) -> Iterator[Placed]:
        """All dated values of the scheme."""
        yield from self.account
        for layer in self.layers:
            for placed in layer.values.values():
                yield from placed

    def cells(self) -> Iterator[Cell]:
        """Every combination of circumstances that can occur."""
        scheme = self.scheme
        for care, given in scheme.cares.items():
            for level in given.levels:
                for status in scheme.statuses:
                    for place in scheme.places:
                        for age in scheme.ages:
                            for ordinal in scheme.ordinals:
                                yield Cell(care, level, status, place, age, ordinal)

    def codes(self) -> Mapping[str, tuple[str, ...]]:
        """The codes of each dimension, in the order in which the tables number them."""
        scheme = self.scheme
        levels = dict.fromkeys(level for care in scheme.cares.values() for level in care.levels)
        return {
            "care": tuple(scheme.cares),
            "level": tuple(levels),
            "status": tuple(scheme.statuses),
            "place": tuple(scheme.places),
            "age": tuple(scheme.ages),
            "ordinal": tuple(scheme.ordinals),
        }


def read_law(folder: Path) -> Law:
    """Read all files of one scheme, <region>/<scheme>/*.yaml.

    :raises PolicyError: a file cannot be read, or says what the language does not know.
    """
    prefix = f"{folder.parent.name}/{folder.name}"
    if not (folder / SCHEME_FILE).is_file():
        raise PolicyError((Problem(f"{prefix}/{SCHEME_FILE}", 1, "missing_file", "every scheme has one"),))
    document = read_document(folder / SCHEME_FILE, f"{prefix}/{SCHEME_FILE}")
    scheme = parse(document, Scheme)
    period = _period(document, scheme, ())
    clauses: dict[str, Clause] = {}
    problems: list[Problem] = []
    account: tuple[Placed, ...] = ()
    if scheme.account is not None:
        account = tuple(_place(document, scheme.account.values, "account", ("account", "values")))
        problems += _note_clauses(clauses, scheme.sources, account)
    problems += _note_not_paid(clauses, scheme, document)

    layers: list[PlacedLayer] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name != SCHEME_FILE:
            topic_document = read_document(path, f"{prefix}/{path.name}")
            topic = parse(topic_document, Topic)
            placed = [_place_layer(topic_document, layer, number) for number, layer in enumerate(topic.layers)]
            for layer in placed:
                for values in layer.values.values():
                    problems += _note_clauses(clauses, topic.sources, values)
            layers += placed
    if problems:
        raise PolicyError(tuple(problems))
    layers.sort(key=lambda placed: placed.layer.order)
    return Law(scheme, document, period, tuple(layers), account, clauses)


def _place_layer(document: Document, layer: Layer, number: int) -> PlacedLayer:
    """Put a layer's values with their places."""
    path = ("layers", number)
    quantities: dict[Role, Quantity | None] = {"deductible": layer.deductible, "bands": layer.bands, "cap": layer.cap}
    values: dict[Role, tuple[Placed, ...]] = {
        role: tuple(_place(document, quantity.values, role, (*path, role, "values")))
        for role, quantity in quantities.items()
        if quantity is not None
    }
    return PlacedLayer(layer, document, path, _period(document, layer, path), values)


def _place(document: Document, values: list[Value], role: Role, path: tuple[Hashable, ...]) -> Iterator[Placed]:
    """Give each value its place and its days."""
    for number, value in enumerate(values):
        here = (*path, number)
        yield Placed(value, role, document, here, _period(document, value, here))


def _period(document: Document, dated: Scheme | Layer | Value, path: tuple[Hashable, ...]) -> Period:
    """Read a dated thing's days; an end that is not after the start is refused with its line."""
    until = dated.effective_until
    if until is not None and until <= dated.effective_from:
        raise PolicyError(
            (document.problem("empty_period", f"{dated.effective_from} to {until}", *path, "effective_until"),)
        )
    return Period(dated.effective_from, until)


def _note_clauses(
    clauses: dict[str, Clause], sources: Mapping[str, Source], values: tuple[Placed, ...]
) -> Iterator[Problem]:
    """Enter the values' clauses; a clause that comes twice or has no source is a problem."""
    for placed in values:
        yield from (
            placed.problem(kind, detail, key) for kind, detail, key in _note_clause(clauses, sources, placed.value)
        )


def _note_not_paid(clauses: dict[str, Clause], scheme: Scheme, document: Document) -> Iterator[Problem]:
    """Enter the clauses of care for which no fund pays."""
    for number, entry in enumerate(scheme.not_paid):
        for kind, detail, key in _note_clause(clauses, scheme.sources, entry):
            yield document.problem(kind, detail, "not_paid", number, key)


def _note_clause(
    clauses: dict[str, Clause], sources: Mapping[str, Source], entry: Sourced
) -> Iterator[tuple[str, str, str]]:
    """Enter one clause; yields kind, detail and key of what is wrong with it."""
    source = sources.get(entry.source) if entry.source is not None else None
    if entry.clause in clauses:
        yield "repeated_clause", entry.clause, "clause"
    if entry.source is not None and source is None:
        yield "unknown_source", entry.source, "source"
    if entry.source is None and entry.trust != "our_default":
        yield (
            "no_source",
            f"{entry.clause} is marked {entry.trust}: only our_default may stand without a source",
            "source",
        )
    document, link = (source.document, source.link) if source else (None, None)
    clauses[entry.clause] = Clause(entry.clause, document, entry.article, link, entry.trust, entry.note)


def clause_of_care(law: Law, care: str) -> NotPaid | None:
    """Give the clause by which no fund pays for a kind of care, if there is one."""
    return next((entry for entry in law.scheme.not_paid if care in entry.care), None)
