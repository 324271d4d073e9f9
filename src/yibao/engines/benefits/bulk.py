"""The ways into the kernel for many visits: columns at once, or chunk after chunk with the persons' state carried on."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yibao.engines.benefits.cases import (
    CODE_ROWS,
    PLAIN_AMOUNTS,
    PLAIN_CODES,
    Amounts,
    BrokenIdentityError,
    BulkCases,
    Codes,
    MisshapenCasesError,
    UnknownCircumstanceError,
)
from yibao.engines.benefits.results import BulkResult
from yibao.engines.benefits.settle import run
from yibao.engines.benefits.tables import (
    BROKEN_IDENTITY,
    OUT_ACCOUNT,
    OUT_CASH,
    OUT_DEDUCTIBLE,
    OUT_FUND,
    OUT_FUNDS,
    OUT_HOSPITAL,
    OUT_PERSON,
    SETTLED,
    UNLIMITED_FEN,
    CompiledPolicy,
)

Chunk = tuple[Codes, Amounts, Amounts]
"""Codes, amounts and persons of some visits, as in `BulkCases`."""


def settle_many(policy: CompiledPolicy, cases: BulkCases) -> BulkResult:
    """Settle n visits in the order given, carrying each person's accumulators and account balance from visit to visit.

    All or nothing: the given arrays stay unchanged and the first visit that cannot be settled refuses the whole. The
    interpreter's lock is released while the kernel runs, so threads share the work nearly without loss.
    :raises MisshapenCasesError: columns do not fit each other, or a person's row does not exist.
    :raises BrokenIdentityError, UnknownCircumstanceError: with `visit`, the place of the first such visit.
    """
    chunk = (cases.codes, cases.amounts, cases.person)
    return next(settle_chunks(policy, [chunk], accumulators=cases.accumulators, balances=cases.balances))


def settle_chunks(
    policy: CompiledPolicy, chunks: Iterable[Chunk], *, accumulators: Amounts, balances: Amounts
) -> Iterator[BulkResult]:
    """Settle chunk after chunk in bounded memory; what persons have used in one is known to the next.

    `accumulators` and `balances` are those of all persons before the first visit, as in `BulkCases`; they stay unchanged.
    Each result's `accumulators` and `balances` are views of the one state that goes on: whoever keeps them copies them.
    What refuses a chunk ends the whole, the results before it stand.
    :raises MisshapenCasesError, BrokenIdentityError, UnknownCircumstanceError: as `settle_many`, `visit` within the chunk.
    """
    _check_state(policy, accumulators, balances)
    held, left = accumulators.copy(), balances.copy()
    for codes, amounts, person in chunks:
        _check_chunk(policy, codes, amounts, person, persons=held.shape[0])
        out = np.zeros((OUT_FUNDS + len(policy.funds), person.shape[0]), np.int64)
        table = left.reshape(-1, len(policy.balances))
        done, _, reason = run(policy, codes, amounts, person, held, table, out, None)
        if reason == BROKEN_IDENTITY:
            raise BrokenIdentityError(visit=done, amounts_fen=amounts[:, done].tolist())
        if reason != SETTLED:
            raise UnknownCircumstanceError(visit=done, codes=codes[:, done].tolist())
        yield BulkResult(
            deductible_fen=out[OUT_DEDUCTIBLE],
            fund_fen=out[OUT_FUND],
            person_fen=out[OUT_PERSON],
            account_fen=out[OUT_ACCOUNT],
            cash_fen=out[OUT_CASH],
            funds={code: out[OUT_FUNDS + place] for place, code in enumerate(policy.funds)},
            accumulators=held,
            balances=left,
            policy_id=policy.policy_id,
            hospital_fen=out[OUT_HOSPITAL],
        )


def _check_state(policy: CompiledPolicy, accumulators: Amounts, balances: Amounts) -> None:
    """Refuse a state of persons that the kernel could not read safely."""
    persons, several = balances.shape[0] if balances.ndim else 0, len(policy.balances) > 1
    _expect("accumulators", accumulators, (persons, len(policy.accumulators)), np.int64)
    _expect("balances", balances, (persons, len(policy.balances)) if several else (persons,), np.int64)
    for name, array in (("accumulators", accumulators), ("balances", balances)):
        if array.size and not 0 <= int(array.min()) <= int(array.max()) <= UNLIMITED_FEN // 2:
            raise MisshapenCasesError(column=name, shape=array.shape, dtype="int64", expected="no negative amount")


def _check_chunk(policy: CompiledPolicy, codes: Codes, amounts: Amounts, person: Amounts, *, persons: int) -> None:
    """Refuse columns that the kernel could not read safely."""
    n, extras = person.shape[0] if person.ndim else 0, len(policy.components)
    plain = codes.ndim == 2 and codes.shape[0] == PLAIN_CODES and not policy.needs_wide_codes
    _expect("codes", codes, (PLAIN_CODES if plain else len(CODE_ROWS), n), np.int16)
    bare = amounts.ndim == 2 and amounts.shape[0] == PLAIN_AMOUNTS and not extras
    _expect("amounts", amounts, (PLAIN_AMOUNTS if bare else PLAIN_AMOUNTS + 1 + extras, n), np.int64)
    _expect("person", person, (n,), np.int64)
    if n and not 0 <= int(person.min()) <= int(person.max()) < persons:
        raise MisshapenCasesError(column="person", shape=(n,), dtype="int64", expected=f"0 to {persons - 1}")


def _expect(name: str, array: NDArray[Any], shape: tuple[int, ...], kind: type) -> None:
    """Refuse an array of another shape, type or order."""
    if array.shape != shape or array.dtype != kind or not array.flags.c_contiguous:
        raise MisshapenCasesError(column=name, shape=array.shape, dtype=str(array.dtype), expected=shape)
