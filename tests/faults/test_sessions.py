"""Sessions in Redis, two web servers, and a Redis that goes and comes back."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from tests.accounts.people import PASSWORD
from tests.faults.own_site import PLAN, OwnSite, until
from tools.bench.site import Web

HOST = "plans.example"
"""One name for both web servers, as behind a proxy."""
WORDS = "Le site ne peut pas lire ses données pour le moment"
EMAIL = "sessions@example.org"
PERSON = f"""
from tests.accounts.people import person
person({EMAIL!r})
"""
COOKIE = re.compile(r"^(\w+)=([^;]*);")


class Browser:
    """Cookies, and whichever web server the proxy chose."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cookies: dict[str, str] = {}

    def ask(
        self, web: Web, path: str, form: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        method, body = "GET", None
        headers = {
            "Host": HOST, "User-Agent": self.name,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        if form is not None:
            method = "POST"
            token = re.search(
                r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(web, "/comptes/login/")[2]
            ) or re.search(
                r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(web, "/comptes/sessions/")[2]
            )
            assert token is not None
            body = urlencode({**form, "csrfmiddlewaretoken": token[1]})
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            }
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read().decode()
        finally:
            connection.close()
        for said in answer.headers.get_all("Set-Cookie", []):
            name, value = COOKIE.match(said).groups()  # type: ignore[union-attr]
            if value in ("", '""'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer.status, answer.headers, content

    def sign_in(self, web: Web) -> None:
        status, _, page = self.ask(web, "/comptes/login/", {"login": EMAIL, "password": PASSWORD})
        assert status == 302, page

    def is_signed_in(self, web: Web) -> bool:
        status, headers, _ = self.ask(web, "/comptes/")
        assert (status, headers["Location"]) in (
            (200, None), (302, "/comptes/login/?next=/comptes/"),
        )  # fmt: skip
        return status == 200


@pytest.fixture
def webs(own: OwnSite) -> Iterator[tuple[Web, Web]]:
    settings = {"SESSION_STORE": "redis", "BASE_URL": f"http://{HOST}", "ALLOWED_HOSTS": HOST}
    with ExitStack() as stack:
        one, other = (stack.enter_context(own.site.web(settings=settings)) for _ in range(2))
        yield one, other


def test_redis_goes_and_comes_back_with_the_sessions(own: OwnSite, webs: tuple[Web, Web]) -> None:
    one, other = webs
    own.run(PERSON)
    desk, telephone, library = (Browser(name) for name in ("desk", "telephone", "library"))
    for browser in (desk, telephone, library):
        browser.sign_in(one)
    # Each web server knows who signed in at the other, and who no longer is.
    assert [browser.is_signed_in(other) for browser in (desk, telephone, library)] == [True] * 3
    page = desk.ask(other, "/comptes/sessions/")[2]
    assert [name in page for name in ("desk", "telephone", "library")] == [True] * 3
    closing = own.ask(
        "SELECT id FROM usersessions_usersession WHERE user_agent = 'library'"
    )  # fmt: skip
    assert desk.ask(other, f"/comptes/sessions/{closing[0][0]}/fermer/", {})[0] == 302
    kept = dict(library.cookies)
    assert [library.is_signed_in(web) for web in webs] == [False, False]
    assert own.ask("SELECT count(*) FROM django_session WHERE session_key = %s",
                   desk.cookies["sessionid"]) == [(0,)]  # fmt: skip
    time.sleep(1.1)  # Redis writes to its disk every second

    own.site.redis.stop()
    before = dict(desk.cookies)
    for web in webs:
        for path in ("/agent/", "/comptes/sessions/", "/admin/"):
            begun = time.monotonic()
            status, headers, said = desk.ask(web, path)
            assert (status, headers["Retry-After"], WORDS in said) == (503, "30", True)
            assert time.monotonic() - begun < 3
        for path in ("/", PLAN, "/methodologie/", "/api/v1/plans/"):
            begun = time.monotonic()
            status, headers, _ = desk.ask(web, path)
            assert (status, headers["Warning"]) == (200, None), path
            assert time.monotonic() - begun < 3
        assert web.get("/readyz", {"Host": HOST})[2].startswith(b'{"status": "degraded"')
    assert desk.cookies == before

    own.site.redis.start()
    for web in webs:
        until(lambda web=web: desk.ask(web, "/agent/")[0] == 200, "staff work again")  # type: ignore[misc]
        assert [browser.is_signed_in(web) for browser in (desk, telephone)] == [True, True]
        # What was closed stays closed.
        library.cookies = dict(kept)
        assert not library.is_signed_in(web)
    assert desk.cookies["sessionid"] == before["sessionid"]
    # A new password ends the others, everywhere.
    changed = {"oldpassword": PASSWORD, "password1": "tout autre chose 42",
               "password2": "tout autre chose 42"}  # fmt: skip
    assert desk.ask(one, "/comptes/password/change/", changed)[0] == 302
    assert [telephone.is_signed_in(web) for web in webs] == [False, False]
