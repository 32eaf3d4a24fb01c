"""What is made from the replica, what is kept of it, what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections, router, transaction
from django.test import Client
from psycopg import errors
from pytest_django import Settings

from config.public_answers import sources
from config.public_answers.editions import DatabaseAwayError, Editions, lookup, read_editions
from config.public_answers.kept import memory
from config.replicas import REPLICA
from config.replicas.circuit import Circuit
from config.replicas.lag import measured
from indicators import export_table
from indicators.export_table import block
from plans.models import Plan
from tests.config.replicas.asking import PLAN, Asked, ask, both
from tests.factories import IndicatorFactory, MembershipFactory, ObservationFactory, PlanFactory
from tests.full_plan import fill


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


def exported(client: Client) -> tuple[Any, bytes, tuple[int, int]]:
    """Ask for an export; return the answer, what was sent, and the questions to either server."""
    with Asked() as asked:
        answer: Any = client.get("/api/v1/observations/export.csv")
        made = asked.counts
        written = b"".join(answer.streaming_content)
    # What is sent was read before: not one question more.
    assert asked.counts == made
    return answer, written, made


@both
def test_an_export_made_on_the_replica_is_sent_as_it_is(
    client: Client, plan: Plan, settings: Settings
) -> None:
    settings.API_EXPORTS_PER_MINUTE = 1
    ObservationFactory.create(indicator=IndicatorFactory.create(plan=plan), published=True)
    answer, written, counts = exported(client)
    assert (answer.status_code, len(written.splitlines()), counts[0], counts[1] > 0) == (
        200, 2, 0, True,
    )  # fmt: skip


@both
@pytest.mark.parametrize("error", [errors.SerializationFailure, errors.AdminShutdown])
def test_an_export_that_the_replica_breaks_off_is_made_by_the_writer_and_counted_once(
    client: Client,
    plan: Plan,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    settings.API_EXPORTS_PER_MINUTE = settings.API_EXPORTS_AT_ONCE = 1
    client.raise_request_exception = False
    indicator = IndicatorFactory.create(plan=plan, frequency="once")
    for day in range(1, 9):
        ObservationFactory.create(
            indicator=indicator, published=True,
            period_start=date(2024, 1, day), period_end=date(2024, 1, day),
        )  # fmt: skip
    monkeypatch.setattr(export_table, "LINES", 2)
    begun: list[bytes] = []

    def broken_off(*given: Any) -> bytes:
        """Fail after the first lines, where it is the replica that gives them."""
        if router.db_for_read(Plan) == REPLICA and len(begun) == 1:
            raise error("canceling statement due to conflict with recovery")
        begun.append(block(*given))
        return begun[-1]

    monkeypatch.setattr(export_table, "block", broken_off)
    answer, written, counts = exported(client)
    assert (answer.status_code, len(written.splitlines())) == (200, 9)
    # Half of it came from the replica, and none of that half was sent.
    assert min(counts) > 0
    assert begun[0] == begun[1]
    assert int(answer["Content-Length"]) == len(written)


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
    export: Any = client.get("/api/v1/observations/export.csv")
    assert (export.status_code, export["Warning"]) == (200, '110 - "Response is Stale"')
    assert b"".join(export.streaming_content).startswith(b"region,")
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


def figures(client: Client) -> dict[str, float]:
    """What /metrics says, by the name and the labels of each figure."""
    answer = client.get("/metrics", headers={"authorization": "Bearer a-long-token"})
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@both
def test_answers_are_counted_by_their_server_and_refusals_by_their_reason(
    client: Client, plan: Plan, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    client.raise_request_exception = False
    before = figures(client)
    client.get("/?n=1")
    with connections[REPLICA].execute_wrapper(failing(errors.AdminShutdown, after=2)):
        client.get("/?n=2")
    monkeypatch.setattr(sources, "read_editions", editions_of(replica=Editions({}, date.min)))
    client.get("/?n=3")
    after = figures(client)
    grown = {
        name: after[name] - before.get(name, 0)
        for name in after
        if name.startswith(("plans_public_answers_made_total", "plans_replica_declined_total"))
    }
    assert {name: value for name, value in grown.items() if value} == {
        'plans_public_answers_made_total{server="replica"}': 1,
        'plans_public_answers_made_total{server="writer"}': 2,
        'plans_replica_declined_total{reason="failed"}': 1,
        'plans_replica_declined_total{reason="behind"}': 1,
    }


@both
def test_readyz_and_metrics_speak_of_the_replica(
    client: Client, replicated: Circuit, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    said = client.get("/readyz").json()
    assert (said["status"], said["replica"]) == ("ready", "ok")
    assert {"replica_lag_seconds", "replica_lag_bytes"} <= set(said)
    found = figures(client)
    assert (found["plans_replica_up"], found["plans_replica_in_use"]) == (1, 1)
    replicated.open("ConnectionTimeout")
    found = figures(client)
    assert (found["plans_replica_up"], found["plans_replica_in_use"]) == (1, 0)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["replica"]) == (
        200, "degraded", "left alone",
    )  # fmt: skip


@both
def test_the_lag_of_a_server_that_follows_nobody_is_not_known() -> None:
    assert measured().bytes is None
