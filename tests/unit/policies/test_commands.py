"""The commands on policies and cases: what they write, and what they refuse with which words."""

import csv
import json
import shutil

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from yibao.interfaces.commands import benefits, policy
from yibao.policies.library import ROOT

RUN = CliRunner()
CASE = {
    "care": "outpatient",
    "level": "tertiary",
    "status": "active",
    "age": 40,
    "ordinal": 1,
    "place": "local",
    "total_fen": 3_000_000,
    "full_self_pay_fen": 1_200_000,
    "over_ceiling_fen": 0,
    "self_pay_first_fen": 0,
    "in_scope_fen": 1_800_000,
    "account_balance_fen": 0,
    "account_used": False,
    "accumulators": {"outpatient_deductible": 180_000},
}


def settled(cases, out, scheme="110000/310"):
    words = ["settle", "--policy", scheme, "--on", "2026-11-01", "--cases", str(cases), "--out", str(out)]
    return RUN.invoke(benefits.app, words)


def test_shipped_policies_pass_the_check():
    result = RUN.invoke(policy.app, ["check"])
    assert result.exit_code == 0
    assert "110000/310: sound" in result.output


def test_a_broken_policy_is_named_with_file_line_and_reason(tmp_path):
    folder = tmp_path / "110000" / "390"
    shutil.copytree(ROOT / "110000" / "390", folder)
    path = folder / "outpatient.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("topic:", "topik:", 1), encoding="utf-8")
    result = RUN.invoke(policy.app, ["check", str(folder)])
    assert result.exit_code == 1
    assert "110000/390/outpatient.yaml:2: the key is not in the policy language: topik" in result.output


def test_the_law_of_a_day_is_shown_with_source_and_trust():
    result = RUN.invoke(policy.app, ["show", "110000", "310", "--on", "2021-12-31"], env={"COLUMNS": "250"})
    assert result.exit_code == 0
    for part in ("110000/310@2019-01-01", "active: 1800", "京医保发〔2019〕14号", "official", "our_default"):
        assert part in result.output
    assert "门诊大额" not in result.output


def test_a_law_that_does_not_exist_is_refused():
    result = RUN.invoke(policy.app, ["show", "110000", "390", "--on", "2001-01-01"])
    assert result.exit_code == 1
    assert "no policy 110000/390 in force on 2001-01-01" in result.output


def test_the_schema_is_json():
    assert "$defs" in json.loads(RUN.invoke(policy.app, ["schema"]).output)


def test_cases_go_in_and_results_come_out_in_every_format(tmp_path):
    cases, table = tmp_path / "cases.json", tmp_path / "cases.csv"
    cases.write_text(json.dumps([CASE]), encoding="utf-8")
    with table.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(CASE))
        writer.writeheader()
        writer.writerow({**CASE, "account_used": "false", "accumulators": json.dumps(CASE["accumulators"])})
    for source in (cases, table):
        assert settled(source, tmp_path / "out.json").exit_code == 0
        (result,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert result["funds"] == {"310100": 1_260_000}
        assert "本年度已满" in result["explanation"]["zh"][1]
        assert len(result["explanation"]["en"]) == len(result["explanation"]["zh"]) == 6
    assert settled(cases, tmp_path / "out.csv").exit_code == 0
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines())
    assert (row["fund_310100_fen"], row["fund_330100_fen"], row["cash_fen"]) == ("1260000", "0", "1740000")
    assert settled(cases, tmp_path / "out.parquet").exit_code == 0
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist()[0]["fund_fen"] == 1_260_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "no JSON"),
        ("{}", "a list of cases was expected"),
        ("[1]", "case 1: -: an object with named fields"),
        (json.dumps([CASE, {**CASE, "total_fen": 1}]), "case 2: total_fen: the total is not the sum of its four parts"),
        (json.dumps([{**CASE, "level": "clinic"}]), "case 1: level: clinic is not among tertiary, "),
        (json.dumps([{**CASE, "status": "emperor"}]), "case 1: status: emperor is not among active, retired"),
        (
            json.dumps([{**CASE, "full_self_pay_fen": CASE["total_fen"] + 1}]),
            "case 1: total_fen: the total is not the sum of",
        ),
        (json.dumps([{**CASE, "levle": "tertiary"}]), "case 1: levle: there is no such field"),
        (json.dumps([{**CASE, "age": "forty"}]), "case 1: age: Expected `int`"),
        (json.dumps([{**CASE, "age": 151}]), "case 1: the policy knows no such care"),
        (json.dumps([{**CASE, "accumulators": {"x": 1}}]), "case 1: accumulators: not declared by the policy"),
        (json.dumps([{**CASE, "accumulators": "{"}]), "case 1: accumulators: no JSON"),
        (json.dumps([{name: CASE[name] for name in CASE if name != "place"}]), "case 1: place: Object missing"),
    ],
)
def test_bad_cases_are_refused_with_their_place_and_nothing_is_written(tmp_path, content, words):
    cases, out = tmp_path / "cases.json", tmp_path / "out.json"
    cases.write_text(content, encoding="utf-8")
    result = settled(cases, out)
    assert result.exit_code == 1
    assert words in result.output
    assert not out.exists()


