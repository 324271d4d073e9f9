from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.core.money import (
    PPM,
    NotAnAmountError,
    divide_half_up,
    format_scaled,
    format_yuan,
    parse_scaled,
    share_half_up,
)

AMOUNTS = st.integers(-(10**15), 10**15)


class TestDivide:
    @pytest.mark.parametrize(
        ("numerator", "denominator", "rounded"),
        [(1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (5, 2, 3), (-5, 2, -3), (0, 7, 0), (14, 7, 2)],
    )
    def test_halves_go_away_from_zero(self, numerator: int, denominator: int, rounded: int) -> None:
        assert divide_half_up(numerator, denominator) == rounded

    @given(AMOUNTS, st.integers(1, 10**9))
    def test_agrees_with_exact_fractions(self, numerator: int, denominator: int) -> None:
        size = floor(Fraction(abs(numerator), denominator) + Fraction(1, 2))
        assert divide_half_up(numerator, denominator) == (size if numerator >= 0 else -size)

    @pytest.mark.parametrize("denominator", [0, -1])
    def test_the_denominator_is_positive(self, denominator: int) -> None:
        with pytest.raises(AssertionError):
            divide_half_up(1, denominator)


class TestShare:
    def test_rounds_to_the_fen(self) -> None:
        assert share_half_up(10_001, 850_000) == 8_501  # 8500.85 fen

    @given(AMOUNTS)
    def test_the_whole_and_nothing(self, amount_fen: int) -> None:
        assert share_half_up(amount_fen, PPM) == amount_fen
        assert share_half_up(amount_fen, 0) == 0

    @given(AMOUNTS, st.integers(0, PPM))
    def test_a_reversal_takes_the_same_back(self, amount_fen: int, rate_ppm: int) -> None:
        assert share_half_up(-amount_fen, rate_ppm) == -share_half_up(amount_fen, rate_ppm)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "decimals", "value"),
        [
            ("12.30", 2, 1230),
            (" 12.3 ", 2, 1230),
            ("-0.01", 2, -1),
            (12.3, 2, 1230),
            (0.1 + 0.2, 17, 30000000000000004),
            (7, 2, 700),
            (Decimal("1.5000"), 2, 150),
            ("1e2", 2, 10_000),
            ("0.85", 6, 850_000),
            ("3", 0, 3),
        ],
    )
    def test_reads_what_a_sender_writes(self, text: str | float | Decimal, decimals: int, value: int) -> None:
        assert parse_scaled(text, decimals=decimals) == value

    @pytest.mark.parametrize(
        "text", ["", "abc", "1.234", "NaN", "Infinity", "-Infinity", "1,000", "null", 1e30, "9" * 20]
    )
    def test_what_is_no_amount_is_refused_with_the_text(self, text: str | float) -> None:
        with pytest.raises(NotAnAmountError) as refusal:
            parse_scaled(text, decimals=2)
        assert refusal.value.facts == {"text": str(text)}

    @given(AMOUNTS, st.integers(0, 6))
    def test_reads_back_what_was_written(self, value: int, decimals: int) -> None:
        assert parse_scaled(format_scaled(value, decimals=decimals), decimals=decimals) == value


class TestFormat:
    @pytest.mark.parametrize(
        ("value", "decimals", "text"),
        [(1230, 2, "12.30"), (-5, 2, "-0.05"), (0, 2, "0.00"), (42, 0, "42"), (850_000, 6, "0.850000")],
    )
    def test_scaled(self, value: int, decimals: int, text: str) -> None:
        assert format_scaled(value, decimals=decimals) == text

    @pytest.mark.parametrize(
        ("amount_fen", "text"),
        [(1_234_500, "12,345.00"), (-1, "-0.01"), (0, "0.00"), (100_000_000_07, "100,000,000.07")],
    )
    def test_yuan(self, amount_fen: int, text: str) -> None:
        assert format_yuan(amount_fen) == text
