"""Wait for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def until(holds: Callable[[], object], what: str | Path, seconds: float = 30) -> None:
    """Fail after so many seconds, with the words for what did not come or the log that says why."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            said = what.read_text() if isinstance(what, Path) else what
            raise AssertionError(f"not within {seconds:.0f} s: {said}")
        time.sleep(0.05)
