"""A plan that only its members know, its manager, and one of its indicators."""

from __future__ import annotations

from typing import Any

import pytest

from indicators.models import Indicator
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.factories import IndicatorFactory, MeasureFactory, PlanFactory


@pytest.fixture
def plan() -> Plan:
    """A plan that only its members know."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA", is_public=False)
    return made


@pytest.fixture
def manager(plan: Plan) -> Any:
    return signed_in(member(plan, Role.MANAGER))


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(
        plan=plan, measure=MeasureFactory.create(plan=plan), code="i"
    )
    return made
