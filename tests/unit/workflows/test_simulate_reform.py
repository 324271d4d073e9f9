"""A simulation comes to what settling every visit alone and adding up by hand comes to."""

import json
import shutil
from collections import Counter
from datetime import date

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tests.unit.warehouse.test_visits import VISIT, write
from yibao.city.bulk_visits import write_visits
from yibao.engines.benefits import BenefitCase, settle
from yibao.interfaces.commands import app
from yibao.policies import NoPolicyError
from yibao.policies.library import ROOT
from yibao.policies.references import choose
from yibao.warehouse.bulk_cases import UnknownValueError
from yibao.warehouse.result_tables import read_kept, write_parquet
from yibao.warehouse.visits import AMOUNTS
from yibao.workflows.simulate_reform import NothingToSimulateError, Question, VisitNotSettledError, simulate

RUN = CliRunner()
BASE, REFORM = "110000/390@2019-12-31", "110000/390@2020-01-01"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    path = tmp_path_factory.mktemp("city") / "visits.parquet"
    assert write_visits(path, seed=5, visits=6000) >= 6000
    return path


def ask(city, folder, base=BASE, reform=REFORM, **options):
    return simulate(Question(base=choose(base), reform=choose(reform), files=[city], workplace=folder, **options))


def settled_alone(path, scheme, law):
    """Every visit through `settle`, with what the person has used so far, in plain Python."""
    policy = law.policy
    used, balances, stays = {}, {}, Counter()
    for visit in pq.read_table(path).to_pylist():
        if visit["scheme"] != scheme:
            continue
        who = visit["person_id"]
        balances.setdefault(who, visit["account_balance_fen"])
        stays[who] += visit["care"] == "inpatient"
        case = BenefitCase(
            **{name: visit[name] for name in ("care", "level", "status", "age", "place", "account_used")},
            **{name: visit[name] for name in AMOUNTS},
            ordinal=stays[who] if visit["care"] == "inpatient" else 1,
            account_balance_fen=balances[who],
            accumulators=used.get(who, {}),
            aid=policy.aid_of([visit["aid"]]),
            month=visit["began_on"].month - 1,
        )
        result = settle(policy, case)
        balances[who] -= result.account_fen
        mine = used.setdefault(who, dict.fromkeys(policy.accumulators, 0))
        for name, change in result.accumulator_changes.items():
            mine[name] += change
        yield visit, result


@pytest.mark.parametrize(("scheme", "base", "reform"), [
    ("390", BASE, REFORM), ("310", "110000/310@2022-12-31", "120000/310@2026-11-01"),
])  # fmt: skip
def test_it_agrees_with_settling_each_visit_alone(city, tmp_path, scheme, base, reform):
    base, reform = choose(base), choose(reform)
    agree(
        city,
        scheme,
        base,
        reform,
        simulate(Question(base=base, reform=reform, files=[city], workplace=tmp_path, chunk_rows=700)),
    )


