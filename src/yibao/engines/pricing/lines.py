"""One fee line split into the four parts that every settlement starts from."""

from typing import ClassVar, NamedTuple

from yibao.core.errors import YibaoError
from yibao.core.money import divide_half_up, share_half_up

QUANTITY_UNITS = 10_000
PRICE_UNITS = 1_000_000
_UNITS_PER_FEN = QUANTITY_UNITS * PRICE_UNITS // 100


class InconsistentAmountError(YibaoError):
    """The amount of a line is not its quantity times its price."""

    code: ClassVar[str] = "pricing.inconsistent_amount"


class LineSplit(NamedTuple):
    """The parts of a line in fen: full self-pay 全自费, over ceiling 超限价, self-pay-first 先行自付, in scope 政策范围内."""

    full_self_pay_fen: int
    over_ceiling_fen: int
    self_pay_first_fen: int
    in_scope_fen: int


def line_amount_fen(*, quantity_e4: int, price_e6: int) -> int:
    """Quantity (ten-thousandths) times price (millionths of a yuan), rounded half up to the fen."""
    return divide_half_up(quantity_e4 * price_e6, _UNITS_PER_FEN)


def split_line(
    *,
    amount_fen: int,
    quantity_e4: int,
    price_e6: int,
    item_class: str,
    self_pay_first_ppm: int,
    ceiling_price_e6: int | None,
) -> LineSplit:
    """Split a line: class 丙 (03) is paid by the person; else what is above the ceiling, then the self-pay-first share.

    The parts add up to `amount_fen`; the over-ceiling part is rounded half up, the rest is in scope after the ratio.
    Source: settlement arithmetic of the national interface, rules 1 and 9 (read from clients, third party).
    """
    if item_class == "03":
        return LineSplit(amount_fen, 0, 0, 0)
    over = 0
    if ceiling_price_e6 is not None and price_e6 > ceiling_price_e6:
        covered = line_amount_fen(quantity_e4=quantity_e4, price_e6=ceiling_price_e6)
        over = max(amount_fen - covered, 0)
    first = share_half_up(amount_fen - over, self_pay_first_ppm)
    return LineSplit(0, over, first, amount_fen - over - first)
