"""Deferred work on plans."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from plans import invitations
from plans.api_support import idempotency


@shared_task(name=invitations.SEND_TASK, ignore_result=True)
def send_invitations() -> int:
    """Send the invitations that wait for their mail."""
    return invitations.deliver(at=timezone.now())


@shared_task(ignore_result=True)
def forget_idempotency_keys() -> int:
    """Delete the answers kept for repeated requests that are too old to be repeated."""
    return idempotency.forget(at=timezone.now())
