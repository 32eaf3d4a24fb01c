"""Contributions that wait for a review, and what a reviewer's browser sends of them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from indicators import services
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans import workflow
from plans.models import Contribution, Plan, Role
from tests.agent.staff import member
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    SourceFactory,
    TargetFactory,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def reported_indicator() -> Indicator:
    """35 companies a year over 2020-2021, 30 published for 2020."""
    made: Indicator = IndicatorFactory.create(title="Entreprises accompagnées")
    TargetFactory.with_yearly_quota({2020: 35, 2021: 35}, indicator=made)
    ObservationFactory.create(indicator=made, year=2020, value=Decimal(30), published=True)
    services.refresh_progress([made.pk], on=NOW.date())
    return made


def submit(indicator: Indicator, author: User | None = None, **fields: Any) -> Observation:
    """Hand in 41 companies for 2021, unless told."""
    draft: Observation = ObservationFactory.create(
        indicator=indicator,
        source=SourceFactory.create(plan=indicator.plan),
        author=author or member(indicator.plan, Role.CONTRIBUTOR),
        **{"year": 2021, "value": Decimal(41), **fields},
    )
    return workflow.submit(draft, at=NOW)


def submit_update(plan: Plan) -> MilestoneUpdate:
    """Hand in that a deliverable is done."""
    milestone = MilestoneFactory.create(measure__plan=plan, title="Panorama publié")
    draft: MilestoneUpdate = MilestoneUpdateFactory.create(
        milestone=milestone,
        source=SourceFactory.create(plan=plan),
        author=member(plan, Role.CONTRIBUTOR),
    )
    return workflow.submit(draft, at=NOW)


def url(plan: Plan, tail: str) -> str:
    """Return the address of a page of the plan."""
    return f"/agent/plans/{plan.slug}/{tail}"


def at(row: Contribution, verb: str = "") -> str:
    """Return the address of a contribution, or of what is done to it."""
    return row.get_absolute_url() + (f"{verb}/" if verb else "")


def decide(client: Client, row: Contribution, verb: str, **said: Any) -> HttpResponse:
    """Send a form of the contribution's page, opened when `row` was read."""
    answer: Any = client.post(at(row, verb), {"revision": row.revision, **said})
    found: HttpResponse = answer
    return found


def tick(row: Contribution) -> str:
    """Return what its box says on a page opened when `row` was read."""
    return f"{row.noun}-{row.pk}-{row.revision}"
