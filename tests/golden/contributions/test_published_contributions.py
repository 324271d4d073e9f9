"""Published examples of contributions, accounts and waiting periods, to the fen."""

from pathlib import Path

import pytest
import yaml

from yibao.core.money import format_scaled, parse_scaled
from yibao.engines.contributions import (
    WaitingFacts,
    assess,
    months_short,
    repeated,
    waiting_of,
)
from yibao.policies.contribution_terms import (
    contribution_law,
    terms_for,
    waiting_law,
    waiting_terms,
    years_terms,
)
from yibao.policies.library import ROOT

HERE = Path(__file__).parent
CASES = yaml.safe_load((HERE / "cases" / "published.yaml").read_text(encoding="utf-8"))


def named(kind):
    return pytest.mark.parametrize("case", CASES[kind], ids=[case["id"] for case in CASES[kind]])


def law_of_case(case):
    folder, _, region = case["law"].rpartition("/")
    return contribution_law(region, HERE / "law" if folder else ROOT)


def yuan(fen):
    return format_scaled(fen, decimals=2)


@named("amounts")
@pytest.mark.requirement("ENR-03", "ENR-04", "ENR-08", "ACC-01", "MAS-01")
def test_contributions_and_credits(case):
    law = law_of_case(case)
    terms = terms_for(law, case["scheme"], case["on"], category=case["category"], age=case["age"])
    wage = case["wage"] and parse_scaled(case["wage"], decimals=2)
    found = assess(terms, wage_fen=wage, statuses=case.get("statuses", ()))
    expect = dict(case["expect"])
    assert [line.clause for line in found.lines] == case["clauses"]
    assert all(clause in law.clauses for clause in case["clauses"])
    if "months" in expect:
        recognised = case["recognised_months"]
        terms = years_terms(law, case["scheme"], case["on"])
        short = months_short(terms, is_male=True, recognised_months=recognised, local_months=recognised)
        assert short == expect.pop("months")
        found = repeated(found, short)
    assert {name: yuan(getattr(found, f"{name}_fen")) for name in expect} == expect
    assert found.due_fen == found.to_pool_fen + found.to_large_fen + found.to_account_fen


@named("waiting")
def test_waiting_periods(case):
    terms = waiting_terms(waiting_law(law_of_case(case), "390", case["resumed_on"]))
    facts = WaitingFacts(
        missed=case["missed"], repaired=case["repaired"], is_late=False, is_exempt=False, resumed_on=case["resumed_on"]
    )
    found = waiting_of(terms, facts)
    assert {"months": found.total_months, "covered_from": found.covered_from} == case["expect"]


def test_no_usable_published_example_is_left_out():
    told = {word for cases in CASES.values() for case in cases for word in case["source"].split()}
    assert {"P01", "P03", "P04", "P05", "P06", "P07", "W01"} <= told
