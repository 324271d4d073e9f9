"""May a visit over the internet be settled: each rule broken alone is named alone, and all broken are named together."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.engines.internet_care import (
    PhysicianFacts,
    PriorVisit,
    VisitFacts,
    VisitRules,
    check_visit,
    months_after,
    prior_visit,
)

RULES = VisitRules(
    same_disease_months=3,
    same_disease_letters=3,
    independent_years=3,
    common_or_chronic=("I10", "J00"),
    payable_diseases=("I10",),
    voucher_kinds=frozenset({"01"}),
    is_anywhere=False,
)
DAY = date(2026, 11, 10)
SEEN = PriorVisit(7, "H1", is_own=True, day=date(2026, 9, 1), codes=("I10.x00",))
PHYSICIAN = PhysicianFacts(
    "D1", is_licensed=True, independent_since=date(2020, 1, 1), has_annex=True, suspended_until=None
)
GOOD = VisitFacts(
    day=DAY,
    voucher_kind="01",
    main_code="I10.x00x002",
    department="A03",
    offline_departments={"A03", "A04"},
    internet_departments={"A03"},
    is_designated=True,
    is_approved=True,
    has_agreement=True,
    physician=PHYSICIAN,
    prior_visits=(SEEN,),
)


def broken(**changes):
    return [refusal.rule for refusal in check_visit(replace(GOOD, **changes), RULES)]


def doctor(**changes):
    return {"physician": replace(PHYSICIAN, **changes)}


def seen(**changes):
    return {"prior_visits": (replace(SEEN, **changes),)}


def test_a_visit_that_keeps_every_rule_is_let_in_on_the_visit_before():
    assert check_visit(GOOD, RULES) == []
    assert prior_visit(GOOD, RULES) == SEEN


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"is_designated": False}, "designation", marks=pytest.mark.requirement("INT-09")),
        pytest.param({"is_approved": False}, "approval", marks=pytest.mark.requirement("INT-01", "INT-10")),
        pytest.param({"has_agreement": False}, "agreement", marks=pytest.mark.requirement("NET-05")),
        pytest.param({"department": "A04"}, "internet_department", marks=pytest.mark.requirement("INT-30")),
        pytest.param({"offline_departments": {"A04"}}, "offline_department", marks=pytest.mark.requirement("INT-75")),
        pytest.param({"voucher_kind": "02"}, "voucher"),
        pytest.param(doctor(is_licensed=False), "licence", marks=pytest.mark.requirement("INT-76")),
        pytest.param(
            doctor(independent_since=date(2023, 11, 11)), "experience", marks=pytest.mark.requirement("INT-40")
        ),
        pytest.param(doctor(independent_since=None), "experience", marks=pytest.mark.requirement("INT-40")),
        pytest.param(doctor(has_annex=False), "annex", marks=pytest.mark.requirement("INT-41")),
        pytest.param(doctor(suspended_until=date(2026, 11, 11)), "suspended"),
        pytest.param({"prior_visits": ()}, "follow_up", marks=pytest.mark.requirement("INT-46")),
        pytest.param(seen(codes=("E11.900",)), "follow_up", marks=pytest.mark.requirement("INT-46")),
        pytest.param(seen(day=date(2026, 8, 9)), "too_long_ago", marks=pytest.mark.requirement("INT-46")),
        pytest.param(seen(is_own=False), "seen_elsewhere", marks=pytest.mark.requirement("INT-46")),
        pytest.param({"is_refused_before": True}, "refused_before", marks=pytest.mark.requirement("INT-48")),
    ],
)
def test_one_broken_rule_is_named_alone(changes, rule):
    assert broken(**changes) == [rule]


@pytest.mark.requirement("INT-31")
def test_a_disease_that_is_neither_common_nor_chronic_is_refused():
    assert broken(main_code="C34.900", **seen(codes=("C34.900",))) == ["common_or_chronic", "payable_disease"]


@pytest.mark.requirement("INT-32")
def test_a_common_disease_that_is_not_listed_is_refused():
    assert broken(main_code="J00.x00", **seen(codes=("J00.x00",))) == ["payable_disease"]


def test_without_a_diagnosis_nothing_else_is_said_of_the_disease():
    assert broken(main_code="") == ["no_diagnosis"]


def test_every_broken_rule_is_named_never_only_the_first():
    found = broken(
        voucher_kind="03", main_code="C34", department="Z", is_designated=False, is_approved=False, has_agreement=False,
        prior_visits=(), is_refused_before=True,
        **doctor(is_licensed=False, independent_since=None, has_annex=False, suspended_until=date(2027, 1, 1)),
    )  # fmt: skip
    assert found == [
        "designation", "approval", "agreement", "offline_department", "internet_department", "common_or_chronic",
        "payable_disease", "voucher", "licence", "experience", "annex", "suspended", "follow_up", "refused_before",
    ]  # fmt: skip


@pytest.mark.requirement("INT-46")
@pytest.mark.parametrize(
    ("seen_on", "day", "counts"),
    [
        (date(2026, 8, 10), DAY, True),
        (date(2026, 8, 9), DAY, False),
        (date(2026, 8, 31), date(2026, 11, 30), True),
        (date(2026, 8, 31), date(2026, 12, 1), False),
        (date(2025, 11, 30), date(2026, 2, 28), True),
        (date(2025, 11, 30), date(2026, 3, 1), False),
        (DAY, DAY, True),
        (date(2026, 11, 11), DAY, False),
    ],
)
def test_the_window_is_three_calendar_months_with_its_last_day(seen_on, day, counts):
    facts = replace(GOOD, day=day, **seen(day=seen_on))
    assert (prior_visit(facts, RULES) is not None) is counts


def test_the_latest_visit_that_counts_is_the_evidence():
    older, elsewhere = (
        replace(SEEN, visit_id=5, day=date(2026, 8, 20)),
        replace(SEEN, visit_id=9, is_own=False, day=DAY),
    )
    facts = replace(GOOD, prior_visits=(older, SEEN, elsewhere))
    assert prior_visit(facts, RULES) == SEEN
    assert prior_visit(facts, replace(RULES, is_anywhere=True)) == elsewhere


def test_three_years_are_full_years():
    assert broken(**doctor(independent_since=date(2023, 11, 10))) == []


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 60))
def test_months_are_counted_by_the_calendar(day, months):
    later = months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1
