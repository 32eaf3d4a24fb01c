"""A fixed day, and an indicator that awaits its value of 2025."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from indicators.models import Indicator, Observation
from tests.agent.entry.forms import NOW
from tests.factories import IndicatorFactory, ObservationFactory, TargetFactory, UserFactory


@pytest.fixture
def on_21_november(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def indicator() -> Indicator:
    """100 companies promised, 30 published for 2023 and 40 for 2024."""
    made: Indicator = IndicatorFactory.create(code="entreprises", title="Entreprises accompagnées")
    TargetFactory.create(indicator=made)
    for year, value in ((2023, 30), (2024, 40)):
        ObservationFactory.create(indicator=made, year=year, value=Decimal(value), published=True)
    return made


@pytest.fixture
def draft(indicator: Indicator) -> Observation:
    """A draft of 45 by someone called Léa."""
    made: Observation = ObservationFactory.create(
        indicator=indicator,
        year=2025,
        value=Decimal(45),
        edited_by=UserFactory.create(name="Léa"),
        edited_at=NOW,
        revision=2,
    )
    return made
