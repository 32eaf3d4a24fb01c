"""The day of these tests, and a plan as a region writes one."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal

import pytest
from django.utils import timezone

from indicators.models import Indicator
from measures.models import Measure
from plans.models import OrganisationRole, Plan
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
    SourceFactory,
    TargetFactory,
)

TODAY = date(2023, 3, 1)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> date:
    """The pages are asked on 1 March 2023."""
    day_of = timezone.localdate

    def localdate(moment: datetime | None = None, zone: tzinfo | None = None) -> date:
        return TODAY if moment is None else day_of(moment, zone)

    monkeypatch.setattr(timezone, "localdate", localdate)
    return TODAY


@pytest.fixture
def plan() -> Plan:
    plan: Plan = PlanFactory.create(slug="grand-est-2019", title="Plan IA Grand Est")
    return plan


@pytest.fixture
def pack(plan: Plan) -> Measure:
    """A measure with a lead and a sector."""
    objective = ObjectiveFactory.create(
        plan=plan, code="competitivite", title="Booster la compétitivité"
    )
    measure: Measure = MeasureFactory.create(
        plan=plan, objective=objective, code="pack-ia", title="Pack IA"
    )
    measure.participations.create(
        organisation=OrganisationFactory.create(code="grand-e-nov", name="Grand E-Nov"),
        role=OrganisationRole.LEAD,
    )
    measure.sectors.add(SectorFactory.create(code="sante", name="Santé"))
    return measure


@pytest.fixture
def companies(pack: Measure) -> Indicator:
    """35 companies a year over five years, of which two are published: 30, then 41."""
    indicator: Indicator = IndicatorFactory.create(
        plan=pack.plan, measure=pack, code="entreprises", title="Entreprises accompagnées"
    )
    seed = SourceFactory.create(plan=pack.plan, code="deliberation", title="Délibération de 2019")
    TargetFactory.with_yearly_quota(
        dict.fromkeys(range(2020, 2025), 35), indicator=indicator, source=seed, locator="p. 4"
    )
    report = SourceFactory.create(plan=pack.plan, code="bilan", title="Bilan annuel")
    for year, value in ((2020, 30), (2021, 41)):
        ObservationFactory.create(
            indicator=indicator, year=year, value=Decimal(value), published=True, source=report
        )
    return indicator
