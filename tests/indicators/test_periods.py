"""Calendar periods and what spans cover, checked against a calendar, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.periods import (
    Frequency,
    Span,
    calendar_period,
    covers,
    days_in,
    following_period,
    merge,
    whole_periods,
)
from tests.indicators.builders import day, period

REPEATED = [frequency for frequency in Frequency if frequency != Frequency.ONCE]


@pytest.mark.parametrize(
    ("frequency", "holding", "following"),
    [
        (Frequency.MONTH, "2024-02-01/2024-02-29", "2024-03-01/2024-03-31"),
        (Frequency.QUARTER, "2024-01-01/2024-03-31", "2024-04-01/2024-06-30"),
        (Frequency.HALF_YEAR, "2024-01-01/2024-06-30", "2024-07-01/2024-12-31"),
        (Frequency.YEAR, "2024", "2025"),
    ],
)
def test_the_period_that_holds_a_day_and_the_next(
    frequency: Frequency, holding: str, following: str
) -> None:
    assert calendar_period(frequency, day("2024-02-29")) == period(holding)
    assert following_period(frequency, day("2024-02-29")) == period(following)


def test_the_last_periods_of_the_calendar_have_an_end() -> None:
    for frequency in REPEATED:
        assert calendar_period(frequency, date.max)[1] == date.max


def test_what_is_observed_once_has_no_calendar() -> None:
    with pytest.raises(ValueError, match="no calendar period"):
        calendar_period(Frequency.ONCE, day("2024-01-01"))


def test_days_are_inclusive() -> None:
    assert days_in(day("2024-01-01"), day("2024-01-01")) == 1
    assert days_in(*period("2024")) == 366


def test_spans_that_overlap_or_touch_are_joined() -> None:
    spans = [period("2022"), period("2020"), period("2019"), period("2019-06-01/2019-06-30")]
    assert merge(spans) == [period("2019-01-01/2020-12-31"), period("2022")]
    assert merge([]) == []


@pytest.mark.parametrize(
    ("span", "count"),
    [
        ("2021", 1),
        ("2021-01-01/2021-12-30", 0),
        ("2021-01-02/2021-12-31", 0),
        ("2021-01-02/2022-12-31", 1),
        ("2020-06-20/2020-12-31", 1),  # the first year, cut to the window
        ("2022-01-01/2023-03-31", 2),  # the last year, cut to the window
        ("2020-06-20/2023-03-31", 4),
        ("2021-12-31/2021-01-01", 0),
    ],
)
def test_the_years_of_a_window_that_lie_wholly_in_a_span(span: str, count: int) -> None:
    opening, closing = period("2020-06-20/2023-03-31")
    found = whole_periods(Frequency.YEAR, period(span), opening=opening, closing=closing)
    assert found == count


# Two years of days is enough to cross every kind of border, and small enough to count by hand.
FIRST = date(2023, 1, 1)
days = st.integers(0, 730).map(lambda offset: FIRST + timedelta(days=offset))
spans = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))


def each_day(span: Span) -> list[date]:
    return [span[0] + timedelta(days=offset) for offset in range(days_in(*span))]


@given(st.lists(spans, max_size=6), spans)
def test_a_union_covers_what_its_days_cover(parts: list[Span], asked: Span) -> None:
    held = {one for part in parts for one in each_day(part)}
    union = merge(parts)
    assert {one for part in union for one in each_day(part)} == held
    assert covers(union, *asked) == held.issuperset(each_day(asked))


@given(st.sampled_from(REPEATED), spans, spans)
def test_whole_periods_are_those_whose_every_day_lies_in_the_span(
    frequency: Frequency, window: Span, span: Span
) -> None:
    opening, closing = window
    inside = (max(opening, span[0]), min(closing, span[1]))
    periods: dict[Span, list[date]] = {}
    for one in each_day(window):
        periods.setdefault(calendar_period(frequency, one), []).append(one)
    whole = [
        members
        for members in periods.values()
        if inside[0] <= members[0] and members[-1] <= inside[1]
    ]
    assert whole_periods(frequency, inside, opening=opening, closing=closing) == len(whole)
