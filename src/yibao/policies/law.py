"""One scheme's law as it was read: its files, its layers, its clauses, each with its place in the files."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from yibao.core.period import Period
from yibao.policies.documents import Document
from yibao.policies.errors import Problem
from yibao.policies.language import Adjustment, Emergency, Layer, NotPaid, Scheme, Value

Role = Literal["deductible", "bands", "cap", "limit", "lump", "account", "statistic", "adjust"]
Codes = Mapping[str, tuple[str, ...]]

SCHEME_FILE: Final = "scheme.yaml"
ALL: Final = "all"
NONE: Final = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A dated value or adjustment with the file and the path where it stands, and the days on which it holds."""

    value: Value | Adjustment
    role: Role
    document: Document
    path: tuple[Hashable, ...]
    period: Period

    def problem(self, kind: str, detail: str, *steps: Hashable) -> Problem:
        """Describe a problem of this value or of a part of it."""
        return self.document.problem(kind, detail, *self.path, *steps)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedLayer:
    """A layer with the file and path where it stands, its days, its values by role and its adjustments in file order."""

    layer: Layer
    document: Document
    path: tuple[Hashable, ...]
    period: Period
    values: Mapping[Role, tuple[Placed, ...]]
    adjustments: tuple[Placed, ...]

    def problem(self, kind: str, detail: str, *steps: Hashable) -> Problem:
        """Describe a problem of this layer or of a part of it."""
        return self.document.problem(kind, detail, *self.path, *steps)

    def applies_to(self, cell: Mapping[str, str]) -> bool:
        """Say whether the layer works in these circumstances, which name all that it depends on."""
        return all(cell[dimension] in codes for dimension, codes in self.layer.applies.items())

    def dimensions(self) -> frozenset[str]:
        """Give the circumstances on which the layer depends."""
        found = set(self.layer.applies)
        for placed in self.all_values():
            found.update(placed.value.where, placed.value.by)
        return frozenset(found)

    def all_values(self) -> Iterator[Placed]:
        """All dated values and adjustments of the layer."""
        for values in self.values.values():
            yield from values
        yield from self.adjustments


@dataclass(frozen=True, slots=True)
class PlacedEmergency:
    """An emergency's file with its place and its days."""

    emergency: Emergency
    document: Document
    period: Period


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
    statistics: Mapping[str, tuple[Placed, ...]]
    emergencies: Mapping[str, PlacedEmergency]
    cares: Mapping[str, Period]
    not_paid: tuple[tuple[NotPaid, Period], ...]
    clauses: Mapping[str, Clause]

    @property
    def name(self) -> str:
        """Region and scheme, as in 110000/310."""
        return f"{self.scheme.region}/{self.scheme.scheme}"

    def values(self) -> Iterator[Placed]:
        """All dated values and adjustments of the scheme."""
        yield from self.account
        for statistic in self.statistics.values():
            yield from statistic
        for layer in self.layers:
            yield from layer.all_values()

    def codes(self) -> Codes:
        """The codes of each circumstance, in the order in which the tables number them; alike cares have none of their own."""
        scheme = self.scheme
        own = {care: said for care, said in scheme.cares.items() if said.like is None}
        return {
            "care": tuple(own),
            "level": tuple(dict.fromkeys(level for said in own.values() for level in said.levels)),
            "status": tuple(scheme.statuses),
            "place": tuple(scheme.places),
            "age": tuple(scheme.ages),
            "ordinal": tuple(scheme.ordinals),
            "aid": tuple(scheme.aids) or (NONE,),
            "tenure": tuple(scheme.tenures) or (ALL,),
            "plan": tuple(scheme.plans) or (NONE,),
            "disease": tuple(scheme.diseases) or (NONE,),
        }

    def levels_of(self, care: str) -> tuple[str, ...]:
        """Give the levels of institution that give a kind of care."""
        return tuple(self.scheme.cares[care].levels)


def clause_of_care(law: Law, care: str, on: date | None = None) -> NotPaid | None:
    """Give the clause by which no fund pays for a kind of care, on a day or at any time, if there is one."""
    said = (entry for entry, period in law.not_paid if care in entry.care and (on is None or on in period))
    return next(said, None)
