"""What was answered, as bytes ready to send: in this process first, then in Redis.

Nothing is taken out because of its age. What another edition wrote is asked for no more: in the
process it makes room for what is used (least recently used first, a bound in bytes), in Redis it
leaves after a day, which is housekeeping and decides about no answer.
"""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from redis import RedisError

logger = logging.getLogger(__name__)

MEMORY = 32 * 2**20
"""Bytes of answers in one process, and no more."""
LARGEST = 2 * 2**20
"""Bytes of the largest answer that is kept."""
HOUSEKEEPING = 26 * 3600
PAUSE = 2.0
"""Seconds for which a Redis that did not answer is not asked again."""
ADDRESSES = 10_000
"""Addresses of which a process knows the latest answer."""
OVERHEAD = 4000
"""Bytes that an answer takes besides its body: key, headers, objects."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status 200 as it was given: its headers without those of one encoding, its bytes."""

    headers: Headers
    etag: str
    modified: float
    body: bytes
    zipped: bytes | None
    ready: dict[bool, tuple[int, list[tuple[str, str]], bytes]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """As it is given, compressed or not, once it was: the same headers, the same bytes."""

    @property
    def size(self) -> int:
        return OVERHEAD + len(self.body) + len(self.zipped or b"")


def compressed(body: bytes, *, often: bool = True) -> bytes | None:
    """Compress: well what is sent often, else at once; None where it does not pay."""
    small = gzip.compress(body, 6 if often else 1, mtime=0) if len(body) > 500 else body
    return small if len(small) < len(body) * 0.9 else None


class Memory:
    """Answers in this process, the least recently used leaving first."""

    def __init__(self, most: int = MEMORY) -> None:
        self.most = most
        self.size = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Answer | None:
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            return answer

    def put(self, key: str, answer: Answer) -> None:
        with self._lock:
            former = self._answers.pop(key, None)
            self.size += answer.size - (former.size if former else 0)
            self._answers[key] = answer
            while self.size > self.most:
                _, least = self._answers.popitem(last=False)
                self.size -= least.size

    def clear(self) -> None:
        with self._lock:
            self._answers.clear()
            self.size = 0


class Shared:
    """Answers in Redis, for the other processes and machines; without it each draws its own."""

    def __init__(self) -> None:
        self._asked_again_at = 0.0

    def get(self, key: str) -> Answer | None:
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            found = cache.get(f"public:{key}")
        except RedisError:
            self._pause()
            return None
        if found is None:
            return None
        headers, etag, modified, body, zipped = found
        if body is None:
            body = gzip.decompress(zipped)
        return Answer(headers, etag, modified, body, zipped)

    def put(self, key: str, answer: Answer) -> None:
        if time.monotonic() < self._asked_again_at:
            return
        body = answer.body if answer.zipped is None else None
        held = (answer.headers, answer.etag, answer.modified, body, answer.zipped)
        try:
            cache.set(f"public:{key}", held, HOUSEKEEPING)
        except RedisError:
            self._pause()

    def remember(self, address: str, key: str, moment: datetime) -> None:
        if time.monotonic() >= self._asked_again_at:
            try:
                cache.set(f"latest:{address}", (key, moment), HOUSEKEEPING)
            except RedisError:
                self._pause()

    def latest(self, address: str) -> tuple[str, datetime] | None:
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            found: tuple[str, datetime] | None = cache.get(f"latest:{address}")
        except RedisError:
            self._pause()
            return None
        return found

    def _pause(self) -> None:
        self._asked_again_at = time.monotonic() + PAUSE
        logger.warning("Redis does not answer: each process keeps public answers by itself.")

    def forget(self) -> None:
        self._asked_again_at = 0.0


memory = Memory()
shared = Shared()


def held(key: str, *, for_everybody: bool = True) -> Answer | None:
    """Return what was answered under this key, by any process where it may be in Redis."""
    answer = memory.get(key)
    if answer is None and for_everybody:
        answer = shared.get(key)
        if answer is not None:
            memory.put(key, answer)
    return answer


def keep(key: str, answer: Answer, *, for_everybody: bool) -> None:
    """Keep an answer here, and in Redis for every process where it is worth its room."""
    if answer.size <= LARGEST:
        memory.put(key, answer)
        if for_everybody:
            shared.put(key, answer)


class Latest:
    """Where the latest answer of each address is kept, for when the database is away."""

    def __init__(self, most: int = ADDRESSES) -> None:
        self.most = most
        self._keys: OrderedDict[str, tuple[str, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str) -> tuple[str, datetime] | None:
        with self._lock:
            return self._keys.get(address)

    def put(self, address: str, key: str, moment: datetime) -> None:
        with self._lock:
            self._keys[address] = (key, moment)
            self._keys.move_to_end(address)
            while len(self._keys) > self.most:
                self._keys.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


latest_here = Latest()


def remember(address: str, key: str, moment: datetime, *, for_everybody: bool) -> None:
    """Note under which key an address was answered last, and when that was true."""
    latest_here.put(address, key, moment)
    if for_everybody:
        shared.remember(address, key, moment)


def latest(address: str) -> tuple[str, datetime] | None:
    """Return the key of the latest answer of an address and when it was true, the newest known."""
    here, there = latest_here.get(address), shared.latest(address)
    return max((one for one in (here, there) if one), key=lambda one: one[1], default=None)
