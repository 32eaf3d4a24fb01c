"""Deferred work for the staff: reminders."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from agent import reminders


@shared_task(name="agent.tasks.remind", ignore_result=True)
def remind() -> None:
    """Remind people of due dates; every morning, an hour before the mails of the day leave."""
    reminders.remind_everyone(at=timezone.now())
