"""The one loop that every benefit goes through, live and in bulk: base → accumulator → bands → cap, in integers.

There is no region and no scheme here: what differs lies in the tables. The loop is compiled when this module is imported
(and kept in the cache beside it), so that no visit waits for a compiler. What is called inside the loop takes numbers, or
touches one array in a straight line: handing arrays around costs an atomic count of references each time, and that made
the loop three times slower.
"""

from typing import Final

import numpy as np
from numba import njit, types

from yibao.core.money import PPM
from yibao.engines.benefits.cases import Amounts, Codes
from yibao.engines.benefits.tables import (
    MAX_AGE,
    ROW_BANDS_END,
    ROW_BANDS_START,
    ROW_BEYOND,
    ROW_BY_CAP,
    ROW_BY_COST,
    ROW_BY_DEDUCTIBLE,
    ROW_CAP,
    ROW_FUND,
    ROW_LAYER,
    ROW_OWED,
    ROW_REPORTS_DEDUCTIBLE,
    ROW_THRESHOLD,
    SPACE_ACCOUNT,
    SPACE_AGES,
    SPACE_CARES,
    SPACE_LAYERS,
    SPACE_LEVELS,
    SPACE_ORDINALS,
    SPACE_PLACES,
    SPACE_STATUSES,
    TRACE_BAND,
    TRACE_HEAD,
)

MAX_AMOUNT_FEN: Final = 10**12
"""Amount times a million stays below 2**63; ten billion yuan is beyond every visit."""
HALF: Final = PPM // 2

SETTLED: Final = 0
BROKEN_IDENTITY: Final = 1
UNKNOWN_CIRCUMSTANCE: Final = 2

OUT_DEDUCTIBLE: Final = 0
OUT_FUND: Final = 1
OUT_PERSON: Final = 2
OUT_ACCOUNT: Final = 3
OUT_CASH: Final = 4
OUT_FUNDS: Final = 5
"""First of the columns of the single funds."""

Sizes = tuple[int, int, int, int, int, int]
"""How many cares, levels, statuses, places, age groups and ordinal groups the law knows."""
Places = tuple[int, int, int, int, int, int]
"""Which of them a visit has, in the same order; the first four come from outside and may be out of range."""
Owed = tuple[int, int, int, int]
"""What the person still owes: in scope, paid first, above the ceiling price, outside the catalogue."""

