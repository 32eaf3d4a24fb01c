"""What a chart is made of: the rules of progress, ready to be drawn, with nothing made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dashboards.charts.facts import Span
from indicators.progress import Checkpoint, Qualifier
from tests.dashboards.charts.cases import CASES, YEARLY, chart
from tests.indicators.builders import (
    AT_MOST,
    flow,
    level,
    observed,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)


def year(number: int) -> Span:
    return Span(start=date(number, 1, 1), end=date(number, 12, 31))


def test_a_quota_has_a_slot_for_each_period_and_no_zero_where_nothing_is_published() -> None:
    slots = CASES["quota"].slots
    assert [(slot.start.year, slot.value, slot.ended) for slot in slots] == [
        (2020, 30, True),
        (2021, 41, True),
        (2022, None, True),
        (2023, None, False),
        (2024, None, False),
    ]
    assert [slot.is_missing for slot in slots] == [False, False, True, False, False]
    assert CASES["quota"].points == ()


def test_a_slot_keeps_how_its_values_are_stated() -> None:
    assert [
        (slot.provisional, slot.qualifier, slot.complete)
        for slot in CASES["quota, stated loosely"].slots
    ] == [
        (True, Qualifier.EXACT, True),
        (False, Qualifier.ABOUT, True),
        (False, Qualifier.AT_LEAST, False),
    ]


def test_parts_of_a_slot_stated_in_unlike_ways_leave_only_about() -> None:
    halves = flow(
        observed("2020-01-01/2020-06-30", 10, qualifier=Qualifier.AT_LEAST),
        observed("2020-07-01/2020-12-31", 10, qualifier=Qualifier.AT_MOST),
    )
    assert chart(halves, yearly(35, 2020, 2020), "2021-01-01").slots[0].qualifier is Qualifier.ABOUT


def test_a_total_is_drawn_as_a_running_sum() -> None:
    drawn = CASES["total"]
    assert [(point.value, point.height) for point in drawn.points] == [(12, 12), (18, 30), (9, 39)]
    assert drawn.path == (
        Checkpoint(on=date(2019, 12, 31), value=Decimal(0)),
        Checkpoint(on=date(2027, 12, 31), value=Decimal(100)),
    )


def test_a_running_sum_is_stated_as_what_it_adds_up_is() -> None:
    series = flow(
        observed("2020", 12),
        observed("2021", 18, qualifier=Qualifier.ABOUT),
        observed("2022", 9),
        observed("2024", 5),
        **YEARLY,
    )
    target = total(100, "2020-01-01", "2027-12-31")
    assert [
        (point.height, point.height_qualifier, point.qualifier)
        for point in chart(series, target, "2025-03-01").points
    ] == [
        (12, Qualifier.EXACT, Qualifier.EXACT),
        (30, Qualifier.ABOUT, Qualifier.ABOUT),
        (39, Qualifier.ABOUT, Qualifier.EXACT),
        (44, Qualifier.AT_LEAST, Qualifier.EXACT),
    ]


def test_the_last_running_sum_lacks_what_ended_after_it_too() -> None:
    series = flow(observed("2020", 12), observed("2021", 18), **YEARLY)
    drawn = chart(series, total(100, "2020-01-01", "2027-12-31"), "2023-03-01")
    assert [point.height_qualifier for point in drawn.points] == [
        Qualifier.EXACT,
        Qualifier.AT_LEAST,
    ]


def test_a_total_leaves_out_what_lies_outside_its_window() -> None:
    series = flow(observed("2018", 99), observed("2020", 12), observed("2022", 5))
    drawn = chart(series, total(100, "2020-01-01", "2027-12-31"), "2022-06-01")
    assert [point.height for point in drawn.points] == [12]


def test_the_value_expected_is_that_of_the_day_up_to_which_figures_are_published() -> None:
    expected = CASES["level"].expected
    assert expected is not None
    assert (expected.on, round(expected.value)) == (date(2026, 12, 31), 3499)


def test_with_nothing_published_the_value_expected_is_that_of_today() -> None:
    expected = CASES["level, nothing published"].expected
    assert expected is not None
    assert (expected.on, round(expected.value)) == (date(2027, 3, 1), 3582)


def test_a_level_whose_baseline_is_beyond_its_target_has_no_path() -> None:
    beyond = stock(observed("2023-12-31", 70), baseline=60)
    target = level(80, "2020-12-31", "2025-12-31", **AT_MOST)
    assert chart(beyond, target, "2024-06-01").path == ()


def test_an_unknown_baseline_is_told_apart_from_a_baseline_of_zero() -> None:
    target = level(4, "2021-12-31", "2025-12-31")
    unknown = chart(stock(observed("2022-12-31", 1)), target, "2023-06-01")
    zero = chart(stock(observed("2022-12-31", 1), baseline=0), target, "2023-06-01")
    assert (unknown.from_zero, unknown.shown_baseline) == (True, None)
    assert (zero.from_zero, zero.shown_baseline) == (False, 0)


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("total", []),
        ("total with a hole", [year(2021)]),
        (
            "total, nothing published",
            [Span(start=date(2019, 6, 20), end=date(2022, 12, 31))],
        ),
        ("level", []),
        ("level, nothing published", [Span(start=date(2025, 1, 1), end=date(2026, 12, 31))]),
        ("threshold", [year(2022)]),
        ("no target, what happened each year", [year(2021)]),
        ("no target, two values", []),
        ("quota", []),
    ],
)
def test_the_periods_that_ended_unreported_are_missing(case: str, missing: list[Span]) -> None:
    assert list(CASES[case].missing) == missing


def test_a_period_is_not_missing_before_it_has_ended() -> None:
    series = flow(observed("2021", 5), **YEARLY)
    assert chart(series, None, "2022-12-31").missing == ()
    assert chart(series, None, "2023-01-01").missing == (year(2022),)


def test_the_day_a_level_is_measured_from_awaits_no_figure() -> None:
    series = ratio(share("2021", 1, 2), baseline=30, **YEARLY)
    drawn = chart(series, level(60, "2019-12-31", "2025-12-31"), "2022-06-01")
    assert drawn.missing == (year(2020),)


def test_what_ends_after_the_day_is_not_drawn() -> None:
    series = stock(observed("2022-12-31", 5), observed("2023-12-31", 6))
    drawn = chart(series, threshold(4), "2023-06-01")
    assert [point.end for point in drawn.points] == [date(2022, 12, 31)]


def test_a_ratio_is_drawn_in_its_unit() -> None:
    assert [point.height for point in CASES["threshold"].points] == [85, 79, 83]


def test_there_is_nothing_to_draw_without_target_nor_value() -> None:
    assert chart(flow(), None, "2023-06-01").is_empty
    assert not any(drawn.is_empty for drawn in CASES.values())
