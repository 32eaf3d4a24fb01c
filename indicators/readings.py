"""What a target's kind makes of the observations that count: exact numbers, before any status.

The part of :mod:`indicators.progress` that adds up and compares; pages and API ask that module.
Standard library only, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

from indicators.periods import ONE_DAY, Frequency, Span, covers, days_in, merge, whole_periods
from indicators.selection import (
    WIDE,
    ZERO,
    Selection,
    Window,
    exact,
    own_value,
    rounded,
    total,
    value_qualifier,
    window_of,
)
from indicators.terms import Checkpoint, Operator, Qualifier, Series, Target, TargetKind


class Reason(StrEnum):
    """Why there is no rate or, when there is one, why nothing can be expected at a date."""

    NO_TARGET = "no_target"
    NO_OBSERVATION = "no_observation"
    THRESHOLD_HAS_NO_RATE = "threshold_has_no_rate"
    BASELINE_MISSING = "baseline_missing"
    """A decreasing level without baseline."""
    TARGET_EQUALS_BASELINE = "target_equals_baseline"
    BASELINE_ALREADY_SATISFIES = "baseline_already_satisfies"
    """The target lies behind the baseline: at most 80 from 60, at least 60 from 80."""
    TARGET_ZERO = "target_zero"
    """An increasing level without baseline, whose target is not above 0."""
    DUE_UNKNOWN = "due_unknown"
    START_UNKNOWN = "start_unknown"
    DUE_NOT_AFTER_START = "due_not_after_start"
    """A level due on or before the day its line starts from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Periods wholly reported, of those ended, of all (None when the end is unknown)."""

    reported: int
    ended: int
    total: int | None

    @property
    def partial(self) -> bool:
        """Whether an ended period is not wholly reported: a sum then is "at least"."""
        return self.reported < self.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodProgress:
    """One period of a quota. ``value`` is None, never 0, when nothing was observed in it.

    ``ended`` from the day after its last; ``complete`` when the observations cover each of its
    days; ``satisfied`` compares what is published so far, and is final once both are true.
    ``value_qualifier`` says how the value is to be read, as it does of the whole.
    """

    start: date
    end: date
    target: Decimal
    value: Decimal | None
    value_qualifier: Qualifier | None
    rate: Decimal | None
    ended: bool
    complete: bool
    satisfied: bool | None


# --- What each kind of target makes of them --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Exact numbers, before the status.

    ``covered``: the data cover the window up to its due date, so that nothing more is awaited.
    ``some_satisfied``: of a quota, at least one period is.
    """

    target_value: Fraction
    value: Fraction | None = None
    satisfied: bool | None = None
    some_satisfied: bool = False
    covered: bool = False
    rate: Fraction | None = None
    reason: Reason | None = None
    from_zero: bool = False
    expected: Fraction | None = None
    expected_share: Fraction | None = None
    pace: Fraction | None = None
    coverage: Coverage | None = None
    periods: tuple[PeriodProgress, ...] = ()
    held: int = 0
    checked: int = 0


def _satisfies(target: Target, value: Fraction, goal: Fraction) -> bool:
    slack = exact(target.tolerance) * abs(goal) if target.tolerance else ZERO
    if target.operator == Operator.AT_MOST:
        return value <= goal + slack
    return value >= goal - slack


def _pace(achieved: Fraction, expected: Fraction) -> Fraction | None:
    """None while nothing is expected: at the origin, or where checkpoints dip below it."""
    return achieved / expected if expected > 0 else None


def _undated(window: Window) -> Reason | None:
    """Why a total or a level has no expected value."""
    if window.due is None:
        return Reason.DUE_UNKNOWN
    if window.origin is None:
        return Reason.START_UNKNOWN
    return None


