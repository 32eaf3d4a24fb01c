"""The replica of these tests is a second connection to the same database.

Real ones, struck in earnest, are in tests/faults/test_replica.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from pytest_django import Settings

from config.public_answers.editions import lookup
from config.public_answers.kept import memory, shared
from config.replicas import REPLICA
from config.replicas import circuit as circuits
from config.replicas.circuit import Circuit
from config.replicas.reader import base as reader
from plans.models import Plan
from tests.config.replicas.asking import wait_for
from tests.factories import PlanFactory


@pytest.fixture(autouse=True)
def no_connection_left() -> Iterator[None]:
    yield
    connections[REPLICA].close()


@pytest.fixture
def own_circuit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Circuit]:
    """A circuit that stays as it is put."""
    over = threading.Event()
    made = Circuit(over.is_set, pause=0.02)
    for module in (circuits, reader):
        monkeypatch.setattr(module, "circuit", made)
    yield made
    over.set()
    wait_for(lambda: made.is_closed)


@pytest.fixture
def replicated(
    settings: Settings, own_circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Circuit]:
    """Answers are kept, and there is a replica."""
    settings.PUBLIC_ANSWERS = {"kept": True, "database": "default"}
    settings.READS_REPLICA = True
    monkeypatch.setattr(lookup, "lease", 0.0)

    def forget() -> None:
        cache.clear()
        memory.clear()
        shared.forget()
        lookup.forget()

    forget()
    yield own_circuit
    forget()


@pytest.fixture
def plan(replicated: Circuit) -> Plan:
    made: Plan = PlanFactory.create(slug="grand-est-2019", title="Plan IA Grand Est")
    return made
