"""When the next figure is awaited, and since when it is late."""

from datetime import date

import pytest

from indicators.progress import Frequency, Freshness, Series, Target
from tests.indicators.builders import (
    BY_2026,
    TWO_YEARS,
    day,
    flow,
    level,
    observed,
    progress,
    stock,
    threshold,
    total,
    yearly,
)

NEVER = (None, None)


@pytest.mark.parametrize(
    ("on", "freshness"),
    [
        ("2022-12-31", Freshness.FRESH),
        ("2023-01-01", Freshness.DUE),
        ("2023-03-31", Freshness.DUE),
        ("2023-04-01", Freshness.STALE),
    ],
)
def test_a_figure_is_awaited_when_the_next_period_has_ended(on: str, freshness: Freshness) -> None:
    series = flow(observed("2021", 41), frequency=Frequency.YEAR, lag_days=90)
    result = progress(series, yearly(35, 2020, 2024), on)
    assert (result.freshness, result.next_due) == (freshness, day("2023-03-31"))


@pytest.mark.parametrize(
    ("frequency", "next_due"),
    [
        (Frequency.MONTH, "2024-03-31"),
        (Frequency.QUARTER, "2024-06-30"),
        (Frequency.HALF_YEAR, "2024-12-31"),
        (Frequency.YEAR, "2025-12-31"),
    ],
)
def test_the_next_period_follows_the_one_that_holds_the_latest_end(
    frequency: Frequency, next_due: str
) -> None:
    series = stock(observed("2024-02-29", 1), frequency=frequency)
    result = progress(series, None, "2024-03-01")
    assert (result.freshness, result.next_due) == (Freshness.FRESH, day(next_due))


@pytest.mark.parametrize(
    ("series", "target", "next_due"),
    [
        (flow(frequency=Frequency.YEAR), yearly(35, 2020, 2024), "2020-12-31"),
        (flow(frequency=Frequency.YEAR), total(35, "2020-06-20", None), "2020-12-31"),
        (stock(frequency=Frequency.YEAR), level(35, "2019-12-31", None), "2020-12-31"),
        (
            stock(frequency=Frequency.YEAR, baseline_on="2019-12-31"),
            level(35, None, None),
            "2020-12-31",
        ),
        (stock(frequency=Frequency.MONTH), threshold(35, "2020-12-05"), "2020-12-31"),
    ],
)
def test_the_first_figure_is_awaited_when_the_first_period_has_ended(
    series: Series, target: Target, next_due: str
) -> None:
    fresh = progress(series, target, "2020-12-31")
    stale = progress(series, target, "2021-01-01")
    assert (fresh.freshness, fresh.next_due) == (Freshness.FRESH, day(next_due))
    assert (stale.freshness, stale.next_due) == (Freshness.STALE, day(next_due))


@pytest.mark.parametrize(
    ("series", "target"),
    [
        (flow(observed("2021", 41)), yearly(35, 2020, 2024)),
        (flow(frequency=Frequency.YEAR), total(35, None, "2026-12-31")),
        (flow(frequency=Frequency.YEAR), None),
        (flow(frequency=Frequency.ONCE), None),
        (flow(frequency=Frequency.ONCE), total(35, "2020-01-01", None)),
    ],
    ids=["no frequency", "no start", "no target", "once, no target", "once, no due date"],
)
def test_freshness_is_unknown_without_a_date_to_wait_for(
    series: Series, target: Target | None
) -> None:
    result = progress(series, target, "2023-01-01")
    assert (result.freshness, result.next_due) == (None, None)


@pytest.mark.parametrize(
    ("series", "target"),
    [
        (flow(observed("2024", 9), observed("2025", 9), frequency=Frequency.YEAR), TWO_YEARS),
        (
            flow(observed("2024", 9), observed("2025", 9), frequency=Frequency.YEAR),
            total(20, "2024-01-01", "2025-12-31"),
        ),
        (
            stock(observed("2025-12-31", 9), frequency=Frequency.YEAR),
            level(20, "2024-01-01", "2025-12-31"),
        ),
        (
            stock(observed("2025-12-31", 9), frequency=Frequency.YEAR),
            threshold(20, None, "2025-12-31"),
        ),
    ],
    ids=["quota", "total", "level", "threshold"],
)
def test_nothing_more_is_awaited_of_a_window_over_and_covered(
    series: Series, target: Target
) -> None:
    on_last_day = progress(series, target, "2025-12-31")
    long_after = progress(series, target, "2031-01-01")
    assert (on_last_day.freshness, on_last_day.next_due) == (Freshness.FRESH, day("2026-12-31"))
    assert (long_after.freshness, long_after.next_due) == (Freshness.FRESH, None)


def test_a_window_over_and_not_covered_stays_awaited() -> None:
    partial = flow(observed("2024", 99), frequency=Frequency.YEAR)
    empty = flow(frequency=Frequency.YEAR)
    assert progress(partial, TWO_YEARS, "2031-01-01").freshness == Freshness.STALE
    assert progress(empty, TWO_YEARS, "2031-01-01").freshness == Freshness.STALE


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-12-31", (Freshness.FRESH, date(2027, 1, 30))),
        ("2027-01-30", (Freshness.DUE, date(2027, 1, 30))),
        ("2027-01-31", (Freshness.STALE, date(2027, 1, 30))),
    ],
)
def test_what_is_observed_once_is_awaited_at_the_due_date(
    on: str, expected: tuple[Freshness, date]
) -> None:
    before_the_window = observed("2020-12-31", 1)
    series = stock(before_the_window, frequency=Frequency.ONCE, lag_days=30)
    result = progress(series, BY_2026, on)
    assert (result.freshness, result.next_due) == expected


def test_what_is_observed_once_is_fresh_for_good() -> None:
    series = stock(observed("2025-06-30", 1), frequency=Frequency.ONCE)
    for target in (BY_2026, None):
        result = progress(series, target, "2040-01-01")
        assert (result.freshness, result.next_due) == (Freshness.FRESH, None)
