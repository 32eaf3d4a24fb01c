"""Delivering: at least once, in order for each indicator, one receiver never waiting for another.

A subscription is worked on by whoever holds its lease, one delivery at a time. A delivery is
claimed in a transaction of its own, so that an attempt is counted even when the courier is killed
in the middle of it; then the receiver is spoken to with no transaction open; then the outcome is
written. A courier that dies leaves a delivery that is due again after a pause, and a lease that
runs out: the message goes again, under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services import notify
from exchange.webhooks import signing
from exchange.webhooks.destinations import Rules
from exchange.webhooks.keys import UnreadableSecretError, keys_of
from exchange.webhooks.models import (
    EXCERPT_LENGTH,
    WebhookAttempt,
    WebhookDelivery,
    WebhookSubscription,
)
from exchange.webhooks.payloads import body_of
from exchange.webhooks.posting import Answer, post
from exchange.webhooks.wording import error_words
from plans.models import Role

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 20
"""After that, nearly three days, a message is given up and the next of its indicator follows."""
FAILING_TOO_LONG = timedelta(days=2)
"""A receiver that takes nothing for so long is stopped, well before anything is given up."""
FAILURES_IN_A_ROW = 3
"""So many failures with nothing accepted between them, and the receiver is left to rest."""
LONGEST_REST = timedelta(minutes=30)
TURN = timedelta(seconds=10)
"""How long a receiver that has much to read keeps a courier before the others have theirs."""
LEASE = timedelta(minutes=2)
"""Longer than one attempt may take (at most a minute: WEBHOOK_TIMEOUT_SECONDS)."""
GONE = 410

Clock = Callable[[], datetime]

logger = logging.getLogger(__name__)


def pause_after(attempts: int) -> timedelta:
    """How long a delivery waits after so many attempts: 30 s, 1, 2, 4 minutes … 6 hours."""
    pause: timedelta = FIRST_PAUSE * 2 ** (attempts - 1)
    return min(pause, LONGEST_PAUSE)


def rest_after(failures: int) -> timedelta:
    """How long a receiver is left alone after so many failures in a row; zero for a few."""
    if failures < FAILURES_IN_A_ROW:
        return timedelta(0)
    rest: timedelta = FIRST_PAUSE * 2 ** min(failures - FAILURES_IN_A_ROW, 20)
    return min(rest, LONGEST_REST)


def with_work(*, at: datetime) -> list[int]:
    """Return the subscriptions (ids) that have something to deliver and nobody at it."""
    to_try = WebhookDelivery.objects.to_try(at).filter(subscription=OuterRef("pk"))
    return list(
        WebhookSubscription.objects.filter(_nobody_at_it(at), Exists(to_try))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def deliver(subscription_id: int, *, clock: Clock = timezone.now) -> int:
    """Deliver what is due to one subscription, for one turn, and return how many were accepted.

    Nothing is done when somebody else is at it.
    """
    started = clock()
    lease = uuid4()
    if not _take(subscription_id, lease, at=started):
        return 0
    accepted = refused = 0
    try:
        while refused < FAILURES_IN_A_ROW and clock() - started <= TURN:
            claim = _claim(subscription_id, lease, at=clock())
            if claim is None:
                break
            answer = _send(claim, at=clock())
            _note(claim, answer, at=clock())
            if answer.accepted:
                accepted += 1
            else:
                refused += 1
    finally:
        WebhookSubscription.objects.filter(pk=subscription_id, lease=lease).update(
            lease=None, leased_until=None
        )
    return accepted


def _nobody_at_it(at: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lte=at)


def _take(subscription_id: int, lease: UUID, *, at: datetime) -> bool:
    """Take the lease, unless somebody holds it: one UPDATE, which two cannot both win."""
    free = WebhookSubscription.objects.filter(_nobody_at_it(at), pk=subscription_id)
    return free.update(lease=lease, leased_until=at + LEASE) == 1


@dataclass(frozen=True, slots=True)
class _Claim:
    delivery: WebhookDelivery
    attempt: WebhookAttempt


@transaction.atomic
def _claim(subscription_id: int, lease: UUID, *, at: datetime) -> _Claim | None:
    """Count an attempt at the next delivery and put it out of reach for a while.

    None when nothing is due, or when the lease ran out and somebody else has it.
    """
    mine = WebhookSubscription.objects.filter(pk=subscription_id, lease=lease)
    if mine.update(leased_until=at + LEASE) != 1:
        return None
    delivery = (
        WebhookDelivery.objects.to_try(at)
        .filter(subscription=subscription_id)
        .select_related("subscription", "event__plan")
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.due_at = at + pause_after(delivery.attempts)
    delivery.save(update_fields=("attempts", "due_at"))
    return _Claim(delivery, WebhookAttempt.objects.create(delivery=delivery, started_at=at))


def _send(claim: _Claim, *, at: datetime) -> Answer:
    """Write the message, unless it is, sign it and hand it over; nothing is raised."""
    delivery = claim.delivery
    event, subscription = delivery.event, delivery.subscription
    try:
        if not event.body:
            event.body = body_of(event)
            event.save(update_fields=("body",))
        keys = keys_of(subscription, at=at)
    except UnreadableSecretError:
        return _unsent("secret")
    except Exception:
        # A message that cannot be written holds back its own indicator, never the courier.
        logger.exception("The message of event %s cannot be written", event.pk)
        return _unsent("internal")
    body = event.body.encode()
    headers = signing.headers(
        keys, message_id=event.message_id, timestamp=int(at.timestamp()), body=body
    )
    return post(
        subscription.url,
        body,
        headers,
        rules=rules_here(),
        timeout=settings.WEBHOOK_TIMEOUT_SECONDS,
    )


def _unsent(error: str) -> Answer:
    return Answer(status=None, error=error, excerpt="", duration_ms=0)


def rules_here() -> Rules:
    """Return what this installation allows of addresses."""
    return Rules(
        private_networks=settings.WEBHOOK_ALLOWED_PRIVATE_NETWORKS,
        plain_http=settings.WEBHOOK_ALLOW_HTTP,
    )


@transaction.atomic
def _note(claim: _Claim, answer: Answer, *, at: datetime) -> None:
    """Write what came of an attempt, and what it says of the receiver.

    A message that arrived is delivered, whatever happened to the subscription meanwhile.
    """
    attempt, delivery = claim.attempt, claim.delivery
    subscription = (
        WebhookSubscription.objects.select_related("plan")
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=delivery.subscription_id)
        .first()
    )
    if subscription is None:  # deleted meanwhile, its deliveries with it
        return
    attempt.ended_at = at
    attempt.status = answer.status
    attempt.duration_ms = answer.duration_ms
    attempt.error = answer.error[:300]
    attempt.excerpt = answer.excerpt[:EXCERPT_LENGTH]
    attempt.save()
    if answer.accepted:
        _end(delivery, WebhookDelivery.State.DELIVERED, at=at)
        WebhookSubscription.objects.filter(pk=subscription.pk).update(
            failing_since=None, failures=0, rests_until=None
        )
        return
    if delivery.on_request:
        _end(delivery, WebhookDelivery.State.GIVEN_UP, at=at)
        return
    if delivery.attempts >= MOST_ATTEMPTS:
        _end(delivery, WebhookDelivery.State.GIVEN_UP, at=at)
    _count_failure(subscription, answer, at=at)


def _end(delivery: WebhookDelivery, state: WebhookDelivery.State, *, at: datetime) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.WAITING).update(
        state=state, ended_at=at
    )


def _count_failure(subscription: WebhookSubscription, answer: Answer, *, at: datetime) -> None:
    """Let the receiver rest, or stop writing to it when it has taken nothing for long."""
    since = subscription.failing_since or at
    failures = subscription.failures + 1
    WebhookSubscription.objects.filter(pk=subscription.pk).update(
        failing_since=since,
        failures=F("failures") + 1,
        rests_until=at + rest_after(failures) if rest_after(failures) else None,
    )
    if subscription.state != WebhookSubscription.State.ACTIVE:
        return
    if answer.status == GONE:
        _stop(subscription, _("Le système a répondu 410 : il ne veut plus rien recevoir."), at=at)
    elif at - since >= FAILING_TOO_LONG:
        _stop(
            subscription,
            _("Rien n’a été reçu depuis deux jours (dernière réponse : %(answer)s).")
            % {"answer": answer.status or error_words(answer.error)},
            at=at,
        )


def _stop(subscription: WebhookSubscription, reason: str, *, at: datetime) -> None:
    """Stop a subscription and tell the managers of its plan; what waits goes on waiting."""
    subscription.state = WebhookSubscription.State.DISABLED
    subscription.state_reason = reason[:300]
    subscription.save(update_fields=("state", "state_reason"))
    logger.warning("Subscription %s is stopped: %s", subscription.pk, reason)
    managers = User.objects.filter(
        is_active=True,
        memberships__plan=subscription.plan,
        memberships__role=Role.MANAGER,
    )
    notify(
        managers,
        plan_id=subscription.plan_id,
        kind=Notification.Kind.PARTNER,
        key=f"webhook:{subscription.pk}:{at.isoformat()}",
        text=_("Les annonces à « %(name)s » sont arrêtées. %(reason)s")
        % {"name": subscription.name, "reason": reason},
        url=subscription.get_absolute_url(),
        at=at,
    )
