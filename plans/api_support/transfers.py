"""Long answers: whole before their first byte leaves, then sent as fast as the reader takes them.

The web server ends a body in the middle of which an error happens as if it were complete: half a
table would look whole. So a table is made first, packed, in a temporary file: a database that goes
away meanwhile is an error with its own status, and the length of what is sent is known and told.
A reader who is slow, or stops, holds a file and a thread that only waits, never a connection to the
database nor a slot (`config.slots`); few do so at once in a process.
"""

from __future__ import annotations

import gzip
import tempfile
import threading
import weakref
from collections.abc import Generator
from contextlib import closing
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse

from plans.api_support.problems import Refused

BLOCK = 256 * 1024
LEVEL = 1
"""The level of packing that costs least: a table is mostly repetitions."""
BUSY_SECONDS = 30

# Taken again by the same thread, where the collector of garbage gives back an answer meanwhile.
_counting = threading.RLock()
_under_way = 0


class FinishedFile(StreamingHttpResponse):
    """An answer sent in parts which is whole before: nothing is read while it is sent."""


def is_finished(answer: Any) -> bool:
    """Whether sending an answer asks nothing of the database: it is a file that is whole."""
    return isinstance(answer, FinishedFile | FileResponse)


class Transfer:
    """A long answer, made of the blocks given; sent once.

    Raises Refused (503) when enough are under way in this process, and whatever the making of the
    blocks raises.
    """

    def __init__(self, blocks: Generator[bytes]) -> None:
        _take_one()
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by what follows
        # Whatever becomes of the answer, even one that is never sent.
        self.close = weakref.finalize(self, _give_back, self._file)
        self.size = 0
        try:
            with closing(blocks), self._packing() as packed:
                for block in blocks:
                    packed.write(block)
                    self.size += len(block)
        except BaseException:
            self.close()
            raise
        self.packed_size = self._file.tell()
        self._file.seek(0)

    def _packing(self) -> gzip.GzipFile:
        # Without a name or a moment: the same table has the same bytes.
        return gzip.GzipFile("", "wb", LEVEL, self._file, mtime=0)

    def read(self, *, packed: bool) -> Generator[bytes]:
        """Yield what is sent, as gzip or not."""
        try:
            with self._file if packed else gzip.GzipFile(fileobj=self._file) as content:
                while block := content.read(BLOCK):
                    yield block
        finally:
            self.close()


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


def _give_back(file: IO[bytes]) -> None:
    global _under_way  # noqa: PLW0603
    file.close()
    with _counting:
        _under_way -= 1
