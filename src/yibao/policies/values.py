"""From what a value says to what the kernel counts: tables spread out, yuan to fen, ratios to parts per million."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yibao.core.money import PPM, NotAnAmountError, parse_scaled
from yibao.engines.benefits.kernel import MAX_AMOUNT_FEN
from yibao.engines.benefits.tables import UNLIMITED_FEN
from yibao.policies.errors import Problem
from yibao.policies.law import Cell, Placed

UNLIMITED = "unlimited"
Bands = tuple[tuple[int, int], ...]
"""Upper end in fen and rate in ppm, rising."""
Leaf = int | Bands


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """A value spread over the circumstances of its slice: one leaf for each combination of the codes of `by`."""

    placed: Placed
    leaves: Mapping[tuple[str, ...], Leaf]

    def holds_in(self, cell: Cell) -> bool:
        """Say whether these circumstances lie in the value's slice."""
        return all(getattr(cell, dimension) in codes for dimension, codes in self.placed.value.where.items())

    def leaf(self, cell: Cell) -> Leaf | None:
        """Give what holds in these circumstances, or None when the table has no such entry."""
        return self.leaves.get(tuple(getattr(cell, dimension) for dimension in self.placed.value.by))


def spread(placed: Placed, codes: Mapping[str, tuple[str, ...]], problems: list[Problem]) -> Spread:
    """Spread a value's table out; what cannot be read is added to `problems`."""
    leaves: dict[tuple[str, ...], Leaf] = {}
    for key, content, steps in _walk(placed, placed.value.value, 0, codes, problems):
        if key in leaves:
            problems.append(placed.problem("repeated_key", ", ".join(key), *steps))
            continue
        leaf: Leaf | None = None
        if placed.role == "bands":
            leaf = _read_bands(placed, content, steps, problems)
        elif placed.role != "account":
            leaf = _read_limit(placed, content, steps, problems)
        if leaf is not None:
            leaves[key] = leaf
    return Spread(placed, leaves)


def _walk(
    placed: Placed, content: Any, depth: int, codes: Mapping[str, tuple[str, ...]], problems: list[Problem]
) -> Iterator[tuple[tuple[str, ...], Any, tuple[Hashable, ...]]]:
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


def _read_limit(placed: Placed, content: Any, steps: tuple[Hashable, ...], problems: list[Problem]) -> int | None:
    """Read a deductible or a cap in yuan as fen; a cap may be 'unlimited'."""
    if content == UNLIMITED and placed.role == "cap":
        return UNLIMITED_FEN
    amount = _read_amount(content, decimals=2, most=MAX_AMOUNT_FEN)
    if amount is None:
        problems.append(placed.problem("no_value", f"{content} is no amount in yuan", *steps))
    return amount


def _read_bands(placed: Placed, content: Any, steps: tuple[Hashable, ...], problems: list[Problem]) -> Bands | None:
    """Read rates for the bands between the value's edges."""
    edges = placed.value.edges or []
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
    rates = [_read_amount(rate, decimals=6, most=PPM) for rate in content]
    bands = tuple((top, rate) for top, rate in zip(known[1:], rates, strict=True) if rate is not None)
    if len(bands) != len(rates):
        problems.append(placed.problem("no_value", f"{_said(content)} are no ratios from 0 to 1", *steps))
        return None
    return bands


def _read_amount(content: Any, *, decimals: int, most: int) -> int | None:
    """Read a number that is not negative as an integer of 10**-decimals units, or None."""
    if isinstance(content, bool) or not isinstance(content, int | Decimal):
        return None
    try:
        amount = parse_scaled(content, decimals=decimals)
    except NotAnAmountError:
        return None
    return amount if 0 <= amount <= most else None


def _said(content: list[Any]) -> str:
    """Write a list as it stood in the file."""
    return "[" + ", ".join(str(item) for item in content) + "]"
