"""Other processes of a test: where they find its database and its queue; a Celery worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


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


class Worker:
    """A Celery worker with its pool, as the site runs it."""

    def __init__(self, log: Path, *, processes: int = 1, **environment: str) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "--app", "config.celery", "--quiet", "worker",
                    "--concurrency", str(processes), "--loglevel", "warning",
                    "--without-gossip", "--without-mingle",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DJANGO_SETTINGS_MODULE": "config.settings.local",
                    "DATABASE_URL": database_url(),
                    "REDIS_URL": queue_url(),
                    "PYTHONWARNINGS": "ignore",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def worker(log: Path, *, processes: int = 1, **environment: str) -> Iterator[Worker]:
    """Run a worker, and end it with the block if nothing did before."""
    started = Worker(log, processes=processes, **environment)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()
