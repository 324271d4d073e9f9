"""One fee line is split into parts that add up, never negative, and grow with what they depend on."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.engines.pricing import LineSplit, line_amount_fen, split_line

quantities = st.integers(1, 10**7)
prices = st.integers(0, 10**10)
ratios = st.integers(0, 1_000_000)
ceilings = st.none() | prices
classes = st.sampled_from(["01", "02", "03"])


@st.composite
def written_lines(draw):
    """A line as a hospital writes it: the amount is quantity times price, a fen beside it at most."""
    quantity, price = draw(quantities), draw(prices)
    amount = max(line_amount_fen(quantity_e4=quantity, price_e6=price) + draw(st.integers(-1, 1)), 0)
    return {
        "amount_fen": amount, "quantity_e4": quantity, "price_e6": price, "item_class": draw(classes),
        "self_pay_first_ppm": draw(ratios), "ceiling_price_e6": draw(ceilings),
    }  # fmt: skip


@given(written_lines())
def test_the_parts_add_up_and_none_is_negative(line):
    split = split_line(**line)

    assert sum(split) == line["amount_fen"]
    assert min(split) >= 0


@given(written_lines())
def test_outside_the_catalogue_nothing_is_in_scope(line):
    assert split_line(**{**line, "item_class": "03"}) == LineSplit(line["amount_fen"], 0, 0, 0)


@given(written_lines(), ratios)
def test_a_higher_ratio_never_brings_more_into_scope(line, other):
    low, high = sorted((line["self_pay_first_ppm"], other))
    at_low, at_high = (split_line(**{**line, "self_pay_first_ppm": ratio}) for ratio in (low, high))

    assert at_low.in_scope_fen >= at_high.in_scope_fen
    assert at_low.self_pay_first_fen <= at_high.self_pay_first_fen
    assert at_low.over_ceiling_fen == at_high.over_ceiling_fen


@given(written_lines(), prices)
def test_a_lower_ceiling_never_brings_more_into_scope(line, other):
    first = line["ceiling_price_e6"] if line["ceiling_price_e6"] is not None else line["price_e6"]
    low, high = sorted((first, other))
    at_low, at_high, without = (split_line(**{**line, "ceiling_price_e6": c}) for c in (low, high, None))

    assert at_low.over_ceiling_fen >= at_high.over_ceiling_fen >= without.over_ceiling_fen == 0
    assert at_low.in_scope_fen <= at_high.in_scope_fen <= without.in_scope_fen


@given(written_lines(), st.integers(0, 10**9))
def test_a_higher_amount_never_lowers_a_part(line, more):
    less, greater = split_line(**line), split_line(**{**line, "amount_fen": line["amount_fen"] + more})

    assert all(a <= b for a, b in zip(less, greater, strict=True))


@given(written_lines())
def test_a_ceiling_at_or_above_the_price_is_none(line):
    assert split_line(**{**line, "ceiling_price_e6": line["price_e6"]}) == split_line(
        **{**line, "ceiling_price_e6": None}
    )


@given(quantities, prices)
def test_the_amount_is_the_exact_product_rounded_half_up(quantity, price):
    exact = Fraction(quantity, 10_000) * Fraction(price, 1_000_000) * 100
    amount = line_amount_fen(quantity_e4=quantity, price_e6=price)

    assert Fraction(-1, 2) < exact - amount < Fraction(1, 2) or amount - exact == Fraction(1, 2)


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [(10_000, 5_000, 1), (10_000, 4_999, 0), (30_000, 33_333_333, 10_000), (5_000, 10_000, 1)],
)
def test_half_a_fen_is_rounded_up(quantity, price, amount):
    assert line_amount_fen(quantity_e4=quantity, price_e6=price) == amount
