"""Incentives, years at retirement, and which of two enrolments is kept."""

from dataclasses import replace
from datetime import date

import pytest

from yibao.engines.contributions import (
    DoubleRule,
    Held,
    IncentiveTerms,
    YearOfInsurance,
    YearsTerms,
    cap_raise,
    keep_one,
    months_short,
)
from yibao.policies.double_enrolment import double_rules

TERMS = IncentiveTerms(2025, 4, 100_000, 100_000, 200_000, 0, "c")
CAP = 40_000_000


def years(first, last, *, claims=True, unpaid=(), used=()):
    return [YearOfInsurance(y, y not in unpaid, claims, y in used) for y in range(first, last + 1)]


class TestCapRaise:
    def raised(self, told, year, terms=TERMS, cap=CAP):
        found = cap_raise(terms, years=told, cap_fen=cap, year=year)
        return found.unbroken_years, found.continuous_fen, found.no_claim_fen, found.total_fen

    def test_the_fifth_year_is_the_first_to_be_rewarded(self):
        assert self.raised(years(2025, 2028), 2028) == (4, 0, 0, 0)
        assert self.raised(years(2025, 2029), 2029) == (5, 100_000, 0, 100_000)
        assert self.raised(years(2025, 2030), 2030) == (6, 200_000, 0, 200_000)

    def test_years_before_the_rule_do_not_count(self):
        assert self.raised(years(2015, 2028), 2028)[:2] == (4, 0)

    def test_a_year_without_claims_raises_the_next(self):
        assert self.raised(years(2025, 2025, claims=False), 2025)[3] == 0
        assert self.raised(years(2025, 2027, claims=False), 2027) == (3, 0, 200_000, 200_000)

    def test_a_raise_that_was_drawn_on_is_gone(self):
        assert self.raised(years(2025, 2028, claims=False, used={2027}), 2028)[2] == 100_000

    def test_a_break_starts_the_count_anew_and_keeps_what_was_earned(self):
        told = years(2025, 2033, unpaid={2031})
        assert self.raised(told, 2033) == (2, 200_000, 0, 200_000)
        assert self.raised(told, 2031)[3] == 0
        assert self.raised(told, 2033, replace(TERMS, break_fen=300_000)) == (2, 0, 0, 0)

    def test_both_together_stop_at_a_fifth_of_the_cap(self):
        told = years(2025, 2040, claims=False)
        found = cap_raise(TERMS, years=told, cap_fen=1_000_000, year=2040)
        assert (found.continuous_fen, found.no_claim_fen, found.ceiling_fen) == (1_200_000, 1_500_000, 200_000)
        assert found.total_fen == 200_000


@pytest.mark.parametrize(
    ("is_male", "recognised", "local", "short"),
    [(True, 264, 264, 36), (True, 300, 120, 0), (False, 240, 60, 60), (True, 200, 200, 100), (False, 500, 500, 0)],
)
def test_months_missing_at_retirement(is_male, recognised, local, short):
    terms = YearsTerms(300, 240, 120, "c")
    assert months_short(terms, is_male=is_male, recognised_months=recognised, local_months=local) == short


def held(number, scheme, region="110000", *, months=24, began=date(2020, 1, 1), employer=True):
    return Held(number, scheme, region, months, began, employer and scheme == "310")


class TestDoubleEnrolment:
    def kept(self, *enrolments, residence="110000", is_student=False):
        rules = double_rules().rules
        return keep_one(enrolments, rules, employee_scheme="310", residence=residence, is_student=is_student)

    @pytest.mark.requirement("ENR-18")
    def test_a_year_as_an_employee_keeps_the_employees_scheme(self):
        found = self.kept(held(1, "390"), held(2, "310", months=12))
        assert (found.keep, found.clause, found.end) == (2, "cn-double-cross-employees", (1,))

    def test_less_than_a_year_is_left_to_the_person(self):
        assert self.kept(held(1, "390"), held(2, "310", months=11)).keep is None

    def test_twice_as_an_employee_keeps_the_place_of_work(self):
        found = self.kept(held(1, "310", employer=False), held(2, "310", "120000"))
        assert (found.keep, found.clause) == (2, "cn-double-employees-work")

    def test_two_employers_keep_the_latest(self):
        found = self.kept(held(1, "310"), held(2, "310", "120000", began=date(2025, 1, 1)))
        assert (found.keep, found.clause) == (2, "cn-double-employees-latest")

    def test_residents_keep_where_they_live_and_students_where_they_study(self):
        two = held(1, "390"), held(2, "390", "120000")
        assert self.kept(*two, residence="120000").clause == "cn-double-residents"
        assert self.kept(*two, residence="120000", is_student=True).clause == "cn-double-students"
        assert self.kept(*two, residence="310000").keep is None

    def test_what_is_kept_is_never_ended_and_all_others_are(self):
        found = self.kept(
            held(1, "310"), held(2, "310", began=date(2026, 1, 1)), held(3, "310", began=date(2021, 1, 1))
        )
        assert (found.keep, found.end) == (2, (1, 3))

    def test_a_rule_of_others_does_not_fit(self):
        rule = DoubleRule("c", ("390",), None, 0, "latest")
        assert keep_one([held(1, "310"), held(2, "310")], [rule], employee_scheme="310", residence="", is_student=False).keep is None  # fmt: skip
