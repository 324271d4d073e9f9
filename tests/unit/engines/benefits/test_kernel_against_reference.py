"""The kernel and the slow reference agree on random laws and random sequences of visits, live and in bulk."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.engines.benefits.benefit_laws import (
    AIDS,
    BALANCES,
    CARVED,
    DISEASES,
    LEVELS,
    ORDINARY,
    PARTS,
    PLAIN,
    laws,
    visits,
    write_law,
)
from tests.unit.engines.benefits.benefit_reference import settle_slowly
from yibao.engines.benefits import BenefitCase, BulkCases, settle, settle_many
from yibao.policies import compile_folder, steps_from_plain, steps_to_plain

SLOW = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ORDINAL = {"first": 1, "later": 3}


def compiled(law):
    with tempfile.TemporaryDirectory() as folder:
        ((_, policy),) = compile_folder(write_law(law, Path(folder)))
    return policy


def case_of(visit, held, balance, earlier=0):
    return BenefitCase(
        care="outpatient",
        level=visit["level"],
        status="active",
        age=visit["age"],
        ordinal=ORDINAL[visit["ordinal_group"]],
        place="local",
        total_fen=sum(visit[part] for part in PARTS),
        full_self_pay_fen=visit["full_self_pay"],
        over_ceiling_fen=visit["over_ceiling"],
        self_pay_first_fen=visit["self_pay_first"],
        in_scope_fen=visit["in_scope"],
        account_balance_fen=balance,
        account_used=visit["account_used"],
        accumulators=held,
        aid=visit["aid"],
        disease=visit["disease"],
        month=visit["month"],
        deductible_credit_fen=visit["credit"],
        deductible_times=visit["times"],
        extras={part: visit[part] for part in CARVED},
        further_balances=(earlier,),
    )


def codes_of(v):
    near = (0, LEVELS.index(v["level"]), 0, 0, v["age"], ORDINAL[v["ordinal_group"]], int(v["account_used"]))
    return (*near, AIDS.index(v["aid"]), 0, 0, DISEASES.index(v["disease"]), v["month"], v["times"])


def bulk_of(policy, sequence, balances):
    codes = [codes_of(v) for v in sequence]
    amounts = [
        (
            sum(v[part] for part in PARTS),
            v["full_self_pay"],
            v["over_ceiling"],
            v["self_pay_first"],
            v["in_scope"],
            v["credit"],
            *(v[part] for part in CARVED),
        )
        for v in sequence
    ]
    return BulkCases(
        codes=np.ascontiguousarray(np.array(codes, np.int16).reshape(-1, 13).T),
        amounts=np.ascontiguousarray(np.array(amounts, np.int64).reshape(-1, 8).T),
        person=np.zeros(len(sequence), np.int64),
        accumulators=np.zeros((1, len(policy.accumulators)), np.int64),
        balances=np.array([balances], np.int64),
    )


def layer(place, **said):
    rates = {level: [500_000] for level in LEVELS}
    return {
        **PLAIN,
        "key": f"layer_{place}",
        "threshold": dict.fromkeys(ORDINAL, 0),
        "tops": [None],
        "rates": rates,
        **said,
    }


VISIT = {**ORDINARY, **dict.fromkeys(PARTS, 1_001), "account_used": True}
SPENT = {
    "layers": [
        layer(0, cap=0, rates={level: [0] for level in LEVELS}),
        layer(1, beyond="layer_0"),
        layer(2, owed=list(PARTS)),
    ],
    "account": ["over_ceiling"],
}
"""A layer whose cap is used up leaves everything to the one beyond, even where its rate is nothing."""


CHAIN = {
    "layers": [layer(0, cap=1_000), layer(1, beyond="layer_0", cap=0), layer(2, beyond="layer_1")],
    "account": [],
}
"""What one visit left beyond a layer is not there for the next visit."""


@SLOW
@example(CHAIN, [VISIT | {"in_scope": 10_000}, VISIT], 0)
@example(SPENT, [VISIT, VISIT], 1_500)
@given(laws(), st.lists(visits(), min_size=1, max_size=6), st.integers(0, 5_000_000))
def test_every_amount_equals_the_exact_fractions(law, sequence, opening_balance):
    policy = compiled(law)
    held, slowly, live = {}, {}, []
    opening = (opening_balance, opening_balance // 3)
    balances = dict(zip(BALANCES, opening, strict=True))
    for visit in sequence:
        result = settle(policy, case_of(visit, held, *balances.values()))
        payments, deductible, account = settle_slowly(law, visit, slowly, balances)
        payers = {each["key"]: each["payer"] for each in law["layers"]}
        funds = {k: paid for k, paid in payments.items() if paid and payers[k] in {"fund", "charity"}}
        assert dict(result.funds) == {f"9{k[6:]}0100": paid for k, paid in funds.items()}
        assert result.hospital_fen == sum(paid for k, paid in payments.items() if payers[k] == "hospital")
        assert (result.deductible_fen, result.account_fen) == (deductible, account)
        assert result.balances_fen == tuple(balances.values())
        for name, change in result.accumulator_changes.items():
            held[name] = held.get(name, 0) + change
        assert held == {name: value for name, value in slowly.items() if value}
        live.append(result)

    bulk = settle_many(policy, bulk_of(policy, sequence, opening))
    assert bulk.fund_fen.tolist() == [result.fund_fen for result in live]
    assert bulk.cash_fen.tolist() == [result.cash_fen for result in live]
    assert bulk.account_fen.tolist() == [result.account_fen for result in live]
    assert bulk.hospital_fen.tolist() == [result.hospital_fen for result in live]
    assert bulk.deductible_fen.tolist() == [result.deductible_fen for result in live]
    assert dict(zip(policy.accumulators, bulk.accumulators[0].tolist(), strict=True)) == {
        name: held.get(name, 0) for name in policy.accumulators
    }
    assert bulk.balances.tolist() == [list(balances.values())]


@SLOW
@given(laws(), st.lists(visits(), min_size=1, max_size=4), st.integers(0, 5_000_000))
def test_parts_equal_the_whole_and_the_reversal_restores(law, sequence, balance):
    policy = compiled(law)
    held = {}
    for visit in sequence:
        result = settle(policy, case_of(visit, held, balance))
        total = sum(visit[part] for part in PARTS)
        assert total == result.fund_fen + result.person_fen + result.hospital_fen
        assert result.person_fen == result.account_fen + result.cash_fen
        assert result.fund_fen == sum(paid for _, paid in result.funds)
        of_funds = [step.paid_fen for step in result.steps if step.payer in {"fund", "charity"}]
        assert result.fund_fen == sum(of_funds)
        assert result.hospital_fen == sum(step.paid_fen for step in result.steps if step.payer == "hospital")
        parts = (result.fund_fen, result.account_fen, result.cash_fen, result.deductible_fen, result.hospital_fen)
        assert min(parts) >= 0
        assert all(paid > 0 for _, paid in result.funds)
        assert result.deductible_fen <= visit["in_scope"]
        assert result.account_fen <= (balance if visit["account_used"] else 0)
        for step in result.steps:
            inside = sum(band.covered_fen for band in step.bands)
            assert 0 <= step.deductible_fen + inside + step.over_limit_fen <= step.base_fen
            assert step.left_out_fen >= 0
            assert (
                step.limit_fen is None
                or step.limit_used_fen
                or step.base_fen - step.over_limit_fen
                <= (step.limit_fen + (step.deductible_fen if step.limits_excess else 0))
            )
            assert step.cap_fen is None or step.paid_fen + step.cap_used_fen <= max(step.cap_fen, step.cap_used_fen)
            assert min(step.cut_fen, step.paid_fen, *(band.paid_fen for band in step.bands), 0) == 0
        moved = {name: after - before for step in result.steps for name, before, after in step.accumulators}
        assert {name: change for name, change in moved.items() if change} == dict(result.accumulator_changes)
        assert steps_from_plain(steps_to_plain(result.steps)) == result.steps

        before = {name: held.get(name, 0) for name in policy.accumulators}
        after = {name: before[name] + result.accumulator_changes.get(name, 0) for name in before}
        restored = {name: after[name] - result.accumulator_changes.get(name, 0) for name in after}
        assert restored == before
        assert settle(policy, case_of(visit, restored, balance)) == result
        held = after
        assert all(fen <= law["layers"][k]["cap"] for k, fen in paid_under_caps(law, held))


def paid_under_caps(law, held):
    """What the slots of capped layers hold, with the place of the layer."""
    for k, each in enumerate(law["layers"]):
        if each["cap"] is not None and each["cap_by"]:
            yield from ((k, fen) for name, fen in held.items() if name.partition("@")[0] == f"paid_{k}")
