"""One request to a receiver: to the address that was judged, once, within a time, no redirect.

http.client is told where to connect and does nothing by itself: it follows no redirect, reads no
proxy from the environment and keeps no cookie. Every read and write of the socket has what is left
of one deadline, so a receiver that answers byte by byte takes no more time than one that is silent.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from exchange.webhooks.destinations import Destination, DestinationError, Rules, resolve

EXCERPT_BYTES = 2_000
"""What is read of an answer; the rest is never fetched."""
AGENT = "plans-ia-webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one request: a status, or the reason why there is none."""

    status: int | None
    error: str
    """Empty with a status; else a code of DestinationError, or timeout, tls, connection, protocol.

    After the code stands what the system said.
    """
    excerpt: str
    duration_ms: int

    @property
    def accepted(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, rules: Rules, timeout: float
) -> Answer:
    """Send a message and return what came of it; no failure is an exception.

    `timeout` is the number of seconds for the whole: name, connection, request, answer.
    """
    started = time.monotonic()
    deadline = started + timeout
    status, error, excerpt = None, "", ""
    connection: _PinnedConnection | None = None
    try:
        destination = resolve(url, rules, timeout=timeout)
        connection = _PinnedConnection(destination, deadline)
        connection.request(
            "POST",
            destination.path,
            body=body,
            headers={
                "Host": destination.host_header,
                "Content-Type": "application/json",
                "User-Agent": AGENT,
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
        )
        response = connection.getresponse()
        status = response.status
        excerpt = _beginning(response)
    except DestinationError as refusal:
        error = str(refusal)
    except TimeoutError:
        error = "timeout"
    except ssl.SSLError as failure:
        error = f"tls: {failure.reason or failure}"
        if isinstance(failure, ssl.SSLCertVerificationError):
            error = f"tls: {failure.verify_message}"
    except OSError as failure:
        error = f"connection: {failure.strerror or failure}"
    except (http.client.HTTPException, ValueError) as failure:
        error = f"protocol: {type(failure).__name__}"
    finally:
        if connection is not None:
            connection.hang_up()
    return Answer(
        status=status,
        error=error if status is None else "",
        excerpt=excerpt,
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _beginning(response: http.client.HTTPResponse) -> str:
    """Return how the answer begins; the status counts even when its body does not come."""
    try:
        start = response.read(EXCERPT_BYTES)
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    # PostgreSQL keeps no NUL in a text.
    return start.decode("utf-8", "replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


@cache
def _trust() -> ssl.SSLContext:
    """Read the certificates of authorities, once for the process: that takes time."""
    return ssl.create_default_context()


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to the addresses that were judged, under the name that was given."""

    def __init__(self, destination: Destination, deadline: float) -> None:
        super().__init__(destination.host, destination.port)
        self._destination = destination
        self._deadline = deadline
        self._raw: socket.socket | None = None

    def hang_up(self) -> None:
        """Close the socket itself; `close` happens before the answer is read."""
        if self._raw is not None:
            self._raw.close()

    def connect(self) -> None:
        """Connect to the first address that answers; with TLS, the certificate is of the name."""
        self._raw = self._connected()
        if self._destination.encrypted:
            self._raw.settimeout(_left(self._deadline))
            self._raw = _trust().wrap_socket(self._raw, server_hostname=self._destination.host)
        # http.client asks for sendall, makefile and close, and for nothing else.
        self.sock = cast("Any", _Deadline(self._raw, self._deadline))

    def _connected(self) -> socket.socket:
        failure: OSError | None = None
        addresses = self._destination.addresses
        for remaining, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # A first address that does not answer leaves time for the next.
            share = _left(self._deadline) / remaining
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            # A bare socket: socket.create_connection would ask the resolver again.
            raw = socket.socket(family, socket.SOCK_STREAM)
            try:
                raw.settimeout(share)
                raw.connect((str(address), self._destination.port))
            except OSError as error:
                raw.close()
                failure = error
            else:
                return raw
        assert failure is not None
        raise failure


def _left(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError when none are."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Deadline:
    """A socket whose every operation has what is left of the time of the whole."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._raw.settimeout(_left(self._deadline))
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._raw, self._deadline))

    def close(self) -> None:
        """Do nothing: http.client closes before it reads an answer that ends the connection."""


class _Reader(io.RawIOBase):
    """What comes in, as long as there is time."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._raw.settimeout(_left(self._deadline))
        return self._raw.recv_into(buffer)
