"""What the public and the staff get while PostgreSQL or Redis is away, on servers of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.html import html_errors
from tools.bench.site import Site, Web, site

PLAN = "/plans/demonstration/"
NOTICE = "Le site ne peut pas lire ses données pour le moment"


@pytest.fixture
def running(data_dir: Path) -> Iterator[tuple[Site, Web]]:
    with site(data_dir, durable=False) as own:
        own.manage("prepare_site", "--demo")
        with own.web() as web:
            yield own, web


def test_servers_that_go_and_come_back(running: tuple[Site, Web]) -> None:
    own, web = running
    before = {path: web.get(path) for path in ("/", PLAN, "/flux.atom", "/api/v1/plans/")}
    assert {status for status, _, _ in before.values()} == {200}

    # PostgreSQL is away: what was kept is given, and says of when it is.
    own.postgres.stop()
    for path, (_, _, body) in before.items():
        status, headers, stale = web.get(path)
        assert (status, headers["Cache-Control"], headers["Warning"]) == (
            200,
            "no-store",
            '110 - "Response is Stale"',
        )
        assert (NOTICE in stale.decode()) == (b"<main" in body)
        if b"<main" not in body:
            assert stale == body
    notice = web.get(PLAN)[2].decode()
    assert html_errors(notice) == html_errors(before[PLAN][2].decode())
    assert web.get(PLAN, {"Cookie": "sessionid=signed-in"})[0] == 200
    # What nobody kept, and staff pages, say in words that they cannot be given.
    for path, cookie in (("/plans/demonstration/sources/", ""), ("/agent/", "sessionid=signed-in")):
        begun = time.monotonic()
        status, headers, body = web.get(path, {"Cookie": cookie} if cookie else {})
        assert (status, headers["Retry-After"], NOTICE in body.decode()) == (503, "30", True)
        assert time.monotonic() - begun < 5

    # It comes back: the next look-up finds it, nobody has to do anything.
    own.postgres.start()
    time.sleep(1.1)
    for path, (_, _, body) in before.items():
        assert web.get(path)[::2] == (200, body)
    assert web.get("/plans/demonstration/sources/")[0] == 200

    # Redis is away: each page is drawn or comes from the process, and none waits for long.
    own.redis.stop()
    for path in (*before, "/methodologie/", "/plans/demonstration/sources/"):
        begun = time.monotonic()
        status, headers, _ = web.get(path)
        assert (status, headers["Warning"]) == (200, None)
        assert time.monotonic() - begun < 3
    own.redis.start()
    assert web.get(PLAN)[0] == 200


def test_a_process_that_starts_without_the_database_gives_what_others_knew(
    running: tuple[Site, Web],
) -> None:
    own, web = running
    _, _, body = web.get(PLAN)
    own.postgres.stop()
    # A process of the same site that was not there when the page was kept.
    host = f"127.0.0.1:{web.port}"
    with own.web(settings={"BASE_URL": f"http://{host}"}) as late:
        status, _, stale = late.get(PLAN, {"Host": host})
    own.postgres.start()
    assert (status, NOTICE in stale.decode(), len(stale) > len(body)) == (200, True, True)
