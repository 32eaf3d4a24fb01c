"""Long answers, sent while they are read: what they may hold of the site, and for how long.

A server thread and a connection to the database are held until the reader has taken everything. So
few are sent at once in a process, which leaves the other threads to everybody else; and a reader
who stops taking loses the connection: the database is free of it, and the file ends in an error.
"""

from __future__ import annotations

import threading
import time
import weakref
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from http import HTTPStatus

from django.conf import settings
from django.db import connections

from plans.api_support.problems import Refused

PATIENCE = 60.0
"""Seconds without a block taken after which a reader is taken for gone."""
LONGEST = 3600.0
"""Seconds that a whole transfer may last."""
LOOKS_EVERY = 5.0
BUSY_SECONDS = 30

_counting = threading.Lock()
_under_way = 0


class Transfer:
    """The blocks of a long answer, made one at a time as the server asks for them.

    The first is made at once: a database that refuses is an error with its own status, not half a
    file. Raises Refused (503) when enough are under way in this process.
    """

    def __init__(self, blocks: Generator[bytes], using: str) -> None:
        self._blocks = blocks
        self._connection = connections[using]
        self._lock = threading.Lock()
        self._closed = threading.Event()
        _take_one()
        # Whatever becomes of the answer, even one that is never sent.
        self._give_back = weakref.finalize(self, _give_one_back)
        self._begun = self._taken = time.monotonic()
        try:
            self._first: bytes | None = next(blocks)
        except BaseException:
            self.close()
            raise
        watch = threading.Thread(target=_watch, args=(weakref.ref(self), self._closed), daemon=True)
        watch.start()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._lock:
            try:
                block, self._first = self._first, None
                return next(self._blocks) if block is None else block
            finally:
                self._taken = time.monotonic()

    def close(self) -> None:
        """Give back what the transfer held; the server calls it at the end, whatever the end."""
        with self._lock:
            self._closed.set()
        self._blocks.close()
        self._give_back()

    def look(self) -> None:
        """Take the connection from a reader who stopped; the next block is then an error."""
        if not self._lock.acquire(blocking=False):
            return  # a block is being made
        try:
            now = time.monotonic()
            if now - self._taken > PATIENCE or now - self._begun > LONGEST:
                held = self._connection.connection
                if held is not None and not self._closed.is_set():
                    held.close()
        finally:
            self._lock.release()


def _take_one() -> None:
    global _under_way  # noqa: PLW0603 - one count for the process
    with _counting:
        if _under_way >= settings.API_EXPORTS_AT_ONCE:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Enough exports are being sent; ask again in a moment.",
                headers={"Retry-After": str(BUSY_SECONDS)},
            )
        _under_way += 1


def _give_one_back() -> None:
    global _under_way  # noqa: PLW0603
    with _counting:
        _under_way -= 1


def _watch(reference: weakref.ref[Transfer], closed: threading.Event) -> None:
    """Look at a transfer now and then, without keeping it alive."""
    while not closed.wait(LOOKS_EVERY):
        transfer = reference()
        if transfer is None:
            return
        transfer.look()
        del transfer


def compressed(blocks: Generator[bytes]) -> Generator[bytes]:
    """Yield the same as gzip, at the level that costs least: a table is mostly repetitions."""
    packer = zlib.compressobj(level=1, wbits=31)
    with closing(blocks):
        for block in blocks:
            if packed := packer.compress(block):
                yield packed
    yield packer.flush()
