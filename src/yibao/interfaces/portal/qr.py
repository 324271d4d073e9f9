"""A QR code as an image inside the page, with a name for who hears the page."""

from functools import lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe


def drawn(text: str, *, title: str) -> SafeString:
    """Draw letters and digits of our own making as SVG that fills its box, with the quiet zone that scanners need."""
    image = segno.make_qr(text, error="m").svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None, light="#fff", title=title
    )
    return mark_safe(image)  # noqa: S308  # drawn here out of letters and digits


@lru_cache(maxsize=512)
def drawn_again(text: str, *, title: str) -> SafeString:
    """The same for what is looked at again and again: finding the pattern that scanners read best takes a tenth of a page's time."""
    return drawn(text, title=title)
