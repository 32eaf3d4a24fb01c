"""A plan with one source, its reviewer and three indicators."""

import pytest

from accounts.models import User
from indicators.models import Indicator
from plans.models import Plan, Role
from tests.exchange.spreadsheets.workbooks import member
from tests.factories import IndicatorFactory, MeasureFactory, PlanFactory, SourceFactory


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan-essai")
    SourceFactory.create(plan=made, code="bilan")
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


@pytest.fixture
def indicators(plan: Plan) -> list[Indicator]:
    measure = MeasureFactory.create(plan=plan, code="pack")
    return [
        IndicatorFactory.create(plan=plan, measure=measure, code=code)
        for code in ("entreprises", "emplois", "projets")
    ]
