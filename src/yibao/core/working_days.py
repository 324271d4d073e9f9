"""Working days (工作日) of the official calendar: legal holidays off, shifted weekends on."""

from datetime import date, timedelta
from typing import ClassVar, Final

import chinese_calendar

from yibao.core.errors import YibaoError

_ONE_DAY: Final = timedelta(days=1)


class CalendarUnknownError(YibaoError):
    """The State Council's holiday notice of that year is not in the calendar, so nobody can count its working days."""

    code: ClassVar[str] = "working_days.calendar_unknown"


def is_working_day(day: date) -> bool:
    """Whether offices are open on this day: 1 October is not, the Saturday worked in exchange for a holiday is.

    Source: the yearly notice of the State Council's General Office (国务院办公厅关于部分节假日安排的通知), as packaged by
    `chinesecalendar`.
    :raises CalendarUnknownError: the calendar does not know the year; a weekday is never taken for a working day.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise CalendarUnknownError(year=day.year) from None


def add_working_days(start: date, days: int) -> date:
    """Find the day on which a deadline of so many working days ends; the starting day itself does not count.

    No working days from `start` is `start`, whatever day that is. `days` is not negative.
    Source of not counting the first day: 民法典 art. 201.
    :raises CalendarUnknownError: the count runs into a year that the calendar does not know.
    """
    assert days >= 0
    day, left = start, days
    while left:
        day += _ONE_DAY
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Count the working days in the half-open period from `start` to before `end`; `end` is not before `start`.

    :raises CalendarUnknownError: the period touches a year that the calendar does not know.
    """
    assert start <= end
    days = (start + timedelta(days=offset) for offset in range((end - start).days))
    return sum(is_working_day(day) for day in days)
