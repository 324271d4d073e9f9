"""The law of the poverty watch (因病致贫返贫监测): <region>/poverty_watch.yaml, dated and sourced like all law, read and checked."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from yibao.core.money import PPM, NotAnAmountError, parse_scaled, share_half_up
from yibao.core.period import Period
from yibao.policies.documents import Document, read_document
from yibao.policies.errors import NoPolicyError, PolicyError, Problem
from yibao.policies.language import Name, Source, Sourced, Strict, Text, parse

ROOT: Final = Path(__file__).parent
FILE: Final = "poverty_watch.yaml"
TOPIC: Final = "poverty_watch"
Kind = Annotated[str, Meta(pattern=r"^[0-9]{1,3}$")]
Signal = Literal["red", "yellow"]


class DatedFigure(Sourced, frozen=True, kw_only=True):
    """A figure that holds for a time: yuan, a ratio of the income, or working days."""

    value: Any
    unit: Literal["yuan", "ratio", "working_days"]
    effective_from: date
    effective_until: date | None


class Group(Text, frozen=True, kw_only=True):
    """A group of insured persons: the special statuses that make a person belong to it; none: everybody else."""

    kinds: list[Kind]


class Threshold(Strict, frozen=True, kw_only=True):
    """A limit of a year's own share of in-scope cost for one group, and the colour of the warning."""

    key: Name
    title: Text
    signal: Signal
    group: Name
    values: Annotated[list[DatedFigure], Meta(min_length=1)]


class Recognition(Sourced, frozen=True, kw_only=True):
    """A status that civil affairs may recognise: its code in the register of special statuses, and its name."""

    kind: Kind
    zh: str
    en: str


