"""A stranger's first minutes: the quick demo twice, then a report, on a database of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from yibao.interfaces.server import database

pytestmark = pytest.mark.skipif(
    database.named_url() is not None, reason="the demo would play into the server that YIBAO_DATABASE_URL names"
)


def run(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "YIBAO_HOME": str(home), "COLUMNS": "160"}
    command = [sys.executable, "-m", "yibao", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=240)


def asked(home: Path, question: str) -> list[tuple[object, ...]]:
    url = database.start(home / "postgresql")
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(autouse=True, scope="module")
def _stopped_at_the_end(home: Path):
    yield
    database.stop(home / "postgresql")


def played(home: Path) -> tuple[int, dict[str, int]]:
    rows = dict(asked(home, "SELECT key, value FROM reference_setting WHERE key LIKE 'city.%'"))
    counts = {name: value if isinstance(value, dict) else json.loads(value) for name, value in rows.items()}
    return counts["city.played"]["next"], counts["city.last_play"]["counts"]


def test_a_quick_demo_plays_a_city_without_a_mismatch_and_a_second_one_goes_on(home: Path) -> None:
    first = run(home, "demo", "--quick", "--seed", "7", "--visits", "60")
    assert first.returncode == 0, first.stderr + first.stdout
    words = ("beside the national bulletin", "who pays", "payments of the funds", "settled per second")
    for word in (*words, "electronic prescriptions", "已发药 dispensed", "packs scanned"):
        assert word in first.stdout
    end, counts = played(home)
    assert counts["visits"] >= 60
    assert counts.get("mismatches", 0) == 0
    question = "SELECT count(*), count(DISTINCT visit_id), count(DISTINCT person_id) FROM settlement_settlement"
    ((settlements, visits, people),) = asked(home, question)
    assert asked(home, "SELECT count(DISTINCT settlement_id) FROM prescriptions_dispensing") == [(2,)]
    assert settlements == counts["settled"] + counts.get("reversals", 0) + undone(home) + 2
    assert dict(asked(home, "SELECT state, count(*) FROM prescriptions_prescription GROUP BY 1")) == {
        "dispensed": 4, "approved": 2, "checked": 1, "signed": 1, "placed": 1, "partly": 1, "returned": 1, "refused": 1,
        "withdrawn": 1, "expired": 1,
    }  # fmt: skip

    second = run(home, "demo", "--quick", "--seed", "8", "--visits", "30")
    assert second.returncode == 0, second.stderr + second.stdout
    assert "seed 7" in second.stdout
    refused = run(home, "demo", "--quick", "--region", "tianjin")
    assert refused.returncode == 1
    assert "--fresh" in refused.stderr
    assert played(home)[0] > end
    ((more, other_visits, other_people),) = asked(home, question)
    assert (more > settlements, other_visits > visits, other_people > people) == (True, True, True)
    assert asked(home, "SELECT count(*) FROM people_person") == [(1500,)]


def undone(home: Path) -> int:
    """Settlements that 2601 undid, each with its reversal."""
    question = "SELECT count(*) FROM message_store_message WHERE infno = '2207' AND state = 'reversed' AND subject_id IS NOT NULL"
    return 2 * int(str(asked(home, question)[0][0]))


def test_what_cannot_be_done_is_said_clearly(home: Path) -> None:
    asked(home, "SELECT 1")
    away = run(home, "city", "play", "--url", "http://127.0.0.1:9")
    assert away.returncode == 1
    assert "start `yibao serve` first" in away.stderr
    again = run(home, "city", "make")
    assert again.returncode == 1
    assert "a city stands here already" in again.stderr


def test_the_report_comes_again_from_the_warehouse(home: Path) -> None:
    asked(home, "SELECT 1")
    report = run(home, "city", "report")
    assert report.returncode == 0, report.stderr
    assert "who pays" in report.stdout
    assert list((home / "warehouse").glob("settlements-*.parquet"))


def test_the_city_can_be_of_another_region(home: Path) -> None:
    done = run(home, "demo", "--quick", "--fresh", "--region", "tianjin", "--visits", "40")
    assert done.returncode == 0, done.stderr + done.stdout
    assert played(home)[1].get("mismatches", 0) == 0
    regions = asked(home, "SELECT DISTINCT split_part(policy, '/', 1) FROM settlement_settlement")
    assert regions == [("120000",)]
