"""Deferred work for people: their mails."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import digests, outbox
from accounts.services import SEND_TASK


@shared_task(name=SEND_TASK, ignore_result=True)
def send_digests() -> int:
    """Write the mails that are due, then send those that wait; return how many went.

    Asked for when something is told to someone who wants it at once, and every minute by the beat,
    which makes up for a broker or a worker that was down.
    """
    now = timezone.now()
    digests.write_due(at=now)
    return outbox.deliver(at=now)
