"""What a raised cap (奖励额度) makes of a visit, and of many at once: one function says it for both.

Bulk settles everybody by the law's own caps first. Only persons who earned something and reached such a cap are settled
again, visit by visit and in order, as the counter would have done it: they are few.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from yibao.engines.benefits import (
    BenefitCase,
    BenefitResult,
    BulkCases,
    BulkResult,
    CompiledPolicy,
    LayerStep,
    settle,
    settle_many,
)
from yibao.engines.benefits.cases import CODE_ROWS
from yibao.engines.benefits.tables import ROW_BY_CAP, ROW_CAP

Integers = NDArray[np.int64]
RaiseOf = Callable[[int], int]
"""By how much a cap of so many fen is raised, in fen."""
_NAMED: Final = ("care", "level", "status", "place", "aid", "plan", "disease")


def settle_raised(policy: CompiledPolicy, case: BenefitCase, raise_of: RaiseOf) -> tuple[BenefitCase, BenefitResult]:
    """Settle a visit; `raise_of` is asked only when a cap that may be raised cuts something off.

    Gives the case with the raise that counted, if any did, and the result.
    """
    result = settle(policy, case)
    step = _cut_short(policy, result)
    if step is None or step.cap_fen is None or step.cap_accumulator is None:
        return case, result
    raise_fen = raise_of(step.cap_fen)
    if not raise_fen:
        return case, result
    raised = replace(case, raises={step.cap_accumulator: raise_fen})
    return raised, settle(policy, raised)


def settle_many_raised(
    policy: CompiledPolicy, cases: BulkCases, *, earned_fen: Integers, raise_of: Callable[[int, int], int]
) -> BulkResult:
    """Settle many visits; `earned_fen` (P,) is what each person has earned, `raise_of` what that raises a cap by.

    :raises MisshapenCasesError, BrokenIdentityError, UnknownCircumstanceError: as `settle_many`.
    """
    result = settle_many(policy, cases)
    reached = _who_reached(policy, result.accumulators, earned_fen)
    if not len(reached):
        return result
    order = np.argsort(cases.person, kind="stable")
    starts, ends = (np.searchsorted(cases.person[order], reached, side=side) for side in ("left", "right"))
    for person, start, end in zip(reached.tolist(), starts, ends, strict=True):
        mine = int(earned_fen[person])
        _settle_again(policy, cases, result, person, order[start:end], lambda cap, mine=mine: raise_of(mine, cap))  # type: ignore[misc]
    return result


def _cut_short(policy: CompiledPolicy, result: BenefitResult) -> LayerStep | None:
    """The step whose cap may be raised and took something back; none in most visits."""
    if not policy.earned:
        return None
    for step in result.steps:
        if step.cut_fen and any(what == "cap" and clause in policy.earned for what, clause in step.further):
            return step
    return None


def _who_reached(policy: CompiledPolicy, accumulators: Integers, earned_fen: Integers) -> Integers:
    """The persons with something earned who came to the least of the caps that may be raised; nobody else was cut by one."""
    found = np.zeros(len(earned_fen), bool)
    for column, cap_fen in _raisable(policy):
        found |= accumulators[:, column] >= cap_fen
    return np.flatnonzero(found & (earned_fen > 0))


def _raisable(policy: CompiledPolicy) -> Iterator[tuple[int, int]]:
    """Accumulator and amount of every cap that may be raised."""
    for row, clauses in zip(policy.rows_read, policy.row_clauses, strict=True):
        if any(what == "cap" and clause in policy.earned for what, clause in clauses.further):
            yield row[ROW_BY_CAP], row[ROW_CAP]


def _settle_again(  # noqa: PLR0917  # one person of a bulk
    policy: CompiledPolicy, cases: BulkCases, result: BulkResult, person: int, visits: Integers, raise_of: RaiseOf
) -> None:
    """Settle one person's visits in their order by the raised cap, and put what comes out in place of what stood."""
    held = cases.accumulators[person].tolist()
    balances = cases.balances.reshape(-1, len(policy.balances))[person].tolist()
    for visit in visits.tolist():
        case = _case_of(policy, cases, visit, held, balances)
        _, settled = settle_raised(policy, case, raise_of)
        for name, change in settled.accumulator_changes.items():
            held[policy.index["accumulator"][name]] += change
        balances = list(settled.balances_fen)
        for column in ("deductible_fen", "fund_fen", "person_fen", "account_fen", "cash_fen", "hospital_fen"):
            getattr(result, column)[visit] = getattr(settled, column)
        for fund, paid in result.funds.items():
            paid[visit] = dict(settled.funds).get(fund, 0)
    result.accumulators[person] = held
    result.balances.reshape(-1, len(policy.balances))[person] = balances


def _case_of(policy: CompiledPolicy, cases: BulkCases, visit: int, held: list[int], balances: list[int]) -> BenefitCase:
    """One visit of a bulk as a case of its own, with what the person holds by then."""
    codes = dict(zip(CODE_ROWS, cases.codes[:, visit].tolist(), strict=False))
    texts = {name: _name(policy, name, codes.get(name, 0)) for name in _NAMED}
    total, full, over, first, scope, *more = cases.amounts[:, visit].tolist()
    extras = more[1:]
    return BenefitCase(
        care=texts["care"],
        level=texts["level"],
        status=texts["status"],
        place=texts["place"],
        aid=texts["aid"],
        plan=texts["plan"],
        disease=texts["disease"],
        age=codes["age"],
        ordinal=codes["ordinal"],
        total_fen=total,
        full_self_pay_fen=full,
        over_ceiling_fen=over,
        self_pay_first_fen=first,
        in_scope_fen=scope,
        account_balance_fen=balances[0],
        account_used=bool(codes["account_used"]),
        accumulators=dict(zip(policy.accumulators, held, strict=True)),
        tenure=codes.get("tenure", 0),
        month=codes.get("month", 0),
        deductible_credit_fen=more[0] if more else 0,
        deductible_times=codes.get("deductible_times", 1),
        extras=dict(zip(policy.components, extras, strict=True)) if extras else {},
        further_balances=tuple(balances[1:]),
    )


def _name(policy: CompiledPolicy, dimension: str, code: int) -> str:
    """The first name that the law has for a code."""
    return next(name for name, place in policy.index[dimension].items() if place == code)
