"""The server that takes writes, among several: whichever it is by now.

libpq finds it (`target_session_attrs=read-write`) when a connection is made. One that was made
before may lead to a server that takes none any more: it is as good as broken.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is made anew where its server takes no writes any more."""

    def is_usable(self) -> bool:
        """Whether the server answers, and takes writes; Django asks before each request."""
        return bool(super().is_usable()) and self.takes_writes()

    def takes_writes(self) -> bool:
        """Whether the server takes writes, by what it last said of itself, unasked."""
        server = self.connection.pgconn
        said = (b"in_hot_standby", b"default_transaction_read_only")
        return all(server.parameter_status(name) != b"on" for name in said)


def takes_writes(connection: BaseDatabaseWrapper) -> bool:
    """Whether a connection leads to a server that takes writes; one that stands alone does."""
    return not isinstance(connection, DatabaseWrapper) or connection.takes_writes()
