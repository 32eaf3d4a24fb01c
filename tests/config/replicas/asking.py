"""What the tests of the replica ask of the site, and which server that asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.replicas import REPLICA

both = pytest.mark.django_db(transaction=True, databases=["default", REPLICA])
PLAN = "/plans/grand-est-2019/"


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


class Asked:
    """The number of statements of each server within a block."""

    def __enter__(self) -> Asked:
        self._captured = [CaptureQueriesContext(connections[name]) for name in ("default", REPLICA)]
        for one in self._captured:
            one.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        for one in self._captured:
            one.__exit__(*error)  # type: ignore[arg-type]

    @property
    def counts(self) -> tuple[int, int]:
        """Those of the writer, and of the replica."""
        writer, replica = (len(one.captured_queries) for one in self._captured)
        return writer, replica


def ask(client: Client, path: str = PLAN, **headers: str) -> tuple[Any, tuple[int, int]]:
    with Asked() as asked:
        answer = client.get(path, headers=headers)
    return answer, asked.counts
