"""The one loop that every benefit goes through, live and in bulk: base → limit → deductible → bands → cap, in integers.

There is no region and no scheme here: what differs lies in the tables. The loop is compiled when this module is imported
(and kept in the cache beside it), so that no visit waits for a compiler. What is called inside the loop takes numbers, or
touches one array in a straight line: handing arrays around costs an atomic count of references each time, and that made
the loop three times slower.
"""

from typing import Final

import numpy as np
from numba import njit, types

from yibao.core.money import PPM
from yibao.engines.benefits import tables as t
from yibao.engines.benefits.cases import PLAIN_AMOUNTS, PLAIN_CODES, Amounts, Codes

MAX_AMOUNT_FEN: Final = 10**12
"""Amount times a million stays below 2**63; ten billion yuan is beyond every visit."""
MAX_TIMES: Final = 1_000
HALF: Final = PPM // 2

SETTLED: Final = 0
BROKEN_IDENTITY: Final = 1
UNKNOWN_CIRCUMSTANCE: Final = 2

Four = tuple[int, int, int, int]
"""In scope, paid first, above the ceiling price, outside the catalogue; or the components carved out of them."""
Ten = tuple[int, int, int, int, int, int, int, int, int, int]
"""One number for each dimension, in the order of `tables.DIMENSIONS`."""

_NOTHING: Final = (0, 0, 0, 0)
_TABLE = types.Array(types.int64, 2, "C", readonly=True)
_LIST = types.Array(types.int64, 1, "C", readonly=True)

_numbers = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@_numbers
def _balanced(total: int, full: int, over: int, first: int, scope: int) -> bool:
    """Say whether amounts are in range and the total is the sum of its four parts."""
    if full < 0 or over < 0 or first < 0 or scope < 0 or total > MAX_AMOUNT_FEN:
        return False
    if full > total or over > total or first > total or scope > total:
        return False
    return full + over + first + scope == total


@_numbers
def _carve(owed: Four, extras: Four, out_of: Four) -> Four:
    """Take the parts carved out off the four they are part of; a negative rest says that they exceed it."""
    scope, first, over, full = owed
    of_scope, of_first, of_over, of_full = out_of
    rest = (
        scope - _sum(_masked(of_scope, extras)),
        first - _sum(_masked(of_first, extras)),
        over - _sum(_masked(of_over, extras)),
        full - _sum(_masked(of_full, extras)),
    )
    return (-1, 0, 0, 0) if min(extras) < 0 or max(extras) > MAX_AMOUNT_FEN else rest


@_numbers
def _within(codes: Ten, sizes: Ten) -> bool:
    """Say whether every circumstance is one that the law distinguishes."""
    a, b, c, d, e, f, g, h, i, j = codes
    known = (a >= 0) & (a < sizes[0]) & (b >= 0) & (b < sizes[1]) & (c >= 0) & (c < sizes[2]) & (d >= 0)
    known &= (d < sizes[3]) & (e >= 0) & (e < sizes[4]) & (f >= 0) & (f < sizes[5]) & (g >= 0) & (g < sizes[6])
    return known & (h >= 0) & (h < sizes[7]) & (i >= 0) & (i < sizes[8]) & (j >= 0) & (j < sizes[9])


@_numbers
def _cell(strides: Amounts, layer: int, codes: Ten) -> int:
    """Find a visit's place in the table of a layer."""
    a, b, c, d, e, f, g, h, i, j = codes
    near = strides[layer, 0] + strides[layer, 1] * a + strides[layer, 2] * b + strides[layer, 3] * c
    middle = strides[layer, 4] * d + strides[layer, 5] * e + strides[layer, 6] * f + strides[layer, 7] * g
    return near + middle + strides[layer, 8] * h + strides[layer, 9] * i + strides[layer, 10] * j


@_numbers
def _masked(mask: int, owed: Four) -> Four:
    """Keep what is owed of the components in `mask`."""
    return owed[0] * (mask & 1), owed[1] * (mask >> 1 & 1), owed[2] * (mask >> 2 & 1), owed[3] * (mask >> 3 & 1)


@_numbers
def _sum(parts: Four) -> int:
    """Add four numbers up."""
    return parts[0] + parts[1] + parts[2] + parts[3]