def agree(city, scheme, base, reform, found):
    """Hold the tables against single settlements."""
    own, layers, funds = {}, {}, {}
    payers = {side: Counter() for side in "br"}
    for side, law in (("b", base), ("r", reform)):
        for visit, result in settled_alone(city, scheme, law):
            payers[side].update(
                total=visit["total_fen"], funds=result.fund_fen, person=result.person_fen, account=result.account_fen,
                cash=result.cash_fen, hospital=result.hospital_fen,
            )  # fmt: skip
            own.setdefault(visit["person_id"], Counter())[side] += result.person_fen
            own[visit["person_id"]]["total"] += visit["total_fen"] * (side == "b")
            for step in result.steps:
                layers.setdefault(step.layer, Counter())[side] += step.paid_fen
            for fund, paid in result.funds:
                funds.setdefault(fund, Counter())[side] += paid
    assert [row[1:3] for row in found.table("payers").rows] == [
        (payers["b"][name], payers["r"][name]) for name in ("total", "funds", "person", "account", "cash", "hospital")
    ]
    assert {row[0]: row[3:5] for row in found.table("layers").rows if row[3] or row[4]} == {
        key: (sums["b"], sums["r"]) for key, sums in layers.items() if sums["b"] or sums["r"]
    }
    assert {row[0]: row[2:4] for row in found.table("funds").rows if row[2] or row[3]} == {
        key: (sums["b"], sums["r"]) for key, sums in funds.items()
    }
    everybody = found.table("persons").rows[0]
    assert everybody[2:5] == (
        len(own), sum(s["r"] < s["b"] for s in own.values()), sum(s["r"] > s["b"] for s in own.values()),
    )  # fmt: skip
    assert everybody[7:9] == (
        sum(max(s["b"] - s["r"], 0) for s in own.values()), sum(max(s["r"] - s["b"], 0) for s in own.values()),
    )  # fmt: skip
    threshold = int(found.facts["threshold_fen"])
    assert threshold == 1_652_560
    assert found.table("catastrophic").rows[0][2:5] == (
        len(own), sum(s["b"] > threshold for s in own.values()), sum(s["r"] > threshold for s in own.values()),
    )  # fmt: skip
    shares = sorted((s["b"] * 10**6 + s["total"] // 2) // s["total"] for s in own.values())
    assert [row[1] for row in found.table("own_share").rows] == [
        shares[-(-len(shares) * tenth // 10) - 1] for tenth in range(1, 11)
    ]


@pytest.fixture
def tilted(tmp_path):
    """Beijing's law for residents with a limit by month and better rates for people on subsistence allowance."""
    folder = tmp_path / "110000" / "390"
    shutil.copytree(ROOT / "110000" / "390", folder)
    scheme, stay = folder / "scheme.yaml", folder / "inpatient.yaml"
    text = scheme.read_text(encoding="utf-8")
    if "aids:" not in text:
        aids = 'aids:\n  none: {zh: 无, en: none}\n  minimum_living: {zh: 低保, en: allowance, kinds: ["1"]}\n'
        text = text.replace("funds:\n", f"{aids}funds:\n", 1)
    assert "outpatient_paid: {kind: payment," in text
    text = text.replace("outpatient_paid: {kind: payment,", "outpatient_paid: {kind: payment, per: month,")
    scheme.write_text(text, encoding="utf-8")
    adjust = """
    adjust:
      - clause: test-tilt
        where: {aid: [minimum_living]}
        unit: points
        value: 0.05
        effective_from: 2019-01-01
        effective_until: null
        source: null
        article: null
        trust: our_default
        note: A tilt for a test.
    bands:
"""
    stay.write_text(stay.read_text(encoding="utf-8").replace("\n    bands:\n", adjust, 1), encoding="utf-8")
    return choose(str(folder))


def test_circumstances_of_a_law_are_taken_from_the_file(city, tmp_path, tilted):
    base = choose("110000/390@2026-01-01")
    assert tilted.policy.needs_wide_codes
    assert any("@" in name for name in tilted.policy.accumulators)
    found = simulate(Question(base=base, reform=tilted, files=[city], workplace=tmp_path))
    agree(city, "390", base, tilted, found)
    better = {row[1]: row[3] for row in found.table("persons").rows if row[0] == "救助身份 aid"}
    assert better["低保 subsistence allowance"] > 0


def test_an_aid_that_the_law_does_not_know_is_refused(tmp_path, tilted):
    path = write(tmp_path / "v.parquet", [{**VISIT, "scheme": "390", "status": "elderly", "aid": "rich"}])
    with pytest.raises(UnknownValueError) as refused:
        simulate(Question(base=tilted, reform=tilted, files=[path], workplace=tmp_path))
    assert (refused.value.facts["column"], refused.value.facts["value"]) == ("aid", "rich")


def test_the_size_of_chunks_makes_no_difference(city, tmp_path):
    tables = [ask(city, tmp_path, chunk_rows=rows).tables for rows in (50, 999, 10**6)]
    assert tables[0] == tables[1] == tables[2]


def test_groups_and_institutions_add_up_to_the_whole(city, tmp_path):
    found = ask(city, tmp_path)
    kinds = {}
    for kind, _, persons, *_ in found.table("persons").rows:
        kinds[kind] = kinds.get(kind, 0) + persons
    assert set(kinds.values()) == {int(found.facts["persons"])}
    assert len(kinds) == 5
    for key in ("by_level", "by_institution"):
        assert sum(row[1] for row in found.table(key).rows) == int(found.facts["visits"])
        assert sum(row[4] for row in found.table(key).rows) == found.table("payers").rows[1][2]


def test_a_law_against_itself_changes_nothing(city, tmp_path):
    found = ask(city, tmp_path, REFORM, REFORM)
    assert {row[3] for row in found.table("payers").rows} == {0}
    assert found.table("persons").rows[0][3:5] == (0, 0)


def test_visits_in_another_order_are_sorted_first(city, tmp_path):
    table = pq.read_table(city)
    pq.write_table(table.take(list(reversed(range(table.num_rows)))), tmp_path / "reversed.parquet")
    there, here = ask(tmp_path / "reversed.parquet", tmp_path), ask(city, tmp_path)
    assert there.facts == here.facts
    assert there.table("persons").rows[0][2] == here.table("persons").rows[0][2]


@pytest.mark.parametrize(
    ("changed", "error", "facts"),
    [
        ({"level": "clinic"}, UnknownValueError, {"column": "level", "value": "clinic", "row": 1}),
        ({"total_fen": 101}, VisitNotSettledError, {"row": 1, "reason": "benefits.broken_identity"}),
        ({"age": 151}, VisitNotSettledError, {"row": 1, "reason": "benefits.unknown_circumstance"}),
    ],
)
def test_a_visit_that_cannot_be_settled_is_named(tmp_path, changed, error, facts):
    path = write(tmp_path / "v.parquet", [VISIT, {**VISIT, "person_id": 2, **changed}])
    with pytest.raises(error) as refused:
        ask(path, tmp_path, "110000/310@2026-01-01", "110000/310@2026-01-01")
    assert facts.items() <= refused.value.facts.items()
    assert refused.value.facts["file"] == str(path)


def test_a_file_without_the_scheme_is_refused(tmp_path):
    path = write(tmp_path / "v.parquet", [VISIT])
    with pytest.raises(NothingToSimulateError):
        ask(path, tmp_path)


def test_the_same_seed_makes_the_same_visits(tmp_path):
    for name in "ab":
        write_visits(tmp_path / name, seed=3, visits=500, scheme="310")
    write_visits(tmp_path / "c", seed=4, visits=500, scheme="310")
    first, second, other = (pq.read_table(tmp_path / name) for name in "abc")
    assert first.equals(second)
    assert not first.equals(other)
    assert set(first.column("scheme").to_pylist()) == {"310"}
    assert min(first.column("began_on").to_pylist()) >= date(2025, 1, 1)


def test_the_command_writes_what_it_shows(city, tmp_path, monkeypatch):
    monkeypatch.setenv("YIBAO_HOME", str(tmp_path / "home"))
    folder = tmp_path / "110000" / "390"
    shutil.copytree(ROOT / "110000" / "390", folder)
    out = tmp_path / "report.xlsx", tmp_path / "tables.parquet"
    words = ["simulate", "--base", "110000/390", "--reform", str(folder), "--day", "2019-12-31", "--on", str(city)]
    result = RUN.invoke(app, [*words, "--out", str(out[0]), "--out", str(out[1]), "--keep", "draft-1"])
    assert result.exit_code == 0, result.output
    assert "110000/390@2019-01-01 → 110000/390@2019-01-01" in result.output
    kept = read_kept(tmp_path / "home" / "simulations" / "draft-1.json")
    assert kept.facts == ask(city, tmp_path, "110000/390@2019-12-31", "110000/390@2019-12-31").facts
    payers = pq.read_table(out[1] / "payers.parquet").to_pylist()
    assert payers[0]["base_fen"] == kept.table("payers").rows[0][1]
    assert json.loads((out[1] / "facts.json").read_text())["base"] == "110000/390@2019-01-01"
    sheet = load_workbook(out[0])["payers 费用由谁负担"]
    assert round(sheet["B3"].value * 100) == kept.table("payers").rows[0][1]
    write_parquet(kept, tmp_path / "again.parquet")
    assert pq.read_table(tmp_path / "again.parquet" / "layers.parquet").num_rows == len(kept.table("layers").rows)


def test_the_command_makes_a_city(tmp_path):
    words = ["simulate", "--base", BASE, "--reform", REFORM, "--on", "city:7", "--visits", "2000"]
    result = RUN.invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "受益人数" in result.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--on", "nowhere"], "there is no Parquet file"),
        (["--on", "city:x"], "write city:SEED"),
        (["--on", "city:1", "--out", "x.doc"], "must end in .xlsx or .parquet"),
        (["--on", "city:1", "--keep", "../x"], "a name is made of letters"),
        (["--on", "city:1", "--income", "many"], "a number with at most 2 decimals"),
        (["--on", "city:1", "--catastrophic", "-1"], "out of range"),
    ],
)
def test_the_command_says_why_it_refuses(words, reason):
    result = RUN.invoke(app, ["simulate", "--base", BASE, "--reform", REFORM, *words], env={"COLUMNS": "200"})
    assert (result.exit_code, reason in result.output) == (1, True), result.output


def test_a_law_that_is_not_in_force_is_refused():
    with pytest.raises(NoPolicyError):
        choose("110000/390@2001-01-01")
    result = RUN.invoke(app, ["simulate", "--base", "110000/390@2001-01-01", "--reform", REFORM, "--on", "city:1"])
    assert result.exit_code == 1
