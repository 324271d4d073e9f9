"""The one loop that every benefit goes through, live and in bulk: base → accumulator → bands → cap, in integers.

There is no region and no scheme here: what differs lies in the tables. The loop is compiled when this module is imported
(and kept in the cache beside it), so that no visit waits for a compiler.
"""

from typing import Final

import numpy as np
from numba import njit, types

from yibao.core.money import PPM
from yibao.engines.benefits.tables import (
    MAX_AGE,
    ROW_BANDS_END,
    ROW_BANDS_START,
    ROW_BEYOND,
    ROW_CAP,
    ROW_CAP_ACCUMULATOR,
    ROW_COST_ACCUMULATOR,
    ROW_DEDUCTIBLE_ACCUMULATOR,
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

_TABLE = types.Array(types.int64, 2, "C", readonly=True)
_LIST = types.Array(types.int64, 1, "C", readonly=True)
_INLINE: Final = {"cache": True, "nogil": True, "error_model": "numpy", "inline": "always"}


@njit(**_INLINE)
def _cell_of(space, age_group, ordinal_group, codes, i):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Find the dense index of visit i's circumstances, or -1 when one of them is out of range."""
    care, level, status, place = codes[0, i], codes[1, i], codes[2, i], codes[3, i]
    age, ordinal = codes[4, i], codes[5, i]
    if care < 0 or level < 0 or status < 0 or place < 0 or age < 0 or ordinal < 1 or age > MAX_AGE:
        return -1
    if care >= space[SPACE_CARES] or level >= space[SPACE_LEVELS]:
        return -1
    if status >= space[SPACE_STATUSES] or place >= space[SPACE_PLACES]:
        return -1
    cell = (care * space[SPACE_LEVELS] + level) * space[SPACE_STATUSES] + status
    cell = (cell * space[SPACE_PLACES] + place) * space[SPACE_AGES] + age_group[age]
    last = ordinal_group.shape[0]
    return cell * space[SPACE_ORDINALS] + ordinal_group[min(ordinal, last) - 1]


@njit(**_INLINE)
def _balanced(amounts, i):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Say whether visit i's amounts are in range and its total is the sum of its four parts."""
    total = amounts[0, i]
    full, over, first, scope = amounts[1, i], amounts[2, i], amounts[3, i], amounts[4, i]
    if full < 0 or over < 0 or first < 0 or scope < 0 or total > MAX_AMOUNT_FEN:
        return False
    if full > total or over > total or first > total or scope > total:
        return False
    return full + over + first + scope == total


@njit(**_INLINE)
def _pay_bands(bands, start, end, low, high, room, trace, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Pay the cost between positions `low` and `high` band by band while `room` lasts.

    Gives payment, cost covered by it, payment cut off by the cap, and the number of band records written from trace[at].
    Each band's payment is rounded half up to the fen; what the room allows is turned back into the least cost that
    earns it, so that the rest stays open for a layer beyond.
    """
    paid, covered, cut, written = 0, 0, 0, 0
    for band in range(start, end):
        top = bands[band, 0]
        if low < top and low < high:
            rate = bands[band, 1]
            portion = min(high, top) - low
            low += portion
            earned = (portion * rate + HALF) // PPM
            allowed = min(earned, room)
            if room == 0:
                portion = 0
            elif allowed < earned:
                portion = min(portion, (allowed * PPM + rate - 1) // rate)
            paid += allowed
            room -= allowed
            cut += earned - allowed
            covered += portion
            if trace.shape[0] > 0:
                trace[at] = band
                trace[at + 1] = portion
                trace[at + 2] = allowed
                at += TRACE_BAND
                written += 1
    return paid, covered, cut, written


@njit(**_INLINE)
def _base_of(rows, r, owed, beyond):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Give the cost that row r works on: the unpaid rest of some components, or what an earlier layer left uncovered."""
    source = rows[r, ROW_BEYOND]
    if source >= 0:
        return min(beyond[source], owed[0])
    mask = rows[r, ROW_OWED]
    base = 0
    for k in range(4):
        if mask >> k & 1:
            base += owed[k]
    return base


@njit(**_INLINE)
def _reduce(owed, mask, paid):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Take a payment off what the person owes, component by component; give what found nothing to be taken off."""
    for k in range(4):
        if mask >> k & 1:
            part = min(owed[k], paid)
            owed[k] -= part
            paid -= part
    return paid


@njit(**_INLINE)
def _settle_layer(rows, bands, r, mine, owed, beyond, trace, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Carry out row r on the person's accumulators `mine`; give payment, deductible taken and the trace's new end."""
    layer = rows[r, ROW_LAYER]
    base = _base_of(rows, r, owed, beyond)
    beyond[layer] = 0
    if base == 0:
        return 0, 0, at

    of_deductible, of_cost = rows[r, ROW_DEDUCTIBLE_ACCUMULATOR], rows[r, ROW_COST_ACCUMULATOR]
    of_cap = rows[r, ROW_CAP_ACCUMULATOR]
    deducted_before = mine[of_deductible] if of_deductible >= 0 else 0
    cost_before = mine[of_cost] if of_cost >= 0 else 0
    used_before = mine[of_cap] if of_cap >= 0 else 0

    taken = min(base, max(rows[r, ROW_THRESHOLD] - deducted_before, 0))
    room = max(rows[r, ROW_CAP] - used_before, 0)
    paid, covered, cut, written = _pay_bands(
        bands,
        rows[r, ROW_BANDS_START],
        rows[r, ROW_BANDS_END],
        cost_before + taken,
        cost_before + base,
        room,
        trace,
        at + TRACE_HEAD,
    )
    if of_deductible >= 0:
        mine[of_deductible] += taken
    if of_cost >= 0:
        mine[of_cost] += base
    if of_cap >= 0:
        mine[of_cap] += paid
    beyond[layer] = base - taken - covered
    _reduce(owed, rows[r, ROW_OWED] if rows[r, ROW_BEYOND] < 0 else 1, paid)

    if trace.shape[0] > 0:
        head = (r, base, taken, deducted_before, cost_before, used_before, cut, written)
        for k in range(TRACE_HEAD):
            trace[at + k] = head[k]
        at += TRACE_HEAD + TRACE_BAND * written
    return paid, taken, at


_SIGNATURE = types.Tuple((types.int64, types.int64, types.int64))(
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
def settle_visits(  # type: ignore[no-untyped-def]  # noqa: ANN201
    space,  # noqa: ANN001
    age_group,  # noqa: ANN001
    ordinal_group,  # noqa: ANN001
    cells,  # noqa: ANN001
    rows,  # noqa: ANN001
    bands,  # noqa: ANN001
    codes,  # noqa: ANN001
    amounts,  # noqa: ANN001
    person,  # noqa: ANN001
    accumulators,  # noqa: ANN001
    balances,  # noqa: ANN001
    out,  # noqa: ANN001
    trace,  # noqa: ANN001
):
    """Settle n visits in order, carrying accumulators and balances of their persons in place.

    Tables as in `CompiledPolicy`, columns as in `BulkCases`; `out` is (5 + funds, n): deductible, fund, person, account,
    cash, then each fund. `trace` is empty, or long enough for one visit (`trace_size`) and then n must be 1.
    Gives the number of visits settled, the length of the trace, and the reason why it stopped (SETTLED at the end).
    """
    owed = np.empty(4, np.int64)
    beyond = np.empty(max(space[SPACE_LAYERS], 1), np.int64)
    at = 0
    for i in range(person.shape[0]):
        if not _balanced(amounts, i):
            return i, at, BROKEN_IDENTITY
        cell = _cell_of(space, age_group, ordinal_group, codes, i)
        if cell < 0 or cells[cell, 0] < 0:
            return i, at, UNKNOWN_CIRCUMSTANCE
        owed[0], owed[1], owed[2], owed[3] = amounts[4, i], amounts[3, i], amounts[2, i], amounts[1, i]
        mine = accumulators[person[i]]
        for fund in range(OUT_FUNDS, out.shape[0]):
            out[fund, i] = 0

        fund_fen, deductible = 0, 0
        for r in range(cells[cell, 0], cells[cell, 1]):
            paid, taken, at = _settle_layer(rows, bands, r, mine, owed, beyond, trace, at)
            fund_fen += paid
            out[OUT_FUNDS + rows[r, ROW_FUND], i] += paid
            if rows[r, ROW_REPORTS_DEDUCTIBLE]:
                deductible = min(taken, amounts[4, i])

        account = 0
        if codes[6, i]:
            available = balances[person[i]]
            account = available - _reduce(owed, space[SPACE_ACCOUNT], available)
            balances[person[i]] = available - account
        out[OUT_DEDUCTIBLE, i] = deductible
        out[OUT_FUND, i] = fund_fen
        out[OUT_PERSON, i] = amounts[0, i] - fund_fen
        out[OUT_ACCOUNT, i] = account
        out[OUT_CASH, i] = amounts[0, i] - fund_fen - account
    return person.shape[0], at, SETTLED
