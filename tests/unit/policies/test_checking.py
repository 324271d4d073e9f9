"""What cannot be law is refused with file, line and reason; nothing unknown becomes a default."""

import shutil
from datetime import date

import pytest

from yibao.policies import NoPolicyError, PolicyError, compile_folder, load, schemes
from yibao.policies.library import ROOT

BROKEN = [
    # file, what stands there, what it is replaced with, kind, what stands at the line named (None: what was put there)
    ("outpatient.yaml", "  - key: outpatient_pooled", "  - kei: outpatient_pooled", "unknown_key", None),
    ("outpatient.yaml", "unit: yuan", "unit: dollars", "not_in_the_language", None),
    ("outpatient.yaml", "value: {active: 1800, retired: 1300}", "value: {active: 1800}", "missing_cell", None),
    ("outpatient.yaml", "value: {active: 1800, retired: 1300}", "value: {actif: 1800, retired: 1}", "unknown_code", None),
    ("outpatient.yaml", "value: {active: 1800, retired: 1300}", "value: {active: -1, retired: 1}", "no_value", None),
    ("outpatient.yaml", "value: {active: 1800, retired: 1300}", "value: {active: 0.001, retired: 1}", "no_value", None),
    ("outpatient.yaml", "value: {active: 1800, retired: 1300}", "value: 1800", "not_a_table", None),
    ("outpatient.yaml", "where: {place: [local]}", "where: {place: [local, filed]}", "overlap", "- clause: bj-310-op-deductible-elsewhere"),
    ("outpatient.yaml", "where: {place: [filed, unfiled]}", "where: {place: [filed]}", "gap", "deductible:"),
    ("outpatient.yaml", "effective_until: 2023-01-01", "effective_until: 2022-01-01", "gap", "cap:"),
    ("outpatient.yaml", "effective_until: 2023-01-01", "effective_until: 2024-01-01", "overlap", "- clause: bj-310-op-tier"),
    ("outpatient.yaml", "effective_until: 2023-01-01", "effective_until: 2019-01-01", "empty_period", None),
    ("outpatient.yaml", "source: benefit_table", "source: hearsay", "unknown_source", None),
    ("outpatient.yaml", "source: benefit_table", "source: null", "no_source", None),
    ("outpatient.yaml", "trust: relayed", "trust: surely", "not_in_the_language", None),
    ("outpatient.yaml", "clause: bj-310-op-deductible-elsewhere", "clause: bj-310-op-deductible", "repeated_clause", None),
    ("outpatient.yaml", "accumulator: outpatient_deductible", "accumulator: outpatient_deductibel", "unknown_accumulator", None),
    ("outpatient.yaml", "accumulator: outpatient_deductible", "accumulator: inpatient_cost", "wrong_accumulator", None),
    ("outpatient.yaml", 'fund: "330100"', 'fund: "330101"', "unknown_fund", None),
    ("outpatient.yaml", "beyond: outpatient_pooled", "beyond: inpatient_pooled", "unknown_layer", None),
    ("outpatient.yaml", "base: {owed: [in_scope]}", "base: {}", "base", None),
    ("outpatient.yaml", "base: {owed: [in_scope]}", "base: {owed: [self_pay_first]}", "base", "beyond: outpatient_pooled"),
    ("outpatient.yaml", "edges: [0, null]", "edges: [1, null]", "edges", None),
    ("outpatient.yaml", "edges: [0, null]", "edges: [0, 100, null]", "bands", "tertiary, district_tertiary, secondary, primary: [0.70]"),
    ("outpatient.yaml", "tertiary, district_tertiary, secondary, primary: [0.70]", "tertiary, secondary, primary: [0.70]", "missing_cell", "value:"),
    ("outpatient.yaml", "community: [0.90]", "community: [1.90]", "no_value", None),
    ("outpatient.yaml", "topic: outpatient", "topic: outpatient\ntopic: again", "repeated_key", None),
    ("outpatient.yaml", "topic: outpatient", "topic: [outpatient", "no_yaml", "sources:"),
    ("outpatient.yaml", "order: 20", "order: 10", "repeated_order", None),
    ("inpatient.yaml", "accumulator: inpatient_cost", "accumulator: inpatient_cots", "unknown_accumulator", None),
    ("inpatient.yaml", "edges: [0, 30000, 40000, null]", "edges: [0, 40000, 30000, null]", "edges", None),
    ("inpatient.yaml", "by: [ordinal]", "by: [level]", "unknown_code", "value: {first: 1300, later: 650}"),
    ("scheme.yaml", "under_70: 0", "under_70: 1", "gap", None),
    ("scheme.yaml", "from_70: 70", "from_70: 0", "not_rising", None),
    ("scheme.yaml", "care: [pharmacy]", "care: [inpatient]", "contradiction", "- clause: bj-310-pharmacy"),
    ("scheme.yaml", 'scheme: "310"', 'scheme: "390"', "wrong_folder", 'region: "110000"'),
    ("scheme.yaml", "value: [in_scope, self_pay_first]", "value: [in_scop]", "no_value", None),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "110000" / "310"
    shutil.copytree(ROOT / "110000" / "310", target)
    return target


@pytest.mark.parametrize("broken", BROKEN, ids=[f"{row[3]}-{row[2][:30]}" for row in BROKEN])
def test_a_broken_file_is_refused_at_its_line(folder, broken):
    file, old, new, kind, stands_there = broken
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        compile_folder(folder)
    lines = path.read_text(encoding="utf-8").splitlines()
    said = [(problem.kind, lines[problem.line - 1]) for problem in refused.value.problems]
    assert (kind, True) in [(found, (stands_there or new).splitlines()[-1] in line) for found, line in said], said


def test_a_value_that_can_never_hold_is_refused(folder):
    path = folder / "outpatient.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("        - clause: bj-310-op-large-rate\n")
    entry = text[start : text.index("        - clause: bj-310-op-large-rate-filed")]
    late = entry.replace("bj-310-op-large-rate", "bj-310-op-never").replace("2023-01-01\n", "2020-01-01\n")
    late = late.replace("effective_until: null", "effective_until: 2021-01-01")
    path.write_text(text[:start] + late + text[start:], encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        compile_folder(folder)
    assert [problem.kind for problem in refused.value.problems] == ["never_holds"]
    assert "bj-310-op-never" in refused.value.problems[0].detail


def test_a_care_without_a_word_is_refused(folder):
    path = folder / "scheme.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("not_paid:")] + "not_paid: []\n", encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        compile_folder(folder)
    assert [(p.kind, p.detail) for p in refused.value.problems] == [
        ("no_layer", "pharmacy has no layer and is not in not_paid")
    ]


def test_a_folder_without_a_scheme_file_is_refused(tmp_path):
    with pytest.raises(PolicyError) as refused:
        compile_folder(tmp_path)
    assert refused.value.problems[0].kind == "missing_file"


def test_every_shipped_policy_is_sound_and_sourced():
    from yibao.policies.library import law_of

    for region, scheme in schemes():
        for _, policy in compile_folder(ROOT / region / scheme):
            for clause in law_of(policy).clauses.values():
                assert clause.document is not None or clause.trust == "our_default"
                assert clause.note


def test_the_law_of_a_day_is_one_object_between_two_changes():
    assert load("110000", "310", date(2023, 1, 1)) is load("110000", "310", date(2026, 11, 21))
    assert load("110000", "310", date(2022, 12, 31)) is not load("110000", "310", date(2023, 1, 1))


@pytest.mark.parametrize(
    ("region", "scheme", "on"), [("110000", "310", date(2018, 12, 31)), ("110000", "999", date(2026, 1, 1))]
)
def test_no_policy_is_never_another_policy(region, scheme, on):
    with pytest.raises(NoPolicyError):
        load(region, scheme, on)
