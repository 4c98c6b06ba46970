"""Working days of 2026 as published by the State Council, and the honest estimate beyond."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from review.calendar import add_workdays, china_day, is_workday, known, workdays_between


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 1), False),  # 元旦
        (date(2026, 2, 17), False),  # 春节
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),  # a Saturday worked for the National Day
        (date(2026, 11, 21), False),  # an ordinary Saturday
        (date(2026, 11, 23), True),
    ],
)
def test_holidays_and_shifted_workdays(day: date, working: bool) -> None:
    assert is_workday(day) is working


def test_limits_count_from_the_day_after() -> None:
    assert add_workdays(date(2026, 11, 20), 0).day == date(2026, 11, 20)
    assert add_workdays(date(2026, 11, 20), 1).day == date(2026, 11, 23)
    assert add_workdays(date(2026, 11, 23), 5).day == date(2026, 11, 30)
    assert add_workdays(date(2026, 9, 25), 5).day == date(2026, 10, 9)


def test_between_is_the_inverse() -> None:
    start = date(2026, 9, 10)
    for days in range(40):
        assert workdays_between(start, add_workdays(start, days).day) == days
    assert workdays_between(start, start) == 0
    assert workdays_between(start, date(2026, 9, 1)) == 0


def test_years_without_a_table_are_estimates() -> None:
    assert not add_workdays(date(2026, 11, 20), 5).estimated
    assert not known(date(2099, 5, 4))
    assert add_workdays(date(2099, 5, 4), 1).estimated
    assert not is_workday(date(2099, 10, 1))
    assert is_workday(date(2099, 5, 4))  # a Monday


def test_the_day_is_chinas() -> None:
    assert china_day(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)) == date(2026, 11, 22)
    assert china_day(datetime(2026, 11, 21, 15, 59, tzinfo=UTC)) == date(2026, 11, 21)
