"""From what a value says to what the kernel counts: tables spread out, yuan to fen, ratios to parts per million."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from yibao.core.money import PPM, NotAnAmountError, divide_half_up, parse_scaled
from yibao.engines.benefits.tables import MAX_AGE, MAX_AMOUNT_FEN, UNLIMITED_FEN
from yibao.policies.errors import Problem
from yibao.policies.language import Adjustment, Value
from yibao.policies.law import Codes, Placed

UNLIMITED: Final = "unlimited"
INCENTIVES: Final = "incentives"
"""What may raise a cap by a person's own history."""
MOST_FACTOR: Final = 10
_AGED_KEYS: Final = {"base", "per_year_of_age", "from_age", "at_most"}


class Band(NamedTuple):
    """Upper end in fen and rate in ppm; `by_age` ppm more for each year above `from_age`, within `least` and `most`."""

    top: int
    rate: int
    by_age: int = 0
    from_age: int = 0
    least: int = 0
    most: int = PPM


class Share(NamedTuple):
    """A ratio in ppm of a statistic, rounded to a multiple of so many fen."""

    statistic: str
    ratio_ppm: int
    round_fen: int

    def of(self, statistic_fen: int) -> int:
        """Give the amount in fen, rounded half up."""
        return divide_half_up(statistic_fen * self.ratio_ppm, PPM * self.round_fen) * self.round_fen


Bands = tuple[Band, ...]
Leaf = int | Bands | Share
Steps = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A value spread over the circumstances of its slice: one leaf for each combination of the codes of `by`."""

    placed: Placed
    leaves: Mapping[tuple[str, ...], Leaf]

    def holds_in(self, cell: Mapping[str, str]) -> bool:
        """Say whether these circumstances lie in the value's slice."""
        return all(cell[dimension] in codes for dimension, codes in self.placed.value.where.items())

    def leaf(self, cell: Mapping[str, str]) -> Leaf | None:
        """Give what holds in these circumstances, or None when the table has no such entry."""
        return self.leaves.get(tuple(cell[dimension] for dimension in self.placed.value.by))


def spread(placed: Placed, codes: Codes, problems: list[Problem]) -> Spread:
    """Spread a value's table out; what cannot be read is added to `problems`."""
    leaves: dict[tuple[str, ...], Leaf] = {}
    for key, content, steps in _walk(placed, placed.value.value, 0, codes, problems):
        if key in leaves:
            problems.append(placed.problem("repeated_key", ", ".join(key), *steps))
            continue
        leaf = _read(placed, content, steps, problems)
        if leaf is not None:
            leaves[key] = leaf
    return Spread(placed, leaves)


def _read(placed: Placed, content: Any, steps: Steps, problems: list[Problem]) -> Leaf | None:
    """Read one entry by the role of its value."""
    if placed.role == "account":
        return None
    if isinstance(placed.value, Adjustment):
        return _read_adjustment(placed, content, steps, problems)
    if placed.role == "bands":
        return _read_bands(placed, placed.value, content, steps, problems)
    if placed.value.unit == "of_statistic":
        return _read_share(placed, content, steps, problems)
    return _read_limit(placed, content, steps, problems)


def _walk(
    placed: Placed, content: Any, depth: int, codes: Codes, problems: list[Problem]
) -> Iterator[tuple[tuple[str, ...], Any, Steps]]:
    """Go down a nested table by the dimensions of `by`; yields codes, content and path of each entry."""
    if depth == len(placed.value.by):
        yield (), content, ("value",)
        return
    dimension = placed.value.by[depth]
    if not isinstance(content, dict):
        problems.append(placed.problem("not_a_table", f"expected entries by {dimension}", "value"))
        return
    for joined, inner in content.items():
        for code in (part.strip() for part in joined.split(",")):
            if code not in codes[dimension]:
                problems.append(placed.problem("unknown_code", f"{code} is no {dimension}", "value", joined))
                continue
            for rest, leaf, steps in _walk(placed, inner, depth + 1, codes, problems):
                yield (code, *rest), leaf, ("value", joined, *steps[1:])


def _read_limit(placed: Placed, content: Any, steps: Steps, problems: list[Problem]) -> int | None:
    """Read an amount in yuan as fen; a limit or cap may be 'unlimited'."""
    if content == UNLIMITED and placed.role in {"cap", "limit"}:
        return UNLIMITED_FEN
    amount = _read_amount(content, decimals=2, most=MAX_AMOUNT_FEN)
    if amount is None:
        problems.append(placed.problem("no_value", f"{content} is no amount in yuan", *steps))
    return amount


