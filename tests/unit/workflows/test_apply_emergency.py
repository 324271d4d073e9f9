"""Which law a visit gets when a decision is in force: by the main diagnosis, the circumstances that the file names, the day."""

import shutil
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from yibao import policies
from yibao.domains.emergencies import in_force
from yibao.domains.emergencies.in_force import DecisionInForce, decisions_in_force
from yibao.engines.benefits import BenefitCase, settle
from yibao.policies import library
from yibao.workflows import apply_emergency
from yibao.workflows.apply_emergency import law_for

DAY = date(2022, 12, 20)
CASE = BenefitCase(
    care="inpatient", level="tertiary", status="active", age=40, ordinal=1, place="unfiled", total_fen=2_000_000,
    full_self_pay_fen=1_000_000, over_ceiling_fen=0, self_pay_first_fen=0, in_scope_fen=1_000_000, account_balance_fen=0,
    account_used=False, accumulators={},
)  # fmt: skip
HELD = DecisionInForce(7, "covid_19", date(2022, 12, 1), date(2023, 1, 8))


@pytest.fixture
def decided(monkeypatch):
    """Put decisions in force without a database."""

    def decide(*decisions):
        monkeypatch.setattr(
            apply_emergency,
            "decisions_in_force",
            lambda region, day: tuple(each for each in decisions if region == "110000" and each.covers(day)),
        )

    return decide


def law(case=CASE, *, diagnosis="U07.100x001", day=DAY, scheme="310"):
    ordinary = policies.load("110000", scheme, day)
    return law_for(ordinary, case, region="110000", scheme=scheme, day=day, main_diagnosis=lambda: diagnosis)


def refuse_to_tell():
    raise AssertionError("nobody may ask for the diagnosis")


def test_without_a_decision_nobody_asks_for_the_diagnosis(decided):
    decided()
    ordinary = policies.load("110000", "310", DAY)
    told = law_for(ordinary, CASE, region="110000", scheme="310", day=DAY, main_diagnosis=refuse_to_tell)
    assert (told.policy, told.case, told.decision_id) == (ordinary, CASE, None)


def test_a_decision_gives_its_tables_and_counts_the_whole_cost(decided):
    decided(HELD)
    told = law()
    assert (told.decision_id, told.policy.policy_id.partition("+")[2]) == (7, "covid_19")
    assert (told.case.full_self_pay_fen, told.case.in_scope_fen, told.case.total_fen) == (0, 2_000_000, 2_000_000)
    # elsewhere and unfiled counts as here: 85 % above 1,300 yuan
    assert settle(told.policy, told.case).fund_fen == 1_589_500


@pytest.mark.parametrize("diagnosis", [None, "J18.900", "U08.100", "Z03.800x001"])
def test_another_diagnosis_gets_the_ordinary_law(decided, diagnosis):
    decided(HELD)
    told = law(diagnosis=diagnosis)
    assert (told.decision_id, told.case) == (None, CASE)


@pytest.mark.parametrize(
    ("day", "number"), [(date(2022, 11, 30), None), (date(2022, 12, 1), 7), (date(2023, 1, 7), 7), (date(2023, 1, 8), None)]
)  # fmt: skip
def test_the_days_are_half_open(decided, day, number):
    decided(HELD)
    assert law(day=day).decision_id == number


def test_a_decision_beyond_the_files_days_has_no_effect(decided):
    decided(replace(HELD, valid_until=None))
    assert (law(day=date(2023, 3, 31)).decision_id, law(day=date(2023, 4, 1)).decision_id) == (7, None)


def test_a_kind_of_care_that_the_file_does_not_name_is_left_out(decided):
    decided(HELD)
    pharmacy = replace(CASE, care="pharmacy", level="pharmacy", place="local")
    ordinary = policies.load("110000", "310", DAY)
    told = law_for(ordinary, pharmacy, region="110000", scheme="310", day=DAY, main_diagnosis=refuse_to_tell)
    assert told.decision_id is None


def test_the_first_decision_that_names_the_visit_holds(decided):
    other = DecisionInForce(3, "flu", date(2022, 1, 1), None)
    decided(other, HELD, replace(HELD, id=9))
    assert law().decision_id == 7


@pytest.fixture
def applied_to(monkeypatch, tmp_path):
    """Write a file that applies to other groups."""

    def apply(applies):
        folder = tmp_path / "law" / "110000" / "310"
        shutil.copytree(library.ROOT / "110000" / "310", folder)
        path = folder / "emergencies" / "covid_19.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("{care: [inpatient, outpatient]}", applies), encoding="utf-8")
        monkeypatch.setattr(library, "ROOT", tmp_path / "law")

    return apply


@pytest.mark.parametrize(
    ("applies", "other", "is_named"),
    [
        ("{status: [retired]}", {}, False),
        ("{status: [active]}", {}, True),
        ("{age: [from_70]}", {"age": 69}, False),
        ("{age: [from_70]}", {"age": 70}, True),
        ("{age: [from_70]}", {"age": 200}, True),
        ("{ordinal: [later]}", {"ordinal": 1}, False),
        ("{ordinal: [later]}", {"ordinal": 2}, True),
        ("{ordinal: [first], place: [filed, unfiled]}", {}, True),
        ("{ordinal: [first], place: [filed]}", {}, False),
        ("{}", {}, True),
    ],
)
def test_groups_are_those_of_the_file(decided, applied_to, applies, other, is_named):
    applied_to(applies)
    decided(HELD)
    assert (law(replace(CASE, **other)).decision_id == 7) is is_named


class TestTheMemory:
    @pytest.fixture
    def clock(self, monkeypatch):
        """A clock that stands, and what was read; both may be changed."""
        state = {"now": 100, "reads": 0, "found": {"110000": (HELD,)}}

        def read():
            state["reads"] += 1
            return state["found"]

        monkeypatch.setattr(in_force, "time", SimpleNamespace(monotonic_ns=lambda: state["now"]))
        monkeypatch.setattr(in_force, "_read", read)
        in_force.forget()
        return state

    def test_reads_once_in_a_few_seconds(self, clock):
        for _ in range(5):
            assert decisions_in_force("110000", DAY) == (HELD,)
            assert decisions_in_force("120000", DAY) == decisions_in_force("110000", date(2023, 1, 8)) == ()
        assert clock["reads"] == 1
        clock["now"] += in_force.REMEMBER_NS + 1
        clock["found"] = {}
        assert (decisions_in_force("110000", DAY), clock["reads"]) == ((), 2)

    def test_is_forgotten_when_a_decision_was_made(self, clock):
        decisions_in_force("110000", DAY)
        in_force.forget()
        decisions_in_force("110000", DAY)
        assert clock["reads"] == 2
