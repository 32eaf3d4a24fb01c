"""The page of an indicator: its status and why, chart, the same data as a table, versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from dashboards import wording
from dashboards.charts import Chart, chart_of, describe
from dashboards.contents import labels_of, objectives_of
from dashboards.data_table import Row, table_rows
from dashboards.facts import progress_facts
from dashboards.lines import Bar, bar_of
from dashboards.notes import NoteEntry, notes_of
from indicators.evaluation import Evaluation, evaluate_indicators
from indicators.formats import (
    dated,
    format_date,
    format_expected,
    format_percent,
    format_period,
    format_qualified,
    format_quantity,
)
from indicators.models import Indicator, Observation, ProgressRecord, Qualifier, Target
from indicators.periods import merge
from indicators.progress import SUMS
from indicators.querysets import IndicatorQuerySet
from indicators.services import record_of
from plans.models import Plan, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What the indicator hangs on, for the way back."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the reckoning."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart as its page needs it: the image has the address of its target."""

    alt: str
    caption: str
    target_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A target (or none), its status, why, and the chart."""

    indicator: Indicator
    target: Target | None
    target_text: str | None
    progress: ProgressRecord
    value_text: str | None
    value_period: str
    period_inferred: bool
    coverage_text: str
    bar: Bar | None
    calculation: tuple[Step, ...]
    chart: Drawing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A value as it was published once; who entered it is not said to the public."""

    start: date
    end: date
    date_inferred: bool
    value_text: str
    published_at: datetime | None
    superseded_at: datetime | None
    source: Source | None
    locator: str
    evidence_url: str
    state_text: str
    origin_text: str
    correction_reason: str
    withdrawal_reason: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerTarget:
    """A target that a later one replaced, and why."""

    target: Target
    target_text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUse:
    """A document and what it is used for."""

    source: Source
    role_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorPage:
    """Everything the page of an indicator shows."""

    plan: Plan
    as_of: date
    indicator: Indicator
    parents: tuple[Parent, ...]
    ignored: str
    """What the address names as a target in vain; empty when it names none, or one in force."""
    lines: tuple[Reading, ...]
    rows: tuple[Row, ...]
    sum_labels: tuple[str, ...]
    has_period_targets: bool
    versions: tuple[Version, ...]
    former_targets: tuple[FormerTarget, ...]
    sources: tuple[SourceUse, ...]
    notes: tuple[NoteEntry, ...]


def shown_indicator(indicators: IndicatorQuerySet) -> IndicatorQuerySet:
    """Select what the page needs of its indicator."""
    return indicators.select_related(
        "unit", "measure__objective", "objective", "source", "baseline_source"
    )


def indicator_page(indicator: Indicator, *, on: date, target_code: str = "") -> IndicatorPage:
    """Load the page of an indicator, selected by `shown_indicator`.

    It shows all targets, whichever the address names as that of an image does.
    """
    evaluations = evaluate_indicators([indicator], on=on, with_observations=True)[indicator.pk]
    prefetch_related_objects(
        [evaluation.target for evaluation in evaluations if evaluation.target], "source"
    )
    charts = [_chart(evaluation) for evaluation in evaluations]
    readings = tuple(map(_reading, evaluations, charts))
    versions = list(
        Observation.objects.filter(indicator=indicator)
        .ever_published()
        .select_related("source")
        .order_by("-published_at", "-pk")
    )
    rows = tuple(table_rows(evaluations, charts))
    in_force = {evaluation.target.code for evaluation in evaluations if evaluation.target}
    return IndicatorPage(
        plan=indicator.plan,
        as_of=on,
        indicator=indicator,
        parents=_parents(indicator),
        ignored="" if target_code in in_force else target_code,
        lines=readings,
        rows=rows,
        sum_labels=next((tuple(one.label for one in row.sums) for row in rows), ()),
        has_period_targets=any(row.target_text is not None for row in rows),
        versions=tuple(_version(version, indicator) for version in versions),
        former_targets=_former_targets(indicator),
        sources=_sources(indicator, evaluations),
        notes=notes_of("indicators", indicator.pk),
    )


def chart_for(indicator: Indicator, target_code: str, *, on: date) -> Chart | None:
    """Return the chart of a target by its code, of the first for no code; None for nothing to draw.

    Raises LookupError when the indicator has no such target in force.
    """
    for evaluation in evaluate_indicators([indicator], on=on)[indicator.pk]:
        if not target_code or (evaluation.target and evaluation.target.code == target_code):
            return _chart(evaluation)
    raise LookupError(target_code)


def _chart(evaluation: Evaluation) -> Chart | None:
    indicator = evaluation.indicator
    unit = indicator.unit
    chart = chart_of(
        evaluation.series,
        evaluation.terms,
        evaluation.result,
        title=indicator.title,
        unit=unit.symbol or unit.name_plural,
        decimals=unit.decimals,
        context=_("%(plan)s, %(region)s")
        % {"plan": indicator.plan.title, "region": indicator.plan.region.name},
        notice=(
            _("Plan fictif : aucun de ces chiffres n’est réel")
            if indicator.plan.region.fictitious
            else ""
        ),
    )
    return None if chart.is_empty else chart


def _reading(evaluation: Evaluation, chart: Chart | None) -> Reading:
    indicator, target = evaluation.indicator, evaluation.target
    record = record_of(evaluation)
    progress = progress_facts(record)
    target_text = None if target is None else wording.promise(target, indicator.unit)
    return Reading(
        indicator=indicator,
        target=target,
        target_text=target_text,
        progress=record,
        value_text=wording.observed(
            progress, target, indicator.unit, evaluation.result.value_qualifier
        ),
        value_period=_value_period(evaluation),
        period_inferred=wording.until_inferred(progress),
        coverage_text=wording.coverage(progress, indicator.frequency),
        bar=bar_of(progress),
        calculation=tuple(_calculation(evaluation)),
        chart=None
        if chart is None
        else Drawing(
            alt=describe(chart),
            caption=_caption(target, target_text),
            target_code="" if target is None else target.code,
        ),
    )


