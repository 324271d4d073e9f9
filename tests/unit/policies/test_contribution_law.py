"""Files of contributions: what ships is law, and what cannot be law is refused with file, line and reason."""

import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from tests.architecture.test_policies_sourced import read, unsourced
from yibao.interfaces.commands import policy
from yibao.policies.contribution_terms import (
    category_of,
    check_contributions,
    contribution_law,
    contribution_regions,
    incentive_terms,
    terms_for,
    waiting_law,
)
from yibao.policies.double_enrolment import DOUBLE_FILE, double_rules
from yibao.policies.errors import NoPolicyError, PolicyError
from yibao.policies.library import ROOT

FIVE = ("110000", "120000", "310000", "331100", "440100")


@pytest.mark.parametrize("region", FIVE)
def test_every_value_that_ships_has_its_source(region):
    loaded = read(ROOT / region / "contributions.yaml")
    assert list(unsourced(loaded)) == []
    law = contribution_law(region)
    assert {clause.trust for clause in law.clauses.values()} <= {"official", "relayed", "third_party", "our_default"}
    assert all(clause.note for clause in law.clauses.values())


def test_the_five_regions_state_theirs():
    assert contribution_regions() == FIVE


@pytest.mark.parametrize("region", FIVE)
def test_every_group_that_gets_benefits_is_a_category_of_payers(region):
    for code, scheme in contribution_law(region).file.schemes.items():
        named = {group for category in scheme.categories.values() for group in category.groups}
        assert named == set(read(ROOT / region / code / "scheme.yaml")["statuses"])


def test_policy_check_reads_them_too():
    said = CliRunner().invoke(policy.app, ["check"])
    assert said.exit_code == 0
    for name in (*(f"{region}/contributions.yaml" for region in FIVE), DOUBLE_FILE):
        assert f"{name}: sound" in said.stdout


@pytest.fixture
def draft(tmp_path):
    """Beijing's file, to be spoilt."""
    path = tmp_path / "110000" / "contributions.yaml"
    path.parent.mkdir()
    shutil.copy(ROOT / "110000" / "contributions.yaml", path)

    def spoil(old, new, *, count=1):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")
        with pytest.raises(PolicyError) as caught:
            check_contributions(path)
        return [(problem.kind, problem.line, problem.detail) for problem in caught.value.problems]

    return spoil


SPOILT = {
    "gap": ("effective_from: 2022-09-01", "effective_from: 2022-10-01", "gap"),
    "overlap": ("effective_until: 2022-09-01", "effective_until: 2022-10-01", "overlap"),
    "unknown key": ("period: month", "periods: month", "unknown_key"),
    "missing source": ("source: account_2022", "source: null", "no_source"),
    "unknown source": ("source: account_2022", "source: account_2021", "unknown_source"),
    "repeated clause": ("clause: bj-310-roof-2021", "clause: bj-310-floor-2021", "repeated_clause"),
    "unknown category": ("categories: [employed, retired]", "categories: [employed, pensioners]", "unknown_code"),
    "unknown age": ('"from_45, from_70": 0.04', '"from_45, from_71": 0.04', "unknown_code"),
    "missing cell": ("{under_35: 0.028, from_35: 0.03, ", "{under_35: 0.028, ", "missing_cell"),
    "rate above one": ("value: 0.088", "value: 1.088", "no_value"),
    "negative": ("value: 0.088", "value: -0.088", "no_value"),
    "too many decimals": ("value: 553.56", "value: 553.567", "no_value"),
    "floor above roof": ("value: 28221", "value: 5000", "not_rising"),
    "ends before it begins": ("effective_until: 2021-01-01", "effective_until: 2019-01-01", "empty_period"),
    "wrong folder": ('region: "110000"', 'region: "120000"', "wrong_folder"),
    "unknown fund": ('large: "330100", ', "", "unknown_fund"),
    "share of no base": ("value: 553.56\n            unit: yuan", "value: 0.1\n            unit: ratio", "base"),
    "late fee that is no number": ("daily: 0.0005", "daily: often", "no_value"),
    "incentive that is no number": ("most: 0.2", "most: much", "no_value"),
    "two rules at once": ("waiting:\n", "waiting:\n{copy}", "overlap"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_cannot_be_law_is_refused_with_its_line(draft, name):
    old, new, kind = SPOILT[name]
    if "{copy}" in new:
        text = (ROOT / "110000" / "contributions.yaml").read_text(encoding="utf-8")
        rule = text[text.index("      - clause: bj-310-waiting") : text.index("    years:\n")]
        new = "waiting:\n" + rule.replace("bj-310-waiting", "bj-310-waiting-too")
    found = draft(old, new)
    assert kind in {each[0] for each in found}, found
    assert all(line > 0 for _, line, _ in found)


def test_a_gap_names_the_line_the_day_and_the_person(draft):
    (found,) = [each for each in draft("effective_from: 2022-09-01", "effective_from: 2022-10-01") if each[0] == "gap"]
    assert "2022-09-01 for employed" in found[2]


def test_a_value_nobody_meets_is_refused(draft):
    old = "categories: [flexible]\n        effective_from: 2021-07-01\n        effective_until: "
    found = draft(f"{old}null", f"{old}2022-01-01")
    assert [(kind, detail) for kind, _, detail in found] == [("never_holds", "bj-310-flexible holds for nobody")]


class TestAsking:
    def test_the_law_of_the_day(self):
        law = contribution_law("110000")
        before = terms_for(law, "310", date(2022, 8, 31), category="employed", age=34)
        after = terms_for(law, "310", date(2022, 9, 1), category="employed", age=34)
        assert (before.credit.rate_ppm, after.credit.rate_ppm) == (28_000, 20_000)

    def test_an_average_wage_makes_the_limits(self):
        limits = terms_for(contribution_law("120000"), "310", date(2023, 1, 1), category="employed", age=30).limits
        assert (limits.floor_fen, limits.roof_fen) == (450_000, 2_250_000)

    def test_employer_and_group_make_the_category(self):
        law = contribution_law("110000")
        on = date(2026, 1, 1)
        assert category_of(law, "310", on, group="active", has_employer=True) == "employed"
        assert category_of(law, "310", on, group="active", has_employer=False) == "flexible"
        assert category_of(law, "310", on, group="retired", has_employer=True) == "retired"
        assert category_of(law, "310", on, group="strange", has_employer=True) is None

    def test_unknown_days_schemes_and_regions(self):
        with pytest.raises(NoPolicyError):
            contribution_law("999999")
        law = contribution_law("110000")
        for scheme, on in (("310", date(2021, 6, 30)), ("340", date(2026, 1, 1))):
            with pytest.raises(NoPolicyError):
                terms_for(law, scheme, on, category="employed", age=30)

    def test_the_residents_mechanism_begins_in_2025(self):
        law = contribution_law("110000")
        assert waiting_law(law, "390", date(2024, 12, 31)) is None
        assert waiting_law(law, "390", date(2025, 1, 1)).trust == "official"
        assert incentive_terms(law, "390", date(2025, 1, 1)).most_ppm == 200_000


def test_rules_on_doubles_need_sources(tmp_path):
    target = tmp_path / "100000"
    target.mkdir()
    text = (ROOT / DOUBLE_FILE).read_text(encoding="utf-8")
    (target / "double_enrolment.yaml").write_text(
        text.replace("source: guidance_2020", "source: null", 1), encoding="utf-8"
    )
    with pytest.raises(PolicyError, match="no_source"):
        double_rules(tmp_path)
