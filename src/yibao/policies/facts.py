"""Law that is a list of dated facts rather than layers: files of values by key, read, checked for gaps, asked by day.

Each value says what it stands on, like every value of a policy. The file's days must be covered by every key, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol

from msgspec import Meta

from yibao.core.money import NotAnAmountError, parse_scaled
from yibao.core.period import Period
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import NoPolicyError, PolicyError, Problem
from yibao.policies.language import Name, Source, Sourced, Strict, Text, parse
from yibao.policies.law import Clause

Unit = Literal[
    "days",
    "working_days",
    "weeks",
    "months",
    "years",
    "count",
    "percent",
    "yuan",
    "yuan_by_weeks",
    "yuan_by_kind",
    "yes_no",
    "fund",
    "documents",
    "codes",
]
_COUNTED = ("days", "working_days", "weeks", "months", "years", "count")
PPM_OF_PERCENT: Final = 10_000


class FactValue(Sourced, frozen=True, kw_only=True):
    """A dated value of one key. Amounts are in yuan; null as an amount means that there is no bound."""

    key: Name
    unit: Unit
    value: Any
    effective_from: date
    effective_until: date | None


class FactFile(Strict, frozen=True):
    """A file of facts: whose law, of which days, on which documents."""

    topic: Name
    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    title: Text
    effective_from: date
    effective_until: date | None
    sources: dict[Name, Source]
    values: Annotated[list[FactValue], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Fact:
    """What holds of a key on a day, in small units (fen, days, millionths), and the clause it stands on."""

    value: Any
    clause: Clause


@dataclass(frozen=True, slots=True, eq=False)
class FactLaw:
    """A file of facts that was found right."""

    file: FactFile
    name: str
    placed: tuple[tuple[str, Period, Fact], ...]

    def on(self, day: date) -> Mapping[str, Fact]:
        """The facts of a day by key.

        :raises NoPolicyError: the file says nothing of that day.
        """
        held = {key: fact for key, period, fact in self.placed if day in period}
        if not held:
            raise NoPolicyError(region=self.file.region, scheme=self.file.topic, on=day.isoformat())
        return held


def read_facts(path: Path, expected: Mapping[str, Unit]) -> FactLaw:
    """Read a file of facts that must say each expected key, of its unit, for all its days, and nothing else.

    :raises PolicyError: with every problem found.
    """
    document = read_document(path, f"{path.parent.name}/{path.name}")
    file = parse(document, FactFile)
    problems: list[Problem] = []
    if file.region != path.parent.name:
        problems.append(document.problem("wrong_folder", f"{file.region} lies in {path.parent.name}", "region"))
    placed = [
        each
        for place in range(len(file.values))
        if (each := place_value(document, file, place, expected=expected, problems=problems)) is not None
    ]
    problems += repeated_clauses(document, file)
    if not problems:
        problems += _uncovered(document, file, expected, placed)
    if problems:
        raise PolicyError(tuple(problems))
    return FactLaw(file, document.name, tuple(placed))


class HoldsValues(Protocol):
    """A file with dated values and the sources that they name."""

    @property
    def sources(self) -> dict[Name, Source]:
        """The documents by name."""

    @property
    def values(self) -> list[FactValue]:
        """The values in the order of the file."""


def place_value(
    document: Document, file: HoldsValues, place: int, *, expected: Mapping[str, Unit], problems: list[Problem]
) -> tuple[str, Period, Fact] | None:
    """Check one value: its key and unit, its source, its days, its content."""
    here, value = ("values", place), file.values[place]
    before = len(problems)
    if expected.get(value.key) != value.unit:
        problems.append(document.problem("unknown_key", f"{value.key} in {value.unit}", *here, "key"))
    source = file.sources.get(value.source) if value.source else None
    if value.source and source is None:
        problems.append(document.problem("unknown_source", value.source, *here, "source"))
    if value.source is None and value.trust != "our_default":
        problems.append(document.problem("no_source", f"{value.clause} is marked {value.trust}", *here, "source"))
    if value.effective_until is not None and value.effective_until <= value.effective_from:
        problems.append(document.problem("empty_period", value.clause, *here, "effective_until"))
    content = _content(value)
    if content is _UNREADABLE:
        problems.append(document.problem("no_value", f"{value.value} is no value in {value.unit}", *here, "value"))
    if len(problems) > before:
        return None
    title, link = (source.document, source.link) if source else (None, None)
    clause = Clause(value.clause, title, value.article, link, value.trust, value.note)
    return value.key, Period(value.effective_from, value.effective_until), Fact(content, clause)


_UNREADABLE = object()


def _content(value: FactValue) -> Any:  # noqa: PLR0911  # one unit after the other
    """The content in small units, or `_UNREADABLE`."""
    content, unit = value.value, value.unit
    if unit in _COUNTED:
        return content if isinstance(content, int) and not isinstance(content, bool) and content >= 0 else _UNREADABLE
    if unit == "percent":
        return _ppm(content)
    if unit == "yuan":
        return None if content is None else _fen(content)
    if unit == "yes_no":
        return content if isinstance(content, bool) else _UNREADABLE
    if unit == "fund":
        return content if isinstance(content, str) and len(content) == 6 and content.isdigit() else _UNREADABLE
    if unit in {"documents", "codes"}:
        is_list = isinstance(content, list) and all(isinstance(kind, str) for kind in content)
        return tuple(content) if is_list else _UNREADABLE
    return _table(content, by_weeks=unit == "yuan_by_weeks")


def _table(content: Any, *, by_weeks: bool) -> Any:
    """A table of amounts: by kind, or by the completed week from which each holds, rising from 0."""
    if not isinstance(content, dict):
        return _UNREADABLE
    amounts = {key: _fen(amount) for key, amount in content.items()}
    if any(amount is _UNREADABLE for amount in amounts.values()):
        return _UNREADABLE
    if not by_weeks:
        return amounts
    if not all(str(week).isdigit() for week in amounts):
        return _UNREADABLE
    weeks = [int(week) for week in amounts]
    if weeks and (weeks[0] != 0 or weeks != sorted(set(weeks))):
        return _UNREADABLE
    return tuple((int(week), amount) for week, amount in amounts.items())


def _ppm(content: Any) -> Any:
    """A share in whole percent as millionths."""
    is_share = isinstance(content, int) and not isinstance(content, bool) and 0 <= content <= 100
    return content * PPM_OF_PERCENT if is_share else _UNREADABLE


def _fen(content: Any) -> Any:
    """An amount in yuan as fen, not negative."""
    if isinstance(content, bool) or not isinstance(content, int | Decimal):
        return _UNREADABLE
    try:
        amount = parse_scaled(content, decimals=2)
    except NotAnAmountError:
        return _UNREADABLE
    return amount if amount >= 0 else _UNREADABLE


def repeated_clauses(document: Document, file: HoldsValues) -> list[Problem]:
    """A clause's name leads to one value."""
    seen: set[str] = set()
    problems = []
    for place, value in enumerate(file.values):
        if value.clause in seen:
            problems.append(document.problem("repeated_clause", value.clause, "values", place, "clause"))
        seen.add(value.clause)
    return problems


def _uncovered(
    document: Document, file: FactFile, expected: Mapping[str, Unit], placed: list[tuple[str, Period, Fact]]
) -> list[Problem]:
    """Every key covers all days of the file, without gap or overlap."""
    problems = []
    whole = Period(file.effective_from, file.effective_until)
    for key in expected:
        periods = sorted((period for name, period, _ in placed if name == key), key=lambda period: period.start)
        if not periods:
            problems.append(document.problem("gap", f"nothing is said of {key}", "values"))
            continue
        if periods[0].start != whole.start or periods[-1].end != whole.end:
            problems.append(document.problem("gap", f"{key} does not cover {whole}", "values"))
        for earlier, later in pairwise(periods):
            if earlier.end is None or earlier.end > later.start:
                problems.append(document.problem("overlap", f"{key} from {later.start}", "values"))
            elif earlier.end < later.start:
                problems.append(document.problem("gap", f"{key} from {earlier.end} to {later.start}", "values"))
    return problems
