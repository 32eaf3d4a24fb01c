"""Which periods a person is likely to report on: the next awaited one, and those before it.

Standard library only, no clock. What may be entered is not limited to them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from indicators.periods import ONE_DAY, Frequency, Span, calendar_period, following_period

EARLIEST = date(1950, 1, 1)
"""No figure of these plans is older: an earlier date is a slip of the keyboard."""

_NAMED = re.compile(r"(?P<year>\d{4})(?:-(?P<part>T[1-4]|S[12]|0[1-9]|1[0-2]))?", re.ASCII)
_FIRST_MONTHS = {"T": (Frequency.QUARTER, 3), "S": (Frequency.HALF_YEAR, 6)}


def next_awaited(
    frequency: Frequency | None,
    reported: Collection[Span],
    *,
    opening: date | None,
    closing: date | None,
    on: date,
) -> Span:
    """Return the period to propose: the one after the latest reported.

    Before any report it is the first from the opening (as freshness reckons), without opening the
    latest that has ended. A period that has not begun is not proposed: then it is the present one.
    What is observed once is awaited over its whole window, where it is known.
    """
    if frequency == Frequency.ONCE and opening is not None and closing is not None:
        return opening, closing
    calendar = _calendar(frequency)
    if reported:
        awaited = following_period(calendar, max(end for _start, end in reported))
    elif opening is not None:
        awaited = calendar_period(calendar, opening + ONE_DAY)
    else:
        awaited = calendar_period(calendar, calendar_period(calendar, on)[0] - ONE_DAY)
    return awaited if awaited[0] <= on else calendar_period(calendar, on)


def recent_periods(
    frequency: Frequency | None, *, opening: date | None, on: date, most: int
) -> list[Span]:
    """Return the periods that have begun since the opening, the latest first, `most` at most."""
    calendar = _calendar(frequency)
    periods = [calendar_period(calendar, on)]
    while len(periods) < most:
        earlier = calendar_period(calendar, periods[-1][0] - ONE_DAY)
        if earlier[0] < EARLIEST or (opening is not None and earlier[1] < opening):
            break
        periods.append(earlier)
    return periods


def _calendar(frequency: Frequency | None) -> Frequency:
    """The calendar to propose periods by: years, where no frequency gives one."""
    return Frequency.YEAR if frequency in (None, Frequency.ONCE) else frequency


def period_code(frequency: Frequency, period: Span) -> str:
    """Return how an address names a calendar period: ``2026``, ``2026-T1``, ``2026-S2``."""
    start = period[0]
    match frequency:
        case Frequency.QUARTER:
            return f"{start.year}-T{(start.month + 2) // 3}"
        case Frequency.HALF_YEAR:
            return f"{start.year}-S{(start.month + 5) // 6}"
        case Frequency.MONTH:
            return f"{start:%Y-%m}"
        case _:
            return str(start.year)


def period_named(code: str) -> tuple[Frequency, Span] | None:
    """Return the calendar period that an address names, and its frequency; None for nonsense."""
    match = _NAMED.fullmatch(code)
    if match is None or not EARLIEST.year <= int(match["year"]) < date.max.year:
        return None
    year, part = int(match["year"]), match["part"]
    if part is None:
        frequency, month = Frequency.YEAR, 1
    elif part[0] in _FIRST_MONTHS:
        frequency, months = _FIRST_MONTHS[part[0]]
        month = (int(part[1]) - 1) * months + 1
    else:
        frequency, month = Frequency.MONTH, int(part)
    return frequency, calendar_period(frequency, date(year, month, 1))
