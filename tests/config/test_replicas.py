"""Reading from a replica: who reads where, what may be kept, what happens when it fails.

The replica of these tests is a second connection to the same database. Real ones, struck in
earnest, are in tests/faults/test_replica.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, ProgrammingError, connections, router, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import errors
from pytest_django import Settings
from redis import RedisError

from config.environment import Environment
from config.public_answers import sources
from config.public_answers.editions import DatabaseAwayError, Editions, lookup, read_editions
from config.public_answers.kept import memory, shared
from config.replicas import REPLICA
from config.replicas import circuit as circuits
from config.replicas.circuit import Circuit
from config.replicas.lag import measured
from config.replicas.reader import base as reader
from config.replicas.router import note_failure, reading_replica
from config.replicas.writer import base as writer_engine
from config.replicas.writer.history import History
from plans.models import Plan
from tests.dashboards.test_queries import fill
from tests.factories import IndicatorFactory, MembershipFactory, ObservationFactory, PlanFactory

both = pytest.mark.django_db(transaction=True, databases=["default", REPLICA])
PLAN = "/plans/grand-est-2019/"


@pytest.fixture(autouse=True)
def no_connection_left() -> Iterator[None]:
    yield
    connections[REPLICA].close()


# The router


def nothing() -> None:
    """Only read."""


@pytest.mark.parametrize(
    ("on_replica", "before", "in_transaction", "server"),
    [
        # Outside: staff, partners, tasks, commands.
        (False, nothing, False, "default"),
        (False, nothing, True, "default"),
        # Inside: what the public asks for.
        (True, nothing, False, REPLICA),
        # A transaction reads what it wrote.
        (True, nothing, True, "default"),
        # What the replica did not give is asked of the writer.
        (True, note_failure, False, "default"),
    ],
)
@both
def test_which_server_is_read(
    on_replica: bool, before: Callable[[], None], in_transaction: bool, server: str
) -> None:
    def where() -> str:
        before()
        if in_transaction:
            with transaction.atomic():
                return router.db_for_read(Plan)
        return router.db_for_read(Plan)

    if on_replica:
        with reading_replica():
            assert where() == server
    else:
        assert where() == server
    assert (router.db_for_read(Plan), router.db_for_write(Plan)) == ("default", "default")


@both
def test_a_row_of_the_replica_leads_on_within_the_request_and_to_the_writer_after_it() -> None:
    PlanFactory.create(slug="grand-est-2019")
    with reading_replica() as reading:
        plan = Plan.objects.get(slug="grand-est-2019")
        assert (plan._state.db, plan.region._state.db) == (REPLICA, REPLICA)
    assert not reading.has_failed
    fresh = Plan.objects.get(pk=plan.pk)
    assert fresh._state.db == "default"
    # It is the same row: it may be related to, and saved, where writes go.
    fresh.related_to = plan
    assert list(plan.sources.all()) == []
    plan.title = "Autre titre"
    plan.save()
    assert plan._state.db == "default"


def test_another_thread_reads_from_the_writer() -> None:
    found = []
    with reading_replica():
        thread = threading.Thread(target=lambda: found.append(router.db_for_read(Plan)))
        thread.start()
        thread.join()
    assert found == ["default"]


def test_only_the_writer_is_migrated() -> None:
    assert router.allow_migrate("default", "plans")
    assert not router.allow_migrate(REPLICA, "plans")


# The circuit


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


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


# A connection to the replica


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


# What is made from it, and kept


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


@both
def test_without_a_replica_nothing_is_asked_of_one(
    client: Client, plan: Plan, settings: Settings
) -> None:
    settings.READS_REPLICA = False
    _, (alone, of_replica) = ask(client)
    assert of_replica == 0
    memory.clear()
    cache.clear()
    settings.READS_REPLICA = True
    # The same questions, no more of them, to the other server.
    assert ask(client)[1] == (0, alone)


@both
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (PLAN, {"cookie": "sessionid=abc"}),
        (PLAN, {"hx-request": "true"}),
        ("/api/v1/plans/", {"authorization": "Bearer abc"}),
        ("/agent/", {}),
        ("/comptes/login/", {}),
        ("/readyz", {}),
    ],
)
def test_who_may_have_written_reads_from_the_writer(
    client: Client, plan: Plan, path: str, headers: dict[str, str]
) -> None:
    client.raise_request_exception = False
    counts = ask(client, path, **headers)[1]
    # The lag of the replica is asked of both.
    assert counts[1] == (1 if path == "/readyz" else 0)


@both
def test_staff_see_public_pages_from_the_writer(client: Client, plan: Plan) -> None:
    client.force_login(MembershipFactory.create(plan=plan).user)
    answer, counts = ask(client)
    assert (answer.status_code, counts[0] > 0, counts[1]) == (200, True, 0)


@both
@pytest.mark.parametrize(
    "path",
    [
        "/", PLAN, f"{PLAN}sources/", "/methodologie/", "/recherche/?q=a", "/flux.atom",
        "/sitemap.xml", "/catalogue.ttl", "/donnees/", "/api/v1/plans/", "/api/v1/observations/",
        "/api/v1/indicators/",
    ],
)  # fmt: skip
def test_a_public_answer_reads_one_server_and_no_other(
    client: Client, plan: Plan, path: str
) -> None:
    with transaction.atomic():
        fill(plan, 2)
    answer, counts = ask(client, path)
    assert (answer.status_code, counts[0], counts[1] > 0) == (200, 0, True)


@both
def test_what_a_replica_makes_is_kept_for_everybody(client: Client, plan: Plan) -> None:
    first, counts = ask(client)
    assert (first.status_code, counts[0], counts[1] > 0) == (200, 0, True)
    again, counts = ask(client)
    assert (again.content, counts) == (first.content, (0, 0))


@both
def test_a_replica_that_shows_another_edition_is_not_used(
    client: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = PlanFactory.create(slug="aura-2022")
    indicator = IndicatorFactory.create(plan=plan)
    behind = read_editions()
    ObservationFactory.create(indicator=indicator, value=41, published=True)
    monkeypatch.setattr(sources, "read_editions", editions_of(replica=behind))
    page, counts = ask(client, indicator.get_absolute_url())
    assert ("41" in page.content.decode(), counts[0] > 0, counts[1]) == (True, True, 0)
    # Another plan is on the replica as it is on the writer.
    assert ask(client, other.get_absolute_url())[1][0] == 0


def editions_of(*, replica: Editions) -> Callable[[], Editions]:
    """Give a replica editions of its own."""

    def read() -> Editions:
        return replica if router.db_for_read(Plan) == REPLICA else read_editions()

    return read


def failing(error: type[Exception], *, after: int) -> Callable[..., Any]:
    """Let the replica answer a number of questions, then fail."""
    count = 0

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count > after:
            with connections[REPLICA].wrap_database_errors:
                raise error("canceling statement due to conflict with recovery")
        return run(sql, params, many, context)

    return execute


@both
@pytest.mark.parametrize("after", [0, 1, 4])
@pytest.mark.parametrize(
    "error", [errors.SerializationFailure, errors.AdminShutdown, errors.UndefinedColumn]
)
def test_what_the_replica_does_not_give_is_given_by_the_writer(
    client: Client, plan: Plan, after: int, error: type[Exception]
) -> None:
    client.raise_request_exception = False
    with connections[REPLICA].execute_wrapper(failing(error, after=after)):
        page, counts = ask(client)
    assert (page.status_code, "Plan IA Grand Est" in page.content.decode()) == (200, True)
    assert counts[0] > 0
    # It is kept as any other.
    assert ask(client)[1] == (0, 0)


@both
def test_a_request_that_is_made_twice_is_counted_once(
    client: Client, plan: Plan, settings: Settings
) -> None:
    client.raise_request_exception = False
    settings.API_REQUESTS_PER_MINUTE = 2
    with connections[REPLICA].execute_wrapper(failing(errors.AdminShutdown, after=2)):
        answer = client.get("/api/v1/plans/")
    assert (answer.status_code, answer["RateLimit-Remaining"]) == (200, "1")


@both
def test_an_export_is_read_from_the_writer_and_counted_once(
    client: Client, plan: Plan, settings: Settings
) -> None:
    settings.API_EXPORTS_PER_MINUTE = 1
    with Asked() as asked:
        answer = client.get("/api/v1/observations/export.csv")
        written = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert (answer.status_code, written.startswith(b"region,"), asked.counts[0] > 0) == (
        200, True, True,
    )  # fmt: skip


@both
def test_a_circuit_that_is_open_asks_the_writer_alone(
    client: Client, plan: Plan, replicated: Circuit
) -> None:
    replicated.open("ConnectionTimeout")
    page, counts = ask(client)
    assert (page.status_code, counts[0] > 0, counts[1]) == (200, True, 0)


# The writer is away


@pytest.fixture
def writer_away(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell any more which edition stands."""
    lookup.current()

    def away() -> Editions:
        raise DatabaseAwayError

    monkeypatch.setattr(lookup, "current", away)


