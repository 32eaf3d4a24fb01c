"""The live site that programs are tried on, and a partner of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from indicators.services import refresh_all_progress
from plans.models import Plan, Role
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    PlanFactory,
    SourceFactory,
)
from tests.full_plan import fill
from tests.partner import Partner


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> LiveServer:
    """The site with a public plan that has two of everything, and what the examples name."""
    settings.BASE_URL = live_server.url
    settings.API_REQUESTS_PER_MINUTE = settings.API_EXPORTS_PER_MINUTE = 1_000_000
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000
    with transaction.atomic():  # a quota and its periods
        plan = PlanFactory.create(slug="grand-est-2019")
        fill(plan, 2)
    name_as_the_examples(plan)
    refresh_all_progress(on=date.today())  # noqa: DTZ011 - any day does
    return live_server


def name_as_the_examples(plan: Plan) -> None:
    """Give a plan what the examples of the schema name."""
    SourceFactory.create(plan=plan, code="deliberation")
    measure = MeasureFactory.create(plan=plan, code="pack-ia")
    MilestoneFactory.create(measure=measure, code="appel")
    IndicatorFactory.create(plan=plan, measure=measure, code="entreprises-pack-ia")


@pytest.fixture
def partner(site: LiveServer) -> Partner:
    """A system that the plan trusts: every address answers it."""
    Plan.objects.filter(slug="grand-est-2019").update(allows_self_publication=True)
    return Partner(Plan.objects.get(slug="grand-est-2019"), Role.REVIEWER)
