"""Which server a request reads: one for the whole of it, never one for each query.

Everything reads from the writer (staff, partners with a token, tasks, commands), except what runs
inside `reading_replica`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

from config.replicas import REPLICA


@dataclass(slots=True)
class Reading:
    """What has come of reading from the replica so far."""

    has_failed: bool = False
    """Whether it refused, broke off, hung or lacked anything: what was made of it is void."""


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


@contextmanager
def reading_replica() -> Iterator[Reading]:
    """Let what follows read from the replica; it is for the caller to look whether it failed.

    Raises nothing of its own: the errors of the replica pass through, where nobody caught them.
    """
    reading = Reading()
    token = _reading.set(reading)
    try:
        yield reading
    finally:
        _reading.reset(token)
        if reading.has_failed:
            connections[REPLICA].close()


def note_failure() -> None:
    """Note that the replica did not give what was asked; the writer is asked from here on."""
    reading = _reading.get()
    if reading is not None:
        reading.has_failed = True


class Router:
    """Django's question for each query, answered by what the request reads."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Name the replica where it is read, but in a transaction, which reads what it wrote."""
        reading = _reading.get()
        if reading is None or reading.has_failed or connections[DEFAULT_DB_ALIAS].in_atomic_block:
            return DEFAULT_DB_ALIAS
        return REPLICA

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Name the writer."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Allow it: both servers hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Migrate the writer alone; the others follow it."""
        return db == DEFAULT_DB_ALIAS
