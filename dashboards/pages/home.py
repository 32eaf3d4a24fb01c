"""The home page: regions, their plans with counts by status, and what changed lately."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from itertools import groupby

from django.db.models import Count, F

from dashboards.counting import counted_in_public_plans
from dashboards.milestones import states_by_plan
from dashboards.news import Change, latest_changes
from dashboards.tallies import (
    MilestoneCount,
    StatusCount,
    Summary,
    count_milestones,
    count_statuses,
    summarise,
)
from measures.models import Measure
from plans.alphabet import alphabetical
from plans.models import Plan, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """A plan and its whole counts."""

    plan: Plan
    counts: tuple[StatusCount, ...]
    milestone_counts: tuple[MilestoneCount, ...]
    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionEntry:
    """A region and its plans, the main ones before the programmes related to them."""

    region: Region
    plans: tuple[PlanRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """Everything the home page shows."""

    as_of: date
    regions: tuple[RegionEntry, ...]
    summary: Summary | None
    changes: tuple[Change, ...]


def home_page(*, on: date) -> HomePage:
    """Load the home page. What is fictitious is listed last and counted in no total."""
    public = Plan.objects.public()
    plans = list(
        public.select_related("region")
        .annotate(measure_count=Count("measures"))
        .order_by(
            "region__fictitious",
            alphabetical("region__name"),
            F("related_to").asc(nulls_first=True),
            "-adopted_on",
            "slug",
        )
    )
    targets = counted_in_public_plans(on=on)
    states = states_by_plan(Measure.objects.filter(plan__in=public), on=on)
    rows = [
        PlanRow(
            plan=plan,
            counts=count_statuses(target.status for target in targets[plan.pk]),
            milestone_counts=count_milestones(states[plan.pk]),
            summary=summarise(
                targets[plan.pk],
                states[plan.pk],
                measures=plan.measure_count,  # type: ignore[attr-defined] # annotated above
            ),
        )
        for plan in plans
    ]
    return HomePage(
        as_of=on,
        regions=tuple(
            RegionEntry(region=region, plans=tuple(listed))
            for region, listed in groupby(rows, key=lambda row: row.plan.region)
        ),
        summary=_total(row.summary for row in rows if not row.plan.region.fictitious),
        changes=latest_changes(public),
    )


def _total(summaries: Iterable[Summary]) -> Summary | None:
    """Add whole counts up; None when there is no plan to count."""
    counted = list(summaries)
    if not counted:
        return None
    return Summary(
        **{
            field.name: sum(getattr(summary, field.name) for summary in counted)
            for field in fields(Summary)
        }
    )
