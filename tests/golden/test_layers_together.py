"""What the layers of a region's law do together, on made cases: who is helped more, which fund pays, where it ends."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import load

TODAY = date(2026, 11, 1)
LARGE = 60_000_000
CRITICAL_ILLNESS = {
    "110000/310": "330100",
    "110000/390": "390200",
    "120000/390": "390200",
    "331100/310": "390200",
    "331100/390": "390200",
}


USUAL = {"care": "inpatient", "level": "tertiary", "age": 40, "ordinal": 1, "place": "local", "accumulators": {}}
PARTS = ("full_self_pay_fen", "over_ceiling_fen", "self_pay_first_fen", "in_scope_fen")


def case(policy, **told):
    parts = {part: told.pop(part, 0) for part in PARTS}
    rest = {
        "status": policy.statuses[0],
        "account_balance_fen": 0,
        "account_used": False,
        "total_fen": sum(parts.values()),
    }
    return BenefitCase(**USUAL | rest | parts | told)


def law(name):
    return load(*name.split("/"), TODAY)


@pytest.mark.requirement("MAS-21", "CII-01", "CII-02")
@pytest.mark.parametrize(("name", "fund"), CRITICAL_ILLNESS.items())
def test_critical_illness_pays_the_poor_more_and_earlier(name, fund):
    policy = law(name)
    paid = {
        aid: dict(settle(policy, case(policy, aid=aid, in_scope_fen=LARGE)).funds).get(fund, 0)
        for aid in ("none", "minimum_living", "extreme_poverty")
    }
    assert 0 < paid["none"] < paid["minimum_living"] <= paid["extreme_poverty"]


@pytest.mark.requirement("BEN-07", "BEN-08")
def test_every_layer_pays_from_a_fund_of_its_own_and_the_person_the_rest():
    policy = law("331100/390")
    poor = case(policy, aid="minimum_living", plan="zhelibao", in_scope_fen=LARGE, full_self_pay_fen=1_000_000)
    result = settle(policy, poor)
    assert set(dict(result.funds)) == {"390100", "390200", "999997", "610100"}
    assert all(paid > 0 for _, paid in result.funds)
    assert [step.fund for step in result.steps] == ["390100", "390200", "999997", "610100"]
    assert result.cash_fen == poor.total_fen - sum(paid for _, paid in result.funds)


@pytest.mark.requirement("MAS-11")
@pytest.mark.parametrize("name", ["110000/310", "110000/390"])
@pytest.mark.parametrize("care", ["outpatient", "inpatient"])
def test_the_destitute_owe_nothing_of_in_scope_cost(name, care):
    policy = law(name)
    result = settle(policy, case(policy, care=care, aid="extreme_poverty", in_scope_fen=500_000))
    assert dict(result.funds)["610100"] > 0
    assert result.cash_fen == 0


@pytest.mark.requirement("MAS-13")
@pytest.mark.parametrize(("used", "paid"), [(0, 62_000), (760_000, 40_000), (800_000, 0)])
def test_assistance_ends_at_its_yearly_limit(used, paid):
    policy = law("110000/390")
    visit = case(
        policy,
        care="outpatient",
        aid="minimum_living",
        in_scope_fen=100_000,
        accumulators={"assistance_outpatient_paid": used},
    )
    assert dict(settle(policy, visit).funds).get("610100", 0) == paid


@pytest.mark.requirement("ZLB-01")
def test_zhelibao_pays_a_rising_share_of_each_further_yuan():
    policy = law("331100/310")
    stairs = [400_000, 900_000, 1_400_000, 1_700_000, 9_000_000, 19_000_000, 29_000_000, 39_000_000]
    further = [
        settle(policy, case(policy, plan="zhelibao", full_self_pay_fen=cost + 10_000)).fund_fen
        - settle(policy, case(policy, plan="zhelibao", full_self_pay_fen=cost)).fund_fen
        for cost in stairs
    ]
    assert further[0] == 0
    assert all(less < more for less, more in pairwise(further))


@pytest.mark.requirement("BEN-10")
def test_what_stands_on_the_negative_list_is_paid_by_nobody():
    policy = law("331100/310")
    listed = case(policy, plan="zhelibao", full_self_pay_fen=10_000_000, extras={"negative_list": 10_000_000})
    assert settle(policy, listed).fund_fen == 0
    assert settle(policy, replace(listed, extras={})).fund_fen > 0


@pytest.mark.requirement("OPD-03")
@pytest.mark.parametrize("disease", ["hypertension", "diabetes"])
def test_residents_with_hypertension_or_diabetes_have_their_medicines_paid_from_the_first_yuan(disease):
    policy = law("331100/390")
    visit = case(policy, care="chronic", level="community", disease=disease, in_scope_fen=10_000)
    assert settle(policy, visit).fund_fen > 0
