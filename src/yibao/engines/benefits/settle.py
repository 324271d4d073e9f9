"""The way into the kernel for one visit: laid out as a bulk of one, and its trace read as steps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from yibao.engines.benefits.cases import (
    Amounts,
    BenefitCase,
    BrokenIdentityError,
    Codes,
    UnknownAccumulatorError,
    UnknownCircumstanceError,
    UnknownComponentError,
)
from yibao.engines.benefits.kernel import settle_visits
from yibao.engines.benefits.results import BandRow, BenefitResult, LayerStep
from yibao.engines.benefits.tables import (
    BROKEN_IDENTITY,
    MAX_AMOUNT_FEN,
    MAX_COMPONENTS,
    OUT_ACCOUNT,
    OUT_CASH,
    OUT_DEDUCTIBLE,
    OUT_FUND,
    OUT_FUNDS,
    OUT_HOSPITAL,
    OUT_PERSON,
    ROW_ADDS,
    ROW_BALANCE,
    ROW_BANDS_END,
    ROW_BANDS_START,
    ROW_BY_CAP,
    ROW_BY_COST,
    ROW_BY_DEDUCTIBLE,
    ROW_BY_LIMIT,
    ROW_CAP,
    ROW_EXCESS,
    ROW_LAYER,
    ROW_LIMIT,
    ROW_LIMIT_EXCESS,
    ROW_LUMP,
    ROW_OUT,
    ROW_RENEWS,
    ROW_THRESHOLD,
    SETTLED,
    TRACE_BAND,
    TRACE_HEAD,
    UNLIMITED_FEN,
    CompiledPolicy,
)

_FIRST_PERSON: Final = np.zeros(1, np.int64)
_INT16_MAX: Final = 2**15 - 1
_ACCUMULATORS: Final = (ROW_BY_DEDUCTIBLE, ROW_BY_COST, ROW_BY_CAP, ROW_BY_LIMIT)


def settle(policy: CompiledPolicy, case: BenefitCase) -> BenefitResult:
    """Settle one visit and give every step; changes nothing and may run in many threads at once.

    :raises BrokenIdentityError: the total is not the sum of its parts, an extra exceeds its component, or an amount is
        out of range.
    :raises UnknownCircumstanceError: the law knows no such circumstance.
    :raises UnknownAccumulatorError: an accumulator is not declared by the policy, or negative; so a raise of its cap.
    :raises UnknownComponentError: an extra or a further balance is not declared by the policy.
    """
    codes, amounts, accumulators, balances = _one_visit(policy, case)
    before: list[int] = accumulators[0].tolist()
    out = np.zeros((OUT_FUNDS + len(policy.funds), 1), np.int64)
    trace = np.empty(policy.trace_size, np.int64)
    _, length, reason = run(policy, codes, amounts, _FIRST_PERSON, accumulators, balances, out, trace)
    if reason != SETTLED:
        raise _refusal(reason, case)
    columns: list[int] = out[:, 0].tolist()
    funds = tuple((code, paid) for code, paid in zip(policy.funds, columns[OUT_FUNDS:], strict=True) if paid)
    after: list[int] = accumulators[0].tolist()
    changes = {} if before == after else _changes(policy.accumulators, before, after)
    when = case.month * len(policy.diseases) + policy.index["disease"][case.disease]
    steps = tuple(_read_steps(policy, trace[:length].tolist(), when))
    return BenefitResult(
        funds=funds,
        deductible_fen=columns[OUT_DEDUCTIBLE],
        fund_fen=columns[OUT_FUND],
        person_fen=columns[OUT_PERSON],
        account_fen=columns[OUT_ACCOUNT],
        cash_fen=columns[OUT_CASH],
        hospital_fen=columns[OUT_HOSPITAL],
        accumulator_changes=changes,
        steps=tuple(_with_raise(step, case.raises) for step in steps) if case.raises else steps,
        policy_id=policy.policy_id,
        balances_fen=tuple(balances[0].tolist()),
    )


def run(  # noqa: PLR0917
    policy: CompiledPolicy,
    codes: Codes,
    amounts: Amounts,
    person: Amounts,
    held: Amounts,
    balances: Amounts,
    out: Amounts,
    trace: Amounts | None,
) -> tuple[int, int, int]:
    """Call the kernel with the policy's tables."""
    p = policy
    where = (p.space, p.groups, p.care_levels, p.care_starts, p.care_layers, p.near, p.far, p.cells)
    what = (p.rows, p.weights, p.less, p.bands, p.columns)
    return settle_visits(*where, *what, codes, amounts, person, held, balances, out, trace)


def _changes(names: Sequence[str], before: list[int], after: list[int]) -> dict[str, int]:
    """Give what changed, by name of accumulator."""
    return {name: new - old for name, old, new in zip(names, before, after, strict=True) if new != old}


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
        index["aid"].get(case.aid, -1),
        min(max(case.tenure, -1), _INT16_MAX),
        index["plan"].get(case.plan, -1),
        index["disease"].get(case.disease, -1),
        min(max(case.month, -1), _INT16_MAX),
        min(max(case.deductible_times, 0), _INT16_MAX),
    )
    parts = (case.full_self_pay_fen, case.over_ceiling_fen, case.self_pay_first_fen, case.in_scope_fen)
    amounts = (case.total_fen, *parts, case.deductible_credit_fen, *_extras(policy, case))
    given = (case.account_balance_fen, *case.further_balances)
    if len(given) > len(policy.balances):
        raise UnknownComponentError(balances=len(given), policy=policy.policy_id)
    balances = (*given, *(0,) * (len(policy.balances) - len(given)))
    # Python's integers have no end and int64 has, so the range is looked at before it is laid out.
    if max(amounts) > MAX_AMOUNT_FEN or min(amounts) < 0 or not 0 <= min(balances) <= max(balances) <= UNLIMITED_FEN:
        raise _refusal(BROKEN_IDENTITY, case)
    return (
        np.array(codes, np.int16).reshape(-1, 1),
        np.array(amounts, np.int64).reshape(-1, 1),
        np.array(_accumulators(policy, case), np.int64).reshape(1, -1),
        np.array(balances, np.int64).reshape(1, -1),
    )


