"""Codes of accumulators in 5206: ten characters, and no two accumulators of a law share one."""

from collections import Counter
from datetime import date

import pytest

from yibao import policies
from yibao.interfaces.gateway.handlers.looking_up import CUMULATIVE_CODES, cumulative_code

LAWS = [
    (region, scheme)
    for region in ("110000", "120000", "310000", "331100", "440100", "440300")
    for scheme in ("310", "390")
]


@pytest.mark.parametrize(("region", "scheme"), LAWS)
def test_no_two_accumulators_of_a_law_share_a_code(region, scheme):
    names = policies.load(region, scheme, date(2026, 11, 10)).accumulators

    codes = Counter(cumulative_code(name) for name in names)

    assert [code for code, times in codes.items() if times > 1 or not 0 < len(code) <= 10] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("outpatient_paid", "OP_PAID"),
        ("chronic_cost@hypertension", "CHC_HYPERT"),
        ("chronic_cost@rheumatoid_arthritis", "CHC_RHEUMA"),
        ("outpatient_paid@03", "OP03"),
        ("outpatient_cost@q2", "OCQ2"),
        ("chronic_cost@11@dialysis", "CHC11_DIAL"),
    ],
)
def test_a_slot_has_a_code_of_its_own(name, code):
    assert cumulative_code(name) == code


def test_the_list_holds_no_code_twice():
    assert len(set(CUMULATIVE_CODES.values())) == len(CUMULATIVE_CODES)
