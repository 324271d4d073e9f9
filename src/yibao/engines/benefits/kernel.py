"""The one loop that every benefit goes through, live and in bulk: base → limit → deductible → bands → cap, in integers.

There is no region and no scheme here: what differs lies in the tables. The loop is compiled when this module is imported
(and kept in the cache beside it), so that no visit waits for a compiler. What is called inside the loop takes numbers, or
touches one array in a straight line: where it branches over an array that it was handed, the array's references are counted
atomically each time, which threads that share the tables then wait for. What few rows of a law use stands behind a branch of
its own, which the processor foresees because a law's layers come in one order.
"""

from typing import Final

import numpy as np
from numba import njit, types

from yibao.core.money import PPM
from yibao.engines.benefits import tables as t
from yibao.engines.benefits.cases import PLAIN_AMOUNTS, PLAIN_CODES, Amounts, Codes

HALF: Final = PPM // 2
_SAFE: Final = np.uint64(1 << 60)
ALL_FOUR: Final = 15

Four = tuple[int, int, int, int]
"""In scope, paid first, above the ceiling price, outside the catalogue; or the components carved out of them."""
Ten = tuple[int, int, int, int, int, int, int, int, int, int]
"""One number for each dimension, in the order of `tables.DIMENSIONS`."""

_NOTHING: Final = (0, 0, 0, 0)
_TABLE = types.Array(types.int64, 2, "C", readonly=True)
_LIST = types.Array(types.int64, 1, "C", readonly=True)

_numbers = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@_numbers
def _at(place: int) -> int:
    """Take a number that is never negative for a place in an array: the compiler need not look whether to count from the end."""
    return np.uintp(place)  # type: ignore[return-value]


@_numbers
def _balanced(total: int, full: int, over: int, first: int, scope: int) -> bool:
    """Say whether amounts are in range and the total is the sum of its four parts."""
    every = np.uint64(total | full | over | first | scope)  # negative ones set the highest bit; no sum runs over
    return bool((every < _SAFE) & (total <= t.MAX_AMOUNT_FEN) & (full + over + first + scope == total))


@_numbers
def _carve(owed: Four, extras: Four, out_of: Four) -> Four:
    """Take the parts carved out off the four they are part of; a negative rest says that they exceed it."""
    one, two, three, four = extras
    scope = owed[0] - _sum(_masked(out_of[0], extras))
    first = owed[1] - _sum(_masked(out_of[1], extras))
    over = owed[2] - _sum(_masked(out_of[2], extras))
    full = owed[3] - _sum(_masked(out_of[3], extras))
    good = (one >= 0) & (two >= 0) & (three >= 0) & (four >= 0) & (max(one, two, three, four) <= t.MAX_AMOUNT_FEN)
    return (scope, first, over, full) if good else (-1, 0, 0, 0)


@_numbers
def _cost(amounts: Amounts, i: int, carved: int) -> tuple[int, Four, int, Four]:
    """Read what a visit costs: the total, its national parts, the credit, and what the scheme carves out of them."""
    national, credit, extras = (amounts[4, i], amounts[3, i], amounts[2, i], amounts[1, i]), 0, _NOTHING
    if amounts.shape[0] > PLAIN_AMOUNTS:
        credit = amounts[5, i]
    if carved > 0:
        second, third = amounts[7, i] if carved > 1 else 0, amounts[8, i] if carved > 2 else 0
        extras = (amounts[6, i], second, third, amounts[9, i] if carved > 3 else 0)
    return amounts[0, i], national, credit, extras


@_numbers
def _carving(space: Amounts) -> tuple[int, Four, int]:
    """Read once how many components are carved out, of which national parts, and whether the catalogue is suspended."""
    k = t.SPACE_EXTRAS_OF
    return space[t.SPACE_EXTRAS], (space[k], space[k + 1], space[k + 2], space[k + 3]), space[t.SPACE_ALL_IN_SCOPE]