def _accumulators(policy: CompiledPolicy, case: BenefitCase) -> list[int]:
    """Put the accumulators given into the policy's columns."""
    known = policy.index["accumulator"]
    accumulators = [0] * len(known)
    for name, value in case.accumulators.items():
        if name not in known or not 0 <= value <= MAX_AMOUNT_FEN:
            raise UnknownAccumulatorError(accumulator=name, value_fen=value, policy=policy.policy_id)
        accumulators[known[name]] = value
    # A cap that is raised leaves as much more room as one of which less was used, so the kernel need not know of raises.
    for name, value in case.raises.items():
        if name not in known or not 0 <= value <= MAX_AMOUNT_FEN:
            raise UnknownAccumulatorError(accumulator=name, value_fen=value, policy=policy.policy_id)
        accumulators[known[name]] -= value
    return accumulators


def _with_raise(step: LayerStep, raises: Mapping[str, int]) -> LayerStep:
    """Tell a step whose cap is raised as it is: what was used, the cap as it holds, and how much of it was earned."""
    raised_fen = raises.get(step.cap_accumulator or "", 0)
    used_fen = step.cap_used_fen + raised_fen
    if not raised_fen or step.cap_fen is None:
        return step._replace(cap_used_fen=used_fen)
    return step._replace(cap_used_fen=used_fen, cap_fen=step.cap_fen + raised_fen, raised_fen=raised_fen)


def _extras(policy: CompiledPolicy, case: BenefitCase) -> list[int]:
    """Put the parts carved out into their places."""
    extras = [0] * MAX_COMPONENTS
    for name, value in case.extras.items():
        if name not in policy.components:
            raise UnknownComponentError(component=name, policy=policy.policy_id)
        extras[policy.components.index(name)] = value
    return extras


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
            deductible_credit_fen=case.deductible_credit_fen,
            extras=dict(case.extras),
        )
    return UnknownCircumstanceError(
        care=case.care,
        level=case.level,
        status=case.status,
        age=case.age,
        ordinal=case.ordinal,
        place=case.place,
        aid=case.aid,
        tenure=case.tenure,
        plan=case.plan,
        disease=case.disease,
        month=case.month,
        deductible_times=case.deductible_times,
    )


def _read_steps(policy: CompiledPolicy, trace: list[int], when: int) -> Iterator[LayerStep]:
    """Read the kernel's trace of one visit as steps."""
    names = (*policy.accumulators, None)  # -1, what counts within the visit only, has no name
    slots, at = policy.columns_read, 0
    while at < len(trace):
        head = trace[at : at + TRACE_HEAD]
        r, base, left_out, over, limited, taken, credited, times, deducted, cost, used, cut, balance, paid = head
        row, clauses = policy.rows_read[r], policy.row_clauses[r]
        first, cap, limit, lump = row[ROW_BANDS_START], row[ROW_CAP], row[ROW_LIMIT], row[ROW_LUMP]
        end = at + TRACE_HEAD + (row[ROW_BANDS_END] - first) * TRACE_BAND
        bands = _read_bands(policy.bands_read, first, trace[at + TRACE_HEAD : end])
        by = [names[row[k] if row[k] >= -1 else slots[-2 - row[k]][when]] for k in _ACCUMULATORS]
        at = end
        # By position, in the order of LayerStep: by thirty keywords a step takes a third longer to build.
        yield LayerStep(
            policy.layers[row[ROW_LAYER]],
            policy.funds[row[ROW_OUT] - OUT_FUNDS] if row[ROW_OUT] >= OUT_FUNDS else "",
            base,
            taken,
            row[ROW_THRESHOLD],
            by[0],
            deducted,
            by[1],
            cost,
            bands,
            None if cap == UNLIMITED_FEN or lump else cap,
            by[2],
            used,
            cut,
            paid,
            clauses.rates,
            clauses.deductible,
            clauses.cap,
            policy.payers[row[ROW_LAYER]],
            left_out,
            None if limit == UNLIMITED_FEN else limit,
            by[3],
            limited,
            over,
            clauses.limit,
            credited,
            times if row[ROW_RENEWS] else 1,
            policy.balances[row[ROW_BALANCE]] if row[ROW_BALANCE] >= 0 else None,
            balance if row[ROW_BALANCE] >= 0 else 0,
            cap if lump else None,
            bool(row[ROW_EXCESS]),
            bool(row[ROW_LIMIT_EXCESS]),
            row[ROW_ADDS],
            clauses.further,
        )


def _read_bands(table: Sequence[tuple[int, ...]], first: int, trace: list[int]) -> tuple[BandRow, ...]:
    """Read one row's records of bands together with their limits in the band table."""
    bands = []
    for k in range(0, len(trace), TRACE_BAND):
        place, covered, paid, rate = trace[k : k + TRACE_BAND]
        if covered:
            top = table[place][0]
            bottom = table[place - 1][0] if place > first else 0
            bands.append(BandRow(bottom, None if top == UNLIMITED_FEN else top, covered, rate, paid))
    return tuple(bands)
