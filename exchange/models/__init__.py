"""What the exchanges keep of their own: packages built, files sent, partners to tell of changes."""

from exchange.models.imports import ImportJob, ImportRow
from exchange.models.packages import PlanPackage
from exchange.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from exchange.webhooks.telling import MilestoneUpdateTold, ObservationTold, TargetTold

__all__ = [
    "ImportJob",
    "ImportRow",
    "MilestoneUpdateTold",
    "ObservationTold",
    "PlanPackage",
    "TargetTold",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookSubscription",
]
