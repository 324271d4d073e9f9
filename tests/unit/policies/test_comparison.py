"""Two laws side by side: what is changed in a draft is found, for whom it is changed, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date

import pytest
from typer.testing import CliRunner

from yibao.interfaces.commands import policy
from yibao.policies import NoPolicyError, schemes
from yibao.policies.circumstances import boxes
from yibao.policies.comparison import compare
from yibao.policies.difference_sentences import plain, sentences_of
from yibao.policies.library import ROOT, compile_folder
from yibao.policies.references import UnreadableReferenceError, choose

DAY = date(2026, 11, 1)


@pytest.fixture
def draft(tmp_path):
    """A copy of Beijing's law for employees that a test rewrites: topic, text, other text."""
    folder = tmp_path / "110000" / "310"
    shutil.copytree(ROOT / "110000" / "310", folder)

    def rewrite(topic, text, other):
        path = folder / f"{topic}.yaml"
        content = path.read_text(encoding="utf-8")
        assert text in content
        path.write_text(content.replace(text, other), encoding="utf-8")
        return folder

    return rewrite


def told(folder):
    return compare(choose("110000/310", DAY), choose(str(folder), DAY))


@pytest.mark.parametrize("place", schemes())
def test_a_law_does_not_differ_from_itself(place):
    for stretch, _ in compile_folder(ROOT.joinpath(*place)):
        same = choose("/".join(place), stretch.start)
        assert compare(same, same).differences == ()
        assert sentences_of(compare(same, same), "zh") == ["两部规定的待遇没有差别。"]


def test_a_rate_that_changes_for_one_status_and_two_levels_is_one_difference(draft):
    folder = draft(
        "inpatient",
        "            active:\n              primary, community: [0.90, 0.95, 0.97]",
        "            active:\n              primary, community: [0.90, 0.96, 0.97]",
    )
    (difference,) = told(folder).differences
    assert difference.kind == "rates"
    assert difference.where == {"status": ("active",), "level": ("community", "primary"), "place": ("filed", "local")}
    assert (difference.before.value[1][:2], difference.after.value[1][:2]) == (
        (4_000_000, 950_000),
        (4_000_000, 960_000),
    )
    (sentence,) = sentences_of(told(folder), "en")
    assert "(active employees; the region of insurance or elsewhere (on file); primary hospitals or" in sentence
    assert ": 30,000 to 40,000 yuan 95% → 96% (1 points more)" in sentence


def test_the_circumstances_of_a_difference_hold_all_that_changes_and_nothing_else(draft):
    folder = draft("inpatient", "value: {first: 1300, later: 650}", "value: {first: 1200, later: 650}")
    (difference,) = told(folder).differences
    assert (difference.kind, difference.where) == ("deductible", {"ordinal": (1,)})
    assert (difference.before.value, difference.after.value) == (130_000, 120_000)
    assert [clause.id for clause in difference.after.clauses] == [
        "bj-310-ip-deductible", "bj-310-ip-deductible-elsewhere",
    ]  # fmt: skip
    assert difference.after.clauses[0].trust == "relayed"


def test_a_cap_is_told_with_its_accumulator(draft):
    folder = draft("inpatient", "value: 100000\n          unit: yuan", "value: 120000\n          unit: yuan")
    (sentence,) = sentences_of(told(folder), "zh")
    start = (
        "【住院统筹】支付限额（所有情形）：100,000 元（本年度住院统筹累计支付） → 120,000 元（本年度住院统筹累计支付）"
    )
    assert sentence.startswith(start)
    assert "京医保发〔2019〕14号；官方文件" in sentence


def test_a_value_that_is_written_otherwise_but_means_the_same_is_no_difference(draft):
    folder = draft("inpatient", "value: {active: [0.85], retired: [0.90]}", "value: {retired: [0.9], active: [0.850]}")
    assert told(folder).differences == ()


def test_another_document_behind_the_same_value_is_told(draft):
    folder = draft("inpatient", "document: 京医保发〔2019〕14号", "document: 京医保发〔2027〕1号")
    kinds = {difference.kind for difference in told(folder).differences}
    assert kinds == {"basis"}
    assert "京医保发〔2027〕1号" in sentences_of(told(folder), "en")[0]


