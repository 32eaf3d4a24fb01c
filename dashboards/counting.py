"""How the targets of plans stand on a day, as far as totals and counts go."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from dashboards.tallies import Counted
from indicators.evaluation import evaluated_by_and_by
from indicators.models import Indicator
from indicators.progress import RULES_VERSION
from indicators.services import record_of
from plans.prepared import DAY, KEY, Prepared


def stored_on_the_day(indicators: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Join the progress stored for the day of the page, as `stored`: nothing where it is not."""
    joined: QuerySet[Any, Any] = indicators.annotate(
        stored=FilteredRelation(
            "progress_records",
            condition=Q(
                progress_records__evaluated_on=DAY, progress_records__rules_version=RULES_VERSION
            ),
        )
    )
    return joined


def _counted(indicators: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return (
        stored_on_the_day(indicators)
        .order_by()
        .values_list("plan_id", "pk", "stored__status", "stored__target_id", "stored__value")
    )


OF_PLAN = Prepared(lambda: _counted(Indicator.objects.filter(plan=KEY)))
OF_PUBLIC_PLANS = Prepared(lambda: _counted(Indicator.objects.filter(plan__is_public=True)))


def counted_in(plan: int, *, on: date) -> list[Counted]:
    """Return what the totals of a plan (its id) need of each target, and of what has none."""
    return _by_plan(OF_PLAN.rows(key=plan, day=on), on=on)[plan]


def counted_in_public_plans(*, on: date) -> dict[int, list[Counted]]:
    """Return what the totals of each public plan need, by plan id. One query."""
    return _by_plan(OF_PUBLIC_PLANS.rows(day=on), on=on)


def _by_plan(
    rows: list[tuple[int, int, str | None, int | None, object]], *, on: date
) -> dict[int, list[Counted]]:
    counted: dict[int, list[Counted]] = defaultdict(list)
    missing = []
    for plan, indicator, status, target, value in rows:
        if status is None:
            missing.append(indicator)
        else:
            counted[plan].append(Counted(status, target is not None, value is not None))
    if missing:
        asked = Indicator.objects.filter(pk__in=missing).select_related("plan", "unit", "measure")
        for evaluation in evaluated_by_and_by(list(asked), on=on):
            record = record_of(evaluation)
            counted[evaluation.indicator.plan_id].append(
                Counted(record.status, evaluation.target is not None, record.value is not None)
            )
    return counted
