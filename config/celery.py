"""The Celery application. Its settings are the CELERY_* ones of Django's settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun

from config.requests import current_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# What a request leaves to the worker is found in the log under the same identifier.
_HEADER = "request_id"


@before_task_publish.connect
def _name_the_request(headers: dict[str, Any], **_: Any) -> None:
    if current_id.get():
        headers[_HEADER] = current_id.get()


@task_prerun.connect
def _take_its_name(task_id: str, task: Any, **_: Any) -> None:
    current_id.set(getattr(task.request, _HEADER, None) or task_id)


@task_postrun.connect
def _forget_its_name(**_: Any) -> None:
    current_id.set("")
