"""Several people or workers who act at the same moment, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
