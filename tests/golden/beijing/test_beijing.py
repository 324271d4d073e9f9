"""Beijing's law keeps to what it was made for: care near home is paid better."""

from dataclasses import replace
from datetime import date

import pytest

from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import load


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
