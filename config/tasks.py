"""Deferred work for the whole installation: personal data that has served."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from config import retention


@shared_task(name="config.tasks.forget", ignore_result=True)
def forget() -> dict[str, int]:
    """Delete and make anonymous what the settings promise; every night."""
    return retention.forget(at=timezone.now())
