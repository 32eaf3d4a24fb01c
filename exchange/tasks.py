"""Deferred work of the exchanges."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from exchange.packages import services
from exchange.spreadsheets import jobs, keeping
from exchange.webhooks import courier
from exchange.webhooks import services as webhooks

logger = logging.getLogger(__name__)


@shared_task(name="exchange.tasks.build_changed_packages", ignore_result=True)
def build_changed_packages() -> int:
    """Build the packages of the plans that changed since theirs was built."""
    return services.build_changed(at=timezone.now())


@shared_task(name="exchange.tasks.work_on_import", ignore_result=True)
def work_on_import(job_id: int) -> None:
    """Check or write an import, whichever is next."""
    jobs.work_on(job_id, at=timezone.now())


@shared_task(name="exchange.tasks.take_up_imports", ignore_result=True)
def take_up_imports() -> None:
    """Hand to a worker what waits, and what a dead worker left."""
    for job_id in jobs.take_up(at=timezone.now()):
        work_on_import.delay(job_id)


@shared_task(name="exchange.tasks.purge_imports", ignore_result=True)
def purge_imports() -> None:
    """Remove the files that have been kept long enough."""
    keeping.purge(at=timezone.now())


def queue(job_id: int) -> None:
    """Hand an import to a worker now; with the broker away, `take_up_imports` does it later."""
    try:
        work_on_import.apply_async((job_id,), retry=False)
    except (OperationalError, OSError):
        logger.warning("The broker is away: import %s waits for the next round", job_id)


@shared_task(name=webhooks.SWEEP_TASK, ignore_result=True)
def sweep_webhooks() -> int:
    """Give each receiver that has something to be told a turn of its own; return how many.

    Every few seconds by the beat: what is due follows from the rows, so a broker or a courier
    that was down is made up for.
    """
    waiting = courier.with_work(at=timezone.now())
    for subscription in waiting:
        # One that finds no free courier is asked for again by the next sweep.
        deliver_webhooks.apply_async((subscription,), expires=30)
    return len(waiting)


@shared_task(name="exchange.tasks.deliver_webhooks", ignore_result=True)
def deliver_webhooks(subscription: int) -> int:
    """Deliver what is due to one receiver, unless somebody is at it."""
    return courier.deliver(subscription)


@shared_task(name="exchange.tasks.purge_webhooks", ignore_result=True)
def purge_webhooks() -> int:
    """Forget the log of deliveries beyond the days it is kept."""
    return webhooks.purge(at=timezone.now())
