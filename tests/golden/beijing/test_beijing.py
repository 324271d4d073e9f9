"""Beijing's law on cases worked by hand from published figures: amounts and explanation, word for word."""

from dataclasses import replace
from datetime import date

import pytest

from tests.golden.beijing.golden_cases import case_of, fen, read_cases
from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import explain, load, steps_to_plain

CASES = read_cases()


@pytest.mark.parametrize("golden", CASES, ids=[case["id"] for case in CASES])
def test_amounts_and_explanation(golden):
    policy = load(*golden["policy"].split("/"), golden["on"])
    case, expect = case_of(golden), golden["expect"]
    result = settle(policy, case)
    assert dict(result.funds) == {code: fen(paid) for code, paid in expect["funds"].items()}
    assert (result.deductible_fen, result.account_fen, result.cash_fen) == (
        fen(expect["deductible"]),
        fen(expect["account"]),
        fen(expect["cash"]),
    )
    assert case.total_fen == result.fund_fen + result.account_fen + result.cash_fen
    plain = steps_to_plain(result.steps)
    assert explain(policy, plain, "zh") == golden["explanation"]["zh"]
    assert explain(policy, plain, "en") == golden["explanation"]["en"]


@pytest.mark.requirement("BEN-13")
@pytest.mark.parametrize("scheme", ["310", "390"])
@pytest.mark.parametrize("care", ["outpatient", "inpatient"])
def test_the_same_cost_is_paid_better_near_home(scheme, care):
    policy = load("110000", scheme, date(2026, 11, 1))
    visit = BenefitCase(
        care, "", policy.statuses[0], 40, 1, "local", 500_000, 0, 0, 0, 500_000, 0, account_used=False, accumulators={}
    )
    paid = {level: settle(policy, replace(visit, level=level)).fund_fen for level in ("tertiary", "community")}
    assert paid["community"] > paid["tertiary"]
