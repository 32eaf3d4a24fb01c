"""/healthz, /readyz and /metrics: who is answered what, with a server away too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from config.health import _last_migrations
from plans import workflow
from plans.models import Role
from tests.factories import IndicatorFactory, MembershipFactory, ObservationFactory, SourceFactory

pytestmark = pytest.mark.django_db

NOWHERE = "redis://127.0.0.1:1/0"
# Nobody listens on port 1: refused at once, as a server that is down refuses.


@pytest.fixture
def _database_away() -> Iterator[None]:
    """Let each statement end as it does when the server has gone."""

    def gone(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(gone):
        yield


def test_alive_says_only_that_the_process_answers(
    client: Client, django_assert_num_queries: object, settings: Settings
) -> None:
    settings.REDIS_URL = NOWHERE
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("_database_away")
def test_alive_without_a_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "database": "ok", "migrations": "ok", "redis": "ok", "files": "ok"},
    )


def test_without_redis_it_is_degraded_and_serves(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = NOWHERE
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (
        200, "degraded", "away",
    )  # fmt: skip


@pytest.mark.usefixtures("_database_away")
def test_without_a_database_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready", "database": "away", "migrations": "unknown", "redis": "ok",
        "files": "ok",
    }  # fmt: skip


def test_without_a_place_for_files_it_is_degraded_and_serves(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "taken").touch()
    settings.MEDIA_ROOT = tmp_path / "taken"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["files"]) == (
        200, "degraded", "away",
    )  # fmt: skip


def test_a_server_that_drains_is_neither_ready_nor_open_and_lives(
    client: Client, settings: Settings, tmp_path: Path, django_assert_num_queries: object
) -> None:
    settings.DRAINING_FILE = str(tmp_path / "draining")
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/openz")
    assert (answer.status_code, answer.content) == (200, b"open\n")
    assert client.get("/readyz").status_code == 200

    (tmp_path / "draining").touch()
    answer = client.get("/openz")
    assert (answer.status_code, answer.content) == (503, b"draining\n")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
    assert client.get("/healthz").status_code == 200


@pytest.mark.usefixtures("_database_away")
def test_without_a_database_visitors_are_still_let_in(client: Client) -> None:
    assert client.get("/openz").status_code == 200


def test_before_its_migrations_it_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'plans'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "1 not applied")


def test_a_database_ahead_of_this_release_is_fine(client: Client) -> None:
    """While a new release is rolled out, the one before serves on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('plans', '9999_x', now())"
        )
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_probes_know_neither_the_name_of_the_site_nor_https(
    client: Client, settings: Settings, address: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(address, headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_a_probe_gets_no_cookie_and_nothing_can_be_posted(client: Client) -> None:
    assert client.get("/readyz").cookies == {}
    assert client.post("/healthz").status_code == 404


# The metrics


def figures(client: Client, **headers: str) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_nobody_reads_the_metrics_by_default(client: Client) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_the_token_opens_them_and_another_does_not(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    for wrong in ("Bearer a-long-toke", "Bearer é", "a-long-token", "Basic a-long-token"):
        assert client.get("/metrics", headers={"authorization": wrong}).status_code == 404
    assert ("plans_database_up", "") in figures(client, authorization="Bearer a-long-token")


def test_a_network_opens_them_to_who_comes_from_it_directly(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_NETWORKS = [ip_network("10.1.0.0/16")]

    def ask(address: str, **headers: str) -> int:
        return client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code

    assert [ask("10.1.2.3"), ask("10.2.0.1"), ask("")] == [200, 404, 404]
    # Behind a proxy everybody has the proxy's address.
    assert ask("10.1.2.3", **{"x-forwarded-for": "203.0.113.9"}) == 404


def test_requests_are_counted_by_the_pattern_of_their_address(
    client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = "a-long-token"

    def counted() -> dict[tuple[str, str], float]:
        return figures(client, authorization="Bearer a-long-token")

    before = counted()
    for address in ("/plans/un/", "/plans/deux/", "/methodologie/", "/wp-login.php"):
        client.get(address)
    client.generic("PROPFIND", "/methodologie/")
    after = counted()
    name = "plans_http_requests_total"
    grown = {
        key[1]: after[key] - before.get(key, 0)
        for key in after
        if key[0] == name and after[key] != before.get(key, 0) and "metrics" not in key[1]
    }
    grown.pop("GET,(none),200", None)  # the scrape itself
    assert grown == {
        "GET,/plans/<slug:plan>/,404": 2,
        "GET,/methodologie/,200": 1,
        "GET,(none),404": 1,
        "OTHER,/methodologie/,405": 1,
    }


def test_what_waits_is_said(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-long-token"
    indicator = IndicatorFactory.create()
    source = SourceFactory.create(plan=indicator.plan)
    author = MembershipFactory.create(plan=indicator.plan, role=Role.CONTRIBUTOR).user
    draft = ObservationFactory.create(indicator=indicator, source=source, author=author)
    workflow.submit(draft, at=timezone.now())
    found = figures(client, authorization="Bearer a-long-token")
    assert found["plans_contributions_submitted", ""] == 1
    assert found["plans_mails_waiting", ""] == 0
    assert (found["plans_database_up", ""], found["plans_redis_up", ""]) == (1, 1)
    assert found["plans_tasks_queued", ""] >= 0


@pytest.mark.usefixtures("_database_away")
def test_metrics_say_that_a_server_is_away(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN, settings.REDIS_URL = "a-long-token", NOWHERE
    found = figures(client, authorization="Bearer a-long-token")
    assert (found["plans_database_up", ""], found["plans_redis_up", ""]) == (0, 0)
    assert ("plans_tasks_queued", "") not in found


def test_a_command_beside_the_web_server_needs_no_folder_for_the_counts(tmp_path: Path) -> None:
    """It has the environment of the web server, whose entry point makes the folder."""
    missing = tmp_path / "none"
    done = subprocess.run(
        [sys.executable, "-c", "import config.metrics"],
        cwd=Path(__file__).resolve().parents[2],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "PROMETHEUS_MULTIPROC_DIR": str(missing),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, missing.exists()) == (0, "", False)


def test_the_last_migrations_are_those_of_the_files() -> None:
    here = Path(__file__).resolve().parents[2]
    ours = {app for app, _ in _last_migrations() if (here / app).is_dir()}
    assert ours == {
        "accounts", "dashboards", "exchange", "indicators", "measures", "objectives", "plans",
    }  # fmt: skip
