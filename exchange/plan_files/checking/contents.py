"""What a plan is made of: objectives, measures, their milestones, indicators and their terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from exchange.plan_files.checking.references import Checked
from exchange.plan_files.problems import Path, Problem
from exchange.plan_files.schema import (
    BaselineEntry,
    IndicatorEntry,
    MeasureEntry,
    MilestoneEntry,
    ObjectiveEntry,
    ObservationEntry,
    TargetEntry,
)
from indicators import terms
from indicators.term_words import COLUMNS, in_french


def check_objective(checked: Checked, objective: ObjectiveEntry) -> Iterator[Problem]:
    """Check an objective, and that it is no part of itself."""
    yield from checked.source(objective.path, objective.source)
    yield from checked.many(objective.path, "notes", objective.notes, checked.notes)
    yield from checked.refer(
        (*objective.path, "parent"), objective.parent, checked.objectives, "objectives"
    )
    parents = {entry.code: entry.parent for entry in checked.contents.objectives}
    above = objective.parent
    for _step in parents:
        if above == objective.code:
            yield Problem(
                (*objective.path, "parent"),
                _("« %(code)s » serait partie de lui-même ; un autre parent, ou aucun")
                % {"code": objective.code},
            )
            return
        above = parents.get(above) if above is not None else None


def check_measure(checked: Checked, measure: MeasureEntry) -> Iterator[Problem]:
    """Check a measure and its milestones."""
    yield from checked.source(measure.path, measure.source)
    yield from checked.many(measure.path, "notes", measure.notes, checked.notes)
    yield from checked.many(measure.path, "sectors", measure.sectors, checked.sectors)
    yield from checked.participations(measure.organisations)
    yield from checked.ordered(measure.path, measure.starts_on, measure.ends_on)
    if measure.state == "abandoned" and not measure.state_reason:
        yield Problem((*measure.path, "state"), _("abandon sans motif ; ajoutez state_reason"))
    for milestone in measure.milestones:
        yield from _milestone(checked, milestone)


def _milestone(checked: Checked, milestone: MilestoneEntry) -> Iterator[Problem]:
    yield from checked.source(milestone.path, milestone.source)
    for update in milestone.updates:
        yield from checked.source(update.path, update.source)
    yield from checked.once(
        ((*update.path, "as_of"), update.as_of.isoformat()) for update in milestone.updates
    )


def check_indicator(checked: Checked, indicator: IndicatorEntry) -> Iterator[Problem]:
    """Check an indicator: its baseline, its targets, its observations."""
    path = indicator.path
    yield from checked.source(path, indicator.source)
    yield from checked.many(path, "notes", indicator.notes, checked.notes)
    yield from checked.refer((*path, "unit"), indicator.unit, checked.units, "units")
    yield from _baseline(checked, (*path, "baseline"), indicator.baseline)
    measurement = terms.Measurement(indicator.measurement)
    for target in indicator.targets:
        yield from _target(checked, measurement, target)
    for observation in indicator.observations:
        yield from _observation(checked, measurement, observation)
    yield from _periods(checked, measurement, indicator.observations)


def _baseline(checked: Checked, path: Path, baseline: BaselineEntry) -> Iterator[Problem]:
    yield from checked.source(path, baseline.source)
    if baseline.value is not None and baseline.source is None:
        yield Problem(path, _("valeur initiale sans source ; ajoutez source"))


def _target(
    checked: Checked, measurement: terms.Measurement, target: TargetEntry
) -> Iterator[Problem]:
    yield from checked.source(target.path, target.source)
    for problem in terms.check_target(measurement, target_terms(target)):
        field = COLUMNS.get(problem.field, problem.field)
        yield Problem((*target.path, field), in_french(problem))
    if target.kind == terms.TargetKind.QUOTA and target.value is not None:
        yield Problem(
            (*target.path, "value"),
            _("un quota n’a pas de valeur d’ensemble ; ses valeurs sont dans periods"),
        )
    if target.abandoned_on is not None and not target.abandonment_reason:
        yield Problem(
            (*target.path, "abandoned_on"),
            _("abandon sans motif ; ajoutez abandonment_reason"),
        )


def _observation(
    checked: Checked, measurement: terms.Measurement, observation: ObservationEntry
) -> Iterator[Problem]:
    yield from checked.source(observation.path, observation.source)
    names = {"start": "period_start", "end": "period_end"}
    for problem in terms.check_observed(measurement, _observed(observation)):
        field = names.get(problem.field, problem.field)
        yield Problem((*observation.path, field), in_french(problem))
    ratio = measurement == terms.Measurement.RATIO
    for key in ("value",) if ratio else ("numerator", "denominator"):
        if getattr(observation, key) is not None:
            yield Problem(
                (*observation.path, key),
                _("un rapport n’a pas de value ; il a numerator et denominator")
                if ratio
                else _("un indicateur « %(measurement)s » n’a pas de %(key)s ; il a value")
                % {"measurement": measurement, "key": key},
            )


def _periods(
    checked: Checked, measurement: terms.Measurement, observations: Sequence[ObservationEntry]
) -> Iterator[Problem]:
    """No period twice; those of a flow or a ratio add up, and so do not overlap either."""
    yield from checked.once(
        (entry.path, f"{entry.period_start}, {entry.period_end}") for entry in observations
    )
    if measurement == terms.Measurement.STOCK:
        return
    widest: ObservationEntry | None = None
    for entry in sorted(observations, key=lambda entry: (entry.period_start, entry.period_end)):
        if widest is not None and entry.period_start <= widest.period_end:
            same = (entry.period_start, entry.period_end) == (
                widest.period_start,
                widest.period_end,
            )
            if not same:
                yield Problem(
                    (*entry.path, "period_start"),
                    _(
                        "la période recouvre celle de la ligne %(line)d (du %(start)s au "
                        "%(end)s) ; des périodes séparées sont attendues"
                    )
                    % {
                        "line": checked.readable.document.line_of(widest.path),
                        "start": widest.period_start,
                        "end": widest.period_end,
                    },
                )
        if widest is None or entry.period_end > widest.period_end:
            widest = entry


def target_terms(target: TargetEntry) -> terms.Target:
    """Return a target of a file as the rules take it."""
    return terms.Target(
        kind=terms.TargetKind(target.kind),
        operator=terms.Operator(target.operator),
        value=target.value,
        tolerance=target.tolerance,
        start=target.starts_on,
        due=target.due_on,
        periods=tuple(
            terms.PeriodQuota(start=period.starts_on, end=period.ends_on, value=period.value)
            for period in target.periods
        ),
        checkpoints=tuple(
            terms.Checkpoint(on=checkpoint.on, value=checkpoint.value)
            for checkpoint in target.checkpoints
        ),
        abandoned=target.abandoned_on is not None,
    )


def _observed(observation: ObservationEntry) -> terms.Observed:
    return terms.Observed(
        start=observation.period_start,
        end=observation.period_end,
        value=observation.value,
        numerator=observation.numerator,
        denominator=observation.denominator,
    )
