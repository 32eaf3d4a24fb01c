"""A fixed day, and three indicators of one measure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicators.models import Indicator
from measures.models import Measure
from tests.agent.entry.forms import NOW
from tests.factories import IndicatorFactory, MeasureFactory, ObservationFactory, TargetFactory


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def measure() -> Measure:
    made: Measure = MeasureFactory.create()
    return made


@pytest.fixture
def indicators(measure: Measure) -> list[Indicator]:
    """Three yearly indicators of one measure, each with 30 for 2024; the third is a ratio."""
    plan = measure.plan
    made = [
        IndicatorFactory.create(plan=plan, measure=measure, title=title, position=position)
        for position, title in enumerate(("Entreprises", "Emplois"))
    ]
    made.append(
        IndicatorFactory.create(plan=plan, measure=measure, title="Part", position=2, ratio=True)
    )
    for indicator in made[:2]:
        TargetFactory.create(indicator=indicator)
        ObservationFactory.create(indicator=indicator, year=2024, value=Decimal(30), published=True)
    return made
