"""Sums by group and by person over columns of whole numbers, exact and in one pass."""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_SIGNATURE = types.void(
    types.Array(types.int64, 1, "A", readonly=True),
    types.Array(types.int64, 2, "A", readonly=True),
    types.int64[:, ::1],
)


@njit(_SIGNATURE, cache=True, nogil=True)
def _add(groups: Integers, columns: Integers, out: Integers) -> None:
    """Add each column of (k, n) into the rows of (g, k) that `groups` names."""
    for i in range(groups.shape[0]):
        group = groups[i]
        for k in range(columns.shape[0]):
            out[group, k] += columns[k, i]


def add_by_group(groups: Integers, columns: Integers, *, count: int) -> Integers:
    """Sum (k, n) columns by the (n,) group of each place; gives (count, k) int64. Groups run from 0 to count - 1."""
    assert groups.size == 0 or (int(groups.min()) >= 0 and int(groups.max()) < count)
    out = np.zeros((count, columns.shape[0]), np.int64)
    _add(groups, columns, out)
    return out


def add_by_person(starts: Integers, column: Integers) -> Integers:
    """Sum an (n,) column over persons whose rows begin at `starts` (P + 1,); gives (P,) int64."""
    total = np.concatenate((np.zeros(1, np.int64), np.cumsum(column, dtype=np.int64)))
    sums: Integers = total[starts[1:]] - total[starts[:-1]]
    return sums
