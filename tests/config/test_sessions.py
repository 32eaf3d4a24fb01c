"""Sessions in Redis (SESSION_STORE=REDIS): what is said and what is kept when it does not answer.

Who signs in and out, and closes sessions elsewhere: tests/accounts/test_sign_in.py, for both
stores. Several web servers and a Redis that is struck: tests/faults/test_sessions.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings
from redis import Redis

from accounts.models import User
from config.sessions import SessionsAwayError, SessionStore
from plans.models import Plan
from tests.config.test_settings import COMPLETE, read
from tests.factories import MembershipFactory, PlanFactory
from tests.html import html_errors

NOWHERE = "redis://127.0.0.1:1/0"
WORDS = "Le site ne peut pas lire ses données pour le moment"

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_redis(settings: Settings) -> None:
    settings.SESSION_ENGINE = "config.sessions"


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="grand-est-2019", title="Plan IA Grand Est")
    return made


@pytest.fixture
def person(plan: Plan, client: Client, in_redis: None) -> User:
    """Somebody who is signed in."""
    user: User = MembershipFactory.create(plan=plan).user
    client.force_login(user)
    client.raise_request_exception = False
    return user


@pytest.fixture
def strike(settings: Settings) -> Callable[..., None]:
    """Send what is asked of Redis to where nobody listens, and back."""
    there = {name: dict(cache) for name, cache in settings.CACHES.items()}

    def put(*, away: bool) -> None:
        settings.CACHES = {
            name: {**cache, "LOCATION": NOWHERE} if away else cache for name, cache in there.items()
        }

    return put


@pytest.mark.usefixtures("person")
def test_a_session_is_in_redis_alone_as_data(
    client: Client, django_assert_num_queries: Callable[..., object]
) -> None:
    key = client.cookies["sessionid"].value
    cache: Any = caches["sessions"]
    found: Redis = cache._cache.get_client(None)
    name = cache.make_key(f"django.contrib.sessions.cache{key}")
    raw = found.get(name)
    assert isinstance(raw, bytes)
    assert json.loads(raw)["_auth_user_backend"].endswith("Backend")
    # It leaves by itself, as the cookie does: after two weeks.
    assert 0 < found.ttl(name) <= 14 * 24 * 3600
    with django_assert_num_queries(0):
        assert SessionStore(key)["_auth_user_backend"]
    # What empties the cache (a restore does) signs nobody out.
    caches["default"].clear()
    assert client.get("/agent/").status_code == 200


@pytest.mark.parametrize("path", ["/agent/", "/comptes/", "/comptes/sessions/", "/admin/"])
def test_staff_are_told_in_words_and_stay_signed_in(
    client: Client, person: User, strike: Callable[..., None], path: str
) -> None:
    cookie = client.cookies["sessionid"].value
    strike(away=True)
    said = client.get(path)
    page = said.content.decode()
    assert (said.status_code, said["Retry-After"], WORDS in page) == (503, "30", True)
    assert html_errors(page) == []
    assert dict(said.cookies) == {}
    # Nor does what they send sign them out, or in as somebody new.
    for posted in ("/comptes/logout/", "/comptes/sessions/", "/comptes/login/"):
        assert (client.post(posted).status_code, dict(client.cookies)["sessionid"].value) == (
            503, cookie,
        )  # fmt: skip
    strike(away=False)
    found = client.get("/comptes/")
    assert (found.status_code, found.context["user"]) == (200, person)
    assert client.cookies["sessionid"].value == cookie


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("kept", [True, False])
def test_a_public_page_is_given_as_to_a_stranger(
    client: Client, strike: Callable[..., None], settings: Settings, *, kept: bool
) -> None:
    settings.PUBLIC_ANSWERS = {**settings.PUBLIC_ANSWERS, "kept": kept}
    strike(away=True)
    for path in ("/", "/plans/grand-est-2019/", "/api/v1/plans/"):
        page = client.get(path)
        assert (page.status_code, dict(page.cookies)) == (200, {}), path
        assert "Se déconnecter" not in page.content.decode()
    strike(away=False)
    assert client.get("/agent/").status_code == 200


@pytest.mark.usefixtures("in_redis")
def test_one_that_was_not_read_is_never_written_over(strike: Callable[..., None]) -> None:
    made = SessionStore()
    made["held"] = "before"
    made.create()
    strike(away=True)
    later = SessionStore(made.session_key)
    with pytest.raises(SessionsAwayError):
        later.get("held")
    later = SessionStore(made.session_key)
    later.is_for_everybody = True
    later["held"] = "after"
    strike(away=False)
    with pytest.raises(SessionsAwayError):
        later.save()
    assert SessionStore(made.session_key)["held"] == "before"


@pytest.mark.usefixtures("in_redis")
def test_none_is_begun_ended_or_taken_for_over(strike: Callable[..., None]) -> None:
    made = SessionStore()
    made.create()
    strike(away=True)
    for act in (
        SessionStore().create,
        lambda: SessionStore().exists(made.session_key or ""),
        SessionStore(made.session_key).delete,
        SessionStore(made.session_key).save,
    ):
        with pytest.raises(SessionsAwayError):
            act()
    strike(away=False)
    assert SessionStore().exists(made.session_key or "")


def test_without_redis_nobody_signs_in_uncounted(
    client: Client, plan: Plan, strike: Callable[..., None]
) -> None:
    """Sessions in the database: attempts could not be counted, and who is signed in goes on."""
    client.raise_request_exception = False
    signed_in = Client()
    signed_in.force_login(MembershipFactory.create(plan=plan).user)
    strike(away=True)
    said = client.post("/comptes/login/", {"login": "a@example.org", "password": "x"})
    assert (said.status_code, WORDS in said.content.decode()) == (503, True)
    assert signed_in.get("/agent/").status_code == 200


@pytest.mark.parametrize(
    ("word", "engine"),
    [
        ("", "django.contrib.sessions.backends.db"),
        ("database", "django.contrib.sessions.backends.db"),
        ("redis", "config.sessions"),
    ],
)
def test_the_setting(word: str, engine: str) -> None:
    given = COMPLETE | {"SESSION_STORE": word}
    code, lines, _ = read(given, "s.SESSION_ENGINE", "s.CACHES['sessions']['LOCATION']")
    assert (code, lines) == (0, [engine, "redis://queue.example.org:6379/0"])


def test_another_word_is_refused() -> None:
    code, _, said = read(COMPLETE | {"SESSION_STORE": "cookies"})
    assert code != 0
    assert "SESSION_STORE=COOKIES: expected one of DATABASE, REDIS." in said
