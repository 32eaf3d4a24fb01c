"""Queries whose text is written once: they ask what the queryset asks, of the day and key given."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, router
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext
from django.utils.connection import ConnectionDoesNotExist

from measures.models import Measure
from plans.models import Plan
from plans.prepared import DAY, KEY, Prepared
from tests.factories import MeasureFactory, PlanFactory

pytestmark = pytest.mark.django_db


def titles(key: object = KEY, day: object = DAY) -> QuerySet[Measure, tuple[int, str]]:
    return (
        Measure.objects.filter(plan=key, starts_on__lte=day)  # type: ignore[misc] # given later
        .order_by("code")
        .values_list("pk", "title")
    )


def test_answer_what_the_queryset_answers_whatever_was_asked_first() -> None:
    for plan in PlanFactory.create_batch(2):
        for month in (1, 6):
            MeasureFactory.create_batch(2, plan=plan, starts_on=date(2024, month, 1))
    asked = Prepared(titles)
    for day in (date(2023, 1, 1), date(2024, 3, 1), date(2025, 1, 1)):
        for plan in Plan.objects.all():
            assert asked.rows(key=plan.pk, day=day) == list(titles(plan, day))


def test_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PlanFactory.create()
    asked = Prepared(titles)
    asked.rows(key=plan.pk, day=date(2024, 1, 1))
    monkeypatch.setattr(SQLCompiler, "as_sql", None)
    with CaptureQueriesContext(connection) as captured:
        assert asked.rows(key=plan.pk, day=date(2025, 2, 3)) == []
    (query,) = captured.captured_queries
    assert "2025-02-03" in query["sql"]


def test_each_asking_chooses_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PlanFactory.create()
    asked = Prepared(titles)
    asked.rows(key=plan.pk, day=date(2024, 1, 1))
    monkeypatch.setattr(router, "db_for_read", lambda model, **hints: f"of {model.__name__}")
    with pytest.raises(ConnectionDoesNotExist, match="of Measure"):
        asked.rows(key=plan.pk, day=date(2024, 1, 1))


def test_refuse_what_would_be_wrong_the_second_time() -> None:
    with pytest.raises(AssertionError, match="its first use"):
        Prepared(lambda: titles(day=date(2024, 1, 1))).rows(key=1)
    with pytest.raises(KeyError, match="day"):
        Prepared(titles).rows(key=1)
