"""Which period is proposed, and how an address names it."""

from __future__ import annotations

from datetime import date

import pytest

from indicators.entry_periods import next_awaited, period_code, period_named, recent_periods
from indicators.periods import Frequency, Span

ON = date(2026, 11, 21)


def year(number: int) -> Span:
    return date(number, 1, 1), date(number, 12, 31)


def awaited(
    *reported: Span,
    frequency: Frequency | None = Frequency.YEAR,
    opening: date | None = None,
    closing: date | None = None,
) -> Span:
    return next_awaited(frequency, reported, opening=opening, closing=closing, on=ON)


def test_the_period_after_the_latest_reported_is_proposed() -> None:
    assert awaited(year(2023), year(2022)) == year(2024)


def test_a_hole_before_the_latest_is_not_proposed_but_may_be_chosen() -> None:
    assert awaited(year(2021), year(2023)) == year(2024)


def test_before_any_report_the_first_period_from_the_opening() -> None:
    assert awaited(opening=date(2020, 1, 1)) == year(2020)
    assert awaited(opening=date(2019, 12, 31)) == year(2020)


def test_without_report_nor_opening_the_latest_that_has_ended() -> None:
    assert awaited() == year(2025)
    assert awaited(frequency=None) == year(2025)
    assert awaited(frequency=Frequency.QUARTER) == (date(2026, 7, 1), date(2026, 9, 30))


def test_a_period_that_has_not_begun_is_not_proposed() -> None:
    assert awaited(year(2026)) == year(2026)


def test_a_single_day_is_followed_by_the_next_period() -> None:
    day = date(2022, 8, 30)
    assert awaited((day, day)) == year(2023)


def test_what_is_observed_once_covers_its_window() -> None:
    window = date(2020, 3, 1), date(2022, 8, 31)
    assert awaited(frequency=Frequency.ONCE, opening=window[0], closing=window[1]) == window
    assert awaited(frequency=Frequency.ONCE) == year(2025)


def test_recent_periods_go_back_to_the_opening_and_no_further() -> None:
    assert recent_periods(Frequency.YEAR, opening=date(2024, 6, 20), on=ON, most=12) == [
        year(2026),
        year(2025),
        year(2024),
    ]
    assert len(recent_periods(Frequency.MONTH, opening=None, on=ON, most=12)) == 12


@pytest.mark.parametrize(
    ("code", "frequency", "period"),
    [
        ("2026", Frequency.YEAR, (date(2026, 1, 1), date(2026, 12, 31))),
        ("2026-T1", Frequency.QUARTER, (date(2026, 1, 1), date(2026, 3, 31))),
        ("2026-T4", Frequency.QUARTER, (date(2026, 10, 1), date(2026, 12, 31))),
        ("2026-S2", Frequency.HALF_YEAR, (date(2026, 7, 1), date(2026, 12, 31))),
        ("2024-02", Frequency.MONTH, (date(2024, 2, 1), date(2024, 2, 29))),
    ],
)
def test_an_address_names_a_period_both_ways(code: str, frequency: Frequency, period: Span) -> None:
    assert period_named(code) == (frequency, period)
    assert period_code(frequency, period) == code


@pytest.mark.parametrize(
    "code", ["", "26", "2026-T5", "2026-13", "2026-S3", "2026 ", "1949", "9999", "2026-T1-", "x"]
)
def test_nonsense_names_no_period(code: str) -> None:
    assert period_named(code) is None
