"""A loader: many connections that stay open, one process, as little work per request as may be.

Plain sockets and epoll, so that what is measured is the server and not its client. Loopback only.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True)
class Loaded:
    """What a load came to: answers in a time, in seconds, and how long each took."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    errors: int = 0
    latencies: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """Seconds of processor that the server spent on each answer, where it was asked."""

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The time, in seconds, within which this share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self.status = 0
        self.missing = -1
        self.chunked = False
        self.head = b""

    def ask(self, request: bytes) -> None:
        self.begun, self.missing, self.head = time.perf_counter(), -1, b""
        self.chunked = False
        self.socket.sendall(request)

    def read(self) -> bool:
        """Take what has come; tell whether the answer is whole."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("closed")
        if self.chunked:
            self.head = (self.head + data)[-5:]
            return self.head == LAST_CHUNK
        if self.missing >= 0:
            self.missing -= len(data)
            return self.missing <= 0
        self.head += data
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.head[:end].lower()
        self.status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            self.chunked = True
            self.head = self.head[-5:]
            return self.head == LAST_CHUNK
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        self.missing = length - (len(self.head) - end - 4)
        return self.missing <= 0


def get(path: str, port: int, *, compressed: bool = True) -> bytes:
    """Write a request as a browser does."""
    encoding = "Accept-Encoding: gzip\r\n" if compressed else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{encoding}\r\n".encode()


def load(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int = 8,
    seconds: float = 4.0,
    most: int | None = None,
    least: int = 0,
    meanwhile: Callable[[], None] | None = None,
) -> Loaded:
    """Ask these requests in turn for so many seconds, or until there are `most` answers.

    A slow server has up to half a minute for the `least` answers that make a figure.
    """
    loaded = Loaded()
    poll = select.epoll()
    open_ones: dict[int, _Connection] = {}
    number = 0

    def connect() -> None:
        nonlocal number
        made = _Connection(port)
        open_ones[made.socket.fileno()] = made
        poll.register(made.socket.fileno(), select.EPOLLIN)
        made.ask(requests[number % len(requests)])
        number += 1

    for _ in range(connections):
        connect()
    begun = time.perf_counter()
    end = begun + seconds
    while (most is None or len(loaded.latencies) < most) and (
        (now := time.perf_counter()) < end or (now < begun + 30 and len(loaded.latencies) < least)
    ):
        for descriptor, _event in poll.poll(0.5):
            one = open_ones[descriptor]
            try:
                if not one.read():
                    continue
            except OSError:
                loaded.errors += 1
                poll.unregister(descriptor)
                one.socket.close()
                del open_ones[descriptor]
                connect()
                continue
            loaded.latencies.append(time.perf_counter() - one.begun)
            loaded.statuses[one.status] = loaded.statuses.get(one.status, 0) + 1
            one.ask(requests[number % len(requests)])
            number += 1
        if meanwhile is not None:
            meanwhile()
    loaded.seconds = time.perf_counter() - begun
    for one in open_ones.values():
        one.socket.close()
    poll.close()
    return loaded
