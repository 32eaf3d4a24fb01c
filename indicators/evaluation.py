"""From rows to the pure rules: what `indicators.progress` needs, read in a few queries.

Whatever the number of indicators, `evaluate_indicators` costs four queries: targets, their
periods, their checkpoints, and the published observations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from indicators import progress
from indicators.models import Indicator, Observation, Target
from measures.models import Advancement
from plans.models import Plan


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say of one target, or of an indicator without one, and from what."""

    indicator: Indicator
    target: Target | None
    series: progress.Series
    terms: progress.Target | None
    result: progress.Progress
    observations: Mapping[int, Observation]
    """The published observations of the series, by the `sequence` the rules know them by."""

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
    return progress.Series(
        measurement=progress.Measurement(indicator.measurement),
        observations=tuple(
            progress.Observed(
                start=observation.period_start,
                end=observation.period_end,
                value=observation.value,
                numerator=observation.numerator,
                denominator=observation.denominator,
                qualifier=progress.Qualifier(observation.qualifier),
                provisional=observation.provisional,
                sequence=observation.pk,
            )
            for observation in observations
        ),
        baseline=indicator.baseline,
        baseline_on=indicator.baseline_on,
        ratio_scale=indicator.unit.ratio_scale,
        frequency=progress.Frequency(indicator.frequency) if indicator.frequency else None,
        lag_days=indicator.availability_lag_days,
    )


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


def evaluate_indicators(
    indicators: Sequence[Indicator], *, on: date, known_at: datetime | None = None
) -> dict[int, list[Evaluation]]:
    """Evaluate each indicator for a day: one evaluation per target in force, or one without target.

    `known_at` asks with the observations that were published at that moment instead of now.
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
    observations: dict[int, list[Observation]] = defaultdict(list)
    for observation in versions.select_related("source").order_by("period_end", "id"):
        observations[observation.indicator_id].append(observation)

    evaluations: dict[int, list[Evaluation]] = {}
    for indicator in indicators:
        rows = observations[indicator.pk]
        series = series_of(indicator, rows)
        numbered = {observation.pk: observation for observation in rows}
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
                    observations=numbered,
                )
            )
    return evaluations


def pretend(evaluation: Evaluation, draft: Observation) -> Evaluation:
    """Evaluate again as if a saved draft were published, in place of what it corrects."""
    kept = [row for row in evaluation.observations.values() if row.pk != draft.supersedes_id]
    rows = [*kept, draft]
    series = series_of(evaluation.indicator, rows)
    limits = limits_of(evaluation.indicator.plan)
    return replace(
        evaluation,
        series=series,
        result=progress.evaluate(series, evaluation.terms, on=evaluation.result.on, limits=limits),
        observations={row.pk: row for row in rows},
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
