"""What pages cost (case 20): the same number of queries with one and with three of everything.

The numbers are those of a day whose progress is stored, as it is from five past midnight on; on a
day whose progress is not stored yet a page evaluates it, in a few more queries.
"""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from indicators.models import Indicator, Target
from indicators.services import refresh_all_progress
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan
from tests.factories import (
    PlanFactory,
)
from tests.full_plan import fill

pytestmark = pytest.mark.django_db

HOME = 11
PLAN = 17
PLAN_FILTERED = PLAN
OBJECTIVE = 13
MEASURE = 12
INDICATOR = 13
SOURCES = 4
CHANGES = 6
EVALUATED_NOW = 5
"""More where the day's progress is not stored: indicators, targets, their checkpoints and sources,
values. The latest values are asked for either way."""


@pytest.fixture(params=[1, 3], ids=["one of each", "three of each"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """A plan with one, or three, of everything in everything."""
    plan: Plan = PlanFactory.create(slug="plan")
    fill(plan, request.param)
    refresh_all_progress(on=timezone.localdate())
    return plan


def test_home(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(HOME):
        client.get("/")


def test_plan(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(PLAN):
        client.get("/plans/plan/")


def test_plan_filtered(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    objective = Objective.objects.filter(plan=plan).earliest("pk")
    with django_assert_num_queries(PLAN_FILTERED):
        client.get("/plans/plan/", {"objectif": objective.code, "statut": "not_reported"})


def test_plan_on_a_day_not_stored_yet(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    refresh_all_progress(on=date(2020, 1, 1))
    with django_assert_num_queries(PLAN + EVALUATED_NOW):
        client.get("/plans/plan/")


def test_objective(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = Objective.objects.filter(plan=plan).earliest("pk").get_absolute_url()
    with django_assert_num_queries(OBJECTIVE):
        client.get(address)


def test_measure(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = Measure.objects.filter(plan=plan).earliest("pk").get_absolute_url()
    with django_assert_num_queries(MEASURE):
        client.get(address)


def test_indicator(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    indicator = Indicator.objects.filter(plan=plan, measure__isnull=False).earliest("pk")
    with django_assert_num_queries(INDICATOR):
        client.get(indicator.get_absolute_url())


def test_sources(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(SOURCES):
        client.get("/plans/plan/sources/")


@pytest.mark.parametrize("place", ["", "?avant=2999-01-01"])
def test_changes(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries, place: str
) -> None:
    Target.objects.update(abandoned_on=date(2022, 1, 1), abandonment_reason="Arrêt.")
    with django_assert_num_queries(CHANGES):
        client.get(f"/changements/{place}")
    with django_assert_num_queries(1 + CHANGES):
        client.get(f"/plans/plan/changements/{place}")


def test_search(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        client.get("/recherche/", {"q": "indicateur"})
