"""Deferred work of the exchanges."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from exchange.packages import services


@shared_task(name="exchange.tasks.build_changed_packages", ignore_result=True)
def build_changed_packages() -> int:
    """Build the packages of the plans that changed since theirs was built."""
    return services.build_changed(at=timezone.now())
