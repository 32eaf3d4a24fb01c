"""Questions asked about deliveries, named as phrases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from exchange.webhooks.models import WebhookDelivery  # noqa: F401 - the rows


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Messages on their way to partners."""

    def waiting(self) -> Self:
        """Keep those neither received nor given up."""
        return self.filter(state="waiting")

    def ended_before(self, moment: datetime) -> Self:
        """Keep those that came to an end before a moment."""
        return self.filter(ended_at__lt=moment)

    def to_try(self, at: datetime) -> Self:
        """Keep those to be tried by now, the least tried first, then the oldest.

        Nothing leaves while its subscription is not active or rests, unless a person asked for
        it; nothing but a test leaves for a plan that is not public. What is about an indicator
        (or a milestone) waits for what was to be told of it before.
        """
        earlier = (
            self.model._default_manager.all()
            .waiting()
            .filter(
                subscription=models.OuterRef("subscription"),
                lane=models.OuterRef("lane"),
                event__lt=models.OuterRef("event"),
                on_request=False,
            )
        )
        rested = models.Q(subscription__rests_until__isnull=True) | models.Q(
            subscription__rests_until__lte=at
        )
        return (
            self.waiting()
            .filter(
                models.Q(on_request=True) | (rested & models.Q(subscription__state="active")),
                models.Q(event__kind="webhook.test") | models.Q(subscription__plan__is_public=True),
                models.Q(on_request=True) | ~models.Exists(earlier),
                due_at__lte=at,
            )
            .order_by("attempts", "event_id", "id")
        )
