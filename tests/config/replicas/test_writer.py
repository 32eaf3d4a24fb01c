"""Several servers, of which one takes writes: the latest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, connections
from psycopg.errors import InsufficientPrivilege
from redis import RedisError

from config.environment import Environment
from config.replicas.writer import base as writer_engine
from config.replicas.writer.history import History
from tests.config.replicas.asking import both


class Server:
    """What is asked of a server that takes writes: which cluster it is, how far its journal is."""

    def __init__(self, cluster: int, timeline: int | None) -> None:
        self.row = (cluster, None if timeline is None else f"{timeline:08X}0000000000000042")

    @contextmanager
    def cursor(self) -> Iterator[Server]:
        yield self

    def execute(self, _statement: str) -> Server:
        return self

    def fetchone(self) -> tuple[int, str | None]:
        return self.row

    def rollback(self) -> None:
        pass


class Mute(Server):
    """One whose administrator took the question from everybody."""

    def execute(self, _statement: str) -> Server:
        raise InsufficientPrivilege


@pytest.fixture
def _nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("_nothing_remembered")
def test_a_writer_is_a_former_one_once_a_later_one_was_seen_by_anybody() -> None:
    here, elsewhere = History(), History()
    assert [here.is_former(Server(7, number)) for number in (1, 1, 2, 2)] == [False] * 4
    assert here.is_former(Server(7, 1))
    # Another process, which never saw the later one, was told.
    assert elsewhere.is_former(Server(7, 1))
    # Timelines are counted in base 16, and each cluster counts its own.
    assert [elsewhere.is_former(Server(7, number)) for number in (17, 9, 17)] == [
        False, True, False,
    ]  # fmt: skip
    assert not elsewhere.is_former(Server(8, 1))
    # A server that follows is not asked to be the latest, nor one that does not say.
    assert not elsewhere.is_former(Server(7, None))
    assert not elsewhere.is_former(Mute(7, 1))


@pytest.mark.usefixtures("_nothing_remembered")
def test_a_process_knows_what_it_has_seen_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise RedisError

    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    here = History()
    assert [here.is_former(Server(7, number)) for number in (2, 1, 3)] == [False, True, False]


def several(host: str) -> writer_engine.DatabaseWrapper:
    settings_dict = {**connections["default"].settings_dict, "HOST": host}
    return writer_engine.DatabaseWrapper(settings_dict, alias="default")


@both
@pytest.mark.usefixtures("_nothing_remembered")
def test_a_former_writer_is_passed_over_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    here = connections["default"].settings_dict["HOST"]
    asked: list[str] = []

    def is_former(connection: Any) -> bool:
        asked.append(connection.info.host)
        return True

    made = several(f"/nowhere,{here}")
    monkeypatch.setattr(writer_engine.history, "is_former", is_former)
    with pytest.raises(OperationalError):
        made.ensure_connection()
    assert asked == [here]
    monkeypatch.undo()
    made.ensure_connection()
    assert (made.is_usable(), made.connection.info.host) == (True, here)
    made.close()


@both
@pytest.mark.usefixtures("_nothing_remembered")
def test_a_connection_whose_server_takes_no_writes_any_more_is_of_no_use() -> None:
    made = several(connections["default"].settings_dict["HOST"])
    made.ensure_connection()
    made.close_at = time.monotonic() + 60
    assert (made.is_usable(), writer_engine.is_writer(made)) == (True, True)
    made.close_at = time.monotonic()
    assert (made.is_usable(), writer_engine.is_writer(made)) == (True, False)
    made.close_at = time.monotonic() + 60
    with made.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert (made.is_usable(), writer_engine.is_writer(made)) == (False, False)
    made.close()
    # One that stands alone is left as it is.
    assert writer_engine.is_writer(connections["default"])


# The addresses


@pytest.mark.parametrize(
    ("address", "engine", "host", "port", "asked"),
    [
        ("postgres://u@db/plans", "django.db.backends.postgresql", "db", "", None),
        ("postgres://u@a,b:5432/plans", "config.replicas.writer", "a,b", 5432, "read-write"),
        ("postgres://u@a:1,b:2/plans", "config.replicas.writer", "a,b", "1,2", "read-write"),
        (
            "postgres://u@a,b/plans?target_session_attrs=any",
            "config.replicas.writer", "a,b", "", "any",
        ),
    ],
)  # fmt: skip
def test_an_address_of_several_servers_means_the_one_that_takes_writes(
    address: str, engine: str, host: str, port: object, asked: str | None
) -> None:
    entry = Environment().database(address, "secret")
    found = entry["OPTIONS"].get("target_session_attrs")
    assert (entry["ENGINE"], entry["HOST"], entry["PORT"], found) == (engine, host, port, asked)
    assert (entry["PASSWORD"], entry["OPTIONS"]["connect_timeout"]) == ("secret", 5)


def test_a_replica_is_a_server_that_follows_and_is_not_waited_for() -> None:
    entry = Environment().replica("postgres://u:p@a,b/plans?sslmode=require", "secret")
    found = {name: entry[name] for name in ("ENGINE", "PASSWORD", "HOST")}
    assert found == {"ENGINE": "config.replicas.reader", "PASSWORD": "p", "HOST": "a,b"}
    wanted = {"target_session_attrs": "standby", "connect_timeout": 2, "sslmode": "require"}
    assert {name: entry["OPTIONS"][name] for name in wanted} == wanted
