"""When mails of the day leave."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.working_days import (
    easter,
    is_working_day,
    last_monday_morning,
    last_working_morning,
    public_holidays,
)

PARIS = ZoneInfo("Europe/Paris")


def at(day: int, hour: int = 7, minute: int = 0, *, month: int = 4) -> datetime:
    """A moment of 2026, when Easter is on 5 April."""
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


@pytest.mark.parametrize(
    "sunday", [date(2019, 4, 21), date(2024, 3, 31), date(2025, 4, 20), date(2038, 4, 25)]
)
def test_easter(sunday: date) -> None:
    assert easter(sunday.year) == sunday


def test_the_public_holidays_of_2026() -> None:
    assert sorted(public_holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]


def test_saturdays_sundays_and_holidays_are_no_working_days() -> None:
    days = [day for day in range(1, 13) if is_working_day(date(2026, 4, day))]
    assert days == [1, 2, 3, 7, 8, 9, 10]  # the 6th is Easter Monday


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        (at(3), at(3)),
        (at(3, 6, 59), at(2)),
        (at(5, 12), at(3)),  # Easter Sunday
        (at(6, 12), at(3)),  # Easter Monday
        (at(7, 6, 59), at(3)),
        (at(7), at(7)),
        (at(29, 12, month=3), at(27, month=3)),  # the night the clocks change
    ],
)
def test_the_last_working_morning(now: datetime, opening: datetime) -> None:
    assert last_working_morning(now) == opening


@pytest.mark.parametrize(
    ("now", "opening"),
    [(at(6), at(6)), (at(6, 6, 59), at(30, month=3)), (at(12, 23), at(6)), (at(13), at(13))],
)
def test_the_last_monday_morning(now: datetime, opening: datetime) -> None:
    assert last_monday_morning(now) == opening
