"""Periods of time: inclusive dates, the calendar periods of a frequency, what spans cover.

Standard library only, no clock. A span is a pair of dates, both days included.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

Span: TypeAlias = tuple[date, date]

ONE_DAY = timedelta(days=1)


class Frequency(StrEnum):
    """How often an indicator is observed. All but ``once`` follow the calendar year."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    ONCE = "once"


_MONTHS = {Frequency.MONTH: 1, Frequency.QUARTER: 3, Frequency.HALF_YEAR: 6, Frequency.YEAR: 12}


def days_in(start: date, end: date) -> int:
    """Number of days of an inclusive span."""
    return (end - start).days + 1


def calendar_period(frequency: Frequency, day: date) -> Span:
    """The calendar period of a frequency that holds a day. ``once`` has none: ValueError."""
    return _bounds(frequency, _index(frequency, day))


def following_period(frequency: Frequency, day: date) -> Span:
    """The calendar period that comes after the one that holds a day."""
    return _bounds(frequency, _index(frequency, day) + 1)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The union of spans as sorted, disjoint spans; spans that overlap or touch are joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + ONE_DAY:
            opening, closing = merged[-1]
            merged[-1] = (opening, max(closing, end))
        else:
            merged.append((start, end))
    return merged


def covers(merged: Sequence[Span], start: date, end: date) -> bool:
    """Whether a union made by :func:`merge` holds every day from start to end."""
    return any(opening <= start and end <= closing for opening, closing in merged)


def whole_periods(frequency: Frequency, span: Span, *, opening: date, closing: date | None) -> int:
    """How many calendar periods of a window lie wholly in a span of that window.

    The window's first and last periods are cut to it: of a window that opens on 20 June, the
    year counts from 20 June. ``once`` has one period, the window itself, and so needs a closing.
    """
    start, end = span
    if end < start:
        return 0
    if frequency == Frequency.ONCE:
        return int(closing is not None and start <= opening and closing <= end)
    first = _index(frequency, start)
    if start != opening and start != _bounds(frequency, first)[0]:
        first += 1
    last = _index(frequency, end)
    if end != closing and end != _bounds(frequency, last)[1]:
        last -= 1
    return max(0, last - first + 1)


def _index(frequency: Frequency, day: date) -> int:
    """Calendar periods of a frequency, numbered one after the other."""
    if frequency == Frequency.ONCE:
        raise ValueError("an indicator observed once has no calendar period")
    return (day.year * 12 + day.month - 1) // _MONTHS[frequency]


def _bounds(frequency: Frequency, index: int) -> Span:
    months = _MONTHS[frequency]
    first_year, first_month = divmod(index * months, 12)
    # The last month, rather than the day before the next period: there is no year 10000.
    last_year, last_month = divmod(index * months + months - 1, 12)
    return (
        date(first_year, first_month + 1, 1),
        date(last_year, last_month + 1, monthrange(last_year, last_month + 1)[1]),
    )
