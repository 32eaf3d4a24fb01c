"""Which observations count, and what they say without a target."""

import pytest

from indicators.progress import Frequency, Freshness, Progress, Reason, Status
from tests.indicators.builders import (
    BY_2026,
    TWO_YEARS,
    day,
    flow,
    level,
    observed,
    progress,
    quota,
    ratio,
    share,
    stock,
    total,
)


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
