"""The maternity engine: exact days, exact fen, floors and roofs, fixed amounts and limits."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.engines.maternity import (
    MaternityCase,
    MaternityTerms,
    UnknownCareKindError,
    WrongMaternityCaseError,
    settle_maternity,
)

TERMS = MaternityTerms(
    divisor_days=30,
    birth_days=98,
    difficult_days=15,
    further_child_days=15,
    local_days=60,
    early_miscarriage_days=15,
    late_miscarriage_days=42,
    late_from_weeks=16,
    wage_floor_fen=None,
    wage_roof_fen=None,
    employer_tops_up=True,
    prenatal_limits=((0, 40_000), (12, 60_000), (28, 110_000)),
    care_fixed={"natural/any": 300_000},
    care_limits={"abortion/any": 27_000},
)
CASE = MaternityCase(
    event="birth",
    is_difficult=False,
    children=1,
    pregnancy_weeks=39,
    average_wage_fen=900_000,
    own_wage_fen=900_000,
    has_allowance=True,
    prenatal_cost_fen=0,
    care_cost_fen=0,
    care_key="",
)
LOST = replace(CASE, event="miscarriage", children=0)


class TestDays:
    @pytest.mark.parametrize(
        ("changes", "days"),
        [
            ({}, 158),
            ({"is_difficult": True}, 173),
            ({"children": 2}, 173),
            ({"children": 3, "is_difficult": True}, 203),
        ],
    )
    def test_of_a_birth(self, changes, days):
        assert settle_maternity(TERMS, replace(CASE, **changes)).days.total == days

    @pytest.mark.parametrize(("weeks", "days"), [(4, 15), (15, 15), (16, 42), (30, 42)])
    def test_of_a_miscarriage(self, weeks, days):
        assert settle_maternity(TERMS, replace(LOST, pregnancy_weeks=weeks)).days.total == days

    def test_without_an_employer_there_are_none(self):
        result = settle_maternity(TERMS, replace(CASE, has_allowance=False, prenatal_cost_fen=100))
        assert (result.days.total, result.allowance_fen, result.fund_fen) == (0, 0, 100)


class TestAllowance:
    def test_the_worked_vector(self):
        assert settle_maternity(TERMS, CASE).allowance_fen == 4_740_000

    def test_the_employer_pays_what_is_wanting_to_the_own_wage(self):
        result = settle_maternity(TERMS, replace(CASE, own_wage_fen=1_000_000))
        assert result.employer_tops_up_fen == 5_266_667 - 4_740_000
        assert result.fund_fen == 4_740_000
        quiet = replace(TERMS, employer_tops_up=False)
        assert settle_maternity(quiet, replace(CASE, own_wage_fen=1_000_000)).employer_tops_up_fen == 0

    def test_floor_and_roof_hold_the_wage(self):
        bounded = replace(TERMS, wage_floor_fen=500_000, wage_roof_fen=800_000)
        assert settle_maternity(bounded, CASE).wage_fen == 800_000
        assert settle_maternity(bounded, replace(CASE, average_wage_fen=1)).wage_fen == 500_000

    @given(
        wage=st.integers(0, 10**9),
        own=st.integers(0, 10**9),
        children=st.integers(1, 9),
        is_difficult=st.booleans(),
        weeks=st.integers(1, 45),
    )
    def test_is_the_exact_fraction_rounded_half_up(self, wage, own, children, is_difficult, weeks):
        case = replace(
            CASE, average_wage_fen=wage, own_wage_fen=own, children=children, is_difficult=is_difficult,
            pregnancy_weeks=weeks,
        )  # fmt: skip
        result = settle_maternity(TERMS, case)
        days = 98 + 60 + 15 * is_difficult + 15 * (children - 1)
        assert result.allowance_fen == floor(Fraction(wage * days, 30) + Fraction(1, 2))
        assert result.allowance_fen + result.employer_tops_up_fen >= floor(Fraction(own * days, 30))
        assert result.employer_tops_up_fen == 0 or wage < own

    @given(low=st.integers(0, 10**8), more=st.integers(0, 10**8), bound=st.integers(0, 10**8))
    def test_never_falls_when_the_wage_rises_and_never_passes_the_roof(self, low, more, bound):
        terms = replace(TERMS, wage_roof_fen=bound)
        lower = settle_maternity(terms, replace(CASE, average_wage_fen=low)).allowance_fen
        higher = settle_maternity(terms, replace(CASE, average_wage_fen=low + more)).allowance_fen
        roof = settle_maternity(terms, replace(CASE, average_wage_fen=bound)).allowance_fen
        assert lower <= higher <= roof


class TestCost:
    @pytest.mark.parametrize(
        ("weeks", "cost", "paid"),
        [(11, 50_000, 40_000), (12, 50_000, 50_000), (12, 70_000, 60_000), (40, 200_000, 110_000)],
    )
    def test_prenatal_checks_up_to_the_limit_of_the_week(self, weeks, cost, paid):
        case = replace(CASE, pregnancy_weeks=weeks, prenatal_cost_fen=cost)
        assert settle_maternity(TERMS, case).prenatal_fen == paid

    def test_a_delivery_by_its_fixed_amount(self):
        case = replace(CASE, care_key="natural/any", care_cost_fen=250_000)
        assert settle_maternity(TERMS, case).care_fen == 300_000

    def test_an_operation_up_to_its_limit(self):
        case = replace(LOST, care_key="abortion/any", care_cost_fen=20_000)
        assert settle_maternity(TERMS, case).care_fen == 20_000
        assert settle_maternity(TERMS, replace(case, care_cost_fen=50_000)).care_fen == 27_000

    def test_what_cost_nothing_is_not_paid(self):
        assert settle_maternity(TERMS, replace(CASE, care_key="natural/any")).care_fen == 0

    @pytest.mark.parametrize("key", ["", "other"])
    def test_a_kind_without_an_amount_is_refused(self, key):
        with pytest.raises(UnknownCareKindError):
            settle_maternity(TERMS, replace(CASE, care_key=key, care_cost_fen=1))


@pytest.mark.parametrize(
    "case",
    [
        replace(CASE, children=0),
        replace(LOST, children=1),
        replace(LOST, is_difficult=True),
        replace(CASE, average_wage_fen=-1),
        replace(CASE, pregnancy_weeks=-1),
    ],
)
def test_contradictions_are_refused(case):
    with pytest.raises(WrongMaternityCaseError):
        settle_maternity(TERMS, case)
