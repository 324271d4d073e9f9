"""What the benefit kernel takes: one visit, or the columns of many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from yibao.core.errors import YibaoError

Amounts = NDArray[np.int64]
Codes = NDArray[np.int16]

CODE_ROWS: Final = (
    "care", "level", "status", "place", "age", "ordinal", "account_used", "aid", "tenure", "plan", "disease", "month",
    "deductible_times",
)  # fmt: skip
"""The rows of `BulkCases.codes`."""
PLAIN_CODES: Final = 7
"""How many of them a policy without the further circumstances needs."""
PLAIN_AMOUNTS: Final = 5
"""Rows of `BulkCases.amounts` without deductible credit and components carved out."""


class BrokenIdentityError(YibaoError):
    """The total is not the sum of its four parts, a part carved out exceeds its component, or an amount is out of range."""

    code: ClassVar[str] = "benefits.broken_identity"


class UnknownCircumstanceError(YibaoError):
    """The policy says nothing about one of the visit's circumstances; nothing is assumed."""

    code: ClassVar[str] = "benefits.unknown_circumstance"


class UnknownAccumulatorError(YibaoError):
    """An accumulator was given that the policy does not declare, or with a negative amount."""

    code: ClassVar[str] = "benefits.unknown_accumulator"


class UnknownComponentError(YibaoError):
    """A part of the bill, or a balance of the account, was given that the policy does not declare."""

    code: ClassVar[str] = "benefits.unknown_component"


class MisshapenCasesError(YibaoError):
    """The columns of a bulk calculation do not fit each other."""

    code: ClassVar[str] = "benefits.misshapen_cases"


@dataclass(frozen=True, slots=True)
class BenefitCase:
    """One visit (一次就诊) as the kernel needs it; all amounts in fen.

    `total_fen` is the sum of the four parts: out of catalogue (全自费), above the ceiling price (超限价), paid first by the
    person (先行自付) and in scope (政策范围内). `ordinal` counts admissions of the benefit year from 1 and is 1 for
    outpatient care. Accumulators that are missing are zero. `tenure` counts full years of enrolment, `month` the months of
    the benefit year from 0. `deductible_credit_fen` is what was borne as deductible earlier in a chain of transfers,
    `deductible_times` how often a long admission owes it. `extras` are the parts carved out of the four, by component;
    `further_balances` the account's second and later balances, in the scheme's order. `raises` is by how much the person's own
    history raises a cap of the year, by the accumulator of payments that the cap holds.
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
    aid: str = "none"
    tenure: int = 0
    plan: str = "none"
    disease: str = "none"
    month: int = 0
    deductible_credit_fen: int = 0
    deductible_times: int = 1
    extras: Mapping[str, int] = field(default_factory=dict)
    further_balances: tuple[int, ...] = ()
    raises: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkCases:
    """The columns of n visits of P persons, in the order in which they are settled.

    `codes` is (13, n) int16, its rows named by `CODE_ROWS`: care, level, status, place as places in the policy's lists
    (`CompiledPolicy.encode`), age in years, ordinal of the admission, account used (0 or 1), then aid as a place in its
    list, tenure in years, plan and disease as places, month of the benefit year (0 to 11), times the deductible is due
    (from 1). (7, n) will do where the policy declares neither aids, tenures, plans, diseases nor accumulators by month or
    quarter. `amounts` is (6 + e, n) int64 in fen: total, full self-pay, over ceiling, self-pay first, in scope, deductible
    credit, then the policy's e carved-out components (`CompiledPolicy.components`); (5, n) will do where there are none.
    `person` is (n,) int64, the row of the person in `accumulators` (P, accumulators of the policy) and `balances`, (P,) or
    (P, balances of the policy), both in fen and left unchanged.
    """

    codes: Codes
    amounts: Amounts
    person: Amounts
    accumulators: Amounts
    balances: Amounts
