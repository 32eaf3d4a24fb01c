"""From rows to the pure rules: what `indicators.progress` needs, read in a few queries.

Whatever the number of indicators, `evaluate_indicators` costs five queries: targets, their
periods, their checkpoints, what the rules take of the published observations, and the latest of
these whole. An indicator may have thousands of them: as rows of the model they cost four times the
time, and a page of memory for each few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from indicators import progress
from indicators.models import Indicator, Observation, Target
from measures.models import Advancement
from plans.models import Plan

OBSERVED = (
    "period_start", "period_end", "value", "numerator", "denominator", "qualifier", "provisional",
    "date_inferred", "pk",
)  # fmt: skip
"""What the rules take of an observation."""
TOGETHER = 100
"""Indicators whose observations are held at once, where many are evaluated."""
_QUALIFIERS = {one.value: one for one in progress.Qualifier}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say of one target, or of an indicator without one, and from what."""

    indicator: Indicator
    target: Target | None
    series: progress.Series
    terms: progress.Target | None
    result: progress.Progress
    observations: Mapping[int, Observation]
    """Rows of the series, by the `sequence` the rules know them by: the latest, or all of them
    where `evaluate_indicators` was asked for them."""

    @property
    def latest(self) -> Observation | None:
        """The row of the latest published observation."""
        latest = self.result.latest
        return None if latest is None else self.observations[latest.sequence]


def limits_of(plan: Plan) -> progress.Limits:
    """Return a plan's limits between statuses."""
    return progress.Limits(
        on_track=plan.on_track_from, watch=plan.watch_from, early=plan.early_below
    )


def series_of(indicator: Indicator, observations: Iterable[Observation]) -> progress.Series:
    """Return an indicator and these versions of its values as the rules take them."""
    return _series(indicator, map(_observed_of, observations))


def _series(indicator: Indicator, observed: Iterable[progress.Observed]) -> progress.Series:
    return progress.Series(
        measurement=progress.Measurement(indicator.measurement),
        observations=tuple(observed),
        baseline=indicator.baseline,
        baseline_on=indicator.baseline_on,
        ratio_scale=indicator.unit.ratio_scale,
        frequency=progress.Frequency(indicator.frequency) if indicator.frequency else None,
        lag_days=indicator.availability_lag_days,
    )


def _observed_of(row: Observation) -> progress.Observed:
    return _observed([getattr(row, name) for name in OBSERVED])


def _observed(columns: list[Any]) -> progress.Observed:
    """What the rules take of an observation, from `OBSERVED` in their order."""
    (
        start, end, value, numerator, denominator, qualifier, provisional, date_inferred, sequence,
    ) = columns  # fmt: skip
    return progress.Observed(
        start=start, end=end, value=value, numerator=numerator, denominator=denominator,
        qualifier=_QUALIFIERS[qualifier], provisional=provisional, date_inferred=date_inferred,
        sequence=sequence,
    )  # fmt: skip


def terms_of(target: Target, *, on: date) -> progress.Target:
    """Return a target as the rules take it; abandoned with its measure, or by itself by `on`."""
    measure = target.indicator.measure
    abandoned = (target.abandoned_on is not None and target.abandoned_on <= on) or (
        measure is not None and measure.state == Advancement.ABANDONED
    )
    return progress.Target(
        kind=progress.TargetKind(target.kind),
        operator=progress.Operator(target.operator),
        value=target.value,
        tolerance=target.tolerance,
        start=target.starts_on,
        due=target.due_on,
        periods=tuple(
            progress.PeriodQuota(start=period.starts_on, end=period.ends_on, value=period.value)
            for period in target.periods.all()
        ),
        checkpoints=tuple(
            progress.Checkpoint(on=checkpoint.on, value=checkpoint.value)
            for checkpoint in target.checkpoints.all()
        ),
        abandoned=abandoned,
    )


