"""What an indicator's chart shows: its facts, ready to be drawn or said.

A :class:`Chart` is plain data, made by :func:`chart_of` from the pure types of progress, so that
the drawing and the description repeat none of its rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from dashboards.charts import words
from indicators.formats import extra_decimals
from indicators.periods import Frequency, calendar_period, covers, following_period, merge
from indicators.progress import (
    Checkpoint,
    Measurement,
    Observed,
    Operator,
    Progress,
    Qualifier,
    Series,
    Target,
    TargetKind,
    aggregate,
    expected_at,
    expected_path,
    value_qualifier,
)
from indicators.selection import published_by

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One observed value. ``height`` is where it is drawn: a running sum for a total, which is
    stated as what it adds up is, and as a minimum once a period before it is missing."""

    start: date
    end: date
    value: Decimal
    height: Decimal
    height_qualifier: Qualifier = Qualifier.EXACT
    provisional: bool = False
    date_inferred: bool = False
    qualifier: Qualifier = Qualifier.EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One period of a quota; ``value`` is None, never 0, where nothing was published."""

    start: date
    end: date
    target: Decimal
    value: Decimal | None
    ended: bool
    complete: bool
    provisional: bool = False
    date_inferred: bool = False
    qualifier: Qualifier = Qualifier.EXACT

    @property
    def is_missing(self) -> bool:
        return self.value is None and self.ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Everything an indicator's chart shows.

    ``context`` and ``notice`` are lines printed in the image: where the figures belong, and what
    must not be missed wherever the image travels (that they are fictitious).
    """

    title: str
    unit: str
    decimals: int
    measurement: Measurement
    today: date
    kind: TargetKind | None = None
    operator: Operator = Operator.AT_LEAST
    value: Decimal | None = None
    tolerance: Decimal = Decimal(0)
    start: date | None = None
    """Where the window, or the path of a level, starts."""
    due: date | None = None
    """How the value that the progress rests on is to be read: of a total, its running sum."""
    points: tuple[Point, ...] = ()
    slots: tuple[Slot, ...] = ()
    path: tuple[Checkpoint, ...] = ()
    expected: Checkpoint | None = None
    baseline: Decimal | None = None
    baseline_on: date | None = None
    from_zero: bool = False
    missing: tuple[Span, ...] = ()
    context: str = ""
    notice: str = ""

    def amount(self, value: Decimal) -> str:
        return words.amount(value, decimals=self.decimals, unit=self.unit)

    def expected_amount(self, value: Decimal) -> str:
        """An amount computed, not counted: of a few units the first decimal matters."""
        finer = self.decimals + extra_decimals(value)
        return words.short_amount(value, decimals=finer, unit=self.unit)

    def promised(self, value: Decimal) -> str:
        """An amount as the target asks for it: ``au plus 80``, ``environ 15``."""
        return words.bounded(self.amount(value), self.operator, approximate=self.tolerance > 0)

    @property
    def shown_baseline(self) -> Decimal | None:
        """The baseline where it is one of what is drawn: a total is counted from zero, and a
        threshold is held whatever came before."""
        return self.baseline if self.kind in (TargetKind.LEVEL, None) else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all can be drawn; the page then shows no chart."""
        return not (self.points or self.slots or self.value is not None)


def chart_of(
    series: Series,
    target: Target | None,
    result: Progress,
    *,
    title: str,
    unit: str,
    decimals: int = 0,
    context: str = "",
    notice: str = "",
) -> Chart:
    """The chart of a series and its target on the day of ``result``."""
    kind = None if target is None else target.kind
    path = _path(series, target)
    is_level = kind is TargetKind.LEVEL
    missing = tuple(_missing(series, kind, result))
    return Chart(
        title=title,
        unit=unit,
        decimals=decimals,
        measurement=series.measurement,
        today=result.on,
        kind=kind,
        operator=Operator.AT_LEAST if target is None else target.operator,
        value=None if target is None or kind is TargetKind.QUOTA else target.value,
        tolerance=Decimal(0) if target is None else target.tolerance,
        start=result.measured_from,
        due=result.due,
        points=_points(series, kind, result, missing),
        slots=_slots(result),
        path=path,
        expected=_expected(path, result),
        baseline=series.baseline,
        baseline_on=series.baseline_on,
        from_zero=is_level and series.baseline is None and bool(path),
        missing=missing,
        context=context,
        notice=notice,
    )


def _points(
    series: Series, kind: TargetKind | None, result: Progress, missing: tuple[Span, ...]
) -> tuple[Point, ...]:
    if kind is TargetKind.QUOTA:
        return ()
    observed: tuple[Observed, ...] | list[Observed] = published_by(series.observations, result.on)
    if kind is TargetKind.TOTAL:
        observed = result.counted
    values = [
        aggregate(series.measurement, [one], series.ratio_scale) or Decimal(0) for one in observed
    ]
    heights, stated = values, [one.qualifier for one in observed]
    if kind is TargetKind.TOTAL:
        heights = list(accumulate(values))
        stated = list(_stated_sums(observed, missing))
    return tuple(
        Point(
            start=one.start,
            end=one.end,
            value=value,
            height=height,
            height_qualifier=qualifier,
            provisional=one.provisional,
            date_inferred=one.date_inferred,
            qualifier=one.qualifier,
        )
        for one, value, height, qualifier in zip(observed, values, heights, stated, strict=True)
    )


def _stated_sums(observed: Sequence[Observed], missing: tuple[Span, ...]) -> Iterator[Qualifier]:
    """How each running sum is to be read. The last stands for what is known today: it lacks any
    period that ended, also one that came after it."""
    for number, one in enumerate(observed, 1):
        is_minimum = any(gap.start < one.end or number == len(observed) for gap in missing)
        yield value_qualifier(TargetKind.TOTAL, observed[:number], partial=is_minimum)


def _slots(result: Progress) -> tuple[Slot, ...]:
    slots = []
    for period in result.periods:
        inside = [one for one in result.counted if period.start <= one.end <= period.end]
        slots.append(
            Slot(
                start=period.start,
                end=period.end,
                target=period.target,
                value=period.value,
                ended=period.ended,
                complete=period.complete,
                provisional=any(one.provisional for one in inside),
                date_inferred=any(one.date_inferred for one in inside),
                qualifier=period.value_qualifier or Qualifier.EXACT,
            )
        )
    return tuple(slots)


def _path(series: Series, target: Target | None) -> tuple[Checkpoint, ...]:
    """The path of a total or a level. A quota has a target in each slot instead; and a level
    whose baseline is already beyond its target has nowhere to go."""
    if target is None or target.kind not in (TargetKind.TOTAL, TargetKind.LEVEL):
        return ()
    corners = expected_path(series, target)
    if not corners:
        return ()
    rise = corners[-1].value - corners[0].value
    if rise == 0 or (rise < 0) != (target.operator is Operator.AT_MOST):
        return ()
    return corners


def _expected(path: tuple[Checkpoint, ...], result: Progress) -> Checkpoint | None:
    """What was expected at the end of what is published, as the status has it; with nothing
    published, what is expected today."""
    if not path:
        return None
    if result.reported_until is not None:
        if result.expected is None:
            return None
        return Checkpoint(on=result.reported_until, value=result.expected)
    if not path[0].on < result.on <= path[-1].on:
        return None
    height = expected_at(path, result.on)
    return None if height is None else Checkpoint(on=result.on, value=height)


def _missing(series: Series, kind: TargetKind | None, result: Progress) -> Iterator[Span]:
    """The calendar periods that ended unreported, joined where they touch.

    From the start of the window (from the first observation where there is none) to its end; a
    stock is reported by any value that ends in the period, a sum by values that hold all of it.
    """
    frequency = series.frequency
    if frequency in (None, Frequency.ONCE) or kind is TargetKind.QUOTA:
        return
    published = published_by(series.observations, result.on)
    opening = _opening(kind, published, result)
    if frequency is None or opening is None:
        return
    over = result.on - ONE_DAY if result.due is None else min(result.on - ONE_DAY, result.due)
    spans = merge((one.start, one.end) for one in published)
    gaps = []
    start, end = calendar_period(frequency, opening)
    # A level measured from the first day of a period awaits that period, not the days after one.
    named_from = start if kind is TargetKind.LEVEL and opening == start + ONE_DAY else opening
    while min(end, result.due or end) <= over and start <= over:
        cut = (max(start, opening), min(end, result.due or end))
        if series.measurement is Measurement.STOCK:
            reported = any(start <= one.end <= end for one in published)
        else:
            reported = covers(spans, *cut)
        if not reported:
            gaps.append((max(start, named_from), cut[1]))
        start, end = following_period(frequency, end)
    for first, last in merge(gaps):
        yield Span(start=first, end=last)


def _opening(kind: TargetKind | None, published: list[Observed], result: Progress) -> date | None:
    """The first day of which a figure is awaited: a level starts at the end of the day it is
    measured from."""
    if result.measured_from is None:
        return min((one.start for one in published), default=None)
    return result.measured_from + ONE_DAY if kind is TargetKind.LEVEL else result.measured_from