@_numbers
def _opening(carving: tuple[int, Four, int], cost: tuple[int, Four, int, Four]) -> tuple[bool, Four, Four, int]:
    """Say whether a visit's cost adds up; give the national parts without what is carved out of them, that, the credit."""
    total, national, credit, extras = cost
    carved, out_of, all_in_scope = carving
    good = _balanced(total, national[3], national[2], national[1], national[0])
    good, owed = good & (credit >= 0) & (credit <= t.MAX_AMOUNT_FEN), national
    if carved > 0:
        owed = _carve(owed, extras, out_of)
        good &= (owed[0] >= 0) & (owed[1] >= 0) & (owed[2] >= 0) & (owed[3] >= 0)
    return (good, (total, 0, 0, 0), _NOTHING, credit) if all_in_scope else (good, owed, extras, credit)


@_numbers
def _written(codes: Codes, i: int) -> tuple[Ten, int, int]:
    """Read a visit's circumstances as they are written, ages, ordinals and tenures not yet as groups, month and times."""
    near = (codes[0, i], codes[1, i], codes[2, i], codes[3, i], codes[4, i], codes[5, i])
    aid, tenure, plan, disease, month, times = 0, 0, 0, 0, 0, 1
    if codes.shape[0] > PLAIN_CODES:
        aid, tenure, plan, disease = codes[7, i], codes[8, i], codes[9, i], codes[10, i]
        month, times = codes[11, i], codes[12, i]
    return (*near, aid, tenure, plan, disease), month, times


@_numbers
def _circumstances(groups: Amounts, written: tuple[Ten, int, int]) -> tuple[Ten, int, int]:
    """Put age, ordinal and tenure into their groups; what is out of range becomes -1."""
    (a, b, c, d, age, ordinal, aid, tenure, plan, disease), month, times = written
    of_age, of_tenure = groups[0, _at(min(max(age, 0), t.MAX_AGE))], groups[2, _at(min(max(tenure, 0), t.MAX_AGE))]
    of_ordinal = groups[1, _at(min(max(ordinal, 1) - 1, t.MAX_AGE))]
    by_age, by_tenure = of_age if 0 <= age <= t.MAX_AGE else -1, of_tenure if tenure >= 0 else -1
    by_ordinal = of_ordinal if ordinal > 0 else -1
    return (a, b, c, d, by_age, by_ordinal, aid, by_tenure, plan, disease), month, times


@_numbers
def _sizes_of(space: Amounts) -> Ten:
    """Read the sizes of the dimensions once."""
    return space[0], space[1], space[2], space[3], space[4], space[5], space[6], space[7], space[8], space[9]


@_numbers
def _times(month: int, times: int) -> bool:
    """Say whether the month is one of a year, and the deductible due at least once."""
    return (month >= 0) & (month < t.MONTHS) & (times > 0) & (times <= t.MAX_TIMES)


@_numbers
def _within(codes: Ten, sizes: Ten) -> bool:
    """Say whether every circumstance is one that the law distinguishes."""
    a, b, c, d, e, f, g, h, i, j = codes
    known = (a >= 0) & (a < sizes[0]) & (b >= 0) & (b < sizes[1]) & (c >= 0) & (c < sizes[2]) & (d >= 0)
    known &= (d < sizes[3]) & (e >= 0) & (e < sizes[4]) & (f >= 0) & (f < sizes[5]) & (g >= 0) & (g < sizes[6])
    return known & (h >= 0) & (h < sizes[7]) & (i >= 0) & (i < sizes[8]) & (j >= 0) & (j < sizes[9])


@_numbers
def _places(codes: Ten, sizes: Ten) -> tuple[int, int]:
    """Give a visit's place among the combinations of its first four circumstances, and among those of the next five."""
    a, b, c, d, e, f, g, h, i, _ = codes
    near = ((a * sizes[1] + b) * sizes[2] + c) * sizes[3] + d
    far = (((e * sizes[5] + f) * sizes[6] + g) * sizes[7] + h) * sizes[8] + i
    return _at(near), _at(far + 1)


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
def _shared(weights: Amounts, w: int, first: int, parts: Four) -> Four:
    """Count each part by its share in ppm, the shares from column `first` on."""
    scope, paid_first = _rounded(parts[0] * weights[w, first]), _rounded(parts[1] * weights[w, first + 1])
    return scope, paid_first, _rounded(parts[2] * weights[w, first + 2]), _rounded(parts[3] * weights[w, first + 3])


