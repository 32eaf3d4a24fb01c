"""Log lines: one identifier for a request, JSON a machine can read, nobody's name in them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from config import sentry
from config.celery import _forget_its_name, _name_the_request, _take_its_name
from config.logs import ImpersonalFilter, JsonFormatter, LineFormatter, impersonal
from config.requests import current_id
from tests.accounts.people import PASSWORD, person

ROOT = Path(__file__).resolve().parents[2]


class Kept(logging.Handler):
    """The lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(JsonFormatter())
        self.addFilter(ImpersonalFilter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def said(self, logger: str) -> list[dict[str, object]]:
        return [one for one in map(json.loads, self.lines) if one["logger"] == logger]


@pytest.fixture
def log(settings: Settings) -> Kept:
    settings.ACCESS_LOG = True
    kept = Kept()
    root = logging.getLogger()
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)


@pytest.mark.django_db
def test_a_request_makes_one_line_with_its_pattern_and_its_identifier(
    client: Client, log: Kept
) -> None:
    answer = client.get("/recherche/?q=Marie+Curie")
    (line,) = log.said("access")
    assert line["request_id"] == answer["X-Request-ID"]
    assert {name: line[name] for name in ("level", "method", "route", "status")} == {
        "level": "INFO", "method": "GET", "route": "/recherche/", "status": 200,
    }  # fmt: skip
    assert isinstance(line["milliseconds"], float)
    assert "Curie" not in "".join(log.lines)


@pytest.mark.django_db
def test_an_address_that_holds_a_secret_is_not_logged(client: Client, log: Kept) -> None:
    client.get("/invitation/s3cr3t-t0k3n/")
    client.get("/comptes/password/reset/key/1-s3cr3t-t0k3n/")
    client.get("/courriels/s3cr3t-t0k3n/arreter/nowhere")
    assert "t0k3n" not in "".join(log.lines)
    assert next(line["route"] for line in log.said("access")) == "/invitation/<str:token>/"


@pytest.mark.django_db
def test_signing_in_leaves_no_address_nor_network_address(client: Client, log: Kept) -> None:
    user = person("marie.curie@example.org")
    for password in ("wrong", PASSWORD):
        client.post(
            "/comptes/login/",
            {"login": user.email, "password": password},
            REMOTE_ADDR="203.0.113.77",
        )
    text = "".join(log.lines)
    assert "marie.curie" not in text
    assert "203.0.113.77" not in text
    assert "sessionid" not in text


@pytest.mark.django_db
def test_the_row_that_the_database_repeats_is_left_out(log: Kept) -> None:
    person("marie.curie@example.org")
    try:
        with transaction.atomic():
            User.objects.create(email="marie.curie@example.org", name="Marie Curie")
    except IntegrityError:
        logging.getLogger("somewhere").exception("The account of marie.curie@example.org exists.")
    (line,) = log.said("somewhere")
    assert line["message"] == "The account of (address left out) exists."
    assert "IntegrityError" in str(line["exception"])
    assert "DETAIL: (left out)" in str(line["exception"])
    assert "marie.curie" not in log.lines[-1]


def test_a_line_for_a_person_leaves_them_out_too() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "to %s", ("a.b@example.org",), None)
    assert LineFormatter("{message}", style="{").format(record) == "to (address left out)"
    assert impersonal("DETAIL:  Failing row contains (7, Marie).\nHINT: none") == (
        "DETAIL: (left out)\nHINT: none"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0f1e2d3c4b5a", True),
        ("a" * 64, True),
        ("short", False),
        ("a" * 65, False),
        ("two words1", False),
        ('quote"d-id-1', False),
        ("line\nforged-1", False),
    ],
)
def test_the_proxys_identifier_is_kept_when_it_is_well_formed(
    client: Client, settings: Settings, given: str, kept: bool
) -> None:
    settings.TRUST_FORWARDED_FOR = True
    answer = client.get("/mentions-legales/", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


@pytest.mark.django_db
def test_without_a_proxy_a_stranger_names_nothing(client: Client) -> None:
    answer = client.get("/mentions-legales/", headers={"x-request-id": "0f1e2d3c4b5a"})
    assert answer["X-Request-ID"] != "0f1e2d3c4b5a"


def test_a_task_is_logged_under_the_request_that_left_it() -> None:
    headers: dict[str, str] = {}
    token = current_id.set("the-request")
    _name_the_request(headers)
    current_id.reset(token)

    class Task:
        class request:  # noqa: N801 - Celery's name
            request_id = headers["request_id"]

    _take_its_name("the-task", Task)
    assert current_id.get() == "the-request"
    _forget_its_name()
    assert current_id.get() == ""
    _take_its_name("the-task", object.__new__(type("Task", (), {"request": object()})))
    assert current_id.get() == "the-task"
    _forget_its_name()


# Sentry


def test_an_event_keeps_what_failed_and_nothing_of_whom() -> None:
    event = {
        "user": {"id": 7, "email": "marie@example.org", "ip_address": "203.0.113.7"},
        "server_name": "web-1",
        "request": {
            "method": "POST", "url": "https://plans.example.org/invitation/t0k3n/",
            "headers": {"Cookie": "sessionid=x"}, "data": {"password": "y"}, "env": {},
        },
        "breadcrumbs": {"values": [{"message": "SELECT … 'marie@example.org'"}]},
        "exception": {"values": [{"type": "ValueError", "value": "marie@example.org is unknown"}]},
        "logentry": {"message": "for marie@example.org", "params": ["marie@example.org"]},
    }  # fmt: skip
    assert sentry.without_people(event, {}) == {
        "request": {"method": "POST"},
        "exception": {"values": [{"type": "ValueError", "value": "(address left out) is unknown"}]},
        "logentry": {"message": "for (address left out)"},
    }


def test_an_error_of_a_view_reaches_sentry_without_the_person(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    """With the real package, its transport replaced: nothing leaves the machine."""
    code = """
import sys, sentry_sdk
from sentry_sdk.transport import Transport
sent = []
class Kept(Transport):
    def capture_envelope(self, envelope):
        sent.append(envelope.get_event())
from config import sentry
begin = sentry_sdk.init
sentry_sdk.init = lambda **options: begin(**options, transport=Kept)
sentry.start("https://key@sentry.example.org/1", release="1", environment="test")
try:
    secret = "marie@example.org"
    raise ValueError("no account for marie@example.org")
except ValueError:
    sentry_sdk.set_user({"email": "marie@example.org"})
    sentry_sdk.capture_exception()
print(len(sent), "marie" in str(sent[0].get("exception", {}).get("values", [{}])[0].get("value")),
      "user" in sent[0], "vars" in str(sent[0]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("1 False False False\n", "")


def test_asking_for_sentry_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentry, "find_spec", lambda _name: None)
    with pytest.raises(sentry.ImproperlyConfigured, match="sentry-sdk is not installed"):
        sentry.start("https://key@sentry.example.org/1", release="1", environment="test")
