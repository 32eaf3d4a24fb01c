"""What `make run` starts, without starting it."""

from collections.abc import Sequence

import pytest

from config import launch


def launched(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What `make run` starts, by the last word of its name."""
    found: dict[str, list[str]] = {}

    class Noted:
        def __init__(self, name: str, words: Sequence[str]) -> None:
            found[name] = list(words)

        def stop(self, request: launch.StopRequest) -> None:
            pass

    monkeypatch.setattr(launch, "Child", Noted)
    with launch.site_processes(launch.StopRequest()):
        pass
    return found
