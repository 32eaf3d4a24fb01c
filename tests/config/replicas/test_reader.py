"""A connection to the replica that fails, and the circuit that leaves it alone."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, ProgrammingError, connections

from config.replicas import REPLICA
from config.replicas import circuit as circuits
from config.replicas.circuit import Circuit
from config.replicas.reader import base as reader
from config.replicas.router import reading_replica
from tests.config.replicas.asking import both, wait_for


def test_a_replica_that_fails_is_left_alone_until_it_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    threads = set(threading.enumerate())
    answers = iter([False, False, True])
    circuit = Circuit(lambda: next(answers), pause=0.01)
    with caplog.at_level("INFO", "config.replicas"):
        circuit.open("ConnectionTimeout")
        assert (circuit.is_closed, circuit.faults) == (False, 1)
        circuit.open("AdminShutdown")  # those that were under way
        assert circuit.faults == 1
        wait_for(lambda: circuit.is_closed)
    assert next(answers, None) is None
    wait_for(lambda: len(caplog.messages) == 2)
    assert caplog.messages == [
        "The replica is left alone (ConnectionTimeout): the writer answers.",
        "The replica is read from again, after 0 s.",
    ]
    wait_for(lambda: threads == set(threading.enumerate()))


@both
def test_it_is_taken_back_when_it_answers_about_the_site() -> None:
    assert circuits.answers()
    assert connections[REPLICA].connection is None


@both
def test_an_answer_that_does_not_come_is_given_up(
    own_circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PATIENCE", 0.2)
    began = time.monotonic()
    with reading_replica() as reading:
        with pytest.raises(OperationalError), connections[REPLICA].cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        assert (reading.has_failed, own_circuit.is_closed) == (True, False)
    assert time.monotonic() - began < 2
    assert connections[REPLICA].connection is None


@both
def test_a_table_may_take_longer_than_any_other_answer(
    own_circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "PATIENCE", 0.2)
    # Each line is one that the server sends at once.
    line = "SELECT repeat('x', 20000) || pg_sleep(0.1) FROM generate_series(1, 8)"
    with reading_replica() as reading:
        with connections[REPLICA].cursor() as cursor:
            with cursor.copy(f"COPY ({line}) TO STDOUT") as copied:
                assert len(list(copied)) == 8
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("400ms",)
            # One that hangs is given up all the same.
            hangs = "COPY (SELECT pg_sleep(1)) TO STDOUT"
            with (
                pytest.raises(OperationalError),
                connections[REPLICA].wrap_database_errors,
                cursor.copy(hangs) as copied,
            ):
                list(copied)
        assert (reading.has_failed, own_circuit.is_closed) == (True, False)
    time.sleep(1)  # the server goes on until it has something to send


@both
def test_one_statement_that_fails_says_nothing_of_the_next(own_circuit: Circuit) -> None:
    """A release may know a column that the replica has not replayed yet."""
    with reading_replica() as reading:
        with pytest.raises(ProgrammingError), connections[REPLICA].cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM plans_plan")
        assert (reading.has_failed, own_circuit.is_closed) == (True, True)


@both
def test_a_connection_from_before_a_fault_is_not_used_again(own_circuit: Circuit) -> None:
    replica = connections[REPLICA]
    replica.ensure_connection()
    replica.close_at = None
    replica.close_if_unusable_or_obsolete()
    assert replica.connection is not None
    own_circuit.open("ConnectionTimeout")
    # As each request begins; nobody connects for that.
    replica.close_if_unusable_or_obsolete()
    assert replica.connection is None
