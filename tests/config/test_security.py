"""One test for each promise of docs/threat-model.md that a request or the settings can show."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from config.environment import is_example
from config.security import content_policy, origins
from tests.accounts.people import PASSWORD, person, sign_in
from tests.config.production import COMPLETE, read
from tests.factories import IndicatorFactory

ROOT = Path(__file__).resolve().parents[2]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


# What every answer tells the browser


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/", "/methodologie/", "/comptes/login/", "/admin/", "/nowhere/", "/flux.atom",
     "/api/v1/plans/", "/api/v1/nothing/", "/robots.txt"],
)  # fmt: skip
def test_every_answer_carries_the_headers(client: Client, address: str) -> None:
    headers = client.get(address).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    refused = re.findall(r"([\w-]+)=\(\)", headers["Permissions-Policy"])
    assert {"camera", "geolocation", "microphone", "payment", "usb"} <= set(refused)


@pytest.mark.django_db
def test_the_failure_of_the_site_itself_carries_them(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("dashboards.views.methodology_page", lambda on: 1 / 0)
    answer = client.get("/methodologie/")
    assert (answer.status_code, answer["Content-Security-Policy"]) == (500, POLICY)


@pytest.mark.django_db
def test_no_policy_of_the_site_allows_inline_code(client: Client) -> None:
    indicator = IndicatorFactory.create()
    pages = (
        "/", "/api/", "/api/redoc/",
        f"/integration/plans/{indicator.plan.slug}/",
        f"/integration/plans/{indicator.plan.slug}/badge.svg",
    )  # fmt: skip
    policies = {address: client.get(address)["Content-Security-Policy"] for address in pages}
    assert [address for address, policy in policies.items() if "unsafe" in policy] == []
    assert [address for address, policy in policies.items() if "http" in policy] == []
    framed = {address for address, policy in policies.items() if "frame-ancestors *" in policy}
    assert framed == {pages[3]}


def test_a_form_may_lead_to_the_identity_provider_and_on_from_there() -> None:
    provider = {
        "OIDC_SERVER_URL": "https://id.example.org/realms/region",
        "OIDC_CLIENT_ID": "plans",
        "OIDC_CLIENT_SECRET": "k9s8d7f6g5h4j3k2l1",
        "CSP_FORM_ORIGINS": "https://agents.example.org/connexion,https://id.example.org",
    }
    code, lines, _ = read(COMPLETE | provider, "s.CONTENT_POLICY")
    assert code == 0
    assert (
        "form-action 'self' https://id.example.org https://agents.example.org https://id"
        in (lines[0])
    )


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "id.example.org", "https://", "https://x; script-src *",
                "https://a,b", "https://user@host", "https://'unsafe-inline'"],
)  # fmt: skip
def test_an_address_cannot_write_directives(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CSP_FORM_ORIGINS="):
        origins("CSP_FORM_ORIGINS", [address])


def test_the_policy_as_it_is_written() -> None:
    assert content_policy() == POLICY
    assert content_policy(["https://a.example"], img_src="'none'") == POLICY.replace(
        "form-action 'self'", "form-action 'self' https://a.example"
    ).replace("img-src 'self'", "img-src 'none'")


# HTTPS and cookies


def test_production_keeps_to_https() -> None:
    code, lines, _ = read(
        COMPLETE,
        "s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE",
        "s.CSRF_COOKIE_SECURE, s.CSRF_COOKIE_HTTPONLY, s.CSRF_COOKIE_SAMESITE",
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME",
    )
    assert (code, lines) == (
        0,
        [
            "True 31536000 True",
            "True True Lax",
            "True True Lax",
            "__Host-sessionid __Host-csrftoken",
        ],
    )


@pytest.mark.django_db
def test_browsers_are_told_to_come_by_https_only(client: Client, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/methodologie/", secure=True)["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains"
    )
    sent_on = client.get("/methodologie/")
    assert (sent_on.status_code, sent_on["Location"]) == (301, "https://testserver/methodologie/")


@pytest.mark.django_db
def test_reading_the_site_sets_no_cookie(client: Client) -> None:
    for address in ("/", "/methodologie/", "/recherche/?q=ia", "/api/v1/plans/"):
        assert client.get(address).cookies == {}, address


@pytest.mark.django_db
def test_the_cookies_of_who_signs_in(client: Client) -> None:
    sign_in(client, person())
    session = client.cookies["sessionid"]
    assert (session["httponly"], session["samesite"], session["path"], session["domain"]) == (
        True, "Lax", "/", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "warning"),
    [
        ({}, ""),
        ({"SECURE_HSTS_SECONDS": "0"}, "security.W004"),
        ({"SECURE_SSL_REDIRECT": "0"}, "security.W008"),
    ],
)
def test_djangos_own_checks_find_nothing(extra: dict[str, str], warning: str) -> None:
    """And would: they speak up when what they look for is taken away."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            **COMPLETE,
            **extra,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode == 0) is (not warning), done.stderr
    assert warning in done.stderr


