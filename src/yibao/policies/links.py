"""The links in a sentence: Chinese sentences put no space before them and a full-width sign after them."""

import re
from collections.abc import Iterator
from typing import Final

_LINK: Final = re.compile(r"(https?://[^\s，。；、（）()<>\"']+)")


def link_parts(sentence: str) -> Iterator[tuple[str, bool]]:
    """Cut a sentence into its parts, in order, each with whether it is a link."""
    for place, part in enumerate(_LINK.split(sentence)):
        if part:
            yield part, place % 2 == 1


def shortened(link: str, most: int) -> str:
    """A link as it is shown, with at most so many characters."""
    return link if len(link) <= most else f"{link[: most - 1]}…"
