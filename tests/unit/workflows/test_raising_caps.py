"""A cap that history raises comes to the same in bulk as at the counter: the same function, persons who reach it only."""

import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.unit.policies.test_earned_raises import CASE as SMALLER
from tests.unit.warehouse.test_visits import VISIT, write
from yibao.engines.benefits import settle
from yibao.engines.contributions import raise_of
from yibao.policies.contribution_terms import contribution_law, incentive_terms
from yibao.policies.library import ROOT
from yibao.policies.references import choose
from yibao.warehouse.bulk_cases import bulk_cases
from yibao.warehouse.visits import read_visits
from yibao.workflows.raising_caps import settle_many_raised, settle_raised
from yibao.workflows.simulate_reform import Question, simulate

CASE = replace(SMALLER, total_fen=400_000_000, in_scope_fen=400_000_000)
LAW = "440100/390@2026-05-01"
STAY = {
    "scheme": "390", "status": "elderly", "care": "inpatient", "level": "tertiary", "age": 70, "account_used": False,
    "benefit_year": 2026, "began_on": date(2026, 5, 1), "total_fen": 400_000_000, "full_self_pay_fen": 0,
    "self_pay_first_fen": 0, "in_scope_fen": 400_000_000, "tenure": 1, "account_balance_fen": 0,
}  # fmt: skip


def visits_of(tmp_path, *rows):
    return write(tmp_path / "visits.parquet", [{**VISIT, **STAY, **row} for row in rows], group=100)


def terms():
    return incentive_terms(contribution_law("440100"), "390", date(2026, 5, 1))


def fund_of(found):
    """What the funds pay under both laws."""
    return found.table("payers").rows[1][1:3]


@pytest.mark.parametrize(("earned", "counts"), [(0, 0), (300_000, 300_000), (99_000_000, 8_000_000)])
def test_bulk_pays_what_the_counter_pays(tmp_path, earned, counts):
    policy = choose(LAW).policy
    (visits,) = read_visits([visits_of(tmp_path, {"earned_raise_fen": earned})])
    bulk = settle_many_raised(
        policy, bulk_cases(policy, visits), earned_fen=visits.earned_raises,
        raise_of=lambda mine, cap: raise_of(terms(), earned_fen=mine, cap_fen=cap),
    )  # fmt: skip
    _, counter = settle_raised(policy, CASE, lambda cap: raise_of(terms(), earned_fen=earned, cap_fen=cap))
    assert int(bulk.fund_fen[0]) == counter.fund_fen == settle(policy, CASE).fund_fen + counts
    assert int(bulk.cash_fen[0]) == counter.cash_fen
    assert {fund: int(paid[0]) for fund, paid in bulk.funds.items() if paid[0]} == dict(counter.funds)
    assert dict(zip(policy.accumulators, bulk.accumulators[0].tolist(), strict=True)) == {
        **dict.fromkeys(policy.accumulators, 0), **counter.accumulator_changes,
    }  # fmt: skip


def test_a_year_of_visits_is_carried_on_and_its_neighbours_stay(tmp_path):
    policy = choose(LAW).policy
    rows = [
        {"person_id": 1}, {"person_id": 2, "earned_raise_fen": 300_000},
        {"person_id": 2, "earned_raise_fen": 300_000, "care": "outpatient", "level": "primary", "total_fen": 50_000, "in_scope_fen": 50_000},
        {"person_id": 2, "earned_raise_fen": 300_000}, {"person_id": 3, "earned_raise_fen": 300_000, "total_fen": 900_000, "in_scope_fen": 900_000},
    ]  # fmt: skip
    visits, _last = read_visits([visits_of(tmp_path, *rows, {"person_id": 4})])
    cases = bulk_cases(policy, visits)
    bulk = settle_many_raised(
        policy, cases, earned_fen=visits.earned_raises,
        raise_of=lambda mine, cap: raise_of(terms(), earned_fen=mine, cap_fen=cap),
    )  # fmt: skip
    held, alone = {}, []
    for ordinal, row in ((1, rows[1]), (1, rows[2]), (2, rows[3])):
        case = replace(
            CASE, care=row.get("care", "inpatient"), level=row.get("level", "tertiary"), ordinal=ordinal, accumulators=held,
            total_fen=row.get("total_fen", 400_000_000), in_scope_fen=row.get("in_scope_fen", 400_000_000), month=4,
        )  # fmt: skip
        _, result = settle_raised(policy, case, lambda cap: raise_of(terms(), earned_fen=300_000, cap_fen=cap))
        alone.append(result.fund_fen)
        held = {name: held.get(name, 0) + result.accumulator_changes.get(name, 0) for name in policy.accumulators}
    assert bulk.fund_fen.tolist()[1:4] == alone
    plain = settle_many_raised(policy, cases, earned_fen=np.zeros(3, np.int64), raise_of=lambda _mine, _cap: 0)
    assert bulk.fund_fen.tolist()[::4] == plain.fund_fen.tolist()[::4]
    assert sum(bulk.fund_fen.tolist()) == sum(plain.fund_fen.tolist()) + 300_000


def test_a_simulation_of_the_rule_tells_what_it_costs(tmp_path):
    folder = tmp_path / "440100" / "390"
    shutil.copytree(ROOT / "440100" / "390", folder)
    path = folder / "critical_illness.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("      - clause: gz-390-ci-cap-raised")
    path.write_text(text[:start].rstrip().removesuffix("adjust:").rstrip() + "\n", encoding="utf-8")
    base, reform = choose(str(folder), date(2026, 5, 1)), choose(LAW)
    file = visits_of(tmp_path, {"earned_raise_fen": 300_000}, {"person_id": 2})
    before, after = fund_of(simulate(Question(base=base, reform=reform, files=[file], workplace=tmp_path)))
    assert after - before == 300_000


def test_whom_the_law_raises_nothing_gets_nothing(tmp_path):
    policy = choose("110000/390@2026-05-01").policy
    assert policy.earned == frozenset()
    rows = {"earned_raise_fen": 300_000, "status": "elderly"}
    (visits,) = read_visits([visits_of(tmp_path, rows)])
    cases = bulk_cases(policy, visits)
    raised = settle_many_raised(policy, cases, earned_fen=visits.earned_raises, raise_of=lambda _mine, _cap: 1)
    plain = settle_many_raised(policy, cases, earned_fen=np.zeros(1, np.int64), raise_of=lambda _mine, _cap: 1)
    assert raised.fund_fen.tolist() == plain.fund_fen.tolist()
