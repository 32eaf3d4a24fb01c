"""People before a site: each in a thread, acting over and over until the block is left."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Self

SECONDS_TO_END = 30


class Crowd(ABC):
    """What each of them does is said by `acts`; they look at `over` between two things."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.lock = threading.Lock()
        """Held where several note what they were told."""
        self._threads: list[threading.Thread] = []

    @abstractmethod
    def acts(self) -> Iterable[Callable[[], None]]:
        """Return what is done, one for each of them."""

    def __enter__(self) -> Self:
        # Daemons: where the test fails they keep nobody waiting.
        self._threads = [threading.Thread(target=act, daemon=True) for act in self.acts()]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(SECONDS_TO_END)
            assert not thread.is_alive()
