"""What the exchanges keep of their own: packages that were built, partners to tell of changes."""

from __future__ import annotations

from django.db import models

from exchange.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from exchange.webhooks.telling import MilestoneUpdateTold, ObservationTold, TargetTold
from plans.models import Plan

__all__ = [
    "MilestoneUpdateTold",
    "ObservationTold",
    "PlanPackage",
    "TargetTold",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookSubscription",
]


class PlanPackage(models.Model):
    """The latest package of a plan.

    Kept in the database, so that every process serves what any of them built, and a copy of the
    database is whole. `fingerprint` tells from which state of the rows it was built.
    """

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="package")
    fingerprint = models.CharField(max_length=64)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    content_digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    table_sizes = models.JSONField(default=dict)
    modified_at = models.DateTimeField()
    built_at = models.DateTimeField()

    class Meta:
        verbose_name = "paquet de données"
        verbose_name_plural = "paquets de données"

    def __str__(self) -> str:
        return f"{self.plan_id} : {self.digest[:12]}"
