"""The server that takes writes, among several: whichever it is by now.

libpq finds it (`target_session_attrs=read-write`) when a connection is made. One that was made
before may lead to a server that takes none any more: it is as good as broken. And a server that
takes writes may be a former writer: it is passed over.
"""

from __future__ import annotations

import time
from itertools import zip_longest
from typing import Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql import base

from config.replicas.writer.history import history


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that is made anew where its server takes no writes any more."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Connect to the latest writer. Raises OperationalError where none answers."""
        servers = _servers(conn_params)
        while servers:
            hosts, ports = (",".join(words) for words in zip(*servers, strict=True))
            connection: psycopg.Connection[Any] = super().get_new_connection(
                {**conn_params, "host": hosts, "port": ports}
            )
            found = (connection.info.host, str(connection.info.port))
            try:
                former = history.is_former(connection)
            except psycopg.Error:
                connection.close()
                raise
            if not former:
                return connection
            connection.close()
            servers = [server for server in servers if server != found]
        raise psycopg.OperationalError("only a former writer takes writes")

    def is_usable(self) -> bool:
        """Whether the server answers, and takes writes; Django asks before each request."""
        return bool(super().is_usable()) and self.takes_writes()

    def takes_writes(self) -> bool:
        """Whether the server takes writes, by what it last said of itself, unasked."""
        server = self.connection.pgconn
        said = (b"in_hot_standby", b"default_transaction_read_only")
        return all(server.parameter_status(name) != b"on" for name in said)


def is_writer(connection: BaseDatabaseWrapper) -> bool:
    """Whether a connection that is kept leads to the writer; a server that stands alone is one.

    Made longer ago than CONN_MAX_AGE it may lead to one that is a former writer by now.
    """
    if not isinstance(connection, DatabaseWrapper):
        return True
    until = connection.close_at
    return connection.takes_writes() and (until is None or time.monotonic() < until)


def _servers(conn_params: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each host with its port; one port may be that of all."""
    hosts = str(conn_params.get("host") or "").split(",")
    ports = [port or "5432" for port in str(conn_params.get("port") or "").split(",")]
    return list(zip_longest(hosts, ports, fillvalue=ports[-1]))
