"""What a manager does with a subscription, and what becomes of the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from accounts.models import Notification, User
from accounts.services import settle
from exchange.webhooks.keys import opened, sealed
from exchange.webhooks.models import (
    TEST,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from exchange.webhooks.signing import new_secret
from plans.models import Plan

SWEEP_TASK = "exchange.tasks.sweep_webhooks"
MOST_SUBSCRIPTIONS = 20
"""Of one plan: each of its changes is written once for each of them."""
OVERLAP = timedelta(hours=24)
"""How long the former secret signs as well after it is replaced."""

logger = logging.getLogger(__name__)


class SubscriptionError(Exception):
    """A step that the state of a subscription does not allow; the message says why, in French."""


@transaction.atomic
def subscribe(
    plan: Plan, *, name: str, url: str, kinds: Iterable[str], by: User, at: datetime
) -> tuple[WebhookSubscription, str]:
    """Make a subscription and return it with its secret.

    Raises SubscriptionError when the plan has as many as it may or one of that name,
    ValidationError on bad content.
    """
    Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if WebhookSubscription.objects.filter(plan=plan).count() >= MOST_SUBSCRIPTIONS:
        raise SubscriptionError(
            _("Un plan a au plus %(most)s abonnements.") % {"most": MOST_SUBSCRIPTIONS}
        )
    if is_name_taken(plan, name):
        raise SubscriptionError(name_taken_words(name))
    secret = new_secret()
    subscription = WebhookSubscription(
        plan=plan,
        name=name,
        url=url,
        kinds=list(kinds),
        secret=sealed(secret),
        created_by=by,
        created_at=at,
    )
    subscription.full_clean()
    subscription.save()
    return subscription, secret


def is_name_taken(plan: Plan, name: str, *, besides: int | None = None) -> bool:
    """Whether another subscription of the plan is called so, in whatever case."""
    rows = WebhookSubscription.objects.filter(plan=plan, name__iexact=name.strip())
    if besides is not None:
        rows = rows.exclude(pk=besides)
    return rows.exists()


def name_taken_words(name: str) -> str:
    """Say that a name is taken: two lines of one list could not be told apart."""
    return _("« %(name)s » est déjà abonné à ce plan : donnez un autre nom.") % {"name": name}


def _locked(subscription: WebhookSubscription) -> WebhookSubscription:
    rows = WebhookSubscription.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("plan").get(pk=subscription.pk)


@transaction.atomic
def show_secret(subscription: WebhookSubscription, *, at: datetime) -> str:
    """Return the secret, once. Raises SubscriptionError the second time.

    Raises keys.UnreadableSecretError when the site has lost its key.
    """
    row = _locked(subscription)
    if row.secret_shown_at is not None:
        raise SubscriptionError(
            _("Ce secret a déjà été montré. S’il est perdu, remplacez-le par un nouveau.")
        )
    secret = opened(row.secret)
    row.secret_shown_at = at
    row.save(update_fields=("secret_shown_at",))
    return secret


@transaction.atomic
def rotate_secret(
    subscription: WebhookSubscription, *, leaked: bool, at: datetime
) -> WebhookSubscription:
    """Replace the secret, which is to be shown again.

    The former one signs beside it for a day, unless it has `leaked`.
    """
    row = _locked(subscription)
    row.former_secret = "" if leaked else row.secret
    row.former_secret_until = None if leaked else at + OVERLAP
    row.secret = sealed(new_secret())
    row.secret_shown_at = None
    row.save(update_fields=("former_secret", "former_secret_until", "secret", "secret_shown_at"))
    return row


@transaction.atomic
def change(
    subscription: WebhookSubscription, *, name: str, url: str, kinds: Iterable[str], at: datetime
) -> None:
    """Write what a manager changed. What the former address failed at says nothing of another."""
    row = _locked(subscription)
    moved = row.url != url
    row.name, row.url, row.kinds = name, url, list(kinds)
    row.save(update_fields=("name", "url", "kinds"))
    if moved:
        _try_afresh(row, at=at)


@transaction.atomic
def pause(subscription: WebhookSubscription) -> None:
    """Hold back what is to come; it goes when the subscription is resumed."""
    row = _locked(subscription)
    if row.state != WebhookSubscription.State.ACTIVE:
        raise SubscriptionError(_("Seul un abonnement actif se met en pause."))
    row.state = WebhookSubscription.State.PAUSED
    row.save(update_fields=("state",))


@transaction.atomic
def resume(subscription: WebhookSubscription, *, at: datetime) -> None:
    """Take up a subscription that was paused or stopped: what waits is due now, tried afresh."""
    row = _locked(subscription)
    if row.state == WebhookSubscription.State.ACTIVE:
        raise SubscriptionError(_("Cet abonnement est déjà actif."))
    row.state = WebhookSubscription.State.ACTIVE
    row.state_reason = ""
    row.save(update_fields=("state", "state_reason"))
    _try_afresh(row, at=at)
    settle(kind=Notification.Kind.PARTNER, url=row.get_absolute_url(), at=at)


def _try_afresh(row: WebhookSubscription, *, at: datetime) -> None:
    row.failing_since = row.rests_until = None
    row.failures = 0
    row.save(update_fields=("failing_since", "rests_until", "failures"))
    row.deliveries.waiting().update(due_at=at, attempts=0)
    ask_for_delivery()


@transaction.atomic
def send_test(subscription: WebhookSubscription, *, at: datetime) -> WebhookDelivery:
    """Write a message without content, to try the address and the signature."""
    event = WebhookEvent.objects.create(plan=subscription.plan, kind=TEST, occurred_at=at)
    return _on_request(subscription, event, at=at)


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, at: datetime) -> WebhookDelivery:
    """Send a message again, under the same id; one that waits is tried now instead."""
    # Before the delivery, in the order of whoever notes what came of an attempt.
    _locked(delivery.subscription)
    row = (
        WebhookDelivery.objects.select_related("subscription", "event")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=delivery.pk)
    )
    if row.state != WebhookDelivery.State.WAITING:
        return _on_request(row.subscription, row.event, at=at)
    row.due_at = at
    row.save(update_fields=("due_at",))
    WebhookSubscription.objects.filter(pk=row.subscription_id).update(rests_until=None)
    ask_for_delivery()
    return row


def _on_request(
    subscription: WebhookSubscription, event: WebhookEvent, *, at: datetime
) -> WebhookDelivery:
    delivery = WebhookDelivery.objects.create(
        subscription=subscription, event=event, on_request=True, created_at=at, due_at=at
    )
    ask_for_delivery()
    return delivery


def ask_for_delivery() -> None:
    """Wake the courier after commit; without a broker, the beat does."""
    transaction.on_commit(_send_sweep)


def _send_sweep() -> None:
    try:
        current_app.send_task(SWEEP_TASK, ignore_result=True, retry=False)
    except KombuError as error:
        logger.warning("No broker (%s): the messages will go with the next beat.", error)


def purge(*, at: datetime) -> int:
    """Forget what is older than the log is kept; return how many deliveries went.

    What has waited as long, for a subscription that nobody resumed, is given up: the API tells
    what is published now.
    """
    oldest = at - timedelta(days=settings.WEBHOOK_LOG_DAYS)
    WebhookDelivery.objects.waiting().filter(created_at__lt=oldest).update(
        state=WebhookDelivery.State.GIVEN_UP, ended_at=at
    )
    WebhookDelivery.objects.ended_before(oldest).delete()
    gone = WebhookDelivery.objects.filter(event=OuterRef("pk"))
    forgotten, _by_model = WebhookEvent.objects.filter(~Exists(gone)).delete()
    WebhookSubscription.objects.filter(former_secret_until__lte=at).update(
        former_secret="",  # nosec B106 - it is forgotten
        former_secret_until=None,
    )
    return forgotten
