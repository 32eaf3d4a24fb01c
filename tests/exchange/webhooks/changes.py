"""Changes of a plan, made by the services that people and partners use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from exchange.models import WebhookEvent, WebhookSubscription
from exchange.webhooks import services as webhooks
from exchange.webhooks.models import EventKind
from indicators import promises, services
from indicators.models import Indicator, Observation, Target
from measures.models import Milestone, MilestoneUpdate
from plans import workflow
from plans.models import Plan
from tests.factories import (
    MilestoneUpdateFactory,
    ObservationFactory,
    SourceFactory,
    UserFactory,
)

ALL = tuple(EventKind.values)
URL = "https://partner.example.org/hooks"


def subscribed(
    plan: Plan, url: str = URL, kinds: tuple[str, ...] = ALL, name: str = ""
) -> tuple[WebhookSubscription, str]:
    """Make a subscription to a plan, of a name of its own; return it with its secret."""
    others = WebhookSubscription.objects.filter(plan=plan).count()
    return webhooks.subscribe(
        plan,
        name=name or f"Observatoire {others or ''}".strip(),
        url=url,
        kinds=kinds,
        by=UserFactory.create(),
        at=timezone.now(),
    )


def submitted(indicator: Indicator, **values: Any) -> Observation:
    """Write a value and hand it to the reviewers."""
    source = SourceFactory.create(plan=indicator.plan)
    draft = ObservationFactory.create(
        indicator=indicator, source=source, author=UserFactory.create(), **values
    )
    return workflow.submit(draft, at=timezone.now())


def published(indicator: Indicator, *, at: datetime | None = None, **values: Any) -> Observation:
    """Publish a value of an indicator, by a reviewer."""
    return services.publish(
        submitted(indicator, **values), reviewer=UserFactory.create(), at=at or timezone.now()
    )


def corrected(observation: Observation, value: int) -> Observation:
    """Publish another value in the place of one."""
    return published(
        observation.indicator,
        period_start=observation.period_start,
        period_end=observation.period_end,
        value=value,
        supersedes=observation,
        correction_reason="Erreur de saisie",
    )


def withdrawn(observation: Observation) -> Observation:
    """Take a value back."""
    return services.withdraw(observation, reason="Doublon", at=timezone.now())


def reported(milestone: Milestone, **values: Any) -> MilestoneUpdate:
    """Publish the state of a milestone, by a reviewer."""
    plan = milestone.permission_plan
    draft = MilestoneUpdateFactory.create(
        milestone=milestone,
        source=SourceFactory.create(plan=plan),
        author=UserFactory.create(),
        **values,
    )
    handed = workflow.submit(draft, at=timezone.now())
    return workflow.publish(handed, plan, reviewer=UserFactory.create(), at=timezone.now())


@transaction.atomic
def revised(target: Target, value: int) -> Target:
    """Replace a target by another, with a reason, as the staff page does."""
    new = promises.open_revision(target, on=timezone.localdate())
    new.kind, new.value = target.kind, value  # type: ignore[assignment] # as a form gives it
    new.wording, new.source = "« Révisé »", target.source
    new.revision_reason = "Budget augmenté"
    new.full_clean()
    new.save()
    services.refresh_progress([target.indicator_id], on=timezone.localdate())
    return new


def kinds() -> list[str]:
    """The kinds of the events that were written, in order."""
    return list(WebhookEvent.objects.order_by("id").values_list("kind", flat=True))