@both
@pytest.mark.usefixtures("writer_away")
def test_without_the_writer_a_replica_answers_and_says_so(client: Client) -> None:
    page, counts = ask(client)
    assert (page.status_code, counts[0], counts[1] > 0) == (200, 0, True)
    assert (page["Warning"], page["Cache-Control"]) == ('110 - "Response is Stale"', "no-store")
    assert "Le site ne peut pas lire ses données pour le moment" in page.content.decode()
    # Made once: under the edition that it shows it is what it is.
    again, counts = ask(client)
    assert (again["Warning"], counts[1] <= 1) == ('110 - "Response is Stale"', True)
    missing = client.get("/plans/rien/")
    assert (missing.status_code, missing["Warning"]) == (404, '110 - "Response is Stale"')


@both
@pytest.mark.usefixtures("writer_away")
def test_what_was_made_without_the_writer_is_given_as_fresh_when_it_is_confirmed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(PLAN)
    monkeypatch.undo()
    monkeypatch.setattr(lookup, "lease", 0.0)
    page, counts = ask(client)
    assert ("Warning" in page.headers, counts) == (False, (0, 0))


# What is said of it


@both
def test_readyz_and_metrics_speak_of_the_replica(
    client: Client, replicated: Circuit, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    said = client.get("/readyz").json()
    assert (said["status"], said["replica"]) == ("ready", "ok")
    assert {"replica_lag_seconds", "replica_lag_bytes"} <= set(said)
    figures = client.get("/metrics", headers={"authorization": "Bearer a-long-token"})
    lines = figures.content.decode().splitlines()
    assert {"plans_replica_up 1.0", "plans_replica_in_use 1.0"} <= set(lines)
    replicated.open("ConnectionTimeout")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["replica"]) == (
        200, "degraded", "left alone",
    )  # fmt: skip


@both
def test_the_lag_of_a_server_that_follows_nobody_is_not_known() -> None:
    assert measured().bytes is None


# Several servers, of which one takes writes


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
    # A server that follows is not asked to be the latest.
    assert not elsewhere.is_former(Server(7, None))


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
    assert (made.is_usable(), writer_engine.takes_writes(made)) == (True, True)
    with made.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert (made.is_usable(), writer_engine.takes_writes(made)) == (False, False)
    made.close()
    # One that stands alone is left as it is.
    assert writer_engine.takes_writes(connections["default"])


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
