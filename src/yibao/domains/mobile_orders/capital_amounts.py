"""Amounts in capital characters (大写金额), as bills write them beside the figures. Rule: 支付结算办法 附一 (official)."""

from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "万亿")


def capital_yuan(fen: int) -> str:
    """An amount in fen in capital characters: 10705 is 壹佰零柒元零伍分, 300000 is 叁仟元整; a minus sign is 负."""
    sign = "负" if fen < 0 else ""
    whole, part = divmod(abs(fen), 100)
    jiao, cents = divmod(part, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if not part:
        return f"{sign}{text or '零元'}整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif text:
        text += "零"
    return f"{sign}{text}{_DIGITS[cents]}分" if cents else f"{sign}{text}整"


def _whole(number: int) -> str:
    """A whole positive number in groups of four digits; a gap of zeros is one 零."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            continue
        if text and (group < 1_000 or not groups[place + 1]):
            text += "零"
        text += _group(group) + _GROUPS[place]
    return text


def _group(number: int) -> str:
    """Up to four digits."""
    text, has_gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += f"{'零' if has_gap and text else ''}{_DIGITS[digit]}{_PLACES[place]}"
        has_gap = not digit
    return text
