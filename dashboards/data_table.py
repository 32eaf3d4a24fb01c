"""The table under a chart: the same data, period by period, with what nobody has published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from dashboards import wording
from dashboards.charts import Chart
from indicators.evaluation import Evaluation
from indicators.formats import format_exact, format_qualified
from indicators.models import Observation, Qualifier, Unit
from indicators.periods import Span
from indicators.progress import PeriodProgress, TargetKind
from plans.models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSum:
    """Where a total stands after a value, as its chart draws it; None where it counts none."""

    label: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A period in the table; `value_text` is None where nothing is published."""

    start: date
    end: date
    value_text: str | None
    target_text: str | None = None
    rate: Decimal | None = None
    sums: tuple[RunningSum, ...] = ()
    """One for each total that the indicator has."""
    source: Source | None = None
    locator: str = ""
    provisional: bool = False
    date_inferred: bool = False
    summed: bool = False
    awaited: bool = False
    """A period that has not ended: nothing is missing yet."""


def table_rows(evaluations: Sequence[Evaluation], charts: Sequence[Chart | None]) -> list[Row]:
    """The data of the charts: each period of a quota, each value, each period nobody reported.

    A period that several values make up is told first, then each of them. Of a total, of which a
    chart draws the running sum, each row has that sum.
    """
    first = evaluations[0]
    unit = first.indicator.unit
    loose = [
        observation
        for observation in sorted(first.observations.values(), key=lambda one: one.pk)
        if observation.period_end <= first.result.on
    ]
    rows: list[Row] = []
    for evaluation in evaluations:
        for period in evaluation.result.periods:
            inside = [
                one
                for one in loose
                if period.start <= one.period_start and one.period_end <= period.end
            ]
            loose = [one for one in loose if one not in inside]
            rows += _period_rows(period, inside, unit)
    rows += [_value_row(observation, unit) for observation in loose]
    if charts[0] is not None:
        rows += [Row(start=gap.start, end=gap.end, value_text=None) for gap in charts[0].missing]
    sums = list(_running_sums(evaluations, charts))
    return [
        replace(
            row,
            sums=tuple(
                RunningSum(label=label, text=reached.get((row.start, row.end)))
                for label, reached in sums
            ),
        )
        for row in sorted(rows, key=lambda row: (row.start, -row.end.toordinal()))
    ]


def _running_sums(
    evaluations: Sequence[Evaluation], charts: Sequence[Chart | None]
) -> Iterator[tuple[str, dict[Span, str]]]:
    """What each total is called, and where it stands at the end of each period counted."""
    totals = [
        (evaluation.target, chart)
        for evaluation, chart in zip(evaluations, charts, strict=True)
        if evaluation.target is not None and chart is not None and chart.kind is TargetKind.TOTAL
    ]
    unit = evaluations[0].indicator.unit
    for target, chart in totals:
        label = _("Cumul")
        if len(totals) > 1:
            label = _("Cumul (%(target)s)") % {"target": wording.promise(target, unit)}
        reached = {
            (point.start, point.end): format_qualified(
                format_exact(point.height), point.height_qualifier
            )
            for point in chart.points
        }
        yield label, reached


def _period_rows(
    period: PeriodProgress, inside: Sequence[Observation], unit: Unit
) -> Iterator[Row]:
    """A period of a quota and, where its value is a sum, what it is the sum of."""
    promised = format_exact(period.target)
    if len(inside) == 1 and (inside[0].period_start, inside[0].period_end) == (
        period.start,
        period.end,
    ):
        yield replace(_value_row(inside[0], unit), target_text=promised, rate=period.rate)
        return
    yield Row(
        start=period.start,
        end=period.end,
        value_text=None
        if period.value is None
        else format_qualified(
            format_exact(period.value), period.value_qualifier or Qualifier.EXACT
        ),
        target_text=promised,
        rate=period.rate,
        summed=period.value is not None,
        awaited=not period.ended,
    )
    for observation in inside:
        yield _value_row(observation, unit)


def _value_row(observation: Observation, unit: Unit) -> Row:
    return Row(
        start=observation.period_start,
        end=observation.period_end,
        value_text=wording.in_table(observation, unit),
        source=observation.source,
        locator=observation.locator,
        provisional=observation.provisional,
        date_inferred=observation.date_inferred,
    )