def test_other_endings_and_unknown_policies_are_refused(tmp_path):
    cases = tmp_path / "cases.json"
    cases.write_text("[]", encoding="utf-8")
    assert "must end in" in settled(cases, tmp_path / "out.txt").output
    assert "no such policy is in force" in settled(cases, tmp_path / "out.json", scheme="110000/999").output


def test_cases_of_a_day_outside_every_period_are_refused(tmp_path):
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([CASE]), encoding="utf-8")
    result = settled(cases, tmp_path / "out.json", scheme="110000/310@1999-01-01")
    assert result.exit_code == 1
    assert "110000/310@1999-01-01: no such policy is in force on 1999-01-01" in result.output
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("ending", ["json", "csv", "parquet"])
def test_a_refusal_leaves_the_results_of_before(tmp_path, ending):
    cases, out = tmp_path / "cases.json", tmp_path / f"out.{ending}"
    cases.write_text(json.dumps([CASE, {**CASE, "total_fen": 1}]), encoding="utf-8")
    out.write_bytes(b"what stood here")
    assert settled(cases, out).exit_code == 1
    assert out.read_bytes() == b"what stood here"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.json", f"out.{ending}"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("care,level\noutpatient,tertiary,more\n", "cases.csv: line 2: -: more values than fields"),
        ("care,level\noutpatient,tertiary\n", "cases.csv: line 2: status: Object missing"),
        ("care,colour\noutpatient,red\n", "cases.csv: line 2: colour: there is no such field"),
    ],
)
def test_a_bad_line_of_a_csv_is_named(tmp_path, rows, words):
    cases = tmp_path / "cases.csv"
    cases.write_text(rows, encoding="utf-8")
    result = settled(cases, tmp_path / "out.csv")
    assert (result.exit_code, words in result.output) == (1, True)


def test_cases_go_round_by_parquet(tmp_path):
    rows = [{**CASE, "accumulators": json.dumps(CASE["accumulators"])}] * 3
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "cases.parquet")
    assert "3 cases settled by 110000/310@2023-01-01" in settled(tmp_path / "cases.parquet", tmp_path / "o.csv").output
    wrong = [*rows, {**rows[0], "status": "idle"}]
    parquet.write_table(pa.Table.from_pylist(wrong), tmp_path / "cases.parquet")
    result = settled(tmp_path / "cases.parquet", tmp_path / "o.csv")
    assert "cases.parquet: row 4: status: idle is not among active, retired" in result.output
    (tmp_path / "cases.parquet").write_bytes(b"no parquet")
    assert "no Parquet file" in settled(tmp_path / "cases.parquet", tmp_path / "o.csv").output


def test_the_day_may_stand_in_the_policy_and_a_draft_may_settle(tmp_path):
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([CASE]), encoding="utf-8")
    for policy_name in ("110000/310@2022-12-31", str(ROOT / "110000" / "310")):
        words = ["settle", "--policy", policy_name, "--cases", str(cases), "--out", str(tmp_path / "out.csv")]
        assert RUN.invoke(benefits.app, words).exit_code == 0
    assert (
        RUN.invoke(benefits.app, ["settle", "--help"], env={"COLUMNS": "200"}).output.count(
            "yibao benefits settle --policy"
        )
        >= 2
    )
