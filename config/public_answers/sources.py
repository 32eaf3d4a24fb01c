"""Which server a public answer is made from, and under which edition it is kept.

The writer says which edition stands. A replica is good for an answer exactly where it shows that
edition of what the answer rests on: how far it is behind in the rest says nothing. An answer is
kept under the edition that its own server showed before it was made, hence never under one that it
does not show.

While the writer is away nobody knows which edition stands. Then a replica is the best that there
is, and what it gives says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import Error

from config import metrics
from config.public_answers.editions import DatabaseAwayError, Editions, lookup, read_editions
from config.replicas.circuit import in_use
from config.replicas.router import reading_replica


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer is read, and what that showed before."""

    editions: Editions
    is_replica: bool = False
    as_of: datetime | None = None
    """When this was known to be the latest, if nobody knows whether it still is."""


def source_of(path: str) -> Source | None:
    """Return what an answer at a path is made from; None where no server answers."""
    return (_replica(path) if in_use() else None) or writer()


def writer() -> Source | None:
    """Return the writer as a source, with its editions: one query; None where it is away."""
    try:
        return Source(read_editions())
    except Error:
        return None


def _replica(path: str) -> Source | None:
    """Return the replica, where it is good for an answer at a path: one query, on the replica."""
    try:
        standing = lookup.current()
    except DatabaseAwayError:
        standing = None
    with reading_replica():
        try:
            shown = read_editions()
        except Error:
            metrics.count_declined("failed")
            return None
    if standing is not None:
        if shown.part(path).key == standing.part(path).key:
            return Source(standing, is_replica=True)
        metrics.count_declined("behind")
        return None
    known = lookup.last_known()
    if known is not None and shown.part(path).key == known[0].part(path).key:
        return Source(shown, is_replica=True, as_of=known[1])
    return Source(shown, is_replica=True, as_of=shown.part(path).changed_at)
