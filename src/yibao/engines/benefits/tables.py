"""The frozen tables that a policy is compiled into: dimensions, cells, rows and bands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.engines.benefits.cases import Amounts

MAX_AGE: Final = 150
UNLIMITED_FEN: Final = 2**62
"""Stands for 'no upper end' in bands and caps; no amount can reach it."""

COMPONENTS: Final = ("in_scope", "self_pay_first", "over_ceiling", "full_self_pay")
"""The parts of a visit's cost, in the order in which a payment reduces what the person owes; component k has bit 1 << k."""

# Columns of a row of the layer table.
ROW_LAYER: Final = 0
ROW_OWED: Final = 1  # bits of the components whose unpaid rest is the base; 0 when the base is what another layer left
ROW_BEYOND: Final = 2  # layer whose uncovered cost is the base, or -1
ROW_FUND: Final = 3
ROW_THRESHOLD: Final = 4
ROW_BY_DEDUCTIBLE: Final = 5  # -1: counts within the visit
ROW_BY_COST: Final = 6
ROW_BANDS_START: Final = 7
ROW_BANDS_END: Final = 8
ROW_CAP: Final = 9
ROW_BY_CAP: Final = 10
ROW_REPORTS_DEDUCTIBLE: Final = 11
ROW_WIDTH: Final = 12

# Columns of `space`.
SPACE_CARES: Final = 0
SPACE_LEVELS: Final = 1
SPACE_STATUSES: Final = 2
SPACE_PLACES: Final = 3
SPACE_AGES: Final = 4
SPACE_ORDINALS: Final = 5
SPACE_ACCOUNT: Final = 6  # bits of the components that the account may pay
SPACE_LAYERS: Final = 7
SPACE_WIDTH: Final = 8


@dataclass(frozen=True, slots=True)
class RowClauses:
    """The clauses a row of the layer table stands on: rates, deductible, cap."""

    rates: str
    deductible: str | None
    cap: str | None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CompiledPolicy:
    """One scheme's law of one stretch of time as the kernel's tables; compared by identity, all arrays read-only.

    `cells[cell]` gives the first and the past-the-last row of `rows` that apply in a cell of (care, level, status, place,
    age group, ordinal group), (-1, -1) where the law knows no such cell. `bands` is (b, 2): upper end in fen, rate in ppm;
    a band starts where the one before it in its row ends. `age_group` is (MAX_AGE + 1,), `ordinal_group` is (k,) and its
    last entry serves every higher ordinal. `rows_read` and `bands_read` are the same tables as Python's numbers, from which
    traces are read without asking NumPy for single elements.
    """

    policy_id: str
    cares: tuple[str, ...]
    levels: tuple[str, ...]
    statuses: tuple[str, ...]
    places: tuple[str, ...]
    age_groups: tuple[str, ...]
    ordinal_groups: tuple[str, ...]
    layers: tuple[str, ...]
    funds: tuple[str, ...]
    accumulators: tuple[str, ...]
    account_fund: str | None
    row_clauses: tuple[RowClauses, ...]
    space: Amounts
    age_group: Amounts
    ordinal_group: Amounts
    cells: Amounts
    rows: Amounts
    bands: Amounts
    rows_read: tuple[tuple[int, ...], ...]
    bands_read: tuple[tuple[int, int], ...]
    trace_size: int
    index: Mapping[str, Mapping[str, int]]

    def encode(self, dimension: str, values: "NDArray[np.str_]") -> NDArray[np.int16]:
        """Turn (n,) names of 'care', 'level', 'status' or 'place' into their (n,) int16 codes; unknown names become -1."""
        names, inverse = np.unique(values, return_inverse=True)
        known = self.index[dimension]
        codes = np.array([known.get(str(name), -1) for name in names], dtype=np.int16)
        return codes[inverse]


def freeze(values: object, *, columns: int | None = None) -> Amounts:
    """Make a read-only C-ordered int64 array; with `columns`, a matrix of that width even when it is empty."""
    array = np.ascontiguousarray(np.array(values, dtype=np.int64))
    if columns is not None:
        array = array.reshape(-1, columns)
    array.setflags(write=False)
    return array


def trace_size_for(cells: Amounts, rows: Amounts) -> int:
    """Give the length in int64 of the longest trace that one visit can write."""
    longest = 1
    for first, end in np.unique(cells, axis=0):
        if first >= 0:
            longest = max(longest, sum(TRACE_HEAD + TRACE_BAND * int(bands_of(row)) for row in rows[first:end]))
    return longest


def bands_of(row: Amounts) -> int:
    """Give the number of bands of a row of the layer table."""
    return int(row[ROW_BANDS_END] - row[ROW_BANDS_START])


TRACE_HEAD: Final = 7
"""Numbers that precede a step's bands: row, base, deductible, its before, cost before, cap used before, cut."""
TRACE_BAND: Final = 3
"""Numbers of each band of the row in a trace: place in the band table, covered, paid."""
