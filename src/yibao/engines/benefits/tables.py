"""The frozen tables that a policy is compiled into: dimensions, cells by layer, rows and bands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.engines.benefits.cases import Amounts

MAX_AGE: Final = 150
"""Also the highest ordinal and tenure that begin a group of their own."""
UNLIMITED_FEN: Final = 2**62
"""Stands for 'no upper end' in bands, limits and caps; no amount can reach it."""

MAX_AMOUNT_FEN: Final = 10**12
"""Amount times a million stays below 2**63; ten billion yuan is beyond every visit."""
MAX_TIMES: Final = 1_000
"""How often a deductible may be due in one visit."""

NATIONAL: Final = ("in_scope", "self_pay_first", "over_ceiling", "full_self_pay")
"""The parts of a visit's cost, in the order in which a payment reduces what the person owes; component k has bit 1 << k."""
MAX_COMPONENTS: Final = 4
"""How many more a scheme may carve out; the first of them has bit 1 << 4."""
DIMENSIONS: Final = ("care", "level", "status", "place", "age", "ordinal", "aid", "tenure", "plan", "disease")
"""The circumstances of a visit, in the order of the strides."""
MONTHS: Final = 12

# Columns of a row of the layer table.
ROW_LAYER: Final = 0
ROW_OWED: Final = 1  # bits of the components whose unpaid rest the base is taken from
ROW_WEIGHTS: Final = 2  # row of `weights`, or -1 when every component counts wholly
ROW_BEYOND: Final = 3  # place in `left` of what another layer left and this one takes up, or -1
ROW_LESS_START: Final = 4  # places in `left` that are taken off the base
ROW_LESS_END: Final = 5
ROW_OUT: Final = 6  # which of the kernel's columns the payment goes to
ROW_BALANCE: Final = 7  # which balance of the account pays, or -1
ROW_THRESHOLD: Final = 8
ROW_CREDITS: Final = 9  # 1: the deductible borne before a transfer counts
ROW_RENEWS: Final = 10  # 1: due as often as the visit says
ROW_BY_DEDUCTIBLE: Final = 11  # column; -1: counts within the visit; -2 - k: by month and disease, line k of `columns`
ROW_BANDS_START: Final = 12
ROW_BANDS_END: Final = 13
ROW_BY_COST: Final = 14
ROW_EXCESS: Final = 15  # 1: the position is counted above the deductible
ROW_CAP: Final = 16
ROW_BY_CAP: Final = 17
ROW_LUMP: Final = 18  # 1: the cap is a lump sum, and there are no bands
ROW_LIMIT: Final = 19
ROW_BY_LIMIT: Final = 20
ROW_LIMIT_EXCESS: Final = 21  # 1: the limit is on the cost above the deductible
ROW_ADDS: Final = 22  # bits of the accumulators that the layer adds to
ROW_REPORTS: Final = 23  # 1: its deductible is the visit's, when it is the first such layer
ROW_WIDTH: Final = 24

ADDS_DEDUCTIBLE: Final = 1
ADDS_COST: Final = 2
ADDS_PAYMENT: Final = 4
ADDS_LIMIT: Final = 8

LEFT_DEDUCTIBLE: Final = 0
LEFT_COPAY: Final = 1
LEFT_BEYOND: Final = 2
LEFT_KINDS: Final = 3
"""What a layer left to the person: place layer * 3 + kind of `left`."""

# Columns of the band table.
BAND_TOP: Final = 0
BAND_RATE: Final = 1
BAND_BY_AGE: Final = 2  # ppm for each year of age, 0 for a plain rate
BAND_FROM_AGE: Final = 3
BAND_LEAST: Final = 4
BAND_MOST: Final = 5
BAND_WIDTH: Final = 6

# Columns of `space`.
SPACE_SIZES: Final = 0  # the ten sizes of the dimensions
SPACE_ACCOUNT: Final = 10  # bits of the components that the account may pay
SPACE_LAYERS: Final = 11
SPACE_EXTRAS: Final = 12  # how many components are carved out
SPACE_EXTRAS_OF: Final = 13  # for each of the four national ones, which of them are carved out of it
SPACE_ALL_IN_SCOPE: Final = 17  # 1: the catalogue is suspended
SPACE_WIDTH: Final = 18

OUT_DEDUCTIBLE: Final = 0
OUT_FUND: Final = 1
OUT_PERSON: Final = 2
OUT_ACCOUNT: Final = 3
OUT_CASH: Final = 4
OUT_HOSPITAL: Final = 5
OUT_FUNDS: Final = 6
"""First of the columns of the single funds."""

# How the kernel ends.
SETTLED: Final = 0
BROKEN_IDENTITY: Final = 1
UNKNOWN_CIRCUMSTANCE: Final = 2

TRACE_HEAD: Final = 14
"""Numbers before a step's bands: row, base, left out, over the limit, limit used before, deductible, credited, times, its
before, cost before, cap used before, cut, balance before, paid."""
TRACE_BAND: Final = 4
"""Numbers of each band of the row in a trace: place in the band table, covered, paid, rate."""

Clauses = tuple[tuple[str, str], ...]
"""Pairs of what is said (base, limit, deductible, bands, cap) and the clause that says it."""


@dataclass(frozen=True, slots=True)
class RowClauses:
    """The clauses a row of the layer table stands on; `further` are statistics, adjustments and suspensions."""

    rates: str
    deductible: str | None
    cap: str | None
    limit: str | None = None
    further: Clauses = ()


