"""What must hold of progress whatever the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from indicators.progress import (
    Checkpoint,
    Frequency,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Progress,
    Series,
    Status,
    Target,
    TargetKind,
    aggregate,
    display_percent,
    evaluate,
    expected_path,
)

FIRST = date(2020, 1, 1)
DAYS = 1200

days = st.integers(0, DAYS).map(lambda offset: FIRST + timedelta(days=offset))
numbers = st.decimals(min_value=-9999, max_value=9999, places=2)
positives = st.decimals(min_value=Decimal("0.01"), max_value=9999, places=2)
# A tenth, a half and their like, so that values often fall exactly on a limit.
tolerances = st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.1"), Decimal("0.5")])
frequencies = st.none() | st.sampled_from(Frequency)
JUDGED_BY_PACE = {Status.ON_TRACK, Status.WATCH, Status.BEHIND}


def span(one: date, other: date) -> tuple[date, date]:
    return min(one, other), max(one, other)


spans = st.builds(span, days, days)


@st.composite
def observation_lists(draw: st.DrawFn, measurement: Measurement) -> tuple[Observed, ...]:
    """Any periods: disjoint, overlapping, the same one corrected; the sequence tells all apart."""
    periods = draw(st.lists(spans, max_size=6))
    if draw(st.booleans()):  # one after the other, as most series are
        borders = sorted({border for period in periods for border in period})
        periods = [(start, end - timedelta(days=1)) for start, end in pairwise(borders)]
    return tuple(
        observation(draw, measurement, period, sequence) for sequence, period in enumerate(periods)
    )


def observation(
    draw: Callable[[st.SearchStrategy[Decimal]], Decimal],
    measurement: Measurement,
    period: tuple[date, date],
    sequence: int,
) -> Observed:
    start, end = period
    if measurement == Measurement.RATIO:
        return Observed(
            start=start,
            end=end,
            numerator=draw(numbers),
            denominator=draw(positives),
            sequence=sequence,
        )
    return Observed(start=start, end=end, value=draw(numbers), sequence=sequence)


@st.composite
def all_series(draw: st.DrawFn, measurement: Measurement) -> Series:
    return Series(
        measurement=measurement,
        observations=draw(observation_lists(measurement)),
        baseline=draw(st.none() | numbers),
        baseline_on=draw(st.none() | days),
        ratio_scale=draw(st.sampled_from([Decimal(1), Decimal(100)])),
        frequency=draw(frequencies),
        lag_days=draw(st.integers(0, 400)),
    )


@st.composite
def quotas(draw: st.DrawFn) -> Target:
    borders = draw(st.lists(days, min_size=2, max_size=7, unique=True).map(sorted))
    periods = [
        PeriodQuota(start=start, end=end - timedelta(days=1), value=draw(positives))
        for start, end in pairwise(borders)
    ]
    kept = draw(st.lists(st.sampled_from(periods), min_size=1, unique=True))
    return Target(kind=TargetKind.QUOTA, periods=tuple(kept), tolerance=draw(tolerances))


@st.composite
def plain_targets(draw: st.DrawFn, kind: TargetKind) -> Target:
    start, due = draw(spans)
    summed = kind == TargetKind.TOTAL
    between = sorted({start + timedelta(days=1), due - timedelta(days=1)})
    checkpoints = tuple(
        Checkpoint(on=on, value=draw(numbers)) for on in between if start < on < due
    )
    return Target(
        kind=kind,
        operator=Operator.AT_LEAST if summed else draw(st.sampled_from(Operator)),
        value=draw(positives if summed else numbers),
        tolerance=draw(tolerances),
        start=draw(st.sampled_from([None, start])),
        due=draw(st.sampled_from([None, due])),
        checkpoints=draw(st.sampled_from([(), checkpoints])) if kind == TargetKind.LEVEL else (),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Series, Target, date]:
    """Every pair of measurement and kind that is allowed."""
    measurement, kind = draw(
        st.sampled_from(
            [
                (Measurement.FLOW, TargetKind.QUOTA),
                (Measurement.FLOW, TargetKind.TOTAL),
                (Measurement.STOCK, TargetKind.LEVEL),
                (Measurement.RATIO, TargetKind.LEVEL),
                *((measurement, TargetKind.THRESHOLD) for measurement in Measurement),
            ]
        )
    )
    target = draw(quotas() if kind == TargetKind.QUOTA else plain_targets(kind))
    return draw(all_series(measurement)), target, draw(days)


def rescaled(
    change: Callable[[Decimal], Decimal], series: Series, target: Target
) -> tuple[Series, Target]:
    """The same facts in another unit, in which every number is changed the same way.

    The unit of a ratio is its scale's: the numerator changes, the denominator stays.
    """

    def changed(number: Decimal | None) -> Decimal | None:
        return None if number is None else change(number)

    return (
        replace(
            series,
            baseline=changed(series.baseline),
            observations=tuple(
                replace(one, value=changed(one.value), numerator=changed(one.numerator))
                for one in series.observations
            ),
        ),
        replace(
            target,
            value=changed(target.value),
            periods=tuple(replace(one, value=change(one.value)) for one in target.periods),
            checkpoints=tuple(replace(one, value=change(one.value)) for one in target.checkpoints),
        ),
    )


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(
    case: tuple[Series, Target, date], random: Random
) -> None:
    series, target, on = case
    shuffled = list(series.observations)
    random.shuffle(shuffled)
    again = replace(series, observations=tuple(shuffled))
    assert evaluate(again, target, on=on) == evaluate(series, target, on=on)
    assert evaluate(again, None, on=on) == evaluate(series, None, on=on)
    assert aggregate(series.measurement, shuffled) == aggregate(
        series.measurement, series.observations
    )


@given(cases(), positives)
def test_scaling_the_unit_changes_nothing(
    case: tuple[Series, Target, date], factor: Decimal
) -> None:
    series, target, on = case
    before = evaluate(series, target, on=on)
    other_series, other_target = rescaled(lambda number: number * factor, series, target)
    after = evaluate(other_series, other_target, on=on)
    assert unitless(after) == unitless(before)


def unitless(result: Progress) -> tuple[object, ...]:
    return (
        result.status,
        result.reason,
        result.satisfied,
        result.rate,
        result.expected_share,
        result.pace,
        result.coverage,
        result.freshness,
        result.next_due,
        [(one.rate, one.satisfied) for one in result.periods],
        (result.held, result.checked),
    )


@given(cases())
def test_mirroring_the_direction_mirrors_the_rate(case: tuple[Series, Target, date]) -> None:
    """Fewer accidents is as far along as more non-accidents. Not without a baseline: a level is
    then measured from zero, which has a direction."""
    series, target, on = case
    assume(target.kind in {TargetKind.LEVEL, TargetKind.THRESHOLD})
    assume(target.kind == TargetKind.THRESHOLD or series.baseline is not None)
    before = evaluate(series, target, on=on)
    other_series, other_target = rescaled(lambda number: -number, series, target)
    opposite = Operator.AT_MOST if target.operator == Operator.AT_LEAST else Operator.AT_LEAST
    after = evaluate(other_series, replace(other_target, operator=opposite), on=on)
    assert unitless(after) == unitless(before)
    assert after.value == (None if before.value is None else -before.value)


@given(cases(), st.data())
def test_more_published_data_never_turns_a_known_value_into_unknown(
    case: tuple[Series, Target, date], data: st.DataObject
) -> None:
    series, target, on = case
    # A checkpoint below the baseline means no pace there, whatever is published.
    target = replace(target, checkpoints=())
    more = observation(data.draw, series.measurement, data.draw(spans), sequence=1000)
    before = evaluate(series, target, on=on)
    after = evaluate(replace(series, observations=(*series.observations, more)), target, on=on)
    assert known(before) <= known(after)


def known(result: Progress) -> set[str]:
    names = (
        "value",
        "satisfied",
        "rate",
        "expected",
        "expected_share",
        "pace",
        "reported_until",
        "latest",
        "latest_value",
        "coverage",
        "freshness",
    )
    periods = {f"{one.start} {one.end}" for one in result.periods if one.value is not None}
    return {name for name in names if getattr(result, name) is not None} | periods


@given(cases(), days)
def test_the_rate_at_the_target_is_exactly_1(case: tuple[Series, Target, date], when: date) -> None:
    series, target, _ = case
    if target.kind == TargetKind.QUOTA:
        observations = [
            Observed(start=one.start, end=one.end, value=one.value) for one in target.periods
        ]
    elif series.measurement == Measurement.RATIO:
        observations = [
            Observed(
                start=when,
                end=when,
                numerator=target.value,
                denominator=series.ratio_scale,
            )
        ]
    else:
        observations = [Observed(start=when, end=when, value=target.value)]
    series = replace(series, observations=tuple(observations))
    result = evaluate(series, target, on=date(2024, 1, 1))
    assume(result.value is not None)
    assert result.value == result.target_value
    assert result.satisfied
    assert result.status in {Status.ACHIEVED, Status.MET}
    if result.rate is not None:
        assert result.rate == 1
        assert display_percent(result.rate) == 100


@given(cases())
def test_what_has_not_ended_yet_changes_nothing(case: tuple[Series, Target, date]) -> None:
    series, target, on = case
    past = replace(series, observations=tuple(one for one in series.observations if one.end <= on))
    assert evaluate(past, target, on=on) == evaluate(series, target, on=on)


@given(cases())
def test_what_is_known_is_consistent(case: tuple[Series, Target, date]) -> None:
    series, target, on = case
    result = evaluate(series, target, on=on)
    assert (result.value is None) == (result.reported_until is None) == (result.counted == ())
    assert (result.rate is None) <= (result.reason is not None)
    assert (result.expected is None) == (result.expected_share is None)
    assert (result.pace is not None) <= (result.rate is not None and result.expected is not None)
    assert (result.status in JUDGED_BY_PACE) <= (result.pace is not None)
    if result.reported_until is not None:
        assert result.reported_until <= on
    if result.coverage is not None:
        assert 0 <= result.coverage.reported <= result.coverage.ended
        assert result.coverage.total is None or result.coverage.ended <= result.coverage.total
    if target.kind in {TargetKind.QUOTA, TargetKind.TOTAL} and result.counted:
        ordered = result.counted
        assert all(before.end < after.start for before, after in pairwise(ordered))
        assert result.value == sum(one.value or 0 for one in ordered)


@given(cases())
def test_the_expected_path_ends_at_the_target(case: tuple[Series, Target, date]) -> None:
    series, target, on = case
    path = expected_path(series, target)
    result = evaluate(series, target, on=on)
    if path:
        assert path[-1] == Checkpoint(on=path[-1].on, value=result.target_value or Decimal(0))
        assert path[-1].on == result.due
        assert [one.on for one in path] == sorted({one.on for one in path})
    else:
        assert result.expected is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-100, max_value=100))
def test_a_percentage_is_0_or_100_only_when_exact(rate: Decimal) -> None:
    percent = display_percent(rate)
    assert (percent == 0) == (rate == 0)
    assert (percent == 100) == (rate == 1)
    assert abs(Fraction(percent) - Fraction(rate) * 100) <= 1