def _read_quota(series: Series, target: Target, selection: Selection, on: date) -> Reading:
    """A value for every period of a list, which may have holes and need not be calendar years.

    The rate is the sum of the values over the sum of the quotas of *all* the periods. Expected
    are, of each period in which something was observed, the quota times the share of its days up
    to the last one covered; so a period nobody reported lowers coverage, not the pace.
    """
    quotas = sorted(target.periods, key=lambda period: period.start)
    asked = total(quota.value for quota in quotas)
    done = expected = ZERO
    reported = ended = complete = 0
    periods = []
    for quota, inside in zip(quotas, selection.by_span, strict=True):
        goal = exact(quota.value)
        value = total(one.value for one in inside) if inside else None
        has_ended = on > quota.end
        is_complete = covers(merge((one.start, one.end) for one in inside), quota.start, quota.end)
        if value is not None:
            done += value
            elapsed = days_in(quota.start, inside[-1].end)
            expected += goal * elapsed / days_in(quota.start, quota.end)
        ended += has_ended
        complete += is_complete
        reported += has_ended and is_complete
        periods.append(
            PeriodProgress(
                start=quota.start,
                end=quota.end,
                target=quota.value,
                value=rounded(value),
                value_qualifier=None
                if value is None
                else value_qualifier(target.kind, inside, partial=has_ended and not is_complete),
                rate=None if value is None else rounded(value / goal),
                ended=has_ended,
                complete=is_complete,
                satisfied=None if value is None else _satisfies(target, value, goal),
            )
        )
    coverage = Coverage(reported=reported, ended=ended, total=len(quotas))
    if not selection.counted:
        return Reading(
            target_value=asked,
            reason=Reason.NO_OBSERVATION,
            coverage=coverage,
            periods=tuple(periods),
        )
    return Reading(
        value=done,
        target_value=asked,
        satisfied=reported == len(quotas) and all(period.satisfied for period in periods),
        some_satisfied=any(period.satisfied for period in periods),
        covered=complete == len(quotas),
        rate=done / asked,
        expected=expected,
        expected_share=expected / asked,
        pace=_pace(done, expected),
        coverage=coverage,
        periods=tuple(periods),
    )


def _read_total(series: Series, target: Target, selection: Selection, on: date) -> Reading:
    """A sum over the window. Expected is the target times the share of days elapsed at the end of
    what is reported. The data cover the window when they hold every day of it, from the first
    observation when the start is unknown."""
    window, counted = selection.window, selection.counted
    goal = exact(target.value)
    merged = merge((one.start, one.end) for one in counted)
    coverage = _total_coverage(series, window, merged, on)
    if not counted:
        return Reading(target_value=goal, reason=Reason.NO_OBSERVATION, coverage=coverage)
    value = total(one.value for one in counted)
    expected = None
    path = expected_path(series, target)
    if path:
        expected = _height(path, counted[-1].end)
    opening = window.start or merged[0][0]
    return Reading(
        value=value,
        target_value=goal,
        satisfied=_satisfies(target, value, goal),
        covered=window.due is not None and covers(merged, opening, window.due),
        rate=value / goal,
        reason=_undated(window),
        expected=expected,
        expected_share=None if expected is None else expected / goal,
        pace=None if expected is None else _pace(value, expected),
        coverage=coverage,
    )


def _total_coverage(
    series: Series, window: Window, merged: Sequence[Span], on: date
) -> Coverage | None:
    """Calendar periods of the series' frequency between start and due, the first and the last cut
    to the window, each ended from the day after its last. None without frequency or start, or
    for a series observed once without due date."""
    frequency, start, due = series.frequency, window.start, window.due
    if frequency is None or start is None or (frequency == Frequency.ONCE and due is None):
        return None
    yesterday = on - ONE_DAY
    over = yesterday if due is None else min(yesterday, due)

    def whole(opening: date, closing: date) -> int:
        return whole_periods(frequency, (opening, closing), opening=start, closing=due)

    return Coverage(
        reported=sum(whole(opening, min(closing, over)) for opening, closing in merged),
        ended=whole(start, over),
        total=None if due is None else whole(start, due),
    )


def _read_level(series: Series, target: Target, selection: Selection, on: date) -> Reading:
    """The latest value in the window, measured from the baseline, in both directions.

    Of a ratio: the latest period's own ratio, never an aggregate. Without baseline, an increasing
    level is measured from zero, and ``from_zero`` says so. The line is straight, in days, from
    the start (or the day of the baseline when the start is unknown) through the checkpoints to
    the due date. The data cover the window when an observation ends on the due date.
    """
    window = selection.window
    goal = exact(target.value)
    if not selection.counted:
        return Reading(target_value=goal, reason=Reason.NO_OBSERVATION)
    latest = selection.counted[-1]
    value = own_value(series, latest)
    base, reason = _level_base(series, target, goal)
    rate = expected = share = pace = None
    if base is not None:
        rate = (value - base) / (goal - base)
        reason = _undated(window)
        path = expected_path(series, target)
        if path:
            expected = _height(path, latest.end)
            share = (expected - base) / (goal - base)
            pace = _pace(rate, share)
        elif reason is None:
            reason = Reason.DUE_NOT_AFTER_START
    return Reading(
        value=value,
        target_value=goal,
        satisfied=_satisfies(target, value, goal),
        covered=latest.end == window.due,
        rate=rate,
        reason=reason,
        from_zero=base is not None and series.baseline is None,
        expected=expected,
        expected_share=share,
        pace=pace,
    )


