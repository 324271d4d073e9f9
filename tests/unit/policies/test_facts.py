"""Files of dated facts: what is said is found, and what is wrong is named with its line."""

from datetime import date
from pathlib import Path

import pytest

from yibao.policies import NoPolicyError, PolicyError
from yibao.policies.facts import read_facts
from yibao.policies.interregional import interregional_law, interregional_on
from yibao.policies.maternity import maternity_file, maternity_law, maternity_regions
from yibao.policies.procedure import procedure_law, procedure_on

EXPECTED = {"shelf_days": "days", "shelf_amount": "yuan", "shelf_share": "percent"}
GOOD = """\
topic: shelf
region: "990000"
title: {zh: 架, en: shelf}
effective_from: 2020-01-01
effective_until: null
sources:
  shelf_law: {document: 架法, link: null}
values:
  - {key: shelf_days, clause: a, value: 3, unit: days, effective_from: 2020-01-01, effective_until: 2021-01-01, source: shelf_law, article: 一, trust: official, note: n}
  - {key: shelf_days, clause: b, value: 4, unit: days, effective_from: 2021-01-01, effective_until: null, source: shelf_law, article: 一, trust: official, note: n}
  - {key: shelf_amount, clause: c, value: 1.50, unit: yuan, effective_from: 2020-01-01, effective_until: null, source: null, article: null, trust: our_default, note: n}
  - {key: shelf_share, clause: d, value: 70, unit: percent, effective_from: 2020-01-01, effective_until: null, source: null, article: null, trust: our_default, note: n}
"""


def read(folder: Path, text: str):
    (folder / "990000").mkdir(exist_ok=True)
    path = folder / "990000" / "shelf.yaml"
    path.write_text(text, encoding="utf-8")
    return read_facts(path, EXPECTED)


def test_a_day_finds_its_values_and_their_clauses(tmp_path):
    law = read(tmp_path, GOOD)
    assert [law.on(day)["shelf_days"].value for day in (date(2020, 12, 31), date(2021, 1, 1))] == [3, 4]
    assert law.on(date(2022, 1, 1))["shelf_amount"].value == 150
    assert law.on(date(2022, 1, 1))["shelf_share"].value == 700_000
    assert law.on(date(2022, 1, 1))["shelf_days"].clause.document == "架法"
    with pytest.raises(NoPolicyError):
        law.on(date(2019, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "kind", "line"),
    [
        ("effective_until: 2021-01-01", "effective_until: 2020-12-01", "gap", 8),
        ("effective_until: 2021-01-01", "effective_until: 2021-02-01", "overlap", 8),
        ("effective_until: 2021-01-01", "effective_until: 2019-01-01", "empty_period", 9),
        ("value: 3,", "value: three,", "no_value", 9),
        ("value: 3,", "value: -3,", "no_value", 9),
        ("value: 1.50", "value: 1.505", "no_value", 11),
        ("value: 70,", "value: 101,", "no_value", 12),
        ("value: 70,", "value: 0.7,", "no_value", 12),
        ("key: shelf_amount", "key: other", "unknown_key", 11),
        ("unit: yuan", "unit: days", "unknown_key", 11),
        ("trust: our_default", "trust: official", "no_source", 11),
        ("clause: b", "clause: a", "repeated_clause", 10),
        ("source: shelf_law", "source: no_such", "unknown_source", 9),
        ('region: "990000"', 'region: "980000"', "wrong_folder", 2),
        ("topic: shelf", "topik: shelf", "unknown_key", 1),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, old, new, kind, line):
    with pytest.raises(PolicyError) as refused:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert (kind, line) in {(problem.kind, problem.line) for problem in refused.value.problems}


def test_the_nations_procedure_and_every_regions_maternity_law_are_law():
    assert procedure_on(date(2026, 11, 21)).reimbursement_days == 30
    assert procedure_on(date(2026, 11, 21)).allowance_days == 10
    assert procedure_law().file.region == "100000"
    for region in maternity_regions():
        assert maternity_law(region, date(2026, 1, 1)).terms.birth_days == 98


def test_the_nations_rules_for_care_elsewhere_are_law():
    rules = interregional_on(date(2026, 11, 21))
    assert rules.catalogue_of_care
    assert (rules.prepaid_months, rules.usage_warning, rules.usage_alarm) == (2, 700_000, 900_000)
    assert rules.clauses["catalogue_of_care"].trust == "relayed"
    assert {clause.trust for key, clause in rules.clauses.items() if key != "catalogue_of_care"} == {"our_default"}


def test_every_fact_says_what_it_stands_on():
    laws = [procedure_law(), interregional_law(), *(maternity_file(region) for region in maternity_regions())]
    for law in laws:
        for _key, _period, fact in law.placed:
            clause = fact.clause
            assert clause.note
            assert clause.trust == "our_default" or (clause.document and (clause.article or clause.link))


def test_a_region_without_a_law_is_refused():
    with pytest.raises(NoPolicyError):
        maternity_law("990000", date(2026, 1, 1))
