"""Which writer is the latest: the one before it is no longer one, whatever it says itself.

A promotion begins a new timeline of the journal. A former writer that somebody starts again, or
that starts by itself with its machine, takes writes as if nothing had happened, on the timeline of
before: what is written there is lost, or worse, kept beside what others write. The latest timeline
that any process has seen is remembered, here and in Redis.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

import psycopg
from django.core.cache import cache
from redis import RedisError

logger = logging.getLogger(__name__)

# The first eight digits of the name of the journal's file, in base 16.
WHERE = """
    SELECT system_identifier,
           CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END
    FROM pg_control_system()
"""


class History:
    """The latest timeline of each cluster: a database that was made anew is another one."""

    def __init__(self) -> None:
        self._latest: dict[int, int] = {}
        self._lock = threading.Lock()

    def is_former(self, connection: Any) -> bool:
        """Whether a server was the writer before another one; remember it where it is the latest.

        One that follows, or does not say, is taken as it is.

        Raises psycopg.Error where it does not answer.
        """
        try:
            with connection.cursor() as cursor:
                cluster, file = cursor.execute(WHERE).fetchone()
        except psycopg.ProgrammingError:
            # Somebody took the right to ask away from everybody.
            cluster, file = 0, None
        connection.rollback()
        if file is None:
            return False
        timeline = int(file[:8], 16)
        latest = max(self._latest.get(cluster, 0), self._told(cluster))
        if timeline > latest:
            self._tell(cluster, timeline)
        with self._lock:
            self._latest[cluster] = max(timeline, latest, self._latest.get(cluster, 0))
        if timeline < latest:
            logger.error(
                "A former writer takes writes again (timeline %d, the latest is %d): passed over.",
                timeline, latest,
            )  # fmt: skip
        return timeline < latest

    def _told(self, cluster: int) -> int:
        """Return what another process has seen; 0 where none has, or Redis is away."""
        try:
            return int(cache.get(f"timeline:{cluster}", 0))
        except RedisError:
            return 0

    def _tell(self, cluster: int, timeline: int) -> None:
        try:
            cache.set(f"timeline:{cluster}", timeline, None)
        except RedisError:
            logger.warning("The latest writer is not remembered: the cache does not answer.")


history = History()