@_numbers
def _weighted(weights: Amounts, w: int, parts: Four, more: Four) -> tuple[Four, Four]:
    """Count national parts and what is carved out of them by their shares."""
    return _shared(weights, w, 0, parts), _shared(weights, w, 4, more)


@_numbers
def _counted(mask: int, owed: Four, extras: Four) -> tuple[Four, Four]:
    """Give how much of what is owed counts for a layer."""
    return _masked(mask, owed), _masked(mask >> 4, extras) if mask > ALL_FOUR else _NOTHING


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
def _column(columns: Amounts, by: int, when: int) -> int:
    """Give an accumulator's column: said outright, by month and disease when below -1; -1 counts within the visit only."""
    return by + (columns[_at(max(-2 - by, 0)), when] - by) * (by < -1)  # type: ignore[no-any-return]


@_numbers
def _columns(rows: Amounts, r: int, columns: Amounts, when: int) -> Four:
    """Give where a row counts limit, deductible, cost and payment."""
    limit, deductible = rows[r, t.ROW_BY_LIMIT], rows[r, t.ROW_BY_DEDUCTIBLE]
    limit, deductible = _column(columns, limit, when), _column(columns, deductible, when)
    cost, payment = _column(columns, rows[r, t.ROW_BY_COST], when), _column(columns, rows[r, t.ROW_BY_CAP], when)
    return limit, deductible, cost, payment


@_numbers
def _held(held: Amounts, who: int, column: int) -> int:
    """Read an accumulator of a person; what counts within the visit (-1) starts at zero."""
    return held[who, _at(column)] if column >= 0 else 0


@_numbers
def _add(held: Amounts, who: int, column: int, amount: int, adds: int) -> None:
    """Add to an accumulator of a person, when it is one and the layer adds to it."""
    if column >= 0 and adds:
        held[who, _at(column)] += amount


@_numbers
def _count(held: Amounts, who: int, by: Four, rows: Amounts, r: int, counted: int, taken: int, paid: int) -> None:  # noqa: PLR0917
    """Add what a layer counted, took and paid to the accumulators it adds to."""
    adds = rows[r, t.ROW_ADDS]
    _add(held, who, by[0], counted - taken * rows[r, t.ROW_LIMIT_EXCESS], adds & t.ADDS_LIMIT)
    _add(held, who, by[1], taken, adds & t.ADDS_DEDUCTIBLE)
    _add(held, who, by[2], counted - taken * rows[r, t.ROW_EXCESS], adds & t.ADDS_COST)
    _add(held, who, by[3], paid, adds & t.ADDS_PAYMENT)


@_numbers
def _terms(rows: Amounts, r: int, times: int, credit: int) -> tuple[tuple[int, int], int, int]:
    """Give a row's limit, the deductible that is due, and how much of it was borne before a transfer."""
    due = rows[r, t.ROW_THRESHOLD] * (times if rows[r, t.ROW_RENEWS] else 1)
    limit = rows[r, t.ROW_LIMIT], rows[r, t.ROW_LIMIT_EXCESS]
    return limit, due, min(credit * rows[r, t.ROW_CREDITS], due)


@_numbers
def _lump(base: int, over: int, taken: int, room: int) -> tuple[int, int]:
    """Give what a lump sum pays and covers."""
    return (min(room, base), min(room, base - taken)) if base - over > taken else (0, 0)


@_numbers
def _taken(limit: tuple[int, int], base: int, limited: int, due: int) -> tuple[int, int]:
    """Hold a base against limit and deductible: the cost beyond the limit, and the deductible taken of the rest."""
    due, above = max(due, 0), limit[1]
    if limit[0] >= t.UNLIMITED_FEN:
        return 0, min(base, due)
    room = max(limit[0] - limited, 0)
    over = max(base - room, 0) * (1 - above)
    taken = min(base - over, due)
    return over + max(base - taken - room, 0) * above, taken


