"""How many requests Django works on at once, and the connections they work with.

A thread that only waits costs little; one that works takes the processor and connections to the
database from the others. So a process has many threads (`THREADS_OF_A_SLOT` for each slot), and as
many slots as it should work on at once. The connections belong to the slots: threads come and go.
A file that is whole needs no slot while it is sent: a reader who stops reading it keeps a thread
that waits, and nobody's work. The web server waits for such a reader for as long as the connection
stands, so files may take half of the threads and no more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus
from queue import LifoQueue
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse

from plans.api_support.problems import problem
from plans.api_support.transfers import BUSY_SECONDS, is_finished

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Any]

THREADS_OF_A_SLOT = 16
FILES_OF_A_SLOT = THREADS_OF_A_SLOT // 2
"""Files being sent at once, for each slot: the other threads are for what is worked on."""
BUSY = "Trop de fichiers sont envoyés en ce moment. Réessayez dans une minute.\n"
UNQUEUED = ("/healthz", "/openz")
"""They ask no other server; whoever asks whether a process is well does not wait for its work."""

Slot = dict[str, BaseDatabaseWrapper]


class Slots:
    """A WSGI application in front of another, which works on so many requests at once."""

    def __init__(self, application: Application, count: int) -> None:
        self.application = application
        # The one that was left last is taken first: its connections are there.
        self._free: LifoQueue[Slot] = LifoQueue()
        self._files = threading.BoundedSemaphore(count * FILES_OF_A_SLOT)
        for _ in range(count):
            self._free.put(_slot())

    def __call__(self, meta: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if meta.get("PATH_INFO") in UNQUEUED:
            well: Iterable[bytes] = self.application(meta, start_response)
            return well
        slot = self._free.get()
        is_whole = False
        try:
            for alias, connection in slot.items():
                connections[alias] = connection
            answer = self.application(meta, start_response)
            if is_finished(answer):
                is_whole = True
                return self._file(meta, answer, start_response)
            if isinstance(answer, list) or not getattr(answer, "streaming", True):
                is_whole = True
                try:
                    return [b"".join(answer)]
                finally:
                    _close(answer)
            return _Sent(answer, lambda: self._leave(slot))
        except BaseException:
            is_whole = True
            raise
        finally:
            if is_whole:
                self._leave(slot)

    def _file(
        self, meta: dict[str, Any], answer: Any, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send a file, where not too many are being sent; nothing of it has left yet."""
        if self._files.acquire(blocking=False):
            return _Sent(answer, self._files.release)
        _close(answer)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        refusal = (
            problem(status, "Enough files are being sent; ask again in a moment.")
            if meta.get("PATH_INFO", "").startswith("/api/")
            else HttpResponse(
                BUSY, "text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
            )
        )
        refusal["Retry-After"] = str(BUSY_SECONDS)
        start_response(f"{status} {status.phrase}", list(refusal.items()))
        return [refusal.content]

    def _leave(self, slot: Slot) -> None:
        for alias in slot:
            # Closed by another thread than sent it, the answer has left nothing in this one.
            with suppress(AttributeError):
                del connections[alias]
        self._free.put(slot)


def _slot() -> Slot:
    slot = {alias: connections.create_connection(alias) for alias in connections}
    for connection in slot.values():
        connection.inc_thread_sharing()
    return slot


def _close(answer: Any) -> None:
    if hasattr(answer, "close"):
        answer.close()


class _Sent:
    """An answer sent in parts: its place is left when the last is sent, or it is given up."""

    def __init__(self, answer: Any, leave: Callable[[], None]) -> None:
        self.answer = answer
        self._leave = leave

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.answer)

    def close(self) -> None:
        """Close the answer and leave the place, once."""
        leave, self._leave = self._leave, lambda: None
        try:
            _close(self.answer)
        finally:
            leave()
