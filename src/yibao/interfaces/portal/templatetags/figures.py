"""Money in the public pages: integers in fen, written out exactly."""

from django import template

from yibao.core.money import format_yuan

register = template.Library()


@register.filter
def as_yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals and thousands separators; a true minus sign."""
    return format_yuan(amount_fen).replace("-", "−")


@register.filter
def more_or_less(difference_fen: int) -> str:
    """A difference in fen as yuan with its sign; nothing has none."""
    sign = "+" if difference_fen > 0 else ""
    return sign + as_yuan(difference_fen)
