"""How far the replica is behind the writer, asked of both."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, connection, connections

from config.replicas import REPLICA

WRITTEN = "SELECT pg_current_wal_lsn()"
# Asked after the writer: a replica that has come as far as the writer was then is not behind,
# however long ago the last transaction was.
REPLAYED = """
    SELECT pg_wal_lsn_diff(%s, pg_last_wal_replay_lsn()),
           extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Lag:
    """What is written and not yet replayed; None where nobody can tell."""

    seconds: float | None
    bytes: float | None


def measured(*, writer_answers: bool = True) -> Lag:
    """Measure it. Raises DatabaseError when the replica does not answer.

    Without the writer nobody knows how much there is to replay: the seconds are those since the
    last transaction that the replica knows of.
    """
    written = _written() if writer_answers else None
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(REPLAYED, [written])
        behind, ago = cursor.fetchone()
    missing = None if behind is None else max(0.0, float(behind))
    if missing == 0:
        return Lag(0.0, 0.0)
    return Lag(None if ago is None else max(0.0, float(ago)), missing)


def _written() -> str | None:
    """Return where the writer is in its journal; None where it is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(WRITTEN)
            return str(cursor.fetchone()[0])
    except DatabaseError:
        return None
