"""A connection to a replica: nobody waits for it long, and its failures are noted.

What a page makes of an error (it may catch it, it may not) says nothing here: whoever had the page
made looks whether the replica failed, and has it made from the writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg.pq import TransactionStatus

from config.replicas.circuit import circuit
from config.replicas.router import note_failure

PATIENCE = 2.0
"""Seconds to wait for an answer of the replica, from each time that it is asked."""
LONGEST_TABLE = 900
"""Seconds that the replica gives lines of one table."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up where its server takes a question and does not answer.

    The server's own limit (`statement_timeout`) is of no use where the server itself hangs.
    """

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer. Raises OperationalError after PATIENCE."""
        try:
            return super().wait(gen, interval, PATIENCE if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # An answer that comes later would be taken for that to the next question.
                self.pgconn.finish()
            raise


def _limit() -> str:
    """Have the replica end what nobody waits for any more."""
    return f"SET statement_timeout = {int(2 * PATIENCE * 1000)}"


class PatientCursor(base.Cursor):
    """A cursor whose tables may take as long as they are long."""

    connection: psycopg.Connection[Any]  # the stubs tell nothing of what it is made of

    @contextmanager
    def copy(self, statement: Any, *words: Any, **more: Any) -> Iterator[psycopg.Copy]:
        """Copy, under a limit of its own.

        Whoever reads a table is waited for at each line; one who left is noticed when the next is
        sent.
        """
        self.connection.execute(f"SET statement_timeout = {LONGEST_TABLE * 1000}")
        try:
            with super().copy(statement, *words, **more) as copied:  # type: ignore[misc]
                yield copied
        finally:
            with suppress(psycopg.Error):  # it is lost, and was noted so
                self.connection.execute(_limit())


class NotedErrors(DatabaseErrorWrapper):
    """Django's translation of errors, which tells that there was one."""

    wrapper: DatabaseWrapper

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(exc_value, psycopg.Error):
            note_failure()
            connection = self.wrapper.connection
            if connection is None or connection.closed:
                # One statement that the replica ends (it must go on replaying) says nothing of the
                # next; a connection that is lost, or cannot be made, does.
                circuit.open(type(exc_value).__name__)
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, as a replica."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._faults = 0

    @cached_property
    def wrap_database_errors(self) -> NotedErrors:
        """Note the errors of connecting, asking and fetching."""
        return NotedErrors(self)

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        """Connect, to wait no longer than PATIENCE afterwards."""
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        self._faults = circuit.faults
        return PatientConnection.connect(**{**conn_params, "cursor_factory": PatientCursor})

    def init_connection_state(self) -> None:
        """Limit what is asked of this connection."""
        super().init_connection_state()
        self.connection.execute(_limit())

    def close_if_unusable_or_obsolete(self) -> None:
        """Close a connection that is not to be relied on; Django asks before each request.

        One from before the last fault; one to a server that was promoted, where another follows it
        by now.
        """
        if self.connection is not None and (self._faults != circuit.faults or not self._follows()):
            self.close()
        super().close_if_unusable_or_obsolete()

    def _follows(self) -> bool:
        """Whether the server follows another, by what it last said of itself, where it has to."""
        if self.settings_dict["OPTIONS"].get("target_session_attrs") != "standby":
            return True
        return bool(self.connection.pgconn.parameter_status(b"in_hot_standby") == b"on")
