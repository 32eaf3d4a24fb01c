"""What every part of the smoke says when something is not as it should be."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60
"""Seconds to wait for what must come."""


class SmokeError(Exception):
    """What was not as it should be."""


def need(holds: object, what: str) -> None:
    if not holds:
        raise SmokeError(what)


def until(holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not holds():
        need(time.monotonic() < end, f"{what}: not within {patience:.0f} s")
        time.sleep(0.2)
