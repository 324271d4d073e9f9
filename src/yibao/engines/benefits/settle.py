"""The two ways into the kernel: one visit with its trace, and columns of visits."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yibao.engines.benefits.cases import (
    Amounts,
    BenefitCase,
    BrokenIdentityError,
    BulkCases,
    Codes,
    MisshapenCasesError,
    UnknownAccumulatorError,
    UnknownCircumstanceError,
)
from yibao.engines.benefits.kernel import (
    BROKEN_IDENTITY,
    MAX_AMOUNT_FEN,
    OUT_ACCOUNT,
    OUT_CASH,
    OUT_DEDUCTIBLE,
    OUT_FUND,
    OUT_FUNDS,
    OUT_PERSON,
    SETTLED,
    settle_visits,
)
from yibao.engines.benefits.results import BandRow, BenefitResult, BulkResult, LayerStep
from yibao.engines.benefits.tables import (
    ROW_BANDS_END,
    ROW_BANDS_START,
    ROW_BY_CAP,
    ROW_BY_COST,
    ROW_BY_DEDUCTIBLE,
    ROW_CAP,
    ROW_FUND,
    ROW_LAYER,
    ROW_THRESHOLD,
    TRACE_BAND,
    TRACE_HEAD,
    UNLIMITED_FEN,
    CompiledPolicy,
)

_NO_TRACE = np.empty(0, np.int64)
_FIRST_PERSON = np.zeros(1, np.int64)
_INT16_MAX = 2**15 - 1


def settle(policy: CompiledPolicy, case: BenefitCase) -> BenefitResult:
    """Settle one visit and give every step; changes nothing and may run in many threads at once.

    :raises BrokenIdentityError: the total is not the sum of its parts, or an amount is out of range.
    :raises UnknownCircumstanceError: the law knows no such care, level, status, place, age or ordinal.
    :raises UnknownAccumulatorError: an accumulator is not declared by the policy, or negative.
    """
    codes, amounts, accumulators, balances = _one_visit(policy, case)
    before: list[int] = accumulators[0].tolist()
    out = np.zeros((OUT_FUNDS + len(policy.funds), 1), np.int64)
    trace = np.empty(policy.trace_size, np.int64)
    _, length, reason = _run(policy, codes, amounts, _FIRST_PERSON, accumulators, balances, out, trace)
    if reason != SETTLED:
        raise _refusal(reason, case)
    columns: list[int] = out[:, 0].tolist()
    funds = tuple((code, paid) for code, paid in zip(policy.funds, columns[OUT_FUNDS:], strict=True) if paid)
    after: list[int] = accumulators[0].tolist()
    return BenefitResult(
        funds=funds,
        deductible_fen=columns[OUT_DEDUCTIBLE],
        fund_fen=columns[OUT_FUND],
        person_fen=columns[OUT_PERSON],
        account_fen=columns[OUT_ACCOUNT],
        cash_fen=columns[OUT_CASH],
        hospital_fen=0,
        accumulator_changes={
            name: new - old for name, old, new in zip(policy.accumulators, before, after, strict=True) if new != old
        },
        steps=tuple(_read_steps(policy, trace[:length].tolist())),
        policy_id=policy.policy_id,
    )


def settle_many(policy: CompiledPolicy, cases: BulkCases) -> BulkResult:
    """Settle n visits in the order given, carrying each person's accumulators and account balance from visit to visit.

    All or nothing: the given arrays stay unchanged and the first visit that cannot be settled refuses the whole.
    :raises MisshapenCasesError: columns do not fit each other, or a person's row does not exist.
    :raises BrokenIdentityError, UnknownCircumstanceError: with `visit`, the place of the first such visit.
    """
    _check_shapes(policy, cases)
    accumulators, balances = cases.accumulators.copy(), cases.balances.copy()
    out = np.zeros((OUT_FUNDS + len(policy.funds), cases.person.shape[0]), np.int64)
    done, _, reason = _run(policy, cases.codes, cases.amounts, cases.person, accumulators, balances, out, _NO_TRACE)
    if reason == BROKEN_IDENTITY:
        raise BrokenIdentityError(visit=done, amounts_fen=cases.amounts[:, done].tolist())
    if reason != SETTLED:
        raise UnknownCircumstanceError(visit=done, codes=cases.codes[:, done].tolist())
    return BulkResult(
        deductible_fen=out[OUT_DEDUCTIBLE],
        fund_fen=out[OUT_FUND],
        person_fen=out[OUT_PERSON],
        account_fen=out[OUT_ACCOUNT],
        cash_fen=out[OUT_CASH],
        funds={code: out[OUT_FUNDS + place] for place, code in enumerate(policy.funds)},
        accumulators=accumulators,
        balances=balances,
        policy_id=policy.policy_id,
    )


def _run(  # noqa: PLR0917
    policy: CompiledPolicy,
    codes: Codes,
    amounts: Amounts,
    person: Amounts,
    held: Amounts,
    balances: Amounts,
    out: Amounts,
    trace: Amounts,
) -> tuple[int, int, int]:
    """Call the kernel with the policy's tables."""
    tables = (policy.space, policy.age_group, policy.ordinal_group, policy.cells, policy.rows, policy.bands)
    return settle_visits(*tables, codes, amounts, person, held, balances, out, trace)