def test_a_layer_that_goes_is_told_with_what_it_paid(draft):
    folder = draft("inpatient", "topic: inpatient", "topic: inpatient")
    path = folder / "inpatient.yaml"
    content = path.read_text(encoding="utf-8")
    path.write_text(content[: content.index("  - key: inpatient_large")], encoding="utf-8")
    scheme = folder / "scheme.yaml"
    lines = scheme.read_text(encoding="utf-8").splitlines(keepends=True)
    scheme.write_text("".join(line for line in lines if "inpatient_large_paid" not in line), encoding="utf-8")
    found = told(folder)
    assert [d.kind for d in found.differences[:3]] == ["layer_removed", "base", "fund"]
    assert sentences_of(found, "en")[0] == "[Inpatient large-amount mutual aid] This layer of benefit is gone."
    assert all(difference.after is None for difference in found.differences)


def test_ages_that_two_laws_cut_otherwise_are_compared_year_by_year(draft):
    folder = draft("scheme", "ages: {under_70: 0, from_70: 70}", "ages: {under_70: 0, from_70: 65}")
    differences = told(folder).differences
    assert differences
    assert all(difference.where["age"] == (65,) for difference in differences)
    assert all("aged 65 to 69" in sentence for sentence in sentences_of(told(folder), "en"))


def test_boxes_cover_exactly_what_was_asked():
    domain = {(a, b, *"-" * 8) for a in "xyz" for b in "123"}
    chosen = domain - {("x", "1", *"-" * 8)}
    found = boxes(chosen, domain)
    covered = [
        {atom for atom in domain if all(k not in box or atom[i] in box[k] for i, k in enumerate(("care", "level")))}
        for box in found
    ]
    assert set().union(*covered) == chosen
    assert sum(map(len, covered)) == len(chosen) == 8
    assert len(found) == 2


@pytest.mark.parametrize("reference", ["110000", "110000/310", "110000/310@2026", "abc/310@2026-01-01", ""])
def test_what_is_no_reference_is_refused(reference):
    with pytest.raises(UnreadableReferenceError):
        choose(reference)


def test_a_folder_on_a_day_before_its_law_is_refused(draft):
    folder = draft("scheme", "region:", "region:")
    with pytest.raises(NoPolicyError):
        choose(f"{folder}@2001-01-01")
    assert choose(str(folder)).policy.policy_id == "110000/310@2023-01-01"


def test_the_command_tells_and_gives_json(draft):
    folder = draft("inpatient", "value: {first: 1300, later: 650}", "value: {first: 1200, later: 650}")
    run = CliRunner()
    words = ["diff", "110000/310", str(folder), "--on", "2026-11-01"]
    result = run.invoke(policy.app, words)
    assert (result.exit_code, "1,300 元（每次） → 1,200 元（每次）" in result.output) == (0, True)
    assert "1,300 yuan (each visit) → 1,200 yuan (each visit)" in result.output
    content = json.loads(run.invoke(policy.app, [*words, "--json"]).output)
    assert content == json.loads(json.dumps(plain(told(folder))))
    assert content["differences"][0]["before"]["value"] == 130_000


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["110000/310", "110000/310"], "name a law as"),
        (["110000/310@2001-01-01", "110000/310@2026-01-01"], "no such policy is in force on 2001-01-01"),
        (["110000/310@2026-01-01", "110000/310@2026-01-01", "--language", "fr"], "zh, en or both"),
    ],
)
def test_the_command_says_why_it_refuses(words, reason):
    result = CliRunner().invoke(policy.app, ["diff", *words])
    assert (result.exit_code, reason in result.output) == (1, True)


def test_a_broken_draft_is_refused_with_file_line_and_reason(draft):
    folder = draft("inpatient", "unit: ratio", "unit: ration")
    result = CliRunner().invoke(policy.app, ["diff", "110000/310@2026-01-01", str(folder)])
    assert result.exit_code == 1
    assert "110000/310/inpatient.yaml:" in result.output


def test_the_order_of_differences_does_not_hang_on_chance():
    told = "from yibao.policies.references import choose; from yibao.policies.comparison import compare; "
    told += "from yibao.policies.difference_sentences import sentences_of; "
    told += "print(*sentences_of(compare(choose('110000/310@2022-12-31'), choose('110000/310@2023-01-01')), 'zh'))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", told], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout != b""
