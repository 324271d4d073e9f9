"""Money is integer fen (分), ratios are integer parts per million; every rounding is named."""

from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final

from yibao.core.errors import YibaoError

PPM: Final = 1_000_000
"""Parts per million in one whole."""


class NotAnAmountError(YibaoError):
    """The text is no decimal number, or has more decimals than the unit allows."""

    code: ClassVar[str] = "money.not_an_amount"


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide two integers and round half away from zero (四舍五入), as the national interface rounds to the fen.

    `denominator` must be positive. Source: knowledge of the interface's settlement arithmetic, rule 9.
    """
    assert denominator > 0
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (1 if 2 * remainder >= denominator else 0)
    return rounded if numerator >= 0 else -rounded


def share_half_up(amount_fen: int, rate_ppm: int) -> int:
    """Take `rate_ppm` parts per million of an amount in fen, rounded half up to the fen."""
    return divide_half_up(amount_fen * rate_ppm, PPM)


def parse_scaled(text: str | float | Decimal, *, decimals: int) -> int:
    """Read a decimal number as an integer of 10**-decimals units: '12.30' with 2 decimals is 1230.

    Floats are read by their shortest text, which is what a JSON sender wrote.
    :raises NotAnAmountError: it is no finite number, or has more decimals than allowed.
    """
    try:
        scaled = Decimal(str(text).strip()).scaleb(decimals)
    except InvalidOperation:
        raise NotAnAmountError(text=str(text)) from None
    if not scaled.is_finite() or abs(scaled) >= 10**18 or scaled != scaled.to_integral_value():
        raise NotAnAmountError(text=str(text))
    return int(scaled)


def format_scaled(value: int, *, decimals: int) -> str:
    """Write an integer of 10**-decimals units as a plain decimal number: 1230 with 2 decimals is '12.30'."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**decimals)
    return f"{sign}{whole}.{part:0{decimals}d}" if decimals else f"{sign}{whole}"


def format_yuan(amount_fen: int) -> str:
    """Write an amount in fen as yuan with two decimals and thousands separators: 1234500 is '12,345.00'."""
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{part:02d}"