def _one_visit(policy: CompiledPolicy, case: BenefitCase) -> tuple[Codes, Amounts, Amounts, Amounts]:
    """Lay one case out as the columns of a bulk of one."""
    index = policy.index
    codes = (
        index["care"].get(case.care, -1),
        index["level"].get(case.level, -1),
        index["status"].get(case.status, -1),
        index["place"].get(case.place, -1),
        min(max(case.age, -1), _INT16_MAX),
        min(max(case.ordinal, 0), _INT16_MAX),
        case.account_used,
    )
    parts = (case.full_self_pay_fen, case.over_ceiling_fen, case.self_pay_first_fen, case.in_scope_fen)
    amounts = (case.total_fen, *parts)
    # Python's integers have no end and int64 has, so the range is looked at before it is laid out.
    if max(amounts) > MAX_AMOUNT_FEN or min(amounts) < 0 or not 0 <= case.account_balance_fen <= UNLIMITED_FEN:
        raise _refusal(BROKEN_IDENTITY, case)
    known = index["accumulator"]
    accumulators = [0] * len(known)
    for name, value in case.accumulators.items():
        if name not in known or not 0 <= value <= MAX_AMOUNT_FEN:
            raise UnknownAccumulatorError(accumulator=name, value_fen=value, policy=policy.policy_id)
        accumulators[known[name]] = value
    return (
        np.array(codes, np.int16).reshape(7, 1),
        np.array(amounts, np.int64).reshape(5, 1),
        np.array(accumulators, np.int64).reshape(1, -1),
        np.array((case.account_balance_fen,), np.int64),
    )


def _refusal(reason: int, case: BenefitCase) -> BrokenIdentityError | UnknownCircumstanceError:
    """Turn the kernel's reason into the error that names the facts."""
    if reason == BROKEN_IDENTITY:
        return BrokenIdentityError(
            total_fen=case.total_fen,
            full_self_pay_fen=case.full_self_pay_fen,
            over_ceiling_fen=case.over_ceiling_fen,
            self_pay_first_fen=case.self_pay_first_fen,
            in_scope_fen=case.in_scope_fen,
            account_balance_fen=case.account_balance_fen,
        )
    return UnknownCircumstanceError(
        care=case.care, level=case.level, status=case.status, age=case.age, ordinal=case.ordinal, place=case.place
    )


def _read_steps(policy: CompiledPolicy, trace: list[int]) -> Iterator[LayerStep]:
    """Read the kernel's trace of one visit as steps."""
    names = (*policy.accumulators, None)  # -1, what counts within the visit only, has no name
    at = 0
    while at < len(trace):
        r, base, taken, deducted, cost, used, cut = trace[at : at + TRACE_HEAD]
        row, clauses = policy.rows_read[r], policy.row_clauses[r]
        first, cap = row[ROW_BANDS_START], row[ROW_CAP]
        end = at + TRACE_HEAD + (row[ROW_BANDS_END] - first) * TRACE_BAND
        bands, paid = _read_bands(policy.bands_read, first, trace[at + TRACE_HEAD : end])
        at = end
        # By position, in the order of LayerStep: by eighteen keywords a step takes a third longer to build.
        yield LayerStep(
            policy.layers[row[ROW_LAYER]],
            policy.funds[row[ROW_FUND]],
            base,
            taken,
            row[ROW_THRESHOLD],
            names[row[ROW_BY_DEDUCTIBLE]],
            deducted,
            names[row[ROW_BY_COST]],
            cost,
            bands,
            None if cap == UNLIMITED_FEN else cap,
            names[row[ROW_BY_CAP]],
            used,
            cut,
            paid,
            clauses.rates,
            clauses.deductible,
            clauses.cap,
        )


def _read_bands(table: Sequence[tuple[int, int]], first: int, trace: list[int]) -> tuple[tuple[BandRow, ...], int]:
    """Read one row's records of bands together with their limits in the band table, and what the bands pay together."""
    bands, total = [], 0
    for k in range(0, len(trace), TRACE_BAND):
        place, covered, paid = trace[k : k + TRACE_BAND]
        if covered:
            top, rate = table[place]
            bottom = table[place - 1][0] if place > first else 0
            bands.append(BandRow(bottom, None if top == UNLIMITED_FEN else top, covered, rate, paid))
            total += paid
    return tuple(bands), total


def _check_shapes(policy: CompiledPolicy, cases: BulkCases) -> None:
    """Refuse columns that the kernel could not read safely."""
    n, persons = cases.person.shape[0], cases.balances.shape[0]
    wanted: dict[str, tuple[NDArray[Any], tuple[int, ...], type]] = {
        "codes": (cases.codes, (7, n), np.int16),
        "amounts": (cases.amounts, (5, n), np.int64),
        "person": (cases.person, (n,), np.int64),
        "accumulators": (cases.accumulators, (persons, len(policy.accumulators)), np.int64),
        "balances": (cases.balances, (persons,), np.int64),
    }
    for name, (array, shape, kind) in wanted.items():
        if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
            raise MisshapenCasesError(column=name, shape=array.shape, dtype=str(array.dtype), expected=shape)
    if n and not 0 <= int(cases.person.min()) <= int(cases.person.max()) < persons:
        raise MisshapenCasesError(column="person", shape=(n,), dtype="int64", expected=f"0 to {persons - 1}")
    for name, array in (("accumulators", cases.accumulators), ("balances", cases.balances)):
        if array.size and not 0 <= int(array.min()) <= int(array.max()) <= UNLIMITED_FEN // 2:
            raise MisshapenCasesError(column=name, shape=array.shape, dtype="int64", expected="no negative amount")
