"""Working days of mainland China. Pure: the holiday tables ship with ``chinesecalendar``.

Time limits count from the day after (第二日起算) and run over working days, 调休 included. A year's holidays are
published in the November before; for years not yet in the tables, weekends and the fixed statutory days are taken
and the result says ``estimated``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

import chinese_calendar

#: China has one civil time and no summer time since 1992.
CHINA = timezone(timedelta(hours=8), "北京时间")

_FIRST: int = min(chinese_calendar.holidays).year
_LAST: int = max(chinese_calendar.holidays).year

# 元旦、劳动节、国庆节: the statutory days with a fixed date (全国年节及纪念日放假办法 2024).
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a time limit. ``estimated``: some day on the way has no published holiday table yet."""

    day: date
    estimated: bool


def china_day(at: datetime) -> date:
    """Return the Chinese calendar day of a moment (aware)."""
    return at.astimezone(CHINA).date()


def china_clock(at: datetime) -> str:
    """Return a moment (aware) as people in China write it: 2026-11-21 09:30."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def known(day: date) -> bool:
    """True when the holiday table of the day's year is published."""
    return _FIRST <= day.year <= _LAST


def is_workday(day: date) -> bool:
    """True for a working day, 调休上班日 included."""
    if known(day):
        working: bool = chinese_calendar.is_workday(day)
        return working
    weekend = day.weekday() >= 5
    return not weekend and (day.month, day.day) not in _FIXED


def add_workdays(start: date, days: int) -> Due:
    """Return the ``days``-th working day after ``start``; ``days=0`` gives ``start`` itself."""
    day, estimated = start, False
    while days > 0:
        day += timedelta(days=1)
        estimated = estimated or not known(day)
        days -= is_workday(day)
    return Due(day, estimated)


def workdays_between(start: date, end: date) -> int:
    """Return how many working days lie in ``(start, end]``; 0 when ``end <= start``."""
    return sum(is_workday(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))