class WatchFile(Strict, frozen=True, kw_only=True):
    """The whole file of a region."""

    region: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    title: Text
    groups: dict[Name, Group]
    sources: dict[Name, Source]
    income: Annotated[list[DatedFigure], Meta(min_length=1)]
    thresholds: Annotated[list[Threshold], Meta(min_length=1)]
    reply: Annotated[list[DatedFigure], Meta(min_length=1)]
    recognitions: Annotated[list[Recognition], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold as it holds on a day: the limit in fen, and the figures that it is made of."""

    key: str
    title: Text
    signal: Signal
    group: str
    limit_fen: int
    figures: tuple[DatedFigure, ...]


@dataclass(frozen=True, slots=True)
class WatchLaw:
    """A region's law of the watch as it holds on a day; limits of a group rise in the order given."""

    region: str
    title: Text
    groups: Mapping[str, Group]
    sources: Mapping[str, Source]
    limits: tuple[Limit, ...]
    reply_days: int
    recognitions: tuple[Recognition, ...]

    def group_of(self, kinds: Sequence[str]) -> str:
        """The group of a person with these special statuses: the first that names one of them, else the one of everybody."""
        held = set(kinds)
        for name, group in self.groups.items():
            if held & set(group.kinds):
                return name
        return next(name for name, group in self.groups.items() if not group.kinds)


def watched_regions(root: Path = ROOT) -> tuple[str, ...]:
    """The regions that have a law of the watch."""
    return tuple(path.parent.name for path in sorted(root.glob(f"*/{FILE}")))


def load_watch(region: str, on: date, root: Path = ROOT) -> WatchLaw:
    """Give a region's law of the watch as it holds on a day.

    :raises NoPolicyError: the region has none, or none for that day.
    :raises PolicyError: its file cannot be law.
    """
    if region not in watched_regions(root):
        raise NoPolicyError(region=region, scheme=TOPIC, on=on.isoformat())
    file = _checked(root, region)
    income, reply = _holding(file.income, on), _holding(file.reply, on)
    held = [(threshold, _holding(threshold.values, on)) for threshold in file.thresholds]
    if income is None or reply is None or not all(figure for _, figure in held):
        raise NoPolicyError(region=region, scheme=TOPIC, on=on.isoformat())
    limits = [_limit(threshold, figure, income) for threshold, figure in held if figure is not None]
    return WatchLaw(
        region=region,
        title=file.title,
        groups=file.groups,
        sources=file.sources,
        limits=tuple(sorted(limits, key=lambda limit: limit.limit_fen)),
        reply_days=int(reply.value),
        recognitions=tuple(file.recognitions),
    )


def check_watch(region: str, root: Path = ROOT) -> WatchFile:
    """Read a region's file and refuse what cannot be law.

    :raises PolicyError: with every problem, its file and line.
    """
    document = read_document(root / region / FILE, f"{region}/{FILE}")
    file = parse(document, WatchFile)
    problems = list(_problems(document, file))
    if problems:
        raise PolicyError(tuple(problems))
    return file


@lru_cache(maxsize=64)
def _checked(root: Path, region: str) -> WatchFile:
    """Read a region's file once."""
    return check_watch(region, root)


def _problems(document: Document, file: WatchFile) -> Iterator[Problem]:
    """Everything that cannot be law although each word is known."""
    if not document.name.startswith(f"{file.region}/"):
        yield document.problem("wrong_folder", f"{file.region} lies in {document.name}", "region")
    if sum(not group.kinds for group in file.groups.values()) != 1:
        yield document.problem("gap", "exactly one group has no kinds: everybody else", "groups")
    yield from _problems_of_figures(document, file.income, ("income",), "yuan")
    yield from _problems_of_figures(document, file.reply, ("reply",), "working_days")
    keys = [threshold.key for threshold in file.thresholds]
    for number, threshold in enumerate(file.thresholds):
        path = ("thresholds", number)
        if keys.index(threshold.key) != number:
            yield document.problem("repeated_key", threshold.key, *path, "key")
        if threshold.group not in file.groups:
            yield document.problem("unknown_code", f"{threshold.group} is no group", *path, "group")
        yield from _problems_of_figures(document, threshold.values, (*path, "values"), None)
    yield from _problems_of_sources(document, file)


def _problems_of_figures(
    document: Document, figures: Sequence[DatedFigure], path: tuple[Hashable, ...], unit: str | None
) -> Iterator[Problem]:
    """Figures have their unit, can be read, and follow each other without gap or overlap; the last one is open."""
    ends: date | None = None
    for number, figure in enumerate(figures):
        here = (*path, number)
        if (unit or figure.unit) != figure.unit or (unit is None and figure.unit == "working_days"):
            yield document.problem("wrong_unit", f"{figure.unit} in {path[0]}", *here, "unit")
        if _READ[figure.unit](figure.value) is None:
            yield document.problem("no_value", f"{figure.value} is not {figure.unit}", *here, "value")
        if figure.effective_until is not None and figure.effective_until <= figure.effective_from:
            yield document.problem("empty_period", f"{figure.effective_from} to {figure.effective_until}", *here)
        if number and figure.effective_from != ends:
            kind = "overlap" if ends is None or figure.effective_from < ends else "gap"
            yield document.problem(kind, f"{figure.clause} begins {figure.effective_from}", *here, "effective_from")
        ends = figure.effective_until
    if ends is not None:
        yield document.problem("gap", f"nothing holds from {ends}", *path)


def _problems_of_sources(document: Document, file: WatchFile) -> Iterator[Problem]:
    """Every clause is named once and stands on a source of the file, or is our default."""
    seen: set[str] = set()
    for path, entry in _sourced(file):
        if entry.clause in seen:
            yield document.problem("repeated_clause", entry.clause, *path, "clause")
        seen.add(entry.clause)
        if entry.source is not None and entry.source not in file.sources:
            yield document.problem("unknown_source", entry.source, *path, "source")
        if entry.source is None and entry.trust != "our_default":
            yield document.problem("no_source", f"{entry.clause} is marked {entry.trust}", *path, "source")


def _sourced(file: WatchFile) -> Iterator[tuple[tuple[Hashable, ...], Sourced]]:
    """All clauses with their places."""
    lists: list[tuple[tuple[Hashable, ...], Sequence[Sourced]]] = [
        (("income",), file.income),
        *((("thresholds", place, "values"), each.values) for place, each in enumerate(file.thresholds)),
        (("reply",), file.reply),
        (("recognitions",), file.recognitions),
    ]
    for path, entries in lists:
        for number, entry in enumerate(entries):
            yield (*path, number), entry


def _holding(figures: Sequence[DatedFigure], on: date) -> DatedFigure | None:
    """The figure that holds on a day."""
    return next((each for each in figures if on in Period(each.effective_from, each.effective_until)), None)


def _limit(threshold: Threshold, figure: DatedFigure, income: DatedFigure) -> Limit:
    """The limit in fen: an amount, or a share of the income."""
    read = _READ[figure.unit](figure.value)
    assert read is not None
    if figure.unit == "ratio":
        income_fen = _fen(income.value)
        assert income_fen is not None
        return Limit(
            threshold.key,
            threshold.title,
            threshold.signal,
            threshold.group,
            share_half_up(income_fen, read),
            (figure, income),
        )
    return Limit(threshold.key, threshold.title, threshold.signal, threshold.group, read, (figure,))


def _scaled(value: Any, *, decimals: int, most: int) -> int | None:
    """A positive number as an integer of 10**-decimals units, or None."""
    if isinstance(value, bool | str):
        return None
    try:
        scaled = parse_scaled(value, decimals=decimals)
    except NotAnAmountError:
        return None
    return scaled if 0 < scaled <= most else None


def _fen(value: Any) -> int | None:
    return _scaled(value, decimals=2, most=10**12)


def _ppm(value: Any) -> int | None:
    return _scaled(value, decimals=6, most=10 * PPM)


def _days(value: Any) -> int | None:
    return _scaled(value, decimals=0, most=365)


_READ: Final[Mapping[str, Callable[[Any], int | None]]] = {"yuan": _fen, "ratio": _ppm, "working_days": _days}