def evaluated_by_and_by(indicators: Sequence[Indicator], *, on: date) -> Iterator[Evaluation]:
    """Yield the evaluations of many indicators, holding the observations of a few at a time."""
    for first in range(0, len(indicators), TOGETHER):
        batch = indicators[first : first + TOGETHER]
        for evaluations in evaluate_indicators(batch, on=on).values():
            yield from evaluations


def evaluate_indicators(
    indicators: Sequence[Indicator],
    *,
    on: date,
    known_at: datetime | None = None,
    with_observations: bool = False,
) -> dict[int, list[Evaluation]]:
    """Evaluate each indicator for a day: one evaluation per target in force, or one without target.

    `known_at` asks with the observations that were published at that moment instead of now;
    `with_observations` brings all of their rows, not the latest alone.
    The indicators come with their plan, unit and measure selected. The answer is by indicator id.
    """
    by_id = {indicator.pk: indicator for indicator in indicators}
    targets: dict[int, list[Target]] = defaultdict(list)
    for target in (
        Target.objects.in_force()
        .filter(indicator__in=by_id)
        .order_by("position", "code", "id")
        .prefetch_related("periods", "checkpoints")
    ):
        target.indicator = by_id[target.indicator_id]
        targets[target.indicator_id].append(target)
    versions = Observation.objects.of_indicators(by_id)
    versions = versions.current() if known_at is None else versions.known_at(known_at)
    versions = versions.order_by("period_end", "id")
    rows: dict[int, dict[int, Observation]] = defaultdict(dict)
    observed: dict[int, list[progress.Observed]] = defaultdict(list)
    if with_observations:
        for row in versions.select_related("source"):
            rows[row.indicator_id][row.pk] = row
            observed[row.indicator_id].append(_observed_of(row))
    else:
        for pk, *columns in versions.values_list("indicator_id", *OBSERVED).iterator():
            observed[pk].append(_observed(columns))

    evaluations: dict[int, list[Evaluation]] = {}
    for indicator in indicators:
        series = _series(indicator, observed.pop(indicator.pk, ()))
        limits = limits_of(indicator.plan)
        asked: list[Target | None] = [*targets[indicator.pk]] or [None]
        evaluations[indicator.pk] = []
        for target_or_none in asked:
            terms = None if target_or_none is None else terms_of(target_or_none, on=on)
            evaluations[indicator.pk].append(
                Evaluation(
                    indicator=indicator,
                    target=target_or_none,
                    series=series,
                    terms=terms,
                    result=progress.evaluate(series, terms, on=on, limits=limits),
                    observations=rows[indicator.pk],
                )
            )
    if not with_observations:
        latest = {
            one.result.latest.sequence
            for several in evaluations.values()
            for one in several
            if one.result.latest is not None
        }
        for row in Observation.objects.filter(pk__in=latest).select_related("source").order_by():
            rows[row.indicator_id][row.pk] = row
    return evaluations


def pretend(evaluation: Evaluation, draft: Observation) -> Evaluation:
    """Evaluate again as if a saved draft were published, in place of what it corrects."""
    kept = (one for one in evaluation.series.observations if one.sequence != draft.supersedes_id)
    series = replace(evaluation.series, observations=(*kept, _observed_of(draft)))
    limits = limits_of(evaluation.indicator.plan)
    return replace(
        evaluation,
        series=series,
        result=progress.evaluate(series, evaluation.terms, on=evaluation.result.on, limits=limits),
        observations={**evaluation.observations, draft.pk: draft},
    )


def value_of(
    measurement: str,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    ratio_scale: Decimal,
) -> Decimal | None:
    """Return the value that one observation alone has in the unit; a ratio as the rules do."""
    day = date.min
    observed = progress.Observed(
        start=day, end=day, value=value, numerator=numerator, denominator=denominator
    )
    return progress.aggregate(progress.Measurement(measurement), [observed], ratio_scale)
