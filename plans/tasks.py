"""Deferred work on plans."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from plans import invitations


@shared_task(name=invitations.SEND_TASK, ignore_result=True)
def send_invitations() -> int:
    """Send the invitations that wait for their mail."""
    return invitations.deliver(at=timezone.now())