@_numbers
def _rate_at(bands: Amounts, b: int, age: int) -> int:
    """Give the rate for an age of a band whose rate goes by it."""
    aged = bands[b, t.BAND_RATE] + bands[b, t.BAND_BY_AGE] * max(age - bands[b, t.BAND_FROM_AGE], 0)
    return min(max(aged, bands[b, t.BAND_LEAST]), bands[b, t.BAND_MOST])  # type: ignore[no-any-return]


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
def _leave(left: Amounts, layer: int, taken: int, copay: int, beyond: int) -> None:
    """Note what a layer left to the person."""
    place = layer * t.LEFT_KINDS
    left[_at(place)], left[_at(place + 1)], left[_at(place + 2)] = taken, copay, beyond


@_numbers
def _write(trace: Amounts | None, at: int, numbers: tuple[int, ...]) -> None:
    """Write numbers into the trace from `at` on, when there is one."""
    if trace is not None:
        for k in range(len(numbers)):
            trace[at + k] = numbers[k]


@_numbers
def _close(mask: int, owed: Four, extras: Four, balances: Amounts, who: int) -> int:
    """Let the account pay what is left of its components, from the first balance to the last; gives what it paid."""
    due = unpaid = _sum(_masked(mask, owed)) + _sum(_masked(mask >> 4, extras))
    for k in range(balances.shape[1]):
        part = min(unpaid, balances[who, k])
        balances[who, k] -= part
        unpaid -= part
    return due - unpaid


@_numbers
def _add_up(out: Amounts, i: int, deductible: int, fund: int, total: int) -> None:
    """Write what a visit's deductible was, and what the funds, the person and the person's purse pay of its total."""
    person = total - fund - out[t.OUT_HOSPITAL, i]
    out[t.OUT_DEDUCTIBLE, i], out[t.OUT_FUND, i] = deductible, fund
    out[t.OUT_PERSON, i], out[t.OUT_CASH, i] = person, person - out[t.OUT_ACCOUNT, i]


_RESULT = types.Tuple((types.int64, types.int64, types.int64))  # type: ignore[no-untyped-call]
_TAKEN = (
    *(_LIST, _TABLE, _TABLE, _LIST, _LIST, _TABLE, _TABLE, _LIST),  # space to cells
    *(_TABLE, _TABLE, _LIST, _TABLE, _TABLE),  # rows to columns
    types.int16[:, ::1],  # codes
    types.int64[:, ::1],  # amounts
    types.int64[::1],  # person
    *(types.int64[:, ::1],) * 3,  # accumulators, balances, out
)
_SIGNATURES = [_RESULT(*_TAKEN, trace) for trace in (types.int64[::1], types.none)]
"""With a trace for one visit; without, what would write it is left out when the loop is compiled, which halves its time."""