def _level_base(
    series: Series, target: Target, goal: Fraction
) -> tuple[Fraction, None] | tuple[None, Reason]:
    """What a level is measured from, or why it cannot be."""
    decreasing = target.operator == Operator.AT_MOST
    if series.baseline is None:
        if decreasing:
            return None, Reason.BASELINE_MISSING
        return (None, Reason.TARGET_ZERO) if goal <= 0 else (ZERO, None)
    base = exact(series.baseline)
    if goal == base:
        return None, Reason.TARGET_EQUALS_BASELINE
    if (goal > base) == decreasing:
        return None, Reason.BASELINE_ALREADY_SATISFIES
    return base, None


def _read_threshold(series: Series, target: Target, selection: Selection, on: date) -> Reading:
    """Held at every observation: the latest one's own value decides, and ``held`` of ``checked``
    tells how often it did. There is no rate: 79 of 80 is not 99 % of a promise kept."""
    goal = exact(target.value)
    if not selection.counted:
        return Reading(target_value=goal, reason=Reason.NO_OBSERVATION)
    values = [own_value(series, one) for one in selection.counted]
    verdicts = [_satisfies(target, value, goal) for value in values]
    return Reading(
        value=values[-1],
        target_value=goal,
        satisfied=verdicts[-1],
        covered=selection.reported_until == selection.window.due,
        reason=Reason.THRESHOLD_HAS_NO_RATE,
        held=sum(verdicts),
        checked=len(verdicts),
    )


def read(series: Series, target: Target, selection: Selection, on: date) -> Reading:
    """What the kind of the target makes of the observations selected for it."""
    return _READERS[target.kind](series, target, selection, on)


_READERS: Mapping[TargetKind, Callable[[Series, Target, Selection, date], Reading]] = (
    MappingProxyType(
        {
            TargetKind.QUOTA: _read_quota,
            TargetKind.TOTAL: _read_total,
            TargetKind.LEVEL: _read_level,
            TargetKind.THRESHOLD: _read_threshold,
        }
    )
)


# --- The path expected -----------------------------------------------------------------------


def _quota_path(target: Target) -> tuple[Checkpoint, ...]:
    corners: list[Checkpoint] = []
    height = Decimal(0)
    for quota in sorted(target.periods, key=lambda period: period.start):
        eve = quota.start - ONE_DAY
        if not corners or corners[-1].on != eve:
            corners.append(Checkpoint(on=eve, value=height))
        height = WIDE.add(height, quota.value)
        corners.append(Checkpoint(on=quota.end, value=height))
    return tuple(corners)


def _height(path: Sequence[Checkpoint], day: date) -> Fraction:
    if day <= path[0].on:
        return exact(path[0].value)
    for before, after in pairwise(path):
        if day <= after.on:
            low, high = exact(before.value), exact(after.value)
            return low + (high - low) * (day - before.on).days / (after.on - before.on).days
    return exact(path[-1].value)


def expected_path(series: Series, target: Target) -> tuple[Checkpoint, ...]:
    """The corners of the path a target draws, at the end of days; empty where none can be drawn.

    Level: from the baseline (zero where it is unknown) on the day of the start, or on that of the
    baseline when the start is unknown, through the checkpoints, to the target on the due date.
    Total: from zero on the eve of the start. Quota: the periods added up, flat across holes;
    what a quota expects of its reported periods is in ``Progress.expected``. Threshold: none.
    """
    if target.kind == TargetKind.QUOTA:
        return _quota_path(target)
    window = window_of(series, target)
    if target.value is None or window.due is None or window.origin is None:
        return ()
    if target.kind == TargetKind.TOTAL:
        return (
            Checkpoint(on=window.origin - ONE_DAY, value=Decimal(0)),
            Checkpoint(on=window.due, value=target.value),
        )
    if target.kind == TargetKind.THRESHOLD or window.due <= window.origin:
        return ()
    opening_level = series.baseline
    if opening_level is None:
        if target.operator == Operator.AT_MOST:
            return ()
        opening_level = Decimal(0)
    between = [one for one in target.checkpoints if window.origin < one.on < window.due]
    return (
        Checkpoint(on=window.origin, value=opening_level),
        *sorted(between, key=lambda one: one.on),
        Checkpoint(on=window.due, value=target.value),
    )


def expected_at(path: Sequence[Checkpoint], day: date) -> Decimal | None:
    """The height of a path at the end of a day: its first value before it, its last after it."""
    return rounded(_height(path, day)) if path else None