def _read_share(placed: Placed, content: Any, steps: Steps, problems: list[Problem]) -> Share | None:
    """Read a ratio of a statistic; whether there is such a statistic is looked at where the amount is needed."""
    if isinstance(content, dict) and {"ratio", "of"} <= set(content) <= {"ratio", "of", "round_to"}:
        ratio = _read_amount(content["ratio"], decimals=6, most=MOST_FACTOR * PPM)
        step = _read_amount(content.get("round_to", Decimal("0.01")), decimals=2, most=MAX_AMOUNT_FEN)
        if ratio is not None and step and isinstance(content["of"], str):
            return Share(content["of"], ratio, step)
    problems.append(placed.problem("no_value", "expected {ratio: …, of: statistic}, perhaps with round_to", *steps))
    return None


def _read_adjustment(placed: Placed, content: Any, steps: Steps, problems: list[Problem]) -> int | None:
    """Read points (from -1 to 1) or a factor (not negative) as ppm; what is earned leaves the law's own amount as it is."""
    if placed.value.unit == "earned":
        if content == INCENTIVES:
            return PPM
        problems.append(placed.problem("no_value", f"what is earned are {INCENTIVES}", *steps))
        return None
    points = placed.value.unit == "points"
    negative = points and isinstance(content, int | Decimal) and content < 0
    amount = _read_amount(-content if negative else content, decimals=6, most=PPM if points else MOST_FACTOR * PPM)
    if amount is None:
        problems.append(placed.problem("no_value", f"{content} are no {placed.value.unit}", *steps))
        return None
    return -amount if negative else amount


def _read_bands(placed: Placed, value: Value, content: Any, steps: Steps, problems: list[Problem]) -> Bands | None:
    """Read rates for the bands between the value's edges."""
    edges = value.edges or []
    tops = [
        UNLIMITED_FEN
        if edge is None and place == len(edges) - 1
        else _read_amount(edge, decimals=2, most=MAX_AMOUNT_FEN)
        for place, edge in enumerate(edges)
    ]
    known = [top for top in tops if top is not None]
    if len(known) != len(tops) or len(known) < 2 or known[0] != 0 or known != sorted(set(known)):
        problems.append(placed.problem("edges", "edges start at 0 and rise; the last may be null (open)", "edges"))
        return None
    if not isinstance(content, list) or len(content) != len(known) - 1:
        problems.append(placed.problem("bands", f"a list of {len(known) - 1} rates was expected", *steps))
        return None
    bands = tuple(band for top, rate in zip(known[1:], content, strict=True) if (band := _read_band(top, rate)))
    if len(bands) != len(content):
        problems.append(placed.problem("no_value", f"{_said(content)} are no ratios from 0 to 1", *steps))
        return None
    return bands


def _read_band(top: int, rate: Any) -> Band | None:
    """Read one band's rate, plain or following the age."""
    if not isinstance(rate, dict):
        plain = _read_amount(rate, decimals=6, most=PPM)
        return None if plain is None else Band(top, plain)
    if not {"base", "per_year_of_age"} <= set(rate) <= _AGED_KEYS:
        return None
    base, by_age = (_read_amount(rate[key], decimals=6, most=PPM) for key in ("base", "per_year_of_age"))
    from_age = _read_amount(rate.get("from_age", 0), decimals=0, most=MAX_AGE)
    most = _read_amount(rate.get("at_most", 1), decimals=6, most=PPM)
    if base is None or by_age is None or from_age is None or most is None or base > most:
        return None
    return Band(top, base, by_age, from_age, 0, most)


def _read_amount(content: Any, *, decimals: int, most: int) -> int | None:
    """Read a number that is not negative as an integer of 10**-decimals units, or None."""
    if isinstance(content, bool) or not isinstance(content, int | Decimal):
        return None
    try:
        amount = parse_scaled(content, decimals=decimals)
    except NotAnAmountError:
        return None
    return amount if 0 <= amount <= most else None


def read_ratio(content: Any) -> int | None:
    """Read a ratio from 0 to 1 as ppm, or None."""
    return _read_amount(content, decimals=6, most=PPM)


def _said(content: list[Any]) -> str:
    """Write a list as it stood in the file."""
    return "[" + ", ".join(str(item) for item in content) + "]"
