"""Telling people things, and vouching for their addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from celery import current_app
from django.db import transaction
from django.utils.text import Truncator
from kombu.exceptions import KombuError

from accounts.models import Notification, User

SEND_TASK = "accounts.tasks.send_digests"

logger = logging.getLogger(__name__)


def notify(
    users: Iterable[User],
    *,
    plan_id: int,
    kind: Notification.Kind,
    key: str,
    text: str,
    url: str,
    at: datetime,
) -> None:
    """Tell each person once; what was told under this key before is not told again.

    Call it in the transaction of what it tells. `plan_id` is the plan it is about: who leaves it
    hears no more of it.
    """
    told = [user for user in users if user.is_active]
    Notification.objects.bulk_create(
        [
            Notification(
                user=user,
                plan_id=plan_id,
                kind=kind,
                key=key,
                text=Truncator(text).chars(300),
                url=url,
                created_at=at,
                awaits_mail=user.digest != User.Digest.NEVER,
            )
            for user in told
        ],
        ignore_conflicts=True,
    )
    if any(user.digest == User.Digest.IMMEDIATE for user in told):
        transaction.on_commit(_ask_for_mail)


def _ask_for_mail() -> None:
    try:
        current_app.send_task(SEND_TASK, ignore_result=True, retry=False)
    except KombuError as error:
        logger.warning("No broker (%s): the mails will go with the next beat.", error)


def settle(*, kind: Notification.Kind, url: str, at: datetime) -> None:
    """Mark as read, for everyone, what asked for a step that has been taken."""
    Notification.objects.unread().filter(kind=kind, url=url).update(read_at=at)


def settle_all(*, kind: Notification.Kind, urls: Iterable[str], at: datetime) -> None:
    """Mark as read, for everyone, what asked for several steps that have been taken."""
    asked = list(urls)
    if asked:
        Notification.objects.unread().filter(kind=kind, url__in=asked).update(read_at=at)


@transaction.atomic
def choose_digest(user: User, digest: User.Digest) -> None:
    """Keep how often a person wants mail; with NEVER what waits for a mail has none."""
    user.digest = digest
    user.save(update_fields=("digest",))
    if digest == User.Digest.NEVER:
        user.notifications.filter(awaits_mail=True).update(awaits_mail=False)


@transaction.atomic
def vouch_for_address(user: User) -> None:
    """Record that the account's address is the person's own.

    Said by whoever knows: an invitation that reached the address, an administrator. An identity
    provider that knows the address may then sign the person in without their password being
    taken away, as allauth does to an account that somebody else might have opened.
    """
    EmailAddress.objects.filter(user=user).exclude(email=user.email.lower()).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
