"""How deliveries go, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from exchange.models import WebhookAttempt, WebhookDelivery, WebhookEvent
from exchange.webhooks.courier import LEASE
from exchange.webhooks.wording import error_words


def answer_words(attempt: WebhookAttempt | None, *, at: datetime) -> str:
    """Say what came of an attempt; empty when there was none yet."""
    if attempt is None:
        return ""
    if attempt.status is not None:
        return _("réponse %(status)s") % {"status": attempt.status}
    if attempt.error:
        return error_words(attempt.error)
    if attempt.started_at + LEASE > at:
        return _("en cours")
    return _("interrompu, sera repris")


def subject_of(event: WebhookEvent) -> str:
    """Name what an event is about; empty for a test."""
    if event.observation is not None:
        return str(event.observation)
    if event.update is not None:
        return str(event.update)
    if event.target is not None:
        return f"{event.target.indicator} ({event.target})"
    return ""


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery in the log."""

    delivery: WebhookDelivery
    subject: str
    answer: str
    duration_ms: int | None
    tone: str
    """Of the state: the modifier of the class `state`."""


def line_of(delivery: WebhookDelivery, latest: WebhookAttempt | None, *, at: datetime) -> Line:
    """Return a delivery as the log shows it, with its latest attempt."""
    tones = {"waiting": "submitted", "delivered": "published", "given_up": "wrong"}
    tone = tones[delivery.state]
    if delivery.state == WebhookDelivery.State.WAITING and delivery.attempts:
        tone = "returned"
    return Line(
        delivery=delivery,
        subject=subject_of(delivery.event),
        answer=answer_words(latest, at=at),
        duration_ms=None if latest is None else latest.duration_ms,
        tone=tone,
    )