@_numbers
def _rounded(millionths: int) -> int:
    """Divide by a million, half up. What comes is never negative, and so unsigned division, which need not floor, is right."""
    return np.int64(np.uint64(millionths + HALF) // np.uint64(PPM))  # type: ignore[return-value]


@_numbers
def _weighted(parts: Four, first: int, second: int, third: int, fourth: int) -> Four:
    """Count each part by its share in ppm."""
    return _rounded(parts[0] * first), _rounded(parts[1] * second), _rounded(parts[2] * third), _rounded(parts[3] * fourth)


@_numbers
def _take_off(owed: Four, parts: Four, paid: int) -> tuple[Four, int]:
    """Take a payment off what is owed, of each component at most its part; gives what is owed and the payment's rest."""
    of_scope = min(parts[0], paid)
    paid -= of_scope
    of_first = min(parts[1], paid)
    paid -= of_first
    of_over = min(parts[2], paid)
    paid -= of_over
    of_full = min(parts[3], paid)
    return (owed[0] - of_scope, owed[1] - of_first, owed[2] - of_over, owed[3] - of_full), paid - of_full


@_numbers
def _rate(base: int, by_age: int, from_age: int, least: int, most: int, age: int) -> int:
    """Give a band's rate for an age."""
    return min(max(base + by_age * max(age - from_age, 0), least), most) if by_age else base


@_numbers
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


@_numbers
def _column(columns: Amounts, accumulator: int, when: int) -> int:
    """Give an accumulator's column in a month for a disease; -1 stays what counts within the visit only."""
    return columns[max(accumulator, 0), when] if accumulator >= 0 else -1


@_numbers
def _held(held: Amounts, who: int, column: int) -> int:
    """Read an accumulator of a person; what counts within the visit (-1) starts at zero."""
    return held[who, max(column, 0)] if column >= 0 else 0


@_numbers
def _add(held: Amounts, who: int, column: int, amount: int, adds: int) -> None:
    """Add to an accumulator of a person, when it is one and the layer adds to it."""
    if column >= 0 and adds:
        held[who, column] += amount


@_numbers
def _write(trace: Amounts, at: int, numbers: tuple[int, ...]) -> None:
    """Write numbers into the trace from `at` on, when there is one."""
    if trace.shape[0] > 0:
        for k in range(len(numbers)):
            trace[at + k] = numbers[k]


@_numbers
def _opening(space: Amounts, amounts: Amounts, i: int) -> tuple[bool, Four, Four, int]:
    """Read what a visit costs: whether it adds up, the national parts without what is carved out, that, and the credit."""
    total, full, over, first, scope = amounts[0, i], amounts[1, i], amounts[2, i], amounts[3, i], amounts[4, i]
    good, owed, extras = _balanced(total, full, over, first, scope), (scope, first, over, full), _NOTHING
    credit, carved, k = 0, space[t.SPACE_EXTRAS], t.SPACE_EXTRAS_OF
    if amounts.shape[0] > PLAIN_AMOUNTS:
        credit = amounts[5, i]
        second, third = amounts[7, i] if carved > 1 else 0, amounts[8, i] if carved > 2 else 0  # noqa: PLR2004
        extras = (amounts[6, i] if carved > 0 else 0, second, third, amounts[9, i] if carved > 3 else 0)  # noqa: PLR2004
        owed = _carve(owed, extras, (space[k], space[k + 1], space[k + 2], space[k + 3]))
        good &= (min(owed) >= 0) & (credit >= 0) & (credit <= MAX_AMOUNT_FEN)
    if space[t.SPACE_ALL_IN_SCOPE]:
        owed, extras = (total, 0, 0, 0), _NOTHING
    return good, owed, extras, credit


@_numbers
def _circumstances(groups: Amounts, codes: Codes, i: int) -> tuple[Ten, int, int]:
    """Read a visit's circumstances, its month and how often its deductible is due; what is out of range becomes -1."""
    age, ordinal, aid, tenure, plan, disease, month, times = codes[4, i], codes[5, i], 0, 0, 0, 0, 0, 1
    if codes.shape[0] > PLAIN_CODES:
        aid, tenure, plan, disease, month, times = (
            codes[7, i], codes[8, i], codes[9, i], codes[10, i], codes[11, i], codes[12, i],
        )  # fmt: skip
    by_age = groups[0, min(max(age, 0), t.MAX_AGE)] if 0 <= age <= t.MAX_AGE else -1
    by_ordinal = groups[1, min(max(ordinal, 1) - 1, t.MAX_AGE)] if ordinal > 0 else -1
    by_tenure = groups[2, min(max(tenure, 0), t.MAX_AGE)] if tenure >= 0 else -1
    month = month if 0 < times <= MAX_TIMES and month < t.MONTHS else -1
    here = (codes[0, i], codes[1, i], codes[2, i], codes[3, i], by_age, by_ordinal, aid, by_tenure, plan, disease)
    return here, month, times


@_numbers
def _taken(
    base: int, limit: int, limited: int, above: int, due: int, deducted: int
) -> tuple[int, int]:
    """Hold a base against limit and deductible: the cost beyond the limit, and the deductible taken of the rest.

    `above` is 1 when the limit is on the cost above the deductible.
    """
    room = max(limit - limited, 0)
    over = max(base - room, 0) * (1 - above)
    taken = min(base - over, max(due - deducted, 0))
    return over + max(base - taken - room, 0) * above, taken


@_numbers
def _close(
    space: Amounts, owed: Four, extras: Four, uses: bool, balances: Amounts, who: int, out: Amounts, i: int
) -> None:
    """Let the account pay what is left of its components, from the first balance to the last, and add up who pays."""
    mask, account = space[t.SPACE_ACCOUNT], out[t.OUT_ACCOUNT, i]
    unpaid = (_sum(_masked(mask, owed)) + _sum(_masked(mask >> 4, extras))) * uses
    for k in range(balances.shape[1]):
        part = min(unpaid, balances[who, k])
        balances[who, k] -= part
        unpaid, account = unpaid - part, account + part
    person = out[t.OUT_PERSON, i] - out[t.OUT_FUND, i] - out[t.OUT_HOSPITAL, i]
    out[t.OUT_PERSON, i], out[t.OUT_ACCOUNT, i], out[t.OUT_CASH, i] = person, account, person - account


@_numbers
def _sizes_of(space: Amounts) -> Ten:
    """Read the sizes of the dimensions once."""
    k = t.SPACE_SIZES
    near = (space[k], space[k + 1], space[k + 2], space[k + 3], space[k + 4])
    return (*near, space[k + 5], space[k + 6], space[k + 7], space[k + 8], space[k + 9])


_SIGNATURE = types.Tuple((types.int64, types.int64, types.int64))(  # type: ignore[no-untyped-call]
    _LIST,  # space
    _TABLE,  # groups
    _TABLE,  # care_levels
    _LIST,  # care_starts
    _LIST,  # care_layers
    _TABLE,  # strides
    _LIST,  # cells
    _TABLE,  # rows
    _TABLE,  # weights
    _LIST,  # less
    _TABLE,  # bands
    _TABLE,  # columns
    types.int16[:, ::1],  # codes
    types.int64[:, ::1],  # amounts
    types.int64[::1],  # person
    types.int64[:, ::1],  # accumulators
    types.int64[:, ::1],  # balances
    types.int64[:, ::1],  # out
    types.int64[::1],  # trace
)


@njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")
def settle_visits(  # noqa: PLR0917
    space: Amounts, groups: Amounts, care_levels: Amounts, care_starts: Amounts, care_layers: Amounts, strides: Amounts,
    cells: Amounts, rows: Amounts, weights: Amounts, less: Amounts, bands: Amounts, columns: Amounts, codes: Codes,
    amounts: Amounts, person: Amounts, held: Amounts, balances: Amounts, out: Amounts, trace: Amounts,
) -> tuple[int, int, int]:  # fmt: skip
    """Settle n visits in order, carrying accumulators and balances of their persons in place; tables of `CompiledPolicy`.

    `out` is (6 + funds, n) of zeros; `trace` is empty, or has `trace_size` and n is 1. Gives the number of visits settled,
    the length of the trace, why it stopped (SETTLED: the end).
    """
    left, sizes, at = np.zeros(max(space[t.SPACE_LAYERS], 1) * t.LEFT_KINDS, np.int64), _sizes_of(space), 0
    for i in range(person.shape[0]):
        good, owed, extras, credit = _opening(space, amounts, i)
        here, month, times = _circumstances(groups, codes, i)
        if not good:
            return i, at, BROKEN_IDENTITY
        if not _within(here, sizes) or month < 0 or not care_levels[here[0], here[1]]:
            return i, at, UNKNOWN_CIRCUMSTANCE
        who, when, reported = person[i], month * sizes[9] + here[9], -1
        for p in range(care_starts[here[0]], care_starts[here[0] + 1]):
            r, own = cells[_cell(strides, care_layers[p], here)], care_layers[p] * t.LEFT_KINDS
            left[own] = left[own + 1] = left[own + 2] = 0
            if r < 0 or (rows[r, t.ROW_BALANCE] >= 0 and codes[6, i] == 0):
                continue
            reports, w, source = rows[r, t.ROW_REPORTS] * (reported < 0), rows[r, t.ROW_WEIGHTS], rows[r, t.ROW_BEYOND]
            parts, more = _masked(rows[r, t.ROW_OWED], owed), _masked(rows[r, t.ROW_OWED] >> 4, extras)
            if w >= 0:
                parts = _weighted(parts, weights[w, 0], weights[w, 1], weights[w, 2], weights[w, 3])
                more = _weighted(more, weights[w, 4], weights[w, 5], weights[w, 6], weights[w, 7])
            whole = _sum(parts) + _sum(more)
            whole = whole if source < 0 else min(whole, left[source])
            base = whole
            for k in range(rows[r, t.ROW_LESS_START], rows[r, t.ROW_LESS_END]):
                base -= left[less[k]]
            reported = max(reported, reports - 1)
            if base <= 0:
                continue
            by_limit, by_deductible = _column(columns, rows[r, t.ROW_BY_LIMIT], when), _column(columns, rows[r, t.ROW_BY_DEDUCTIBLE], when)
            by_cost, by_cap = _column(columns, rows[r, t.ROW_BY_COST], when), _column(columns, rows[r, t.ROW_BY_CAP], when)
            limited, deducted = _held(held, who, by_limit), _held(held, who, by_deductible)
            cost, used, adds, excess = _held(held, who, by_cost), _held(held, who, by_cap), rows[r, t.ROW_ADDS], rows[r, t.ROW_EXCESS]
            due = rows[r, t.ROW_THRESHOLD] * (times if rows[r, t.ROW_RENEWS] else 1)
            credited = min(credit, due) * rows[r, t.ROW_CREDITS]
            over, taken = _taken(base, rows[r, t.ROW_LIMIT], limited, rows[r, t.ROW_LIMIT_EXCESS], due - credited, deducted)
            low, high, room = cost + taken * (1 - excess), cost + base - over - taken * excess, max(rows[r, t.ROW_CAP] - used, 0)
            balance, paid, covered, cut, end = 0, 0, 0, 0, at + t.TRACE_HEAD
            if rows[r, t.ROW_BALANCE] >= 0:
                balance = balances[who, rows[r, t.ROW_BALANCE]]
                room = min(room, balance)
            if rows[r, t.ROW_LUMP] and base - over > taken:
                paid = min(room, base)
                covered = min(paid, base - taken)
            for band in range(rows[r, t.ROW_BANDS_START], rows[r, t.ROW_BANDS_END]):
                portion = max(min(high, bands[band, 0]) - low, 0)
                low += portion
                rate = _rate(bands[band, 1], bands[band, 2], bands[band, 3], bands[band, 4], bands[band, 5], codes[4, i])
                portion, part, lost = _pay_band(portion, rate, room - paid)
                paid, covered, cut = paid + part, covered + portion, cut + lost
                _write(trace, end, (band, portion, part, rate))
                end += t.TRACE_BAND
            left[own], left[own + 1], left[own + 2] = taken, max(covered - paid, 0), base - taken - covered
            owed, rest = _take_off(owed, parts, paid)
            extras, rest = _take_off(extras, more, rest)
            _add(held, who, by_limit, base - over - taken * rows[r, t.ROW_LIMIT_EXCESS], adds & t.ADDS_LIMIT)
            _add(held, who, by_deductible, taken, adds & t.ADDS_DEDUCTIBLE)
            _add(held, who, by_cost, base - over - taken * excess, adds & t.ADDS_COST)
            _add(held, who, by_cap, paid, adds & t.ADDS_PAYMENT)
            if rows[r, t.ROW_BALANCE] >= 0:
                balances[who, rows[r, t.ROW_BALANCE]] -= paid
            out[rows[r, t.ROW_OUT], i] += paid
            out[t.OUT_FUND, i] += paid * (rows[r, t.ROW_OUT] >= t.OUT_FUNDS)
            reported = min(taken, amounts[4, i]) if reports else reported
            _write(trace, at, (r, base, whole - base, over, limited, taken, credited, times, deducted, cost, used, cut, balance, paid))
            at = end

        out[t.OUT_DEDUCTIBLE, i], out[t.OUT_PERSON, i] = max(reported, 0), amounts[0, i]
        _close(space, owed, extras, codes[6, i] != 0, balances, who, out, i)
    return person.shape[0], at, SETTLED
