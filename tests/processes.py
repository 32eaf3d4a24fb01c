"""Where another process finds the database and the queue of the test run."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import connection


def database_url() -> str:
    """The address of the test database, for another process."""
    held = connection.settings_dict
    if str(held["HOST"]).startswith("/"):
        return f"postgres://{held['USER']}@:{held['PORT']}/{held['HOST']}/{held['NAME']}"
    password = f":{held['PASSWORD']}" if held["PASSWORD"] else ""
    port = f":{held['PORT']}" if held["PORT"] else ""
    return f"postgres://{held['USER']}{password}@{held['HOST']}{port}/{held['NAME']}"


def queue_url() -> str:
    """The address of the test queue, as REDIS_URL gives it."""
    url: str = settings.CELERY_BROKER_URL
    parts = urlsplit(url)
    if parts.scheme != "redis+socket":
        return url
    return f"unix://{parts.path}?db={parse_qs(parts.query)['virtual_host'][0]}"
