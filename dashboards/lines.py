"""Indicator lines: one indicator and one of its targets, as every page shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, prefetch_related_objects

from dashboards import wording
from indicators.formats import format_period
from indicators.models import Indicator, Observation, ProgressRecord, Qualifier, Target
from indicators.progress import display_percent
from indicators.services import progress_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a bar draws: whole percentages, kept between 0 and 100."""

    percent: int
    mark: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorLine:
    """What was promised, observed and expected of one target, and its status."""

    indicator: Indicator
    target: Target | None
    target_text: str | None
    progress: ProgressRecord
    value_text: str | None
    value_period: str
    coverage_text: str
    bar: Bar | None


def shown_indicators(indicators: QuerySet[Indicator]) -> QuerySet[Indicator]:
    """Select what a line needs of its indicator, in the order of the pages."""
    return indicators.select_related("plan", "unit", "measure").order_by("position", "code")


def lines_of(indicators: Sequence[Indicator], *, on: date) -> dict[int, tuple[IndicatorLine, ...]]:
    """Return the lines of each indicator on a day, by indicator id: one per target in force.

    Three queries when the progress of that day is stored: progress, quotas, inexact values.
    """
    records = progress_of(indicators, on=on)
    targets = [record.target for listed in records.values() for record in listed if record.target]
    prefetch_related_objects(targets, "source", "periods")
    inexact = _inexact_values(indicators, on=on)
    return {
        indicator.pk: tuple(
            _line(indicator, record, inexact[indicator.pk]) for record in records[indicator.pk]
        )
        for indicator in indicators
    }


def _inexact_values(indicators: Iterable[Indicator], *, on: date) -> dict[int, list[Observation]]:
    """Return the published values that their source states otherwise than exactly."""
    values: dict[int, list[Observation]] = defaultdict(list)
    for observation in (
        Observation.objects.of_indicators(indicators)
        .current()
        .filter(period_end__lte=on)
        .exclude(qualifier=Qualifier.EXACT)
        .order_by("period_end")
    ):
        values[observation.indicator_id].append(observation)
    return values


def _line(
    indicator: Indicator, record: ProgressRecord, inexact: Sequence[Observation]
) -> IndicatorLine:
    target = record.target
    return IndicatorLine(
        indicator=indicator,
        target=target,
        target_text=None if target is None else wording.promise(target, indicator.unit),
        progress=record,
        value_text=wording.observed(record, indicator.unit, _qualifier(record, inexact)),
        value_period=_value_period(record),
        coverage_text=wording.coverage(record, indicator),
        bar=bar_of(record),
    )


def bar_of(record: ProgressRecord) -> Bar | None:
    """The bar of a rate; none without a rate."""
    if record.rate is None:
        return None
    share = record.expected_share
    return Bar(
        percent=_kept_in_bar(display_percent(record.rate)),
        mark=None if share is None else _kept_in_bar(display_percent(share)),
    )


def _kept_in_bar(percent: int) -> int:
    return max(0, min(100, percent))


def _qualifier(record: ProgressRecord, inexact: Iterable[Observation]) -> Qualifier:
    """How the value of a line is stated: that of the values it rests on."""
    target, until = record.target, record.reported_until
    if until is None:
        return Qualifier.EXACT
    if target is None or target.kind not in wording.SUMS:
        counted = [one for one in inexact if one.period_end == until]
    else:
        opening = _opening(target)
        counted = [
            one
            for one in inexact
            if one.period_end <= until and (opening is None or opening <= one.period_start)
        ]
    return wording.qualifier_of(record, [one.qualifier for one in counted])


def _opening(target: Target) -> date | None:
    """The first day of a target; that of its periods for a quota."""
    if target.kind == Target.Kind.QUOTA:
        return min(period.starts_on for period in target.periods.all())
    return target.starts_on


def _value_period(record: ProgressRecord) -> str:
    """The time that a value covers; empty where a partial sum leaves holes in it."""
    target, until = record.target, record.reported_until
    if until is None:
        return ""
    if target is not None and target.kind in wording.SUMS:
        opening = _opening(target)
        if opening is None or wording.partial_sum(record):
            return ""
        return format_period(opening, until)
    latest = record.latest
    if latest is None or latest.period_end != until:
        return ""
    return format_period(latest.period_start, latest.period_end)