# The host that a request names


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["attacker.example", "testserver.attacker.example", "a b", ""])
@pytest.mark.parametrize("address", ["/", "/api/v1/plans/", "/comptes/password/reset/"])
def test_another_host_is_refused_without_a_traceback_nor_what_it_said(
    client: Client, caplog: pytest.LogCaptureFixture, host: str, address: str
) -> None:
    caplog.set_level(logging.DEBUG)
    client.raise_request_exception = False
    answer = (
        client.get(address, headers={"host": host})
        if host
        else client.get(address, SERVER_NAME="", headers={"host": ":80"})
    )
    assert answer.status_code == 400
    assert "attacker" not in answer.content.decode()
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    # Ours, which says why, and the one that Django writes of any refusal.
    assert [(record.name, record.exc_info) for record in warned] == [
        ("config.security", None),
        ("django.request", None),
    ]
    assert "attacker" not in caplog.text


# Where a person is sent


ELSEWHERE = (
    "https://attacker.example/",
    "//attacker.example/",
    "///attacker.example/",
    "/\\attacker.example/",
    "\\\\attacker.example/",
    "https:attacker.example",
    "javascript:alert(1)",
    " //attacker.example",
    "http:///attacker.example",
    "https://testserver@attacker.example/",
)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_and_out_leads_nowhere_else(client: Client, address: str) -> None:
    user = person()
    assert sign_in(client, user, next=address)["Location"] == "/agent/"
    shown = client.get("/comptes/reauthenticate/", {"next": address})
    asked = client.post("/comptes/reauthenticate/", {"password": PASSWORD, "next": address})
    assert shown.status_code in {200, 302}
    assert "attacker" not in asked.get("Location", "")
    left = client.post("/comptes/logout/", {"next": address})
    assert (left.status_code, left["Location"]) == (302, "/")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_text_that_was_kept_leads_nowhere_else(client: Client, address: str) -> None:
    answer = client.post("/agent/texte/", {"page": address, "comment": "x"})
    assert "attacker" not in answer.get("Location", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["//attacker.example", "//attacker.example/%2e%2e", "/%5cattacker.example"]
)
def test_a_missing_slash_leads_nowhere_else(client: Client, path: str) -> None:
    answer = client.generic("GET", path)
    assert not answer.get("Location", "").startswith(("//", "/\\", "http"))


# Secrets


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("DATABASE_URL", "postgres://plans:plans@db.example.org/plans", "DATABASE_URL"),
        ("DATABASE_PASSWORD", "change-me", "DATABASE_URL"),
        ("MIGRATION_DATABASE_URL", "postgres://o:Postgres1@db.example.org/plans",
         "MIGRATION_DATABASE_URL"),
        ("METRICS_TOKEN", "secret", "METRICS_TOKEN"),
        ("EMAIL_URL", "smtp://plans:password@mail.example.org:587", "EMAIL_URL"),
    ],
)  # fmt: skip
def test_a_password_that_everybody_knows_is_refused(setting: str, value: str, named: str) -> None:
    given = COMPLETE | {setting: value}
    if setting == "DATABASE_PASSWORD":
        given["DATABASE_URL"] = "postgres://plans@db.example.org/plans"
    code, _, said = read(given)
    assert code == 1
    assert said.endswith(f"{named} holds a password that everybody knows.\n")
    assert value not in said


def test_what_is_an_example_and_what_is_not() -> None:
    assert [one for one in ("Change-Me!", "postgres", "Password123", "django-insecure-9f8") if not
            is_example(one)] == []  # fmt: skip
    assert not is_example("correct horse battery staple")
    assert not is_example("k5h2j9s8d7f6g5h4j3k2l1m0")


def test_a_password_of_its_own_completes_the_address() -> None:
    code, lines, _ = read(
        COMPLETE
        | {
            "DATABASE_URL": "postgres://plans_app@db.example.org/plans",
            "DATABASE_PASSWORD": "k9s8d7f6",
            "MIGRATION_DATABASE_URL": "postgres://plans_owner@db.example.org/plans",
            "MIGRATION_DATABASE_PASSWORD": "h4j3k2l1",
        },
        "s.DATABASES['default']['USER'], s.DATABASES['default']['PASSWORD']",
        "s.MIGRATION_DATABASE['USER'], s.MIGRATION_DATABASE['PASSWORD']",
    )
    assert (code, lines) == (0, ["plans_app k9s8d7f6", "plans_owner h4j3k2l1"])


# Guessing passwords


@pytest.fixture
def attempts_counted_anew() -> Iterator[None]:
    """Forget the attempts of other tests: they are counted in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("attempts_counted_anew")
def test_one_account_cannot_be_tried_for_long_from_many_addresses() -> None:
    user = person()

    def attempt(number: int, password: str) -> int:
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        data = {"login": user.email, "password": password}
        return client.post("/comptes/login/", data).status_code

    wrong = [attempt(number, "wrong") for number in range(1, 7)]
    assert attempt(9, PASSWORD) != 302, "the account is closed for a while, whoever asks"
    assert wrong[:5] == [200] * 5


@pytest.mark.django_db
@pytest.mark.usefixtures("attempts_counted_anew")
def test_one_address_cannot_try_many_accounts() -> None:
    people: list[User] = [person(f"p{number}@example.org") for number in range(12)]

    def attempt(user: User, password: str) -> int:
        client = Client(REMOTE_ADDR="203.0.113.200")
        data = {"login": user.email, "password": password}
        return client.post("/comptes/login/", data).status_code

    for user in people[:10]:
        attempt(user, "wrong")
    assert attempt(people[11], PASSWORD) != 302
