"""When a person's mail opens: the last moment whose notifications a digest may carry.

Standard library only, no clock; moments are in the time zone of the caller.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

OPENING = time(7)
"""Mails of the day leave at seven in the morning."""

ONE_DAY = timedelta(days=1)
SATURDAY = 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    dropped_leap_days = century - century // 4
    lunar_correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + dropped_leap_days - lunar_correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of the whole of France (Code du travail, L3133-1)."""
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset(
        {
            *(date(year, month, day) for month, day in fixed),
            *(sunday + timedelta(days=days) for days in (1, 39, 50)),
        }
    )


def is_working_day(day: date) -> bool:
    """Monday to Friday, but public holidays."""
    return day.weekday() < SATURDAY and day not in public_holidays(day.year)


def last_working_morning(at: datetime) -> datetime:
    """The latest opening of a working day, `at` included."""
    day = _last_opening(at)
    while not is_working_day(day):
        day -= ONE_DAY
    return _opening(day, at)


def last_monday_morning(at: datetime) -> datetime:
    """The latest opening of a Monday, `at` included; Easter Monday is one."""
    day = _last_opening(at)
    return _opening(day - timedelta(days=day.weekday()), at)


def _last_opening(at: datetime) -> date:
    return at.date() if at.time() >= OPENING else at.date() - ONE_DAY


def _opening(day: date, at: datetime) -> datetime:
    return datetime.combine(day, OPENING, tzinfo=at.tzinfo)
