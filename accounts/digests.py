"""Which notifications leave together in one mail, and when.

Nothing here waits for a particular minute: what is due follows from when a notification was
written and from the person's choice, so a worker or a beat that was down makes up for it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import DigestMail, Notification, User
from accounts.working_days import last_monday_morning, last_working_morning


def told_until(digest: User.Digest, at: datetime) -> datetime:
    """Return up to when notifications leave now; NEVER has no mail and no such moment."""
    here = timezone.localtime(at)
    if digest == User.Digest.DAILY:
        return last_working_morning(here)
    if digest == User.Digest.WEEKLY:
        return last_monday_morning(here)
    return at


def write_due(*, at: datetime) -> int:
    """Write the mails that are due and return how many; they are sent by `accounts.outbox`."""
    written = 0
    for digest in (User.Digest.IMMEDIATE, User.Digest.DAILY, User.Digest.WEEKLY):
        waiting = Notification.objects.awaiting_mail(digest, until=told_until(digest, at))
        for user_id in waiting.order_by("user_id").values_list("user_id", flat=True).distinct():
            written += _write(user_id, digest, at=at)
    return written


@transaction.atomic
def _write(user_id: int, digest: User.Digest, *, at: datetime) -> bool:
    """Put what a person has not been told into one mail, unless another worker is at it.

    What they have read in the product meanwhile needs no mail any more.
    """
    rows = list(
        Notification.objects.awaiting_mail(digest, until=told_until(digest, at))
        .filter(user=user_id)
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
    )
    carried = [row.pk for row in rows if row.read_at is None]
    mail = None
    if carried:
        mail = DigestMail.objects.create(
            user_id=user_id, message_id=_new_message_id(), created_at=at, due_at=at
        )
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(awaits_mail=False)
    Notification.objects.filter(pk__in=carried).update(mail=mail)
    return mail is not None


def _new_message_id() -> str:
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return f"<{uuid4()}@{sender}>"
