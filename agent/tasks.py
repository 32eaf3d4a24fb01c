"""Deferred work for the staff: reminders, evidence files that nobody wants any more."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from agent import reminders
from agent.entry.evidence import sweep_evidence as sweep


@shared_task(name="agent.tasks.remind", ignore_result=True)
def remind() -> None:
    """Remind people of due dates; every morning, an hour before the mails of the day leave."""
    reminders.remind_everyone(at=timezone.now())


@shared_task(name="agent.tasks.sweep_evidence", ignore_result=True)
def sweep_evidence() -> int:
    """Delete the evidence files that nothing refers to since yesterday."""
    return sweep(at=timezone.now())