_TABLE = types.Array(types.int64, 2, "C", readonly=True)
_LIST = types.Array(types.int64, 1, "C", readonly=True)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _balanced(total: int, full: int, over: int, first: int, scope: int) -> bool:
    """Say whether amounts are in range and the total is the sum of its four parts."""
    if full < 0 or over < 0 or first < 0 or scope < 0 or total > MAX_AMOUNT_FEN:
        return False
    if full > total or over > total or first > total or scope > total:
        return False
    return full + over + first + scope == total


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _sizes_of(space: Amounts) -> Sizes:
    """Read the sizes once, so that the loop finds a cell by numbers alone."""
    cares, levels, statuses = space[SPACE_CARES], space[SPACE_LEVELS], space[SPACE_STATUSES]
    return cares, levels, statuses, space[SPACE_PLACES], space[SPACE_AGES], space[SPACE_ORDINALS]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _cell_of(sizes: Sizes, places: Places, age: int, ordinal: int) -> int:
    """Find the dense index of a visit's circumstances, or -1 when one of them is out of range."""
    cares, levels, statuses, regions, ages, ordinals = sizes
    care, level, status, region, age_group, ordinal_group = places
    known = (care >= 0) & (care < cares) & (level >= 0) & (level < levels) & (status >= 0) & (status < statuses)
    known &= (region >= 0) & (region < regions) & (age >= 0) & (age <= MAX_AGE) & (ordinal > 0)
    cell = ((care * levels + level) * statuses + status) * regions + region
    return (cell * ages + age_group) * ordinals + ordinal_group if known else -1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _sum_of(mask: int, owed: Owed) -> int:
    """Add up what is owed of the components in `mask`."""
    scope, first, over, full = owed
    return scope * (mask & 1) + first * (mask >> 1 & 1) + over * (mask >> 2 & 1) + full * (mask >> 3 & 1)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _take_off(mask: int, paid: int, owed: Owed) -> Owed:
    """Take a payment off what is owed of the components in `mask`, one after the other; it is never more than their sum."""
    scope, first, over, full = owed
    of_scope = min(scope * (mask & 1), paid)
    paid -= of_scope
    of_first = min(first * (mask >> 1 & 1), paid)
    paid -= of_first
    of_over = min(over * (mask >> 2 & 1), paid)
    paid -= of_over
    return scope - of_scope, first - of_first, over - of_over, full - paid


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _rounded(millionths: int) -> int:
    """Divide by a million, half up. What comes is never negative, and so unsigned division, which need not floor, is right."""
    return np.int64(np.uint64(millionths + HALF) // np.uint64(PPM))  # type: ignore[return-value]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pay_band(portion: int, rate: int, room: int) -> tuple[int, int, int]:
    """Pay for the cost that fell into one band while the cap leaves room: cost covered, paid, cut off.

    The payment is rounded half up to the fen. What little room allows is turned back into the least cost that earns it,
    so that the rest stays open for a layer beyond.
    """
    earned = _rounded(portion * rate)
    paid = min(earned, room)
    if paid < earned or room == 0:
        divisor = max(rate, 1)  # a rate of nothing earns nothing: nothing is paid and nothing covered
        portion = min(portion, (paid * PPM + divisor - 1) // divisor)
    return portion, paid, earned - paid


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _held(held: Amounts, who: int, which: int) -> int:
    """Read an accumulator of a person; what counts within the visit (-1) starts at zero."""
    return held[who, max(which, 0)] if which >= 0 else 0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _write(trace: Amounts, at: int, numbers: tuple[int, ...]) -> None:
    """Write numbers into the trace from `at` on, when there is one."""
    if trace.shape[0] > 0:
        for k in range(len(numbers)):
            trace[at + k] = numbers[k]


_SIGNATURE = types.Tuple((types.int64, types.int64, types.int64))(  # type: ignore[no-untyped-call]
    _LIST,  # space
    _LIST,  # age_group
    _LIST,  # ordinal_group
    _TABLE,  # cells
    _TABLE,  # rows
    _TABLE,  # bands
    types.int16[:, ::1],  # codes
    types.int64[:, ::1],  # amounts
    types.int64[::1],  # person
    types.int64[:, ::1],  # accumulators
    types.int64[::1],  # balances
    types.int64[:, ::1],  # out
    types.int64[::1],  # trace
)


@njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")
def settle_visits(  # noqa: PLR0917
    space: Amounts,
    age_group: Amounts,
    ordinal_group: Amounts,
    cells: Amounts,
    rows: Amounts,
    bands: Amounts,
    codes: Codes,
    amounts: Amounts,
    person: Amounts,
    held: Amounts,
    balances: Amounts,
    out: Amounts,
    trace: Amounts,
) -> tuple[int, int, int]:
    """Settle n visits in order, carrying accumulators and balances of their persons in place; tables of `CompiledPolicy`.

    `out` is (5 + funds, n) of zeros: deductible, fund, person, account, cash, then each fund; `trace` is empty, or has
    `trace_size` and n is 1. Gives the number of visits settled, the length of the trace, why it stopped (SETTLED: the end).
    """
    beyond = np.zeros(max(space[SPACE_LAYERS], 1), np.int64)
    sizes, last_ordinal, at = _sizes_of(space), ordinal_group.shape[0], 0
    for i in range(person.shape[0]):
        total, scope, who = amounts[0, i], amounts[4, i], person[i]
        owed = (scope, amounts[3, i], amounts[2, i], amounts[1, i])
        if not _balanced(total, amounts[1, i], amounts[2, i], amounts[3, i], scope):
            return i, at, BROKEN_IDENTITY
        age, ordinal = codes[4, i], codes[5, i]
        by_age, by_ordinal = age_group[min(max(age, 0), MAX_AGE)], ordinal_group[min(max(ordinal, 1), last_ordinal) - 1]
        cell = _cell_of(sizes, (codes[0, i], codes[1, i], codes[2, i], codes[3, i], by_age, by_ordinal), age, ordinal)
        if cell < 0 or cells[cell, 0] < 0:
            return i, at, UNKNOWN_CIRCUMSTANCE
        fund = reported = 0
        for r in range(cells[cell, 0], cells[cell, 1]):
            layer, source, mask = rows[r, ROW_LAYER], rows[r, ROW_BEYOND], rows[r, ROW_OWED]
            base = _sum_of(mask, owed) if source < 0 else min(beyond[source], owed[0])
            beyond[layer] = 0
            if base == 0:
                continue
            by_deductible, by_cost, by_cap = rows[r, ROW_BY_DEDUCTIBLE], rows[r, ROW_BY_COST], rows[r, ROW_BY_CAP]
            deducted, cost, used = _held(held, who, by_deductible), _held(held, who, by_cost), _held(held, who, by_cap)
            taken, room = min(base, max(rows[r, ROW_THRESHOLD] - deducted, 0)), max(rows[r, ROW_CAP] - used, 0)
            low, high, paid, covered, cut, end = cost + taken, cost + base, 0, 0, 0, at + TRACE_HEAD
            for band in range(rows[r, ROW_BANDS_START], rows[r, ROW_BANDS_END]):
                portion = max(min(high, bands[band, 0]) - low, 0)
                low += portion
                portion, part, lost = _pay_band(portion, bands[band, 1], room - paid)
                paid, covered, cut = paid + part, covered + portion, cut + lost
                _write(trace, end, (band, portion, part))
                end += TRACE_BAND
            beyond[layer] = base - taken - covered
            owed = _take_off(mask if source < 0 else 1, paid, owed)
            if by_deductible >= 0:
                held[who, by_deductible] += taken
            if by_cost >= 0:
                held[who, by_cost] += base
            if by_cap >= 0:
                held[who, by_cap] += paid
            fund += paid
            out[OUT_FUNDS + rows[r, ROW_FUND], i] += paid
            reported += min(taken, scope) * rows[r, ROW_REPORTS_DEDUCTIBLE]
            _write(trace, at, (r, base, taken, deducted, cost, used, cut))
            at = end

        account = min(_sum_of(space[SPACE_ACCOUNT], owed), balances[who]) * (codes[6, i] != 0)
        balances[who] -= account
        out[OUT_DEDUCTIBLE, i], out[OUT_FUND, i], out[OUT_ACCOUNT, i] = reported, fund, account
        out[OUT_PERSON, i], out[OUT_CASH, i] = total - fund, total - fund - account
    return person.shape[0], at, SETTLED
