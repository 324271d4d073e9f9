"""Money in the public pages: integers in fen, written out exactly."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from yibao.core.money import format_yuan
from yibao.policies.links import link_parts, shortened

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
