"""Deadlines of stages: working days of the official calendar, days, or months (民法典 art. 201, 202)."""

import calendar
from datetime import date, timedelta

from yibao.core.working_days import add_working_days


def day_after_term(start: date, value: int, unit: str) -> date:
    """The last day of a term that begins on a day, which itself does not count.

    Months end on the day of the same number, or on the month's last one.
    :raises CalendarUnknownError: the working days of a year are not known; nothing is guessed.
    """
    if unit == "working_days":
        return add_working_days(start, value)
    if unit == "days":
        return start + timedelta(days=value)
    return months_later(start, value)


def months_later(start: date, months: int) -> date:
    """The day of the same number so many months later (earlier where negative), or that month's last day."""
    number = start.year * 12 + start.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
