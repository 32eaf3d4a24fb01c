"""Celery: its queue, what is done when, and by which worker."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from config.redis_urls import broker_url
from config.settings.base.cache import REDIS_URL
from config.settings.base.language import TIME_ZONE

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page that leaves work to the worker does not wait for a broker that is down: what must not be
# lost is in the database, and the beat takes it up.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_IMPORTS = ["accounts.mail"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# A task is done when it has ended, not when it was fetched: a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # The first stroke of midnight stores the new day; one query finds out that nothing is missing.
    "refresh-progress": {
        "task": "indicators.tasks.refresh_missing_progress",
        "schedule": crontab(),
        "options": {"expires": 55},
    },
    "remind": {
        "task": "agent.tasks.remind",
        "schedule": crontab(hour=6, minute=0),
    },
    "sweep-evidence": {
        "task": "agent.tasks.sweep_evidence",
        "schedule": crontab(hour=3, minute=40),
    },
    "forget": {
        "task": "config.tasks.forget",
        "schedule": crontab(hour=3, minute=20),
    },
    # What is due follows from the rows: a minute that is missed is made up for by the next.
    "send-digests": {
        "task": "accounts.tasks.send_digests",
        "schedule": crontab(),
        "options": {"expires": 55},
    },
    "send-invitations": {
        "task": "plans.tasks.send_invitations",
        "schedule": crontab(minute="*/5"),
    },
    "forget-idempotency-keys": {
        "task": "plans.tasks.forget_idempotency_keys",
        "schedule": crontab(minute=25),
    },
    # One query finds out that nothing changed.
    "build-packages": {
        "task": "exchange.tasks.build_changed_packages",
        "schedule": crontab(),
    },
    "take-up-imports": {
        "task": "exchange.tasks.take_up_imports",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "purge-imports": {
        "task": "exchange.tasks.purge_imports",
        "schedule": crontab(hour=3, minute=20),
    },
    # One query finds out that nothing is to be told.
    "sweep-webhooks": {
        "task": "exchange.tasks.sweep_webhooks",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 9},
    },
    "purge-webhooks": {
        "task": "exchange.tasks.purge_webhooks",
        "schedule": crontab(hour=4, minute=10),
    },
}
# Partners' systems are spoken to by a worker of their own, the courier: one that does not answer
# keeps no mail and no other work waiting.
CELERY_TASK_ROUTES: dict[str, dict[str, str]] = {
    "exchange.tasks.sweep_webhooks": {"queue": "webhooks"},
    "exchange.tasks.deliver_webhooks": {"queue": "webhooks"},
}
