"""What the public functions refuse, and that many threads may call them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from yibao.engines.benefits import (
    BenefitCase,
    BrokenIdentityError,
    BulkCases,
    MisshapenCasesError,
    UnknownAccumulatorError,
    UnknownCircumstanceError,
    settle,
    settle_many,
)
from yibao.policies import load

POLICY = load("110000", "310", date(2026, 11, 1))
CASE = BenefitCase(
    "outpatient", "tertiary", "active", 40, 1, "local", 1000, 100, 100, 100, 700, 0, account_used=False, accumulators={}
)


def bulk(n=3, persons=2):
    codes = [POLICY.index["care"]["outpatient"], 0, 0, 0, 40, 1, 0, 0, 0, 0, 0, 0, 1]
    amounts = [1000, 100, 100, 100, 700, 0, *(0 for _ in POLICY.components)]
    return BulkCases(
        codes=np.tile(np.array(codes, np.int16)[:, None], (1, n)),
        amounts=np.tile(np.array(amounts, np.int64)[:, None], (1, n)),
        person=np.zeros(n, np.int64),
        accumulators=np.zeros((persons, len(POLICY.accumulators)), np.int64),
        balances=np.zeros(persons, np.int64),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"total_fen": 1001},
        {"in_scope_fen": 699},
        {"full_self_pay_fen": -100, "in_scope_fen": 900},
        {"total_fen": 10**12 + 1, "in_scope_fen": 10**12 - 299},
        {"total_fen": 2**64, "in_scope_fen": 2**64 - 300},
        {"account_balance_fen": -1},
    ],
)
def test_amounts_that_do_not_add_up_are_refused(change):
    with pytest.raises(BrokenIdentityError) as refused:
        settle(POLICY, replace(CASE, **change))
    assert refused.value.facts["total_fen"] == change.get("total_fen", 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"care": "dentist"},
        {"level": "pharmacy"},
        {"status": "elderly"},
        {"place": "abroad"},
        {"age": -1},
        {"age": 151},
        {"age": 10**9},
        {"ordinal": 0},
        {"ordinal": -5},
    ],
)
def test_what_the_law_does_not_know_is_refused(change):
    with pytest.raises(UnknownCircumstanceError):
        settle(POLICY, replace(CASE, **change))


@pytest.mark.parametrize("held", [{"outpatient_dedcutible": 1}, {"outpatient_deductible": -1}])
def test_accumulators_must_be_declared_and_not_negative(held):
    with pytest.raises(UnknownAccumulatorError):
        settle(POLICY, replace(CASE, accumulators=held))


def test_very_high_ordinals_count_as_later_admissions():
    second = settle(POLICY, replace(CASE, care="inpatient", ordinal=2))
    assert settle(POLICY, replace(CASE, care="inpatient", ordinal=10**9)) == second


def test_the_first_bad_visit_refuses_the_bulk_and_changes_nothing():
    cases = bulk()
    cases.amounts[0, 1] += 1
    with pytest.raises(BrokenIdentityError) as refused:
        settle_many(POLICY, cases)
    assert refused.value.facts["visit"] == 1
    assert not cases.accumulators.any()
    cases = bulk()
    cases.codes[1, 2] = -1
    with pytest.raises(UnknownCircumstanceError) as unknown:
        settle_many(POLICY, cases)
    assert unknown.value.facts["visit"] == 2


@pytest.mark.parametrize(
    "change",
    [
        {"codes": np.zeros((7, 2), np.int16)},
        {"codes": np.zeros((7, 3), np.int64)},
        {"amounts": np.zeros((3, 5), np.int64).T},
        {"person": np.array([0, 1, 2])},
        {"person": np.array([0, -1, 0])},
        {"accumulators": np.zeros((2, 1), np.int64)},
        {"balances": np.array([-1, 0])},
    ],
)
def test_columns_that_do_not_fit_are_refused(change):
    with pytest.raises(MisshapenCasesError) as refused:
        settle_many(POLICY, replace(bulk(), **change))
    assert refused.value.facts["column"] == next(iter(change))


def test_names_become_codes_and_unknown_names_none():
    names = np.array(["tertiary", "clinic", "community"])
    assert POLICY.encode("level", names).tolist() == [0, -1, POLICY.levels.index("community")]


def test_threads_do_not_disturb_each_other():
    cases = [replace(CASE, total_fen=300 + amount, in_scope_fen=amount) for amount in range(100_000, 900_000, 1_000)]
    alone = [settle(POLICY, case) for case in cases]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda case: settle(POLICY, case), cases)) == alone
