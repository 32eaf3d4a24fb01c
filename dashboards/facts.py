"""What the pages show of each row, as plain values.

Two facts are equal when everything a page shows of them is: a part of a page that was rendered
from facts can be shown again for equal ones (`dashboards.templatetags.kept`). No model instance
stands in them: those are equal as soon as their ids are.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from indicators.models import Freshness, Indicator, Observation, ProgressRecord, Target, Unit
from plans.models import Source


class PlanRef(NamedTuple):
    """The plan that links lead to."""

    slug: str


class SourceFacts(NamedTuple):
    """What a reference to a source shows of it."""

    code: str
    title: str


class UnitFacts(NamedTuple):
    """How quantities are written."""

    name: str
    name_plural: str
    symbol: str
    decimals: int


class IndicatorFacts(NamedTuple):
    """An indicator, as a line shows it, and what it hangs on."""

    pk: int
    objective_id: int | None
    measure_id: int | None
    code: str
    title: str
    frequency: str | None
    baseline: Decimal | None
    baseline_qualifier: str
    unit: UnitFacts


class PeriodFacts(NamedTuple):
    """What a quota asks of one period."""

    starts_on: date
    ends_on: date
    value: Decimal


class TargetFacts(NamedTuple):
    """A target in force."""

    kind: str
    operator: str
    value: Decimal | None
    tolerance: Decimal
    starts_on: date | None
    due_on: date | None
    derivation: str
    assumption: str
    locator: str
    source: SourceFacts
    periods: tuple[PeriodFacts, ...] = ()


class LatestFacts(NamedTuple):
    """The latest published value."""

    period_start: date
    period_end: date
    provisional: bool
    date_inferred: bool
    locator: str
    source: SourceFacts | None


class ProgressFacts(NamedTuple):
    """What the rules say of a target on the day of the page."""

    status: str
    rate: Decimal | None
    value: Decimal | None
    target_value: Decimal | None
    expected: Decimal | None
    expected_share: Decimal | None
    derived_total: bool
    from_zero: bool
    reported_until: date | None
    periods_reported: int | None
    periods_ended: int | None
    freshness: str | None
    next_due_on: date | None
    latest: LatestFacts | None

    def get_freshness_display(self) -> str:
        """The word of the freshness; empty before anything is awaited."""
        return str(Freshness(self.freshness).label) if self.freshness else ""


class MilestoneFacts(NamedTuple):
    """A deliverable."""

    title: str
    due_on: date | None
    locator: str
    source: SourceFacts | None


class UpdateFacts(NamedTuple):
    """The latest published state of a deliverable."""

    advancement: str
    as_of: date
    provisional: bool
    date_inferred: bool
    comment: str
    locator: str
    source: SourceFacts | None


class ActorFacts(NamedTuple):
    """An organisation, or a sector, by the name that pages give it."""

    code: str
    name: str

    def __str__(self) -> str:
        return self.name


def source_facts(source: Source | None) -> SourceFacts | None:
    """Return what a page shows of a source, if there is one."""
    return None if source is None else SourceFacts(source.code, source.title)


def unit_facts(unit: Unit) -> UnitFacts:
    """Return what a page shows of a unit."""
    return UnitFacts(unit.name, unit.name_plural, unit.symbol, unit.decimals)


def indicator_facts(indicator: Indicator) -> IndicatorFacts:
    """Return what a page shows of an indicator, selected with its unit."""
    return IndicatorFacts(
        pk=indicator.pk,
        objective_id=indicator.objective_id,
        measure_id=indicator.measure_id,
        code=indicator.code,
        title=indicator.title,
        frequency=indicator.frequency,
        baseline=indicator.baseline,
        baseline_qualifier=indicator.baseline_qualifier,
        unit=unit_facts(indicator.unit),
    )


def period_facts(target: Target) -> tuple[PeriodFacts, ...]:
    """Return the periods of a quota, which come prefetched."""
    return tuple(
        PeriodFacts(period.starts_on, period.ends_on, period.value)
        for period in sorted(target.periods.all(), key=lambda period: period.starts_on)
    )


def target_facts(target: Target) -> TargetFacts:
    """Return what a page shows of a target, with its source and its periods."""
    return TargetFacts(
        kind=target.kind,
        operator=target.operator,
        value=target.value,
        tolerance=target.tolerance,
        starts_on=target.starts_on,
        due_on=target.due_on,
        derivation=target.derivation,
        assumption=target.assumption,
        locator=target.locator,
        source=SourceFacts(target.source.code, target.source.title),
        periods=period_facts(target),
    )


def latest_facts(observation: Observation | None) -> LatestFacts | None:
    """Return what a page shows of the latest value, with its source."""
    if observation is None:
        return None
    return LatestFacts(
        period_start=observation.period_start,
        period_end=observation.period_end,
        provisional=observation.provisional,
        date_inferred=observation.date_inferred,
        locator=observation.locator,
        source=source_facts(observation.source),
    )


def progress_facts(record: ProgressRecord) -> ProgressFacts:
    """Return what a page shows of a record, with its latest value."""
    return ProgressFacts(
        status=record.status,
        rate=record.rate,
        value=record.value,
        target_value=record.target_value,
        expected=record.expected,
        expected_share=record.expected_share,
        derived_total=record.derived_total,
        from_zero=record.from_zero,
        reported_until=record.reported_until,
        periods_reported=record.periods_reported,
        periods_ended=record.periods_ended,
        freshness=record.freshness,
        next_due_on=record.next_due_on,
        latest=latest_facts(record.latest),
    )
