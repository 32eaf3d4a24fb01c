"""What other tracking systems got wrong, case by case (the numbers are those of our list).

Cases about screens, imports, storage and permissions have their tests where those live.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from indicators.progress import (
    Coverage,
    Frequency,
    Measurement,
    Reason,
    Status,
    aggregate,
    display_percent,
)
from tests.indicators.builders import (
    AT_MOST,
    FROM_2024,
    day,
    flow,
    level,
    observed,
    period,
    progress,
    quota,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)


def test_case_1_a_decreasing_target_is_measured_from_its_baseline_like_any_other() -> None:
    """116 against at most 100 is neither 116 % done nor 86 %: from 120, a fifth of the way."""
    series = stock(observed("2025-12-31", 116), baseline=120)
    result = progress(series, level(100, *FROM_2024, **AT_MOST), "2026-02-01")
    assert (result.rate, result.satisfied, result.status) == (
        Decimal("0.2"),
        False,
        Status.BEHIND,
    )


def test_case_2_baseline_equal_to_target_has_no_rate() -> None:
    series = stock(observed("2025-12-31", 90), baseline=100)
    result = progress(series, level(100, *FROM_2024), "2026-02-01")
    assert (result.rate, result.reason) == (None, Reason.TARGET_EQUALS_BASELINE)


def test_case_2_a_target_of_zero_is_reached_from_its_baseline() -> None:
    target = level(0, *FROM_2024, **AT_MOST)
    half_way = progress(stock(observed("2025-12-31", 4), baseline=8), target, "2026-02-01")
    there = progress(stock(observed("2025-12-31", 0), baseline=8), target, "2026-02-01")
    assert (half_way.rate, half_way.status) == (Decimal("0.5"), Status.ON_TRACK)
    assert (there.rate, there.status) == (1, Status.ACHIEVED)


def test_case_2_a_baseline_of_zero_is_a_baseline() -> None:
    series = stock(observed("2025-12-31", 50), baseline=0)
    result = progress(series, level(100, *FROM_2024), "2026-02-01")
    assert (result.rate, result.baseline, result.from_zero) == (Decimal("0.5"), 0, False)


def test_case_2_a_value_of_zero_is_a_value() -> None:
    by_level = progress(
        stock(observed("2025-12-31", 0), baseline=0), level(100, *FROM_2024), "2026-02-01"
    )
    by_quota = progress(flow(observed("2025", 0)), yearly(10, 2025, 2026), "2026-02-01")
    by_threshold = progress(stock(observed("2025-12-31", 0)), threshold(0), "2026-02-01")
    assert (by_level.value, by_level.rate, by_level.status) == (0, 0, Status.BEHIND)
    assert (by_quota.value, by_quota.periods[0].value, by_quota.periods[1].value) == (0, 0, None)
    assert (by_threshold.value, by_threshold.status) == (0, Status.MET)


def test_case_2_zero_of_100_is_not_exceeded() -> None:
    series = stock(observed("2025-12-31", 0))
    result = progress(series, level(100, *FROM_2024), "2026-02-01")
    assert (result.rate, result.satisfied, result.status) == (0, False, Status.BEHIND)


def test_case_3_progress_starts_from_the_baseline() -> None:
    series = stock(observed("2025-12-31", 3000), baseline=2500)
    assert progress(series, level(5000, *FROM_2024), "2026-02-01").rate == Decimal("0.2")


def test_case_3_the_rate_goes_below_0_and_above_1() -> None:
    target = level(200, *FROM_2024)
    below = progress(stock(observed("2025-12-31", 50), baseline=100), target, "2026-02-01")
    above = progress(stock(observed("2025-12-31", 450), baseline=100), target, "2026-02-01")
    assert (below.rate, above.rate) == (Decimal("-0.5"), Decimal("3.5"))
    assert (display_percent(below.rate), display_percent(above.rate)) == (-50, 350)


def test_case_4_zero_or_less_is_late_like_any_other_value() -> None:
    for value in (0, -5):
        at_due = stock(observed("2026-12-31", value), baseline=0)
        before_due = stock(observed("2026-06-30", value), baseline=0)
        sums = flow(observed("2025", value), observed("2026", value))
        target = level(100, *FROM_2024)
        assert progress(at_due, target, "2027-01-01").status == Status.MISSED
        assert progress(before_due, target, "2027-01-01").status == Status.OVERDUE
        assert progress(sums, yearly(10, 2025, 2026), "2027-01-01").status == Status.MISSED
        assert progress(sums, yearly(10, 2025, 2026), "2026-12-31").status == Status.BEHIND


def test_case_5_a_year_above_its_quota_does_not_hide_a_year_below() -> None:
    series = flow(observed("2024", 1), observed("2025", 99))
    result = progress(series, yearly(10, 2024, 2025), "2026-01-01")
    assert result.rate == 5
    assert result.status == Status.PARTLY_ACHIEVED
    assert [one.satisfied for one in result.periods] == [False, True]


def test_case_5_a_zero_counts_and_a_missing_period_does_not() -> None:
    target = yearly(10, 2024, 2026)
    with_zero = progress(flow(observed("2024", 10), observed("2025", 0)), target, "2026-02-01")
    with_hole = progress(flow(observed("2024", 10)), target, "2026-02-01")
    assert (with_zero.expected, with_zero.pace) == (20, Decimal("0.5"))
    assert (with_hole.expected, with_hole.pace) == (10, 1)


def test_case_6_2_of_100_one_year_before_the_end_is_behind() -> None:
    series = flow(observed("2023", 1), observed("2024", 0), observed("2025", 1))
    result = progress(series, total(100, "2023-01-01", "2026-12-31"), "2025-12-31")
    assert (result.rate, result.status) == (Decimal("0.02"), Status.BEHIND)


def test_case_7_a_running_total_is_not_summed_again() -> None:
    running = stock(observed("2024", 40), observed("2025", 70))
    result = progress(running, level(100, *FROM_2024), "2026-02-01")
    assert result.value == 70
    assert aggregate(Measurement.STOCK, running.observations) == 70


def test_case_7_a_late_correction_of_the_first_period_leaves_the_later_ones() -> None:
    series = stock(observed("2024-12-31", 45, sequence=9), observed("2025-12-31", 70, sequence=2))
    assert progress(series, level(100, *FROM_2024), "2026-02-01").value == 70


def test_case_7_no_value_is_carried_into_a_later_period() -> None:
    result = progress(flow(observed("2024", 10)), yearly(10, 2024, 2026), "2026-06-01")
    assert [one.value for one in result.periods] == [10, None, None]
    assert result.reported_until == day("2024-12-31")


def test_case_8_the_overall_target_is_over_all_periods_however_many_observations() -> None:
    quarters = [
        observed("2024-01-01/2024-03-31", 2),
        observed("2024-04-01/2024-06-30", 2),
        observed("2024-07-01/2024-09-30", 2),
        observed("2024-10-01/2024-12-31", 2),
    ]
    target = yearly(10, 2024, 2027)
    by_quarter = progress(flow(*quarters), target, "2025-02-01")
    by_year = progress(flow(observed("2024", 8)), target, "2025-02-01")
    assert (by_quarter.target_value, by_quarter.rate) == (40, Decimal("0.2"))
    assert (by_year.target_value, by_year.rate) == (40, Decimal("0.2"))


def test_case_9_a_period_is_over_the_day_after_its_last() -> None:
    series = flow(observed("2025", 10), frequency=Frequency.YEAR)
    target = yearly(10, 2025, 2025)
    last_day = progress(series, target, "2025-12-31")
    day_after = progress(series, target, "2026-01-01")
    assert (last_day.periods[0].ended, last_day.status) == (False, Status.ON_TRACK)
    assert (day_after.periods[0].ended, day_after.status) == (True, Status.ACHIEVED)
    assert last_day.coverage == Coverage(reported=0, ended=0, total=1)
    assert day_after.coverage == Coverage(reported=1, ended=1, total=1)


def test_case_9_what_is_due_today_has_a_status_and_is_not_late() -> None:
    falling_short = stock(observed("2026-12-31", 190), baseline=100)
    nothing_new = stock(observed("2025-12-31", 150), baseline=100)
    target = level(200, *FROM_2024)
    assert progress(falling_short, target, "2026-12-31").status == Status.WATCH
    assert progress(falling_short, target, "2027-01-01").status == Status.MISSED
    assert progress(nothing_new, target, "2026-12-31").status == Status.ON_TRACK
    assert progress(nothing_new, target, "2027-01-01").status == Status.OVERDUE


def test_case_10_a_year_ends_on_its_31_december() -> None:
    result = progress(flow(observed("2025", 10)), yearly(10, 2025, 2026), "2026-02-01")
    assert result.due == date(2026, 12, 31)
    assert (result.periods[0].start, result.periods[0].end) == period("2025")


def test_case_10_a_yearly_level_is_the_same_stored_as_a_year_or_on_31_december() -> None:
    target = level(200, *FROM_2024)
    as_year = progress(stock(observed("2025", 150), baseline=100), target, "2026-02-01")
    as_day = progress(stock(observed("2025-12-31", 150), baseline=100), target, "2026-02-01")
    assert (as_year.rate, as_year.pace, as_year.status) == (
        as_day.rate,
        as_day.pace,
        as_day.status,
    )


def test_case_11_of_two_observations_on_one_date_the_later_recorded_wins() -> None:
    first = observed("2025-12-31", 150, sequence=1)
    second = observed("2025-12-31", 160, sequence=2)
    target = level(200, *FROM_2024)
    for order in ((first, second), (second, first)):
        assert progress(stock(*order, baseline=100), target, "2026-02-01").value == 160


def test_case_11_of_two_periods_ending_together_the_one_that_starts_later_is_latest() -> None:
    year = observed("2025", 150, sequence=2)
    month = observed("2025-12-01/2025-12-31", 160, sequence=1)
    target = level(200, *FROM_2024)
    for order in ((year, month), (month, year)):
        assert progress(stock(*order, baseline=100), target, "2026-02-01").value == 160


def test_case_12_ratios_aggregate_as_sums_never_as_a_mean_of_percentages() -> None:
    surveys = (share("2024", 1, 1), share("2025", 0, 99))
    assert aggregate(Measurement.RATIO, surveys, Decimal(100)) == 1


def test_case_12_5_9_of_10_is_59_percent() -> None:
    result = progress(stock(observed("2025-12-31", "5.9")), level(10, *FROM_2024), "2026-02-01")
    assert display_percent(result.rate) == 59


def test_case_12_80_percent_is_80_in_its_unit() -> None:
    result = progress(ratio(share("2025", 4, 5)), threshold(80), "2026-02-01")
    assert (result.value, result.target_value, result.satisfied) == (80, 80, True)


def test_case_13_23_and_23_00_are_the_same_figure() -> None:
    target = yearly(46, 2025, 2025)
    short = progress(flow(observed("2025", "23")), target, "2026-02-01")
    long = progress(flow(observed("2025", "23.00")), target, "2026-02-01")
    assert short == long
    assert (str(short.value), str(long.value)) == ("23", "23")


def test_case_14_1_of_1000_is_not_0_and_999_of_1000_is_not_100_percent() -> None:
    target = level(1000, *FROM_2024)
    little = progress(stock(observed("2025-12-31", 1)), target, "2026-02-01").rate
    nearly = progress(stock(observed("2025-12-31", 999)), target, "2026-02-01").rate
    exactly = progress(stock(observed("2025-12-31", 1000)), target, "2026-02-01").rate
    assert [display_percent(rate) for rate in (little, nearly, exactly)] == [1, 99, 100]


def test_case_22_without_its_last_value_a_target_is_not_reported() -> None:
    series = stock(observed("2025-12-31", 150), baseline=100)
    emptied = replace(series, observations=())
    result = progress(emptied, level(200, *FROM_2024), "2026-02-01")
    assert (result.status, result.reason) == (Status.NOT_REPORTED, Reason.NO_OBSERVATION)
    assert (result.value, result.rate, result.satisfied, result.latest) == (None, None, None, None)


def test_case_23_quota_periods_may_be_school_years() -> None:
    series = flow(observed("2023-09-01/2024-08-31", 10), observed("2024-09-01/2024-12-31", 3))
    target = quota({"2023-09-01/2024-08-31": 10, "2024-09-01/2025-08-31": 10})
    result = progress(series, target, "2025-02-01")
    assert [one.value for one in result.periods] == [10, 3]
    assert result.expected == 10 + Decimal(10 * 122) / 365
    assert result.coverage == Coverage(reported=1, ended=1, total=2)


def test_case_23_quota_periods_may_have_a_hole() -> None:
    series = flow(observed("2020", 10), observed("2022", 10))
    result = progress(series, quota({"2020": 10, "2022": 10}), "2023-01-01")
    assert (result.rate, result.status) == (1, Status.ACHIEVED)
    assert result.coverage == Coverage(reported=2, ended=2, total=2)


def test_case_23_a_target_without_due_date_has_a_rate_and_no_verdict_on_its_pace() -> None:
    result = progress(flow(observed("2025", 10)), total(100, "2025-01-01", None), "2026-02-01")
    assert (result.rate, result.expected, result.pace) == (Decimal("0.1"), None, None)
    assert (result.status, result.reason) == (Status.OPEN_ENDED, Reason.DUE_UNKNOWN)
