"""Reading one scheme's files and putting them together as its law."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from msgspec import structs

from yibao.core.period import Period
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import PolicyError, Problem
from yibao.policies.language import (
    Adjustment,
    Care,
    Emergency,
    Layer,
    NotPaid,
    Quantity,
    Scheme,
    Source,
    Sourced,
    Topic,
    Value,
    parse,
)
from yibao.policies.law import SCHEME_FILE, Clause, Law, Placed, PlacedEmergency, PlacedLayer, Role

EMERGENCIES: Final = "emergencies"


class Dated(Protocol):
    """Whatever may have days of its own."""

    @property
    def effective_from(self) -> date | None:
        """The first day."""

    @property
    def effective_until(self) -> date | None:
        """The first day after."""


def read_scheme(folder: Path) -> tuple[Document, Scheme]:
    """Read what a scheme says of itself, <region>/<scheme>/scheme.yaml.

    :raises PolicyError: there is no such file, it cannot be read, or says what the language does not know.
    """
    name = f"{folder.parent.name}/{folder.name}/{SCHEME_FILE}"
    if not (folder / SCHEME_FILE).is_file():
        raise PolicyError((Problem(name, 1, "missing_file", "every scheme has one"),))
    document = read_document(folder / SCHEME_FILE, name)
    return document, parse(document, Scheme)


def read_law(folder: Path) -> Law:
    """Read all files of one scheme, <region>/<scheme>/*.yaml and its emergencies.

    :raises PolicyError: a file cannot be read, or says what the language does not know.
    """
    prefix = f"{folder.parent.name}/{folder.name}"
    document, scheme = read_scheme(folder)
    period = period_of(document, scheme, ())
    notes = _Notes()
    account: tuple[Placed, ...] = ()
    if scheme.account is not None:
        account = tuple(_place(document, scheme.account.values, "account", ("account", "values")))
    statistics = {
        name: tuple(_place(document, said.values, "statistic", ("statistics", name, "values")))
        for name, said in scheme.statistics.items()
    }
    for values in (account, *statistics.values()):
        notes.values(scheme.sources, values)
    not_paid = tuple(
        (entry, period_of(document, entry, ("not_paid", k), period)) for k, entry in enumerate(scheme.not_paid)
    )
    for number, entry in enumerate(scheme.not_paid):
        notes.clause(scheme.sources, entry, document, ("not_paid", number))
    cares = {care: period_of(document, said, ("cares", care), period) for care, said in scheme.cares.items()}
    for care, said in scheme.cares.items():
        notes.care(scheme.sources, care, said, document)
    layers = tuple(_layers(folder, prefix, notes))
    emergencies = dict(_emergencies(folder, prefix, notes))
    scheme = structs.replace(scheme, cares={care: _like(scheme, said) for care, said in scheme.cares.items()})
    if notes.problems:
        raise PolicyError(tuple(notes.problems))
    return Law(scheme, document, period, layers, account, statistics, emergencies, cares, not_paid, notes.clauses)


def _like(scheme: Scheme, said: Care) -> Care:
    """Give care that is like other care the levels of that."""
    model = scheme.cares.get(said.like or "")
    return structs.replace(said, levels=model.levels) if model else said


def _layers(folder: Path, prefix: str, notes: "_Notes") -> list[PlacedLayer]:
    """Read the topic files' layers by their order."""
    layers: list[PlacedLayer] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name != SCHEME_FILE:
            document = read_document(path, f"{prefix}/{path.name}")
            topic = parse(document, Topic)
            for number, layer in enumerate(topic.layers):
                placed = _place_layer(document, layer, number)
                notes.values(topic.sources, placed.all_values())
                layers.append(placed)
    return sorted(layers, key=lambda placed: placed.layer.order)


def _emergencies(folder: Path, prefix: str, notes: "_Notes") -> Iterator[tuple[str, PlacedEmergency]]:
    """Read the files of emergencies; each is named as its file."""
    for path in sorted((folder / EMERGENCIES).glob("*.yaml")):
        document = read_document(path, f"{prefix}/{EMERGENCIES}/{path.name}")
        said = parse(document, Emergency)
        if said.emergency != path.stem:
            notes.problems.append(
                document.problem("wrong_folder", f"{said.emergency} lies in {path.name}", "emergency")
            )
        for number, entry in enumerate(said.suspends):
            notes.clause(said.sources, entry, document, ("suspends", number))
        yield said.emergency, PlacedEmergency(said, document, period_of(document, said, ()))


def _place_layer(document: Document, layer: Layer, number: int) -> PlacedLayer:
    """Put a layer's values with their places."""
    path = ("layers", number)
    quantities: dict[Role, Quantity | None] = {
        "limit": layer.limit,
        "deductible": layer.deductible,
        "bands": layer.bands,
        "lump": layer.lump,
        "cap": layer.cap,
    }
    values: dict[Role, tuple[Placed, ...]] = {
        role: tuple(_place(document, quantity.values, role, (*path, role, "values")))
        for role, quantity in quantities.items()
        if quantity is not None
    }
    adjustments = tuple(_place(document, layer.adjust, "adjust", (*path, "adjust")))
    return PlacedLayer(layer, document, path, period_of(document, layer, path), values, adjustments)


def _place(
    document: Document, values: Iterable[Value | Adjustment], role: Role, path: tuple[Hashable, ...]
) -> Iterator[Placed]:
    """Give each value its place and its days."""
    for number, value in enumerate(values):
        here = (*path, number)
        yield Placed(value, role, document, here, period_of(document, value, here))


def period_of(document: Document, dated: Dated, path: tuple[Hashable, ...], whole: Period | None = None) -> Period:
    """Read a dated thing's days, those of `whole` where it names none.

    :raises PolicyError: its end is not after its start, with the line.
    """
    start, until = dated.effective_from, dated.effective_until
    if start is None:
        assert whole is not None
        start = whole.start
    if until is None and whole is not None:
        until = whole.end
    if until is not None and until <= start:
        raise PolicyError((document.problem("empty_period", f"{start} to {until}", *path, "effective_until"),))
    return Period(start, until)


class _Notes:
    """The clauses found so far, and what is wrong with them."""

    def __init__(self) -> None:
        self.clauses: dict[str, Clause] = {}
        self.problems: list[Problem] = []

    def values(self, sources: Mapping[str, Source], values: Iterable[Placed]) -> None:
        """Enter the clauses of values."""
        for placed in values:
            self.clause(sources, placed.value, placed.document, placed.path)

    def clause(
        self, sources: Mapping[str, Source], entry: Sourced, document: Document, path: tuple[Hashable, ...]
    ) -> None:
        """Enter one clause; one that comes twice or has no source is a problem."""
        source = sources.get(entry.source) if entry.source is not None else None
        if entry.clause in self.clauses:
            self.problems.append(document.problem("repeated_clause", entry.clause, *path, "clause"))
        if entry.source is not None and source is None:
            self.problems.append(document.problem("unknown_source", entry.source, *path, "source"))
        if entry.source is None and entry.trust != "our_default":
            detail = f"{entry.clause} is marked {entry.trust}: only our_default may stand without a source"
            self.problems.append(document.problem("no_source", detail, *path, "source"))
        title, link = (source.document, source.link) if source else (None, None)
        self.clauses[entry.clause] = Clause(entry.clause, title, entry.article, link, entry.trust, entry.note)

    def care(self, sources: Mapping[str, Source], care: str, said: Care, document: Document) -> None:
        """Enter the clause of a kind of care that is like another one; the others need none."""
        path = ("cares", care)
        if (said.like is None) == (not said.levels):
            self.problems.append(document.problem("not_in_the_language", "either levels or like", *path))
        if said.clause is not None and said.trust is not None and said.note is not None:
            entry = NotPaid(
                clause=said.clause,
                source=said.source,
                article=said.article,
                trust=said.trust,
                note=said.note,
                care=[care],
            )
            self.clause(sources, entry, document, path)
        elif said.like is not None:
            detail = f"{care} is like {said.like} by a clause with source, trust and note"
            self.problems.append(document.problem("no_source", detail, *path))
