"""Durations as lists write them: days/hours/minutes (天/小时/分钟), read into minutes."""

import re

_FORM = re.compile(r"(\d{1,6})/(\d{1,2})/(\d{1,2})").fullmatch


def minutes_of(text: str | None) -> int | None:
    """The minutes of a duration; none when it is not written as days/hours/minutes with less than 24 hours, 60 minutes."""
    match = _FORM(text) if text else None
    if match is None:
        return None
    days, hours, minutes = map(int, match.groups())
    return (days * 24 + hours) * 60 + minutes if hours < 24 and minutes < 60 else None
