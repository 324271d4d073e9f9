from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.core.working_days import CalendarUnknownError, add_working_days, is_working_day, working_days_between

# Holidays of 2024: 国办发明电〔2023〕7号: spring festival 10-17 February, worked on 4 and 18 February.
NEW_YEARS_EVE_2024 = date(2024, 2, 9)


class TestIsWorkingDay:
    @pytest.mark.parametrize(
        ("day", "working"),
        [
            (date(2024, 2, 9), True),
            (date(2024, 2, 12), False),  # a Monday of the spring festival
            (date(2024, 2, 17), False),
            (date(2024, 2, 18), True),  # a Sunday worked in exchange
            (date(2024, 2, 24), False),  # an ordinary Saturday
            (date(2024, 10, 1), False),
        ],
    )
    def test_follows_the_notice_of_the_year(self, day: date, *, working: bool) -> None:
        assert is_working_day(day) is working

    @pytest.mark.parametrize("day", [date(2003, 12, 31), date(2099, 1, 5)])
    def test_a_year_without_a_notice_is_refused_not_guessed(self, day: date) -> None:
        with pytest.raises(CalendarUnknownError) as refusal:
            is_working_day(day)
        assert refusal.value.facts == {"year": day.year}


class TestAdd:
    def test_the_first_day_does_not_count(self) -> None:
        assert add_working_days(date(2024, 3, 4), 1) == date(2024, 3, 5)

    def test_jumps_over_the_spring_festival_to_the_worked_sunday(self) -> None:
        assert add_working_days(NEW_YEARS_EVE_2024, 1) == date(2024, 2, 18)

    def test_nothing_added_stays_even_on_a_holiday(self) -> None:
        assert add_working_days(date(2024, 2, 12), 0) == date(2024, 2, 12)

    def test_running_off_the_calendar_is_refused(self) -> None:
        with pytest.raises(CalendarUnknownError):
            add_working_days(date(2003, 12, 30), 1)

    def test_days_are_not_counted_backwards(self) -> None:
        with pytest.raises(AssertionError):
            add_working_days(NEW_YEARS_EVE_2024, -1)


class TestBetween:
    def test_the_end_is_outside(self) -> None:
        assert working_days_between(date(2024, 3, 4), date(2024, 3, 5)) == 1

    def test_an_empty_period_has_none(self) -> None:
        assert working_days_between(date(2024, 3, 4), date(2024, 3, 4)) == 0

    def test_february_2024(self) -> None:
        # 29 days, 4 Saturdays and 4 Sundays off, less 2 worked Sundays, 6 weekdays of the festival off (12-16 February).
        assert working_days_between(date(2024, 2, 1), date(2024, 3, 1)) == 18

    def test_an_unknown_year_inside_is_refused(self) -> None:
        with pytest.raises(CalendarUnknownError):
            working_days_between(date(2003, 12, 30), date(2004, 1, 3))

    def test_a_period_that_ends_before_it_starts_is_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(AssertionError):
            working_days_between(date(2024, 3, 5), date(2024, 3, 4))

    @given(st.dates(date(2020, 1, 1), date(2023, 1, 1)), st.integers(1, 60))
    def test_adding_and_counting_agree(self, start: date, days: int) -> None:
        end = add_working_days(start, days)
        one = timedelta(days=1)
        assert is_working_day(end)
        assert working_days_between(start + one, end + one) == days
