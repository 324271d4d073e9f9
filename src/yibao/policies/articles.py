"""How an article of a Chinese document (第十八条第(三)项) is named in English."""

import re
from typing import Final

_DIGITS: Final = {digit: value for value, digit in enumerate("〇一二三四五六七八九")}
_ARTICLE: Final = re.compile(r"第([〇一二三四五六七八九十百]+)([条款项章])")
_ITEM: Final = re.compile(r"[（(]([〇一二三四五六七八九十]+)[)）]")
_KINDS: Final = {"条": "art. {}", "款": " para. {}", "项": " item {}", "章": "ch. {}"}


def article_in_english(article: str | None) -> str:
    """The article as an English reader names it: 第十八条(三) is art. 18(3); words that name no article stay as they are."""
    text = _ARTICLE.sub(lambda found: _KINDS[found[2]].format(number_of(found[1])), article or "")
    return _ITEM.sub(lambda found: f"({number_of(found[1])})", text).replace("、", ", ").replace("至", " to ")


def number_of(numeral: str) -> int:
    """The number that a Chinese numeral below a thousand says: 二十六 is 26, 一百零三 counts as 103."""
    total, digit = 0, 0
    for character in numeral:
        if character in "十百":
            total += (digit or 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.get(character, 0)
    return total + digit
