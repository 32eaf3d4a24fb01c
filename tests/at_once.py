"""Several people or workers who act at the same moment, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

SECONDS_TO_ACT = 60


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each on a connection of its own; return what each gave.

    What one of them raises is raised here.
    """
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(len(acts))
    try:
        under_way = [pool.submit(run, act) for act in acts]
        return [one.result(SECONDS_TO_ACT) for one in under_way]
    finally:
        pool.shutdown(wait=False)


class Aside:
    """Something done in another thread, with a connection of its own."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.refusal: Exception | None = None
        self._act = act
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._act()
        except Exception as error:
            self.refusal = error
        finally:
            connection.close()

    def wait(self) -> None:
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
        return cursor.rowcount > 0


def until_somebody_waits() -> None:
    for _round in range(3_000):
        if somebody_waits():
            return
        threading.Event().wait(0.01)
    pytest.fail("nobody waits")