@njit(_SIGNATURES, cache=True, nogil=True, error_model="numpy")
def settle_visits(  # noqa: C901, PLR0915, PLR0917
    space: Amounts, groups: Amounts, care_levels: Amounts, care_starts: Amounts, care_layers: Amounts, near: Amounts,
    far: Amounts, cells: Amounts, rows: Amounts, weights: Amounts, less: Amounts, bands: Amounts, columns: Amounts,
    codes: Codes, amounts: Amounts, person: Amounts, held: Amounts, balances: Amounts, out: Amounts, trace: Amounts | None,
) -> tuple[int, int, int]:  # fmt: skip
    """Settle n visits in order, carrying accumulators and balances of their persons in place; tables of `CompiledPolicy`.

    `out` is (6 + funds, n) of zeros; `trace` has `trace_size` and n is 1, or is None. Gives visits, trace length, reason.
    """
    left, sizes = np.zeros(max(space[t.SPACE_LAYERS], 1) * t.LEFT_KINDS, np.int64), _sizes_of(space)
    carving, at = _carving(space), 0
    for i in range(person.shape[0]):
        good, owed, extras, credit = _opening(carving, _cost(amounts, i, carving[0]))
        here, month, times = _circumstances(groups, _written(codes, i))
        if not (good and _within(here, sizes) and _times(month, times) and care_levels[here[0], here[1]]):
            return i, at, t.UNKNOWN_CIRCUMSTANCE if good else t.BROKEN_IDENTITY
        who, when, reported, fund = _at(person[i]), _at(month * sizes[9] + here[9]), -1, 0
        this, that = _places(here, sizes)
        for p in range(care_starts[_at(here[0])], care_starts[_at(here[0] + 1)]):
            layer = care_layers[_at(p)]
            found = cells[_at(near[_at(layer), this] + far[_at(layer), that] + far[_at(layer), 0] * here[9])]
            r, balance = _at(max(found, 0)), rows[_at(max(found, 0)), t.ROW_BALANCE]
            _leave(left, layer, 0, 0, 0)
            if found < 0 or (balance >= 0 and codes[6, i] == 0):
                continue
            parts, more = _counted(rows[r, t.ROW_OWED], owed, extras)
            if rows[r, t.ROW_WEIGHTS] >= 0:
                parts, more = _weighted(weights, _at(rows[r, t.ROW_WEIGHTS]), parts, more)
            source, whole = rows[r, t.ROW_BEYOND], _sum(parts) + _sum(more)
            whole = whole if source < 0 else min(whole, left[_at(source)])
            base, reports = whole, rows[r, t.ROW_REPORTS] * (reported < 0)
            for k in range(rows[r, t.ROW_LESS_START], rows[r, t.ROW_LESS_END]):
                base -= left[_at(less[_at(k)])]
            reported = max(reported, reports - 1)
            if base <= 0:
                continue
            by, excess = _columns(rows, r, columns, when), rows[r, t.ROW_EXCESS]
            limited, deducted, cost = _held(held, who, by[0]), _held(held, who, by[1]), _held(held, who, by[2])
            used, (limit, due, credited) = _held(held, who, by[3]), _terms(rows, r, times, credit)
            over, taken = _taken(limit, base, limited, due - credited - deducted)
            low, high = cost + taken * (1 - excess), cost + base - over - taken * excess
            had = balances[who, _at(balance)] if balance >= 0 else t.UNLIMITED_FEN
            room, cut = min(max(rows[r, t.ROW_CAP] - used, 0), had), 0
            (paid, covered), end = _lump(base, over, taken, room * rows[r, t.ROW_LUMP]), at + t.TRACE_HEAD
            for band in range(rows[r, t.ROW_BANDS_START], rows[r, t.ROW_BANDS_END]):
                if trace is None and low >= high:  # nothing is left for the bands above; a trace says so of each
                    break
                portion, rate = max(min(high, bands[_at(band), t.BAND_TOP]) - low, 0), bands[_at(band), t.BAND_RATE]
                if bands[_at(band), t.BAND_BY_AGE] != 0:
                    rate = _rate_at(bands, _at(band), codes[4, i])
                low, (portion, part, lost) = low + portion, _pay_band(portion, rate, room - paid)
                paid, covered, cut = paid + part, covered + portion, cut + lost
                _write(trace, end, (band, portion, part, rate))
                end += t.TRACE_BAND
            _leave(left, layer, taken, max(covered - paid, 0), base - taken - covered)
            owed, rest = _take_off(owed, parts, paid)
            extras = _take_off(extras, more, rest)[0] if rest > 0 else extras
            _count(held, who, by, rows, r, base - over, taken, paid)
            balances[who, _at(max(balance, 0))] -= paid * (balance >= 0)
            out[_at(rows[r, t.ROW_OUT]), i] += paid
            fund += paid * (rows[r, t.ROW_OUT] >= t.OUT_FUNDS)
            reported = min(taken, amounts[4, i]) if reports else reported
            _write(trace, at, (found, base, whole - base, over, limited, taken, credited))
            _write(trace, at + 7, (times, deducted, cost, used, cut, had, paid))
            at = end
        if codes[6, i] != 0:
            out[t.OUT_ACCOUNT, i] += _close(space[t.SPACE_ACCOUNT], owed, extras, balances, who)
        _add_up(out, i, max(reported, 0), fund, amounts[0, i])
    return person.shape[0], at, t.SETTLED
