"""What the benefit kernel takes: one visit, or the columns of many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from yibao.core.errors import YibaoError

Amounts = NDArray[np.int64]
Codes = NDArray[np.int16]


class BrokenIdentityError(YibaoError):
    """The total is not the sum of its four parts, or an amount is negative or beyond ten billion yuan."""

    code: ClassVar[str] = "benefits.broken_identity"


class UnknownCircumstanceError(YibaoError):
    """The policy says nothing about this kind of care, level, status, place, age or ordinal; nothing is assumed."""

    code: ClassVar[str] = "benefits.unknown_circumstance"


class UnknownAccumulatorError(YibaoError):
    """An accumulator was given that the policy does not declare, or with a negative amount."""

    code: ClassVar[str] = "benefits.unknown_accumulator"


class MisshapenCasesError(YibaoError):
    """The columns of a bulk calculation do not fit each other."""

    code: ClassVar[str] = "benefits.misshapen_cases"


@dataclass(frozen=True, slots=True)
class BenefitCase:
    """One visit (一次就诊) as the kernel needs it; all amounts in fen.

    `total_fen` is the sum of the four parts: out of catalogue (全自费), above the ceiling price (超限价), paid first by the
    person (先行自付) and in scope (政策范围内). `ordinal` counts admissions of the benefit year from 1 and is 1 for
    outpatient care. Accumulators that are missing are zero.
    """

    care: str
    level: str
    status: str
    age: int
    ordinal: int
    place: str
    total_fen: int
    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int
    account_balance_fen: int
    account_used: bool
    accumulators: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BulkCases:
    """The columns of n visits of P persons, in the order in which they are settled.

    `codes` is (7, n) int16: care, level, status, place as places in the policy's lists (`CompiledPolicy.encode`), then
    age in years, ordinal of the admission, account used (0 or 1). `amounts` is (5, n) int64 in fen: total, full self-pay,
    over ceiling, self-pay first, in scope. `person` is (n,) int64, the row of the person in `accumulators`
    (P, accumulators of the policy) and `balances` (P,), both in fen and left unchanged.
    """

    codes: Codes
    amounts: Amounts
    person: Amounts
    accumulators: Amounts
    balances: Amounts
