"""A plan with so many of everything in everything, to count what a page or an answer costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from indicators.models import Indicator
from measures.models import Measure
from plans.models import Note, OrganisationRole, Plan
from tests.factories import (
    CheckpointFactory,
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    NoteCitationFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
    TargetFactory,
)


def fill(plan: Plan, count: int) -> None:
    for _ in range(count):
        PlanFactory.create(related_to=plan)
        ClaimFactory.create(plan=plan)
        note = NoteCitationFactory.create(note__plan=plan).note
        objective = ObjectiveFactory.create(plan=plan)
        objective.notes.add(note)
        fill_indicators(IndicatorFactory.create_batch(count, plan=plan, on_plan=True), note)
        fill_indicators(
            IndicatorFactory.create_batch(count, plan=plan, measure=None, objective=objective), note
        )
        for measure in MeasureFactory.create_batch(count, plan=plan, objective=objective):
            fill_measure(measure, count, note)


def fill_measure(measure: Measure, count: int, note: Note) -> None:
    measure.notes.add(note)
    for _ in range(count):
        measure.participations.create(
            organisation=OrganisationFactory.create(), role=OrganisationRole.LEAD
        )
        measure.sectors.add(SectorFactory.create())
        MilestoneUpdateFactory.create(
            milestone=MilestoneFactory.create(measure=measure), published=True
        )
    fill_indicators(IndicatorFactory.create_batch(count, plan=measure.plan, measure=measure), note)
    level = IndicatorFactory.create(plan=measure.plan, measure=measure, stock=True)
    target = TargetFactory.create(indicator=level, level=True, due_on=date(2029, 12, 31))
    CheckpointFactory.create_batch(1, target=target)


def fill_indicators(indicators: list[Indicator], note: Note) -> None:
    count = len(indicators)
    years = range(2020, 2020 + count)
    for indicator in indicators:
        indicator.notes.add(note)
        TargetFactory.with_yearly_quota(dict.fromkeys(years, 35), indicator=indicator)
        TargetFactory.create(indicator=indicator, code="total")
        TargetFactory.create(indicator=indicator, code="ancienne", superseded_on=date(2021, 1, 1))
        for year in years:
            ObservationFactory.create(indicator=indicator, year=year, published=True)
        ObservationFactory.create(indicator=indicator, year=2019, value=Decimal(1))
