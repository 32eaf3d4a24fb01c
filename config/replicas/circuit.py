"""A replica that failed is left alone, and taken back once it answers again.

No request tries it out: a thread does, which is there only as long as the replica is not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connections

from config import metrics
from config.replicas import REPLICA

logger = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds between two attempts to read from a replica that is left alone."""
QUESTION = "SELECT 1 FROM dashboards_publicedition LIMIT 1"


def answers() -> bool:
    """Whether the replica answers a question about the site's own data, on a new connection."""
    connection = connections[REPLICA]
    try:
        with connection.cursor() as cursor:
            cursor.execute(QUESTION)
            return True
    except Error:
        return False
    finally:
        connection.close()


class Circuit:
    """Whether this process reads from the replica."""

    def __init__(self, answers: Callable[[], bool] = answers, *, pause: float = PAUSE) -> None:
        self._answers = answers
        self._pause = pause
        self._lock = threading.Lock()
        self.is_closed = True
        self.faults = 0
        """How often it was opened: a connection made before the last time is not to be trusted."""

    def open(self, reason: str) -> None:
        """Leave the replica alone, and look after it."""
        with self._lock:
            if not self.is_closed:
                return
            self.is_closed = False
            self.faults += 1
        metrics.count_replica_fault(reason)
        logger.warning("The replica is left alone (%s): the writer answers.", reason)
        threading.Thread(target=self._look_after, name="replica", daemon=True).start()

    def _look_after(self) -> None:
        began = time.monotonic()
        while True:
            time.sleep(self._pause)
            if self._answers():
                break
        self.is_closed = True
        seconds = time.monotonic() - began
        logger.info("The replica is read from again, after %.0f s.", seconds)


circuit = Circuit()


def in_use() -> bool:
    """Whether there is a replica, and this process reads from it."""
    return bool(settings.READS_REPLICA and circuit.is_closed)
