"""From the columns of the warehouse to the columns of the kernel: the one place where bulk cases are built."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from yibao.core.errors import YibaoError
from yibao.engines.benefits import BulkCases, CompiledPolicy
from yibao.engines.benefits.cases import CODE_ROWS, PLAIN_CODES
from yibao.engines.benefits.tables import MONTHS
from yibao.warehouse.visits import Coded, Visits

_INT16_MAX = 2**15 - 1


class UnknownValueError(YibaoError):
    """A visit has a care, level, status, place, aid, plan or disease that the policy does not declare."""

    code: ClassVar[str] = "warehouse.unknown_value"


def bulk_cases(policy: CompiledPolicy, visits: Visits) -> BulkCases:
    """Lay visits out for the kernel under a policy; every person's year begins with nothing accumulated.

    Admissions are counted in the order of the rows. A file of visits says nothing of parts carved out of the national four,
    of transfers and of long admissions: no part is carved out, nothing is credited, a deductible is due once. What is in
    the account stands in its first balance.
    :raises UnknownValueError: with file, row, column and value.
    """
    count, persons = len(visits.rows), len(visits.starts) - 1
    codes = np.empty((len(CODE_ROWS) if policy.needs_wide_codes else PLAIN_CODES, count), np.int16)
    for row, column in enumerate(("care", "level", "status", "place")):
        codes[row] = _encoded(policy, visits, column, policy.index[column])
    codes[4] = np.clip(visits.age, -1, _INT16_MAX)
    codes[5] = np.minimum(ordinals(visits), _INT16_MAX)
    codes[6] = visits.account_used
    if policy.needs_wide_codes:
        codes[7] = _encoded(policy, visits, "aid", _aids(policy, visits))
        codes[8] = np.clip(visits.tenure, 0, _INT16_MAX)
        codes[9] = _encoded(policy, visits, "plan", _if_declared(policy, visits, "plan"))
        codes[10] = _encoded(policy, visits, "disease", _if_declared(policy, visits, "disease"))
        codes[11] = (visits.month + 1 - policy.year_starts) % MONTHS
        codes[12] = 1
    return BulkCases(
        codes=codes,
        amounts=_amounts(policy, visits),
        person=visits.person,
        accumulators=np.zeros((persons, len(policy.accumulators)), np.int64),
        balances=_balances(policy, visits),
    )


def _amounts(policy: CompiledPolicy, visits: Visits) -> NDArray[np.int64]:
    """The five amounts, with nothing credited and nothing carved out where the law asks for it."""
    if not policy.components:
        return visits.amounts
    further = np.zeros((1 + len(policy.components), len(visits.rows)), np.int64)
    return np.concatenate((visits.amounts, further))


def _balances(policy: CompiledPolicy, visits: Visits) -> NDArray[np.int64]:
    """What is in the account, in the first of its balances."""
    if len(policy.balances) <= 1:
        return visits.balances
    table = np.zeros((len(visits.balances), len(policy.balances)), np.int64)
    table[:, 0] = visits.balances
    return table


def _aids(policy: CompiledPolicy, visits: Visits) -> Mapping[str, int]:
    """The policy's groups by name, and by the kinds of the status register (numbers) that stand in the file."""
    known = _if_declared(policy, visits, "aid")
    kinds = [str(name) for name in visits.texts["aid"].names]
    return {**{kind: known[policy.aid_of([kind])] for kind in kinds if kind.isdigit() and kind not in known}, **known}


def _if_declared(policy: CompiledPolicy, visits: Visits, column: str) -> Mapping[str, int]:
    """The policy's names; where it declares none but 'none', whatever stands in the file is no matter of this law."""
    known = policy.index[column]
    return known if len(known) > 1 else {**known, **{str(name): 0 for name in visits.texts[column].names}}


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


def _encoded(policy: CompiledPolicy, visits: Visits, column: str, known: Mapping[str, int]) -> NDArray[np.int16]:
    """The policy's codes of a column's names."""
    coded = visits.texts[column]
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
