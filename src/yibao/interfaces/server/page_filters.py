"""The filters that all doors' templates know: integers in their small unit written out exactly, and links in sentences."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yibao.core.money import format_scaled, format_yuan
from yibao.policies.links import link_parts, shortened

register = template.Library()


@register.filter
def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals and thousands separators; a true minus sign."""
    return format_yuan(amount_fen).replace("-", "−")


@register.filter
def quantity(value_e4: int) -> str:
    """Ten-thousandths as a plain number without trailing zeros."""
    return _trim(format_scaled(value_e4, decimals=4))


@register.filter
def unit_price(value_e6: int) -> str:
    """Millionths of a yuan, not negative, as yuan with thousands separators and at least two decimals."""
    whole, part = divmod(value_e6, 10**6)
    return f"{whole:,}.{f'{part:06d}'.rstrip('0').ljust(2, '0')}"


@register.filter
def percent(rate_ppm: int) -> str:
    """Parts per million as a percentage without trailing zeros."""
    return f"{_trim(format_scaled(rate_ppm, decimals=4))}%"


@register.filter
def more_or_less(difference_fen: int) -> str:
    """A difference in fen as yuan with its sign; nothing has none."""
    return ("+" if difference_fen > 0 else "") + yuan(difference_fen)


@register.filter
def linked(sentence: str, most: int) -> SafeString:
    """A sentence with its links as links, each shown with at most so many characters."""
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{}" rel="nofollow">{}</a>', part, shortened(part, most)) if is_link else part,)
            for part, is_link in link_parts(sentence)
        ),
    )


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
