"""How deliveries go, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from exchange.models import WebhookAttempt, WebhookDelivery, WebhookEvent
from exchange.webhooks.courier import LEASE


def refusal_words(code: str) -> str:
    """Say why an address is not written to."""
    return {
        "scheme": _("L’adresse commence par https://."),
        "host": _("Cette adresse n’a pas de nom de machine lisible."),
        "credentials": _("L’adresse ne contient ni nom ni mot de passe."),
        "port": _("Le numéro de port n’existe pas."),
        "private": _("Cette adresse est celle d’un réseau privé : rien n’y est envoyé."),
    }[code]


def error_words(error: str) -> str:
    """Say why an attempt had no answer; what the system said stands after the code."""
    code, _colon, detail = error.partition(": ")
    words = {
        "scheme": _("adresse sans https, refusée"),
        "host": _("adresse illisible"),
        "credentials": _("adresse avec mot de passe, refusée"),
        "port": _("port inexistant"),
        "private": _("adresse d’un réseau privé, refusée"),
        "dns": _("nom introuvable"),
        "timeout": _("pas de réponse à temps"),
        "tls": _("certificat refusé"),
        "connection": _("connexion impossible"),
        "protocol": _("réponse illisible"),
        "secret": _("secret illisible par ce site : remplacez-le"),
        "internal": _("erreur de ce site, notée dans son journal"),
    }[code]
    return f"{words} ({detail})" if detail else words


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