def _caption(target: Target | None, target_text: str | None) -> str:
    if target is None:
        return _("Valeurs publiées.")
    said = (
        _("Valeurs publiées, en cumul, et cible : %(target)s.")
        if target.kind == Target.Kind.TOTAL
        else _("Valeurs publiées et cible : %(target)s.")
    )
    return said % {"target": target_text}


def _value_period(evaluation: Evaluation) -> str:
    """The time that the value covers; empty where a sum has holes."""
    counted = evaluation.result.counted
    if evaluation.target is None or evaluation.target.kind not in SUMS:
        counted = counted[-1:]
    spans = merge((one.start, one.end) for one in counted)
    return format_period(*spans[0]) if len(spans) == 1 else ""


def _calculation(evaluation: Evaluation) -> Iterator[Step]:
    """The reckoning, step by step, so that a reader can do it again by hand."""
    result, unit = evaluation.result, evaluation.indicator.unit
    if evaluation.target is None or result.value is None or result.target_value is None:
        return
    yield Step(
        label=_("Valeur retenue"),
        text=format_qualified(
            format_quantity(result.value, unit), result.value_qualifier or Qualifier.EXACT
        ),
    )
    yield Step(
        label=_("Cible (total déduit)") if result.derived_total else _("Cible"),
        text=format_quantity(result.target_value, unit),
    )
    if result.baseline is not None:
        baseline = format_quantity(result.baseline, unit)
        yield Step(
            label=_("Valeur initiale"),
            text=format_qualified(baseline, evaluation.indicator.baseline_qualifier),
        )
    if result.rate is not None:
        yield Step(label=_("Taux d’avancement"), text=format_percent(result.rate))
    if result.expected is not None and result.reported_until is not None:
        yield Step(
            label=_("Attendu au %(date)s")
            % {
                "date": dated(
                    format_date(result.reported_until), inferred=result.counted[-1].date_inferred
                )
            },
            text=format_expected(result.expected, unit),
        )
    if result.pace is not None:
        yield Step(label=_("Rythme : constaté sur attendu"), text=format_percent(result.pace))


def _version(version: Observation, indicator: Indicator) -> Version:
    if version.is_withdrawn:
        state = _("retirée")
    elif version.superseded_at is not None:
        state = _("remplacée")
    else:
        state = _("en vigueur")
    return Version(
        start=version.period_start,
        end=version.period_end,
        date_inferred=version.date_inferred,
        value_text=wording.in_table(version, indicator.unit),
        published_at=version.published_at,
        superseded_at=version.superseded_at,
        source=version.source,
        locator=version.locator,
        evidence_url=version.evidence_url,
        state_text=state,
        origin_text=(
            _("Reprise du plan de référence.")
            if version.author_id is None
            else _("Saisie puis relue par les services du plan.")
            if version.author_id != version.reviewer_id
            else _("Saisie et publiée par la même personne, comme ce plan l’autorise.")
        ),
        correction_reason=version.correction_reason,
        withdrawal_reason=version.withdrawal_reason,
        comment=version.comment,
    )


def _former_targets(indicator: Indicator) -> tuple[FormerTarget, ...]:
    return tuple(
        FormerTarget(
            target=target,
            target_text=wording.promise(target, indicator.unit),
            reason=successor.revision_reason
            if (successor := getattr(target, "superseded_by", None)) is not None
            else "",
        )
        for target in Target.objects.filter(indicator=indicator, superseded_on__isnull=False)
        .select_related("source", "superseded_by")
        .prefetch_related("periods")
        .order_by("-superseded_on", "-pk")
    )


def _sources(indicator: Indicator, evaluations: Sequence[Evaluation]) -> tuple[SourceUse, ...]:
    """Each document once, with what it is used for and where that stands in it."""
    uses: dict[int, tuple[Source, list[str]]] = {}

    def use(source: Source | None, locator: str, role: str) -> None:
        if source is not None:
            _source, roles = uses.setdefault(source.pk, (source, []))
            roles.append(f"{role} ({locator})" if locator else role)

    for evaluation in evaluations:
        if evaluation.target is not None:
            use(evaluation.target.source, evaluation.target.locator, _("cible"))
    use(indicator.baseline_source, indicator.baseline_locator, _("valeur initiale"))
    use(indicator.source, indicator.locator, _("définition"))
    for observation in evaluations[0].observations.values():
        period = wording.told_period(observation)
        use(observation.source, observation.locator, _("valeur %(period)s") % {"period": period})
    return tuple(
        SourceUse(source=source, role_text=", ".join(dict.fromkeys(roles)))
        for source, roles in uses.values()
    )


def _parents(indicator: Indicator) -> tuple[Parent, ...]:
    """The objective and the measure it hangs on, from the top."""
    measure = indicator.measure
    objective = indicator.objective if measure is None else measure.objective
    parents = []
    if objective is not None:
        label = labels_of(objectives_of(indicator.plan_id))[objective.pk]
        objective.plan = indicator.plan
        parents.append(Parent(label=label, url=objective.get_absolute_url()))
    if measure is not None:
        measure.plan = indicator.plan
        parents.append(Parent(label=measure.title, url=measure.get_absolute_url()))
    return tuple(parents)