@dataclass(frozen=True, slots=True)
class EmergencyTerms:
    """What an emergency's tables are for: prefixes of diagnoses (ICD-10), and circumstances by dimension (none: all)."""

    name: str
    diseases: tuple[str, ...]
    applies: Mapping[str, tuple[str, ...]]

    def names_diagnosis(self, diagnosis: str) -> bool:
        """Say whether a diagnosis code is one of the emergency's."""
        return diagnosis.startswith(self.diseases)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CompiledPolicy:
    """One scheme's law of one stretch of time as the kernel's tables; compared by identity, all arrays read-only.

    Every layer has a dense table of its own over the circumstances it depends on: `near` is (layers,
    combinations of the first four of `DIMENSIONS`), `far` (layers, 1 + combinations of the next five): the two places that
    add up to a place in `cells`, together with `far`'s first column times the disease. `cells` holds rows of `rows`, -1 where
    the layer does not apply. `care_layers` lists the layers that may apply to a kind of care, `care_starts` (cares + 1,) says where
    each list begins, `care_levels` (cares, levels) which levels give it. `groups` is (3, MAX_AGE + 1): groups of ages, ordinals
    from 1, tenures; the last entry serves everything higher. `bands` is (b, 6), see BAND_TOP; `weights` (w, 8) in ppm; `less`
    places in what earlier layers left; `columns` (a, 12 * diseases) the column in a month for a disease of an accumulator that has
    several, never without a line. `accumulators` names the columns. `rows_read`, `bands_read`, `columns_read` are tables as
    Python's numbers, from which traces are read without asking NumPy for single elements; `payers` belong to `layers`. `year_starts` is the month in which the benefit year begins, `renewal_days`
    after how many days a long admission owes its deductible anew (None: never), `carried` the columns counted over two
    years with the remainder by 2 of the years in which a window begins, `aid_kinds` and `disease_codes` how the registers
    write the values of these circumstances. `balances` has one entry even where there is no account. `earned` are the clauses by
    which a person's own history raises a cap: a row that stands on one holds such a cap.
    """

    policy_id: str
    cares: tuple[str, ...]
    levels: tuple[str, ...]
    statuses: tuple[str, ...]
    places: tuple[str, ...]
    age_groups: tuple[str, ...]
    ordinal_groups: tuple[str, ...]
    aids: tuple[str, ...]
    tenure_groups: tuple[str, ...]
    plans: tuple[str, ...]
    diseases: tuple[str, ...]
    layers: tuple[str, ...]
    funds: tuple[str, ...]
    accumulators: tuple[str, ...]
    components: tuple[str, ...]
    balances: tuple[str, ...]
    account_fund: str | None
    has_own_account: bool
    year_starts: int
    renewal_days: int | None
    carried: Mapping[str, int]
    aid_kinds: Mapping[str, tuple[str, ...]]
    disease_codes: Mapping[str, str]
    emergency: EmergencyTerms | None
    needs_wide_codes: bool
    row_clauses: tuple[RowClauses, ...]
    space: Amounts
    groups: Amounts
    care_levels: Amounts
    care_starts: Amounts
    care_layers: Amounts
    near: Amounts
    far: Amounts
    cells: Amounts
    rows: Amounts
    weights: Amounts
    less: Amounts
    bands: Amounts
    columns: Amounts
    rows_read: tuple[tuple[int, ...], ...]
    bands_read: tuple[tuple[int, ...], ...]
    columns_read: tuple[tuple[int, ...], ...]
    payers: tuple[str, ...]
    trace_size: int
    index: Mapping[str, Mapping[str, int]]
    earned: frozenset[str] = frozenset()

    def encode(self, dimension: str, values: "NDArray[np.str_]") -> NDArray[np.int16]:
        """Turn (n,) names of a circumstance into their (n,) int16 codes; unknown names become -1.

        The circumstances with names are 'care', 'level', 'status', 'place', 'aid', 'plan', 'disease'.
        """
        names, inverse = np.unique(values, return_inverse=True)
        known = self.index[dimension]
        codes = np.array([known.get(str(name), -1) for name in names], dtype=np.int16)
        return codes[inverse]

    def benefit_time(self, day: date) -> tuple[int, int]:
        """Give the benefit year (医保年度, named by the year in which it begins) and its month from 0 in which a day lies."""
        return benefit_time(self.year_starts, day)

    def aid_of(self, kinds: Sequence[str]) -> str:
        """Give the aid group of a person with these special statuses: of several, the one that the scheme lists first."""
        for name in self.aids[1:]:
            if not set(self.aid_kinds.get(name, ())).isdisjoint(kinds):
                return name
        return self.aids[0]

    def disease_of(self, code: str) -> str | None:
        """Give the disease group of a disease code (病种编码) by its longest known prefix, or None when there is none."""
        for end in range(len(code), 0, -1):
            name = self.disease_codes.get(code[:end])
            if name is not None:
                return name
        return None


def benefit_time(year_starts: int, day: date) -> tuple[int, int]:
    """Give the benefit year that begins in a month of the calendar, and the month within it from 0, in which a day lies."""
    month = day.month - year_starts
    return (day.year, month) if month >= 0 else (day.year - 1, month + MONTHS)


def freeze(values: object, *, columns: int | None = None) -> Amounts:
    """Make a read-only C-ordered int64 array; with `columns`, a matrix of that width even when it is empty."""
    array = np.ascontiguousarray(np.array(values, dtype=np.int64))
    if columns is not None:
        array = array.reshape(-1, columns)
    array.setflags(write=False)
    return array


def trace_size_for(rows: Sequence[Sequence[int]]) -> int:
    """Give a length in int64 that the trace of no visit exceeds: every layer with its row of most bands."""
    longest: dict[int, int] = {}
    for row in rows:
        size = TRACE_HEAD + TRACE_BAND * (row[ROW_BANDS_END] - row[ROW_BANDS_START])
        longest[row[ROW_LAYER]] = max(longest.get(row[ROW_LAYER], 0), size)
    return max(sum(longest.values()), 1)
