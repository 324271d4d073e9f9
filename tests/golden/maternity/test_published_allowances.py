"""Published worked examples of the maternity allowance: five of websites, one of a vector; two of them are wrong and put right.

Each names its page. What the pages do not say (weeks, cost) is not used.
"""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

import pytest

from yibao.engines.maternity import MaternityCase, settle_maternity
from yibao.policies.maternity import maternity_law, maternity_regions


class Published(NamedTuple):
    """A page's example: region whose law tells it, wage in fen, days, the printed and the right amount in fen, why."""

    id: str
    link: str
    region: str
    wage_fen: int
    is_difficult: bool
    local_days: int | None
    days: int
    printed_fen: int
    right_fen: int
    why: str


EXAMPLES = (
    Published(
        "B02", "https://www.jiusongjiankang.com/health/news/5571216.html", "440100", 800_000, True, None, 128,
        3_413_300, 3_413_333, "98 + 30 days; printed without the fen, the 80 days of bonus leave give no allowance",
    ),
    Published(
        "B04", "https://rfc.hbtycy.com/health/knowledge/DxRLBGym.html", "440100", 600_000, True, None, 128,
        2_560_000, 2_560_000, "128 days at 6,000",
    ),
    Published(
        "B05", "https://www.jiusongjiankang.com/health/news/7413836.html", "440100", 800_000, False, None, 98,
        2_613_300, 2_613_333, "98 days at 8,000; printed without the fen",
    ),
    Published(
        "B06", "https://rfc.hbtycy.com/health/knowledge/DxRLBGym.html", "440100", 580_000, False, None, 98,
        1_933_150, 1_894_667, "printed wrong: 5,800 / 30 × 98 is 18,946.67",
    ),
    Published(
        "B07", "https://m.jiusongjiankang.com/health/news/6088904.html", "440100", 780_000, False, None, 98,
        4_153_300, 2_548_000, "printed wrong twice: 178 days count the bonus leave, and 7,800 / 30 × 178 would be 46,280",
    ),
    Published(
        "vector", "vector of the collected algorithms, 生育津贴: 9,000 / 30 × 158", "110000", 900_000, False, None, 158,
        4_740_000, 4_740_000, "98 + 60 days at 9,000",
    ),
)  # fmt: skip


def case(example):
    return MaternityCase(
        event="birth", is_difficult=example.is_difficult, children=1, pregnancy_weeks=39,
        average_wage_fen=example.wage_fen, own_wage_fen=0, has_allowance=True, prenatal_cost_fen=0, care_cost_fen=0,
        care_key="",
    )  # fmt: skip


@pytest.mark.requirement("MAT-01")
@pytest.mark.parametrize("example", EXAMPLES, ids=[example.id for example in EXAMPLES])
def test_comes_out_to_the_fen(example):
    result = settle_maternity(maternity_law(example.region, date(2026, 6, 1)).terms, case(example))
    assert (result.days.total, result.allowance_fen) == (example.days, example.right_fen)
    is_misprint = abs(example.printed_fen - example.right_fen) > 50
    assert is_misprint == example.why.startswith("printed wrong")


def test_the_arithmetic_of_the_wrong_one_is_wrong_by_its_own_rule_too():
    wrong = next(example for example in EXAMPLES if example.id == "B07")
    counted = replace(maternity_law(wrong.region, date(2026, 6, 1)).terms, local_days=80)
    assert settle_maternity(counted, case(wrong)).allowance_fen == 4_628_000


@pytest.mark.parametrize(
    ("region", "weeks", "cost_yuan", "paid_yuan"),
    [
        ("110000", 12, 1000, 470), ("110000", 27, 1000, 750), ("110000", 39, 1500, 1200), ("120000", 11, 1000, 400),
        ("120000", 15, 1000, 600), ("120000", 27, 1000, 800), ("120000", 39, 1000, 1000), ("120000", 39, 2000, 1100),
    ],
)  # fmt: skip
def test_prenatal_checks_by_the_published_limits(region, weeks, cost_yuan, paid_yuan):
    said = replace(case(EXAMPLES[0]), pregnancy_weeks=weeks, prenatal_cost_fen=cost_yuan * 100)
    assert settle_maternity(maternity_law(region, date(2026, 6, 1)).terms, said).prenatal_fen == paid_yuan * 100


@pytest.mark.parametrize(
    ("region", "key", "paid_yuan"),
    [
        ("110000", "natural/tertiary", 1900), ("110000", "caesarean/secondary", 3700),
        ("110000", "caesarean_more/primary", 3600), ("120000", "natural/any", 3000), ("120000", "assisted/any", 3100),
        ("120000", "caesarean_more/any", 3800),
    ],
)  # fmt: skip
def test_deliveries_by_the_published_amounts(region, key, paid_yuan):
    said = replace(case(EXAMPLES[0]), care_key=key, care_cost_fen=1_000_000)
    assert settle_maternity(maternity_law(region, date(2026, 6, 1)).terms, said).care_fen == paid_yuan * 100


def test_five_regions_state_their_law():
    assert maternity_regions() == ("110000", "120000", "310000", "331100", "440100")


@pytest.mark.parametrize("region", ["110000", "120000", "310000", "331100", "440100"])
def test_every_kind_of_delivery_and_operation_is_paid_in_every_region(region):
    terms = maternity_law(region, date(2026, 6, 1)).terms
    known = {key.partition("/")[0] for key in (*terms.care_fixed, *terms.care_limits)}
    assert known == {"natural", "assisted", "caesarean", "caesarean_more", "abortion_surgical", "abortion_medical"}
    for key in (*terms.care_fixed, *terms.care_limits):
        said = replace(case(EXAMPLES[0]), care_key=key, care_cost_fen=1_000_000, prenatal_cost_fen=1_000_000)
        result = settle_maternity(terms, said)
        assert result.care_fen > 0
        assert result.prenatal_fen > 0


@pytest.mark.parametrize("region", ["310000", "331100", "440100"])
def test_amounts_that_nobody_published_are_limits_and_marked_ours(region):
    law = maternity_law(region, date(2026, 6, 1))
    for key in ("prenatal_limits", "care_fixed", "care_limits"):
        assert (law.clauses[key].trust, law.clauses[key].document) == ("our_default", None)
    cheap = replace(case(EXAMPLES[0]), care_key="natural/any", care_cost_fen=100_000)
    assert settle_maternity(law.terms, cheap).care_fen == 100_000
    dear = replace(cheap, care_cost_fen=1_000_000)
    assert settle_maternity(law.terms, dear).care_fen == 300_000
