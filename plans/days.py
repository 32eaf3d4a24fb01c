"""The days that the site reckons with, wherever one is asked for or sent.

What lies outside is a slip of the keyboard, and calendars end: there is no day before the first of
the year 1, and no year 10000. Standard library only, no clock.
"""

from __future__ import annotations

from datetime import date

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def is_reckoned_with(day: date) -> bool:
    """Whether a day is one of those."""
    return EARLIEST <= day <= LATEST
