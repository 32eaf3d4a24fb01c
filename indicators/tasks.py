"""Deferred work on indicators."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from indicators import services


@shared_task(name="indicators.tasks.refresh_all_progress", ignore_result=True)
def refresh_all_progress() -> int:
    """Store every plan's progress for the day that has begun (Europe/Paris), when asked to."""
    return services.refresh_all_progress(on=timezone.localdate())


@shared_task(name="indicators.tasks.refresh_missing_progress", ignore_result=True)
def refresh_missing_progress() -> int:
    """Store the progress that nothing says yet for the day that has begun (Europe/Paris)."""
    return services.refresh_missing_progress(on=timezone.localdate())
