"""What is particular to each kind of target: quota, total, level, threshold."""

from decimal import Decimal
from typing import Any

import pytest

from indicators.progress import (
    Coverage,
    Frequency,
    Measurement,
    Reason,
    Series,
    Status,
    Target,
    aggregate,
)
from tests.indicators.builders import (
    AT_MOST,
    BY_2026,
    FROM_2024,
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
    threshold,
    total,
    yearly,
)

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
