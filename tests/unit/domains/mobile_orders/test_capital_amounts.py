"""Amounts in capital characters."""

import pytest

from yibao.domains.mobile_orders.capital_amounts import capital_yuan


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"), (5, "伍分"), (50, "伍角整"), (105, "壹元零伍分"), (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"), (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (10_700_053, "壹拾万柒仟元伍角叁分"), (300_000, "叁仟元整"), (10_000_500, "壹拾万零伍元整"),
        (100_000_000, "壹佰万元整"), (1_010_000_000, "壹仟零壹拾万元整"), (10_000_000_000_100, "壹仟亿零壹元整"),
        (123_456_789_012, "壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分"), (-800, "负捌元整"),
    ],
)  # fmt: skip
def test_each_is_written_as_on_a_bill(fen, text):
    assert capital_yuan(fen) == text
