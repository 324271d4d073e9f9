"""From the columns of the warehouse to the columns of the kernel: the one place where bulk cases are built."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from yibao.core.errors import YibaoError
from yibao.engines.benefits import BulkCases, CompiledPolicy
from yibao.warehouse.visits import Coded, Visits

_INT16_MAX = 2**15 - 1


class UnknownValueError(YibaoError):
    """A visit has a care, level, status or place that the policy does not declare."""

    code: ClassVar[str] = "warehouse.unknown_value"


def bulk_cases(policy: CompiledPolicy, visits: Visits) -> BulkCases:
    """Lay visits out for the kernel under a policy; every person's year begins with nothing accumulated.

    Admissions are counted in the order of the rows.
    :raises UnknownValueError: with file, row, column and value.
    """
    codes = np.empty((7, len(visits.rows)), np.int16)
    for row, column in enumerate(("care", "level", "status", "place")):
        codes[row] = _encoded(policy, visits, column)
    codes[4] = np.clip(visits.age, -1, _INT16_MAX)
    codes[5] = np.minimum(ordinals(visits), _INT16_MAX)
    codes[6] = visits.account_used
    persons = len(visits.starts) - 1
    return BulkCases(
        codes=codes,
        amounts=visits.amounts,
        person=visits.person,
        accumulators=np.zeros((persons, len(policy.accumulators)), np.int64),
        balances=visits.balances,
    )


def ordinals(visits: Visits) -> NDArray[np.int64]:
    """Which admission of the person's year each row is, from 1; 1 for outpatients."""
    care = visits.texts["care"]
    inpatient = _where(care, "inpatient")
    counted = np.cumsum(inpatient, dtype=np.int64)
    before = np.concatenate(([0], counted))[visits.starts[:-1]]
    return np.where(inpatient, counted - before[visits.person], 1)


def _where(column: Coded, name: str) -> NDArray[np.bool_]:
    """Which rows have a name."""
    return np.array([each == name for each in column.names], bool)[column.codes] if column.names else np.zeros(0, bool)


def _encoded(policy: CompiledPolicy, visits: Visits, column: str) -> NDArray[np.int16]:
    """The policy's codes of a column's names."""
    known, coded = policy.index[column], visits.texts[column]
    table = np.array([known.get(str(name), -1) for name in coded.names], np.int16)
    codes = table[coded.codes] if coded.names else np.zeros(0, np.int16)
    if (codes < 0).any():
        place = int(np.argmax(codes < 0))
        raise UnknownValueError(
            file=str(visits.file),
            row=int(visits.rows[place]),
            column=column,
            value=coded.names[int(coded.codes[place])],
            policy=policy.policy_id,
            known=", ".join(known),
        )
    return codes
