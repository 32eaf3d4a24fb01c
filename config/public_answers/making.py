"""After a publication many ask for one page at once: one makes it, the others wait for it.

An answer holds for every request that came before the edition it rests on was read. So all who
wait when a making begins are given what it makes, even if there have been publications since; and
of those who come meanwhile one makes the next. However many wait, nobody waits for more than the
making under way and one more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 10
"""Seconds to wait for one making."""
MAKING = "public_answers.making"
"""Where a request carries the making that it is."""


class Making:
    """An answer that is being made."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.begun_at: float | None = None
        self.key: str | None = None
        """Under which the answer is kept, if it is."""

    def begin(self) -> None:
        """Note that what was committed by now is seen."""
        self.begun_at = time.monotonic()

    def holds_for(self, came_at: float) -> bool:
        """Whether its answer is right for a request that came at this moment (monotonic)."""
        return self.key is not None and self.begun_at is not None and came_at <= self.begun_at


class Makings:
    """What is being made in this process, by address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, Making] = {}

    def other(self, address: str) -> tuple[Making, bool]:
        """Return the making of an address that is under way, and False; else a new one, and True.

        Whoever is given a new one makes the answer, in `made`.
        """
        with self._lock:
            making = self._under_way.get(address)
            if making is not None:
                return making, False
            making = self._under_way[address] = Making()
            return making, True

    @contextmanager
    def made(self, address: str, making: Making) -> Iterator[None]:
        """End the making, whatever comes of it."""
        try:
            yield
        finally:
            with self._lock:
                self._under_way.pop(address, None)
            making.done.set()
