"""The rules of progress, as examples that can be checked by hand.

What other tracking systems got wrong is in test_progress_edge_cases, arithmetic that must hold
whatever the numbers in test_progress_properties, refused entries in test_terms.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import pytest

from indicators.progress import (
    Checkpoint,
    Coverage,
    Frequency,
    Freshness,
    Limits,
    Measurement,
    Operator,
    Progress,
    Reason,
    Series,
    Status,
    Target,
    aggregate,
    display_percent,
    expected_at,
    expected_path,
)
from tests.indicators.builders import (
    AT_MOST,
    day,
    flow,
    level,
    observed,
    progress,
    quota,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)

FROM_2024 = ("2024-12-31", "2026-12-31")  # 730 days, of which 365 at the end of 2025


def thousandths(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(Decimal("0.0001"))


# --- The worked examples of the design -------------------------------------------------------


def test_35_companies_a_year_with_two_years_of_three_published() -> None:
    series = flow(observed("2020", 30), observed("2021", 41), frequency=Frequency.YEAR, lag_days=90)
    result = progress(series, yearly(35, 2020, 2024), "2023-03-01")

    assert (result.value, result.target_value, result.derived_total) == (71, 175, True)
    assert thousandths(result.rate) == Decimal("0.4057")
    assert (result.expected, thousandths(result.pace)) == (70, Decimal("1.0143"))
    assert result.status == Status.ON_TRACK
    assert result.coverage == Coverage(reported=2, ended=3, total=5)
    assert result.coverage.partial
    assert result.freshness == Freshness.DUE
    assert [(one.value, one.satisfied, one.ended, one.complete) for one in result.periods] == [
        (30, False, True, True),
        (41, True, True, True),
        (None, None, True, False),
        (None, None, False, False),
        (None, None, False, False),
    ]
    assert [one.rate for one in result.periods] == [
        Decimal(30) / 35,
        Decimal(41) / 35,
        None,
        None,
        None,
    ]


def test_35_companies_a_year_is_stale_when_the_lag_is_shorter() -> None:
    series = flow(observed("2021", 41), frequency=Frequency.YEAR, lag_days=30)
    assert progress(series, yearly(35, 2020, 2024), "2023-03-01").freshness == Freshness.STALE


def test_from_2500_to_5000_students_with_3000_after_two_years_of_five() -> None:
    series = stock(observed("2026-12-31", 3000), baseline=2500, baseline_on="2024-12-31")
    result = progress(series, level(5000, "2024-12-31", "2029-12-31"), "2027-03-01")

    assert result.rate == Decimal("0.2")
    assert thousandths(result.expected_share) == Decimal("0.3998")
    assert result.expected_share == Decimal(730) / Decimal(1826)
    assert thousandths(result.pace) == Decimal("0.5003")
    assert result.status == Status.BEHIND
    assert result.measured_from == day("2024-12-31")


@pytest.mark.parametrize(
    ("observation", "on", "status"),
    [
        ("2025-06-30", "2025-07-15", Status.REGRESSING),
        ("2025-12-31", "2025-12-31", Status.REGRESSING),
        ("2025-12-31", "2026-01-01", Status.MISSED),
        ("2025-06-30", "2026-01-01", Status.OVERDUE),
    ],
)
def test_110_where_at_most_80_was_promised_from_100(
    observation: str, on: str, status: Status
) -> None:
    series = stock(observed(observation, 110), baseline=100)
    result = progress(series, level(80, "2023-12-31", "2025-12-31", **AT_MOST), on)
    assert (result.rate, result.status) == (Decimal("-0.5"), status)


# --- Every kind, measurement and direction ---------------------------------------------------

KINDS: list[tuple[str, Series, Target, dict[str, Any]]] = [
    (
        "quota of a flow",
        flow(observed("2025", 30)),
        yearly(35, 2025, 2026),
        {"value": 30, "rate": Decimal(30) / 70, "expected": 35, "status": Status.WATCH},
    ),
    (
        "total of a flow",
        flow(observed("2025", 20)),
        total(100, "2025-01-01", "2029-12-30"),  # 5 × 365 days, as 2028 has 366
        {"value": 20, "rate": Decimal("0.2"), "expected": 20, "status": Status.ON_TRACK},
    ),
    (
        "rising level of a stock",
        stock(observed("2025-12-31", 18), baseline=10),
        level(30, *FROM_2024),
        {"value": 18, "rate": Decimal("0.4"), "expected": 20, "status": Status.BEHIND},
    ),
    (
        "falling level of a stock",
        stock(observed("2025-12-31", 90), baseline=100),
        level(80, *FROM_2024, **AT_MOST),
        {"value": 90, "rate": Decimal("0.5"), "expected": 90, "status": Status.ON_TRACK},
    ),
    (
        "rising level of a ratio",
        ratio(share("2025", 6, 10), baseline=40),
        level(80, *FROM_2024),
        {"value": 60, "rate": Decimal("0.5"), "expected": 60, "status": Status.ON_TRACK},
    ),
    (
        "falling level of a ratio",
        ratio(share("2025", 9, 20), baseline=50),
        level(30, *FROM_2024, **AT_MOST),
        {"value": 45, "rate": Decimal("0.25"), "expected": 40, "status": Status.BEHIND},
    ),
    (
        "rising level without baseline, from zero",
        stock(observed("2025-12-31", 12)),
        level(30, *FROM_2024),
        {"value": 12, "rate": Decimal("0.4"), "expected": 15, "from_zero": True},
    ),
    (
        "at least, every year, of a flow",
        flow(observed("2025", 3)),
        threshold(2),
        {"value": 3, "rate": None, "expected": None, "status": Status.MET},
    ),
    (
        "at most, every year, of a flow",
        flow(observed("2025", 12)),
        threshold(10, **AT_MOST),
        {"value": 12, "satisfied": False, "status": Status.NOT_MET},
    ),
    (
        "at least, at every date, of a stock",
        stock(observed("2025-12-31", 79)),
        threshold(80),
        {"value": 79, "satisfied": False, "status": Status.NOT_MET},
    ),
    (
        "at most, at every date, of a stock",
        stock(observed("2025-12-31", 80)),
        threshold(80, **AT_MOST),
        {"value": 80, "satisfied": True, "status": Status.MET},
    ),
    (
        "at least, at every survey, of a ratio",
        ratio(share("2025", 4, 5)),
        threshold(80),
        {"value": 80, "satisfied": True, "status": Status.MET},
    ),
    (
        "at most, at every survey, of a ratio",
        ratio(share("2025", 1, 10)),
        threshold(5, **AT_MOST),
        {"value": 10, "satisfied": False, "status": Status.NOT_MET},
    ),
]


@pytest.mark.parametrize(
    ("series", "target", "facts"),
    [pytest.param(*case, id=name) for name, *case in KINDS],
)
def test_every_kind_measurement_and_direction(
    series: Series, target: Target, facts: dict[str, Any]
) -> None:
    result = progress(series, target, "2026-02-01")
    assert {name: getattr(result, name) for name in facts} == facts


# --- Every status ----------------------------------------------------------------------------

TWO_YEARS = yearly(10, 2024, 2025)
BY_2026 = level(200, *FROM_2024)

STATUSES: list[tuple[str, Status, Series, Target | None, str]] = [
    (
        "abandoned, whatever was reached",
        Status.ABANDONED,
        stock(observed("2025-12-31", 250), baseline=100),
        level(200, *FROM_2024, abandoned=True),
        "2026-02-01",
    ),
    (
        "followed without a target",
        Status.NO_TARGET,
        stock(observed("2025-12-31", 300)),
        None,
        "2026-02-01",
    ),
    ("before the first period", Status.UPCOMING, flow(), TWO_YEARS, "2023-12-31"),
    (
        "before the start, with an older value",
        Status.UPCOMING,
        stock(observed("2023-12-31", 90)),
        BY_2026,
        "2024-12-30",
    ),
    ("nothing published on the first day", Status.NOT_REPORTED, flow(), TWO_YEARS, "2024-01-01"),
    ("nothing published long after the end", Status.NOT_REPORTED, flow(), TWO_YEARS, "2030-01-01"),
    (
        "nothing published and no start known",
        Status.NOT_REPORTED,
        flow(),
        total(10, None, "2026-12-31"),
        "2020-01-01",
    ),
    (
        "published before the window only",
        Status.NOT_REPORTED,
        stock(observed("2023-12-31", 90)),
        BY_2026,
        "2025-06-30",
    ),
    (
        "threshold held by the latest, not by the one before",
        Status.MET,
        stock(observed("2024-12-31", 70), observed("2025-12-31", 81)),
        threshold(80),
        "2026-02-01",
    ),
    (
        "threshold held before, not by the latest",
        Status.NOT_MET,
        stock(observed("2024-12-31", 81), observed("2025-12-31", 70)),
        threshold(80),
        "2026-02-01",
    ),
    (
        "threshold judged at its latest after its end too",
        Status.MET,
        stock(observed("2024-12-31", 81)),
        threshold(80, None, "2025-12-31"),
        "2026-02-01",
    ),
    (
        "quota ended, reported and satisfied",
        Status.ACHIEVED,
        flow(observed("2024", 10), observed("2025", 11)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total reached before its date",
        Status.ACHIEVED,
        flow(observed("2024", 20)),
        total(20, "2024-01-01", "2026-12-31"),
        "2025-02-01",
    ),
    (
        "total reached, though later years are not published",
        Status.ACHIEVED,
        flow(observed("2024", 20)),
        total(20, "2024-01-01", "2026-12-31"),
        "2029-02-01",
    ),
    (
        "level reached within its tolerance",
        Status.ACHIEVED,
        stock(observed("2025-12-31", 180), baseline=100),
        level(200, *FROM_2024, tolerance=Decimal("0.1")),
        "2026-02-01",
    ),
    (
        "level satisfied from the start, without a rate",
        Status.ACHIEVED,
        stock(observed("2025-12-31", 100), baseline=100),
        level(100, *FROM_2024),
        "2026-02-01",
    ),
    (
        "quota satisfied in one year of two",
        Status.PARTLY_ACHIEVED,
        flow(observed("2024", 9), observed("2025", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "quota satisfied in no year",
        Status.MISSED,
        flow(observed("2024", 9), observed("2025", 9)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total not reached, every day published",
        Status.MISSED,
        flow(observed("2024", 9), observed("2025", 9)),
        total(20, "2024-01-01", "2025-12-31"),
        "2026-01-01",
    ),
    (
        "level not reached at its date",
        Status.MISSED,
        stock(observed("2026-12-31", 199), baseline=100),
        BY_2026,
        "2027-01-01",
    ),
    (
        "quota whose last year is not published",
        Status.OVERDUE,
        flow(observed("2024", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "quota whose last year is published in part",
        Status.OVERDUE,
        flow(observed("2024", 99), observed("2025-01-01/2025-11-30", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total with a hole in the middle",
        Status.OVERDUE,
        flow(observed("2024-01-01/2024-06-30", 9), observed("2025", 9)),
        total(20, "2024-01-01", "2025-12-31"),
        "2026-01-01",
    ),
    (
        "level not published at its date",
        Status.OVERDUE,
        stock(observed("2026-12-30", 199), baseline=100),
        BY_2026,
        "2027-01-01",
    ),
    (
        "falling level without baseline",
        Status.NOT_COMPUTABLE,
        stock(observed("2025-12-31", 90)),
        level(80, *FROM_2024, **AT_MOST),
        "2026-02-01",
    ),
    (
        "level below its baseline",
        Status.REGRESSING,
        stock(observed("2025-01-31", 99), baseline=100),
        BY_2026,
        "2025-02-01",
    ),
    (
        "level below zero, measured from zero: behind, there is nothing to fall back from",
        Status.BEHIND,
        stock(observed("2025-12-31", -1)),
        BY_2026,
        "2026-02-01",
    ),
    (
        "level without due date",
        Status.OPEN_ENDED,
        stock(observed("2025-12-31", 110), baseline=100),
        level(200, "2024-12-31", None),
        "2040-01-01",
    ),
    (
        "total without start",
        Status.OPEN_ENDED,
        flow(observed("2025", 5)),
        total(20, None, "2026-12-31"),
        "2026-02-01",
    ),
    (
        "a month into four years",
        Status.EARLY,
        flow(observed("2024-01-01/2024-01-31", 0)),
        total(20, "2024-01-01", "2027-12-31"),
        "2024-02-01",
    ),
    (
        "on the path",
        Status.ON_TRACK,
        stock(observed("2025-12-31", 150), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
    (
        "a little below the path",
        Status.WATCH,
        stock(observed("2025-12-31", 145), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
    (
        "well below the path",
        Status.BEHIND,
        stock(observed("2025-12-31", 140), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
]


@pytest.mark.parametrize(
    ("status", "series", "target", "on"),
    [pytest.param(*case, id=f"{case[0]}: {name}") for name, *case in STATUSES],
)
def test_every_status(status: Status, series: Series, target: Target | None, on: str) -> None:
    assert progress(series, target, on).status == status


def test_no_status_is_left_without_an_example() -> None:
    assert {case[1] for case in STATUSES} == set(Status)


# --- Which observations count ----------------------------------------------------------------


def test_a_period_that_ends_after_the_day_does_not_count() -> None:
    series = flow(observed("2024", 5), observed("2025", 7))
    target = total(20, "2024-01-01", "2026-12-31")
    assert progress(series, target, "2025-12-30").value == 5
    assert progress(series, target, "2025-12-31").value == 12


def test_flows_that_straddle_the_window_are_left_out_and_said_so() -> None:
    series = flow(
        observed("2022", 100),  # wholly before: not of this target, nothing to say
        observed("2023-07-01/2024-06-30", 100),
        observed("2024-07-01/2024-12-31", 7),
        observed("2025-12-01/2026-01-31", 100),
    )
    result = progress(series, total(20, "2024-01-01", "2025-12-31"), "2026-02-01")
    assert (result.value, result.ignored) == (7, 2)
    assert [one.value for one in result.counted] == [7]


def test_a_flow_that_shares_a_single_day_with_the_window_straddles_it() -> None:
    series = flow(observed("2023-12-01/2024-01-01", 100), observed("2025-12-31/2026-01-31", 100))
    result = progress(series, total(20, "2024-01-01", "2025-12-31"), "2026-02-01")
    assert (result.value, result.ignored) == (None, 2)


def test_a_flow_over_two_periods_of_a_quota_is_left_out_and_said_so() -> None:
    series = flow(observed("2024", 10), observed("2024-12-01/2025-01-31", 100))
    result = progress(series, TWO_YEARS, "2026-01-01")
    assert (result.value, result.ignored, result.periods[1].value) == (10, 1, None)


def test_a_flow_in_a_hole_of_a_quota_is_not_of_it() -> None:
    series = flow(observed("2025", 100))
    result = progress(series, quota({"2024": 10, "2026": 10}), "2026-02-01")
    assert (result.value, result.ignored, result.status) == (None, 0, Status.NOT_REPORTED)


def test_a_ratio_counts_by_its_whole_period_and_a_stock_by_its_end() -> None:
    target = level(80, "2024-07-01", "2026-12-31")
    by_ratio = progress(ratio(share("2024", 6, 10), baseline=40), target, "2025-02-01")
    by_stock = progress(stock(observed("2024", 60), baseline=40), target, "2025-02-01")
    assert (by_ratio.value, by_ratio.ignored) == (None, 1)
    assert (by_stock.value, by_stock.ignored) == (60, 0)


def test_a_stock_after_the_due_date_is_latest_but_not_the_value() -> None:
    series = stock(observed("2026-12-31", 190), observed("2027-12-31", 210), baseline=100)
    result = progress(series, BY_2026, "2028-02-01")
    assert (result.value, result.reported_until) == (190, day("2026-12-31"))
    assert (result.latest_value, result.status) == (210, Status.MISSED)


def test_a_level_of_unknown_start_does_not_look_before_its_baseline() -> None:
    series = stock(observed("2023-12-31", 80), baseline=100, baseline_on="2024-12-31")
    target = level(200, None, "2026-12-31")
    result = progress(series, target, "2025-06-30")
    assert (result.value, result.ignored, result.status) == (None, 0, Status.NOT_REPORTED)


def test_a_correction_recorded_later_replaces_the_value_of_its_period() -> None:
    series = flow(observed("2024", 10, sequence=2), observed("2024", 7, sequence=1))
    result = progress(series, TWO_YEARS, "2025-02-01")
    assert (result.value, [one.sequence for one in result.counted]) == (10, [2])


def test_no_day_counts_twice_in_a_sum() -> None:
    quarter = observed("2024-01-01/2024-03-31", 3)
    series = flow(quarter, observed("2024", 10))
    result = progress(series, TWO_YEARS, "2025-02-01")
    assert (result.value, result.overlapping) == (10, 1)
    assert [one.value for one in result.counted] == [10]


def test_only_the_overlapping_periods_are_left_out_of_a_sum() -> None:
    series = flow(
        observed("2024-01-01/2024-03-31", 3),
        observed("2024-01-01/2024-06-30", 10),
        observed("2024-10-01/2024-12-31", 5),
    )
    result = progress(series, TWO_YEARS, "2025-02-01")
    assert (result.value, result.overlapping, result.reported_until) == (15, 1, day("2024-12-31"))


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("2024-01-01/2024-03-31", "2024-03-31/2024-06-30"),
        ("2024-06-30/2024-07-31", "2024-03-31/2024-06-30"),
    ],
)
def test_periods_that_share_a_single_day_overlap(shorter: str, longer: str) -> None:
    series = flow(observed(shorter, 3), observed(longer, 4))
    assert progress(series, TWO_YEARS, "2025-02-01").value == 4


def test_of_two_overlapping_periods_as_long_the_later_counts() -> None:
    series = flow(observed("2024-01-01/2024-01-31", 3), observed("2024-01-15/2024-02-14", 4))
    assert progress(series, TWO_YEARS, "2025-02-01").value == 4


# --- Quota -----------------------------------------------------------------------------------


def test_a_quota_expects_of_a_period_in_course_its_share_of_days() -> None:
    series = flow(observed("2025-01-01/2025-03-31", 3))  # 90 days of 365
    result = progress(series, yearly(73, 2025, 2026), "2025-05-01")
    assert result.expected == 18
    assert result.pace == Decimal(3) / 18
    assert result.coverage == Coverage(reported=0, ended=0, total=2)


def test_a_quota_ignores_the_years_nobody_reported_in_pace_but_not_in_its_total() -> None:
    series = flow(observed("2025", 10))
    result = progress(series, yearly(10, 2023, 2026), "2026-02-01")
    assert (result.pace, result.rate) == (1, Decimal("0.25"))
    assert result.coverage == Coverage(reported=1, ended=3, total=4)


def test_a_quota_is_complete_by_the_days_its_observations_cover() -> None:
    months = [
        observed("2024-01-01/2024-03-31", 1),
        observed("2024-04-01/2024-06-30", 1),
        observed("2024-07-01/2024-09-30", 1),
        observed("2024-10-01/2024-12-31", 1),
    ]
    target = yearly(4, 2024, 2024)
    whole = progress(flow(*months), target, "2025-01-01")
    hole = progress(flow(*months[:1], *months[2:]), target, "2025-01-01")
    assert (whole.status, whole.periods[0].complete) == (Status.ACHIEVED, True)
    assert (hole.status, hole.periods[0].complete) == (Status.OVERDUE, False)
    assert whole.coverage == Coverage(reported=1, ended=1, total=1)
    assert hole.coverage == Coverage(reported=0, ended=1, total=1)


def test_a_quota_beyond_its_total_is_not_achieved_before_its_last_period_ends() -> None:
    series = flow(observed("2024", 50))
    result = progress(series, TWO_YEARS, "2025-02-01")
    assert (result.rate, result.satisfied) == (Decimal("2.5"), False)
    assert result.status == Status.ON_TRACK


def test_the_tolerance_of_a_quota_applies_to_each_period() -> None:
    series = flow(observed("2024", 9), observed("2025", 9))
    assert progress(
        series, yearly(10, 2024, 2025, tolerance=Decimal("0.1")), "2026-01-01"
    ).status == (Status.ACHIEVED)


def test_a_quota_takes_its_periods_in_any_order() -> None:
    series = flow(observed("2024", 10), observed("2025", 11))
    result = progress(series, quota({"2025": 20, "2024": 10}), "2026-02-01")
    assert [(one.start.year, one.target, one.value) for one in result.periods] == [
        (2024, 10, 10),
        (2025, 20, 11),
    ]
    assert (result.measured_from, result.due) == (day("2024-01-01"), day("2025-12-31"))


def test_a_quota_below_a_tenth_of_its_total_is_early() -> None:
    series = flow(observed("2021", 0))
    assert progress(series, yearly(1, 2021, 2030), "2022-02-01").status == Status.BEHIND
    assert progress(series, yearly(1, 2021, 2031), "2022-02-01").status == Status.EARLY


# --- Total -----------------------------------------------------------------------------------


def test_a_total_counts_days_inclusively() -> None:
    series = flow(observed("2025-01-01/2025-01-01", 1))
    result = progress(series, total(10, "2025-01-01", "2025-01-10"), "2025-01-02")
    assert (result.expected, result.expected_share, result.pace) == (1, Decimal("0.1"), 1)
    assert result.status == Status.ON_TRACK


def test_a_total_of_unknown_start_is_covered_from_its_first_observation() -> None:
    target = total(20, None, "2025-12-31")
    covered = flow(observed("2024", 5), observed("2025", 5))
    partial = flow(observed("2024", 5), observed("2025-02-01/2025-12-31", 5))
    assert progress(covered, target, "2026-01-01").status == Status.MISSED
    assert progress(partial, target, "2026-01-01").status == Status.OVERDUE


@pytest.mark.parametrize(
    ("frequency", "start", "due", "coverage"),
    [
        (Frequency.YEAR, "2024-01-01", "2026-12-31", Coverage(reported=1, ended=2, total=3)),
        (Frequency.HALF_YEAR, "2024-01-01", "2026-12-31", Coverage(reported=3, ended=4, total=6)),
        (Frequency.QUARTER, "2024-01-01", "2026-12-31", Coverage(reported=7, ended=8, total=12)),
        (Frequency.MONTH, "2024-01-01", "2026-12-31", Coverage(reported=21, ended=25, total=36)),
        (Frequency.YEAR, "2024-01-01", None, Coverage(reported=1, ended=2, total=None)),
        # The window cuts its first and its last period.
        (Frequency.YEAR, "2024-01-01", "2025-09-30", Coverage(reported=2, ended=2, total=2)),
        (Frequency.ONCE, "2024-01-01", "2025-09-30", Coverage(reported=1, ended=1, total=1)),
        (Frequency.ONCE, "2024-01-01", "2025-12-31", Coverage(reported=0, ended=1, total=1)),
        (Frequency.ONCE, "2024-01-01", "2026-12-31", Coverage(reported=0, ended=0, total=1)),
        (Frequency.ONCE, "2024-01-01", None, None),
        (Frequency.YEAR, None, "2026-12-31", None),
        (None, "2024-01-01", "2026-12-31", None),
    ],
)
def test_the_coverage_of_a_total(
    frequency: Frequency | None, start: str | None, due: str | None, coverage: Coverage | None
) -> None:
    series = flow(observed("2024", 5), observed("2025-01-01/2025-09-30", 5), frequency=frequency)
    assert progress(series, total(20, start, due), "2026-02-10").coverage == coverage


def test_the_first_period_of_a_total_is_cut_to_its_start() -> None:
    series = flow(observed("2024-06-20/2024-12-31", 5), frequency=Frequency.YEAR)
    result = progress(series, total(20, "2024-06-20", "2026-12-31"), "2025-02-01")
    assert result.coverage == Coverage(reported=1, ended=1, total=3)


def test_a_period_of_a_total_ends_the_day_after_its_last() -> None:
    series = flow(observed("2024", 5), frequency=Frequency.YEAR)
    target = total(20, "2024-01-01", "2026-12-31")
    assert progress(series, target, "2024-12-31").coverage == Coverage(reported=0, ended=0, total=3)
    assert progress(series, target, "2025-01-01").coverage == Coverage(reported=1, ended=1, total=3)


def test_nothing_is_covered_before_the_start() -> None:
    series = flow(frequency=Frequency.YEAR)
    result = progress(series, total(20, "2024-01-01", "2026-12-31"), "2023-05-01")
    assert result.coverage == Coverage(reported=0, ended=0, total=3)
    assert not result.coverage.partial


# --- Level -----------------------------------------------------------------------------------

NO_RATE: list[tuple[str, Series, Target, Reason]] = [
    (
        "falling, without baseline",
        stock(observed("2025-12-31", 90)),
        level(80, *FROM_2024, **AT_MOST),
        Reason.BASELINE_MISSING,
    ),
    (
        "rising to zero, without baseline",
        stock(observed("2025-12-31", -5)),
        level(0, *FROM_2024),
        Reason.TARGET_ZERO,
    ),
    (
        "rising to the baseline",
        stock(observed("2025-12-31", 90), baseline=100),
        level(100, *FROM_2024),
        Reason.TARGET_EQUALS_BASELINE,
    ),
    (
        "at most 80 from 60",
        stock(observed("2025-12-31", 90), baseline=60),
        level(80, *FROM_2024, **AT_MOST),
        Reason.BASELINE_ALREADY_SATISFIES,
    ),
    (
        "at least 60 from 80",
        stock(observed("2025-12-31", 50), baseline=80),
        level(60, *FROM_2024),
        Reason.BASELINE_ALREADY_SATISFIES,
    ),
]


@pytest.mark.parametrize(
    ("series", "target", "reason"), [pytest.param(*case, id=name) for name, *case in NO_RATE]
)
def test_a_level_without_rate_says_why(series: Series, target: Target, reason: Reason) -> None:
    result = progress(series, target, "2026-02-01")
    assert (result.rate, result.expected, result.pace) == (None, None, None)
    assert (result.status, result.reason) == (Status.NOT_COMPUTABLE, reason)
    assert result.value == aggregate(series.measurement, series.observations)


@pytest.mark.parametrize(
    ("start", "due", "baseline_on", "reason"),
    [
        ("2024-12-31", None, None, Reason.DUE_UNKNOWN),
        (None, "2026-12-31", None, Reason.START_UNKNOWN),
        (None, None, None, Reason.DUE_UNKNOWN),
        (None, "2024-12-31", "2024-12-31", Reason.DUE_NOT_AFTER_START),
    ],
)
def test_a_level_without_expected_path_says_why(
    start: str | None, due: str | None, baseline_on: str | None, reason: Reason
) -> None:
    series = stock(observed("2024-12-31", 110), baseline=100, baseline_on=baseline_on)
    result = progress(series, level(200, start, due), "2024-12-31")
    assert (result.rate, result.reason) == (Decimal("0.1"), reason)
    assert (result.expected, result.pace, result.status) == (None, None, Status.OPEN_ENDED)


def test_the_line_of_a_level_starts_on_the_day_of_its_baseline_when_the_start_is_unknown() -> None:
    series = stock(observed("2025-12-31", 150), baseline=100, baseline_on="2024-12-31")
    result = progress(series, level(200, None, "2026-12-31"), "2026-02-01")
    assert (result.expected, result.measured_from) == (150, day("2024-12-31"))


def test_the_start_of_a_level_goes_before_the_day_of_its_baseline() -> None:
    series = stock(observed("2025-12-31", 150), baseline=100, baseline_on="2020-12-31")
    assert progress(series, BY_2026, "2026-02-01").expected == 150


def test_the_line_of_a_level_goes_through_its_checkpoints() -> None:
    target = level(200, *FROM_2024, through={"2026-07-02": 190, "2025-12-31": 110})
    at_checkpoint = stock(observed("2025-12-31", 110), baseline=100)
    between = stock(observed("2026-04-01", 150), baseline=100)  # 91 days of 183 after it
    assert progress(at_checkpoint, target, "2026-02-01").pace == 1
    result = progress(between, target, "2026-05-01")
    assert result.expected == Decimal(110) + Decimal(80 * 91) / 183
    assert result.status == Status.ON_TRACK


def test_a_checkpoint_before_the_day_of_the_baseline_is_not_on_the_line() -> None:
    series = stock(observed("2025-12-31", 150), baseline=100, baseline_on="2024-12-31")
    target = level(200, None, "2026-12-31", through={"2024-12-31": 190, "2024-06-30": 195})
    assert progress(series, target, "2026-02-01").expected == 150


def test_any_target_above_zero_can_be_measured_from_zero() -> None:
    series = stock(observed("2025-12-31", "0.25"))
    assert progress(series, level("0.5", *FROM_2024), "2026-02-01").rate == Decimal("0.5")


def test_nothing_is_expected_on_the_day_a_level_starts() -> None:
    series = stock(observed("2024-12-31", 100), baseline=100)
    result = progress(series, BY_2026, "2025-02-01")
    assert (result.expected, result.expected_share, result.pace) == (100, 0, None)
    assert (result.rate, result.status) == (0, Status.EARLY)


def test_a_path_that_dips_below_the_baseline_has_no_pace() -> None:
    series = stock(observed("2025-12-31", 101), baseline=100)
    target = level(200, *FROM_2024, through={"2025-12-31": 90})
    result = progress(series, target, "2026-02-01")
    assert (result.expected, result.expected_share, result.pace) == (90, Decimal("-0.1"), None)
    assert result.status == Status.EARLY


def test_a_level_takes_the_latest_ratio_not_the_aggregate() -> None:
    series = ratio(share("2024", 1, 100), share("2025", 6, 10), baseline=0)
    result = progress(series, level(80, "2023-12-31", "2026-12-31"), "2026-02-01")
    assert result.value == 60
    assert aggregate(Measurement.RATIO, series.observations, Decimal(100)) == (
        Decimal(700) / Decimal(110)
    )


def test_only_a_level_has_a_baseline_and_no_coverage() -> None:
    by_level = progress(
        stock(observed("2025-12-31", 150), baseline=100, frequency=Frequency.YEAR),
        BY_2026,
        "2026-02-01",
    )
    by_threshold = progress(stock(baseline=100), threshold(80), "2026-02-01")
    assert (by_level.baseline, by_level.coverage) == (100, None)
    assert (by_threshold.baseline, by_threshold.coverage) == (None, None)


# --- Threshold -------------------------------------------------------------------------------


def test_a_threshold_tells_how_often_it_was_held() -> None:
    series = ratio(share("2023", 9, 10), share("2024", 7, 10), share("2025", 8, 10))
    result = progress(series, threshold(80), "2026-02-01")
    assert (result.held, result.checked, result.value) == (2, 3, 80)
    assert (result.rate, result.reason) == (None, Reason.THRESHOLD_HAS_NO_RATE)


def test_a_threshold_has_a_tolerance_in_its_direction() -> None:
    about: dict[str, Any] = {"tolerance": Decimal("0.1")}
    at_88 = stock(observed("2025-12-31", 88))
    at_72 = stock(observed("2025-12-31", 72))
    assert progress(at_72, threshold(80, **about), "2026-02-01").status == Status.MET
    assert progress(at_88, threshold(80, **about, **AT_MOST), "2026-02-01").status == Status.MET
    below_zero = stock(observed("2025-12-31", -88))
    assert progress(below_zero, threshold(-80, **about), "2026-02-01").status == Status.MET


def test_a_threshold_without_observation_says_so() -> None:
    result = progress(stock(), threshold(80), "2026-02-01")
    assert (result.status, result.reason) == (Status.NOT_REPORTED, Reason.NO_OBSERVATION)
    assert (result.satisfied, result.held, result.checked) == (None, 0, 0)


# --- Limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("147.5", Status.ON_TRACK),  # pace 0.95 exactly
        ("147.4999999", Status.WATCH),
        ("142.5", Status.WATCH),  # pace 0.85 exactly
        ("142.4999999", Status.BEHIND),
    ],
)
def test_a_value_on_a_limit_is_on_its_better_side(value: str, status: Status) -> None:
    series = stock(observed("2025-12-31", value), baseline=100)
    assert progress(series, BY_2026, "2026-02-01").status == status


def test_a_limit_is_exact_where_rounded_quotients_would_miss_it() -> None:
    """Expected 5/3 and observed 19/12: 0.95 of it, where 28 digits give 0.949...996."""
    series = ratio(share("2025-12-01/2025-12-31", 19, 1200), baseline=0)
    target = level(5, "2025-11-30", "2026-03-03")  # 31 days of 93
    result = progress(series, target, "2026-02-01")
    assert (result.pace, result.status) == (Decimal("0.95"), Status.ON_TRACK)


def test_a_plan_sets_its_own_limits() -> None:
    series = stock(observed("2025-12-31", 140), baseline=100)  # pace 0.8
    loose = Limits(on_track=Decimal("0.8"), watch=Decimal("0.5"))
    late = Limits(early=Decimal("0.6"))
    assert progress(series, BY_2026, "2026-02-01", limits=loose).status == Status.ON_TRACK
    assert progress(series, BY_2026, "2026-02-01", limits=late).status == Status.EARLY


def test_a_tenth_of_the_target_is_no_longer_early() -> None:
    series = stock(observed("2025-01-10", 100), baseline=100)
    assert progress(series, level(200, "2024-12-31", "2025-04-10"), "2025-02-01").status == (
        Status.BEHIND
    )
    assert progress(series, level(200, "2024-12-31", "2025-04-11"), "2025-02-01").status == (
        Status.EARLY
    )


# --- Without a target ------------------------------------------------------------------------


def test_without_target_a_flow_shows_its_latest_period_never_a_sum() -> None:
    series = flow(observed("2024", 30), observed("2025", 41), frequency=Frequency.YEAR)
    result = progress(series, None, "2026-02-01")
    assert (result.value, result.latest_value, result.reported_until) == (41, 41, day("2025-12-31"))
    assert (result.rate, result.reason, result.coverage) == (None, Reason.NO_TARGET, None)
    assert result.freshness == Freshness.FRESH


def test_without_target_nor_observation_nothing_is_known() -> None:
    result = progress(ratio(frequency=Frequency.YEAR), None, "2026-02-01")
    assert result == Progress(
        on=day("2026-02-01"),
        status=Status.NO_TARGET,
        reason=Reason.NO_TARGET,
        value=None,
        target_value=None,
        satisfied=None,
    )


def test_without_target_a_ratio_is_in_its_unit() -> None:
    assert progress(ratio(share("2025", 59, 100)), None, "2026-02-01").value == 59


# --- Freshness -------------------------------------------------------------------------------

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


# --- The expected path -----------------------------------------------------------------------


def corners(path: tuple[Checkpoint, ...]) -> list[tuple[str, Any]]:
    return [(corner.on.isoformat(), corner.value) for corner in path]


def test_the_path_of_a_level() -> None:
    target = level(200, *FROM_2024, through={"2026-07-02": 190, "2025-12-31": 110})
    assert corners(expected_path(stock(baseline=100), target)) == [
        ("2024-12-31", 100),
        ("2025-12-31", 110),
        ("2026-07-02", 190),
        ("2026-12-31", 200),
    ]
    assert corners(expected_path(stock(), BY_2026)) == [("2024-12-31", 0), ("2026-12-31", 200)]


def test_the_path_of_a_total_starts_from_zero_on_the_eve() -> None:
    path = expected_path(flow(), total(100, "2025-01-01", "2025-12-31"))
    assert corners(path) == [("2024-12-31", 0), ("2025-12-31", 100)]


def test_the_path_of_a_quota_is_flat_across_a_hole() -> None:
    path = expected_path(flow(), quota({"2023": 10, "2020": 5, "2021": 5}))
    assert corners(path) == [
        ("2019-12-31", 0),
        ("2020-12-31", 5),
        ("2021-12-31", 10),
        ("2022-12-31", 10),
        ("2023-12-31", 20),
    ]


@pytest.mark.parametrize(
    ("series", "target"),
    [
        (stock(baseline=100), threshold(80, *FROM_2024)),
        (stock(), level(80, *FROM_2024, **AT_MOST)),
        (stock(baseline=100), level(200, "2024-12-31", None)),
        (stock(baseline=100), level(200, None, "2026-12-31")),
        (stock(baseline=100), level(200, "2026-12-31", "2026-12-31")),
        (flow(), total(100, None, "2026-12-31")),
    ],
)
def test_no_path_where_none_can_be_drawn(series: Series, target: Target) -> None:
    assert expected_path(series, target) == ()
    assert expected_at((), day("2026-01-01")) is None


def test_the_height_of_a_path_on_any_day() -> None:
    path = expected_path(stock(baseline=100), BY_2026)
    heights = [
        expected_at(path, day(on))
        for on in ("2020-01-01", "2024-12-31", "2025-12-31", "2026-12-31", "2030-01-01")
    ]
    assert heights == [100, 100, 150, 200, 200]


# --- On their own ----------------------------------------------------------------------------


def test_aggregates() -> None:
    years = (observed("2025", "0.10"), observed("2024", "0.2"))
    assert aggregate(Measurement.FLOW, years) == Decimal("0.3")
    assert aggregate(Measurement.STOCK, years) == Decimal("0.1")
    assert aggregate(Measurement.RATIO, (share("2025", 1, 4),)) == Decimal("0.25")
    assert [aggregate(measurement, ()) for measurement in Measurement] == [None, None, None]


def test_an_aggregate_never_takes_a_missing_number_for_zero() -> None:
    with pytest.raises(ValueError, match="a required number is missing"):
        aggregate(Measurement.FLOW, (share("2025", 1, 4),))


@pytest.mark.parametrize(
    ("rate", "percent"),
    [
        ("0", 0),
        ("0.003", 1),
        ("-0.003", -1),
        ("0.0000000001", 1),
        ("0.004", 1),
        ("0.014", 1),
        ("0.015", 2),
        ("0.59", 59),
        ("0.4057", 41),
        ("0.994", 99),
        ("0.995", 99),
        ("0.996", 99),
        ("0.9999999999999999999999999999", 99),
        ("1", 100),
        ("1.00", 100),
        ("1.004", 101),
        ("1.0000000000000000000000000001", 101),
        ("1.015", 102),
        ("2.5", 250),
        ("-0.5", -50),
        ("-1", -100),
        ("-0.996", -100),
        ("12345678901234567890", 1234567890123456789000),
    ],
)
def test_a_percentage_shows_0_and_100_only_when_exact(rate: str, percent: int) -> None:
    assert display_percent(Decimal(rate)) == percent


def test_results_do_not_depend_on_the_precision_of_the_caller() -> None:
    series = flow(observed("2024", "123456.789"), observed("2025", "0.001"))
    target = total("333333.333", "2024-01-01", "2026-12-31")
    expected = progress(series, target, "2026-02-01")
    with localcontext() as context:
        context.prec = 3
        assert progress(series, target, "2026-02-01") == expected
        assert display_percent(Decimal("0.99996")) == 99


def test_codes_may_be_plain_text_as_a_database_row_gives_them() -> None:
    plain: Any = {"kind": "level", "operator": "at_most"}
    target = Target(value=Decimal(80), start=day(FROM_2024[0]), due=day(FROM_2024[1]), **plain)
    row: Any = {"measurement": "stock", "frequency": "year"}
    series = Series(observations=(observed("2025-12-31", 90),), baseline=Decimal(100), **row)
    result = progress(series, target, "2026-02-01")
    assert result.rate == Decimal("0.5")
    assert target.operator == Operator.AT_MOST
    assert result.next_due == day("2026-12-31")
