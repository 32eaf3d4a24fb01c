"""A web server that is told to stop under load: it says so first, and lets nobody down.

The entry point of the image itself, with granian and its processes. Readers do what a balancer
does: they send requests for as long as `/openz` lets them, and a moment longer.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.own_site import UNLIMITED, OwnSite, until
from tools.bench.site import ROOT, Web, free_port

DRAIN = 9
NOTICED = 1.0
"""Seconds that a balancer takes to act on what it was told."""
PRIVATE = "/agent/"
"""A page of the staff: none is answered from what is kept."""


@pytest.fixture
def web(own: OwnSite) -> Iterator[Web]:
    """The web server as a container runs it."""
    port = free_port()
    log = own.site.layout.data.with_name(f"drain-{port}.log")
    folder = own.site.layout.data.with_name("drain")
    folder.mkdir(exist_ok=True)
    given = own.site.environment(
        HOST="127.0.0.1", PORT=str(port), DRAIN_SECONDS=str(DRAIN), TMPDIR=str(folder),
        PROMETHEUS_MULTIPROC_DIR=str(folder / "counts"), SECRETS_FOLDER=str(folder / "none"),
        **UNLIMITED,
    )  # fmt: skip
    given["PATH"] = f"{Path(sys.executable).parent}:{given['PATH']}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ROOT / "docker/entrypoint.sh", "web"], cwd=ROOT, env=given,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    started = Web(port, process, log)
    try:
        started.wait_until_ready()
        yield started
        assert list(folder.glob("*draining*")) == [], "a later start would believe that it drains"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def status(web: Web, path: str, session: str = "") -> int:
    """Return what the server answers; 0 for a connection that is refused or cut."""
    try:
        return web.get(path, {"Cookie": f"sessionid={session}"})[0]
    except (OSError, http.client.HTTPException):
        return 0


class Readers(Crowd):
    """Requests one after the other, until they are sent elsewhere: the block is left."""

    def __init__(self, web: Web, session: str, number: int) -> None:
        super().__init__()
        self.web = web
        self.session = session
        self.number = number
        self.answers: list[int] = []

    def acts(self) -> list[Callable[[], None]]:
        return [self._read] * self.number

    def _read(self) -> None:
        while not self.over.is_set():
            self.answers.append(status(self.web, PRIVATE, self.session))


@contextmanager
def slow_database(own: OwnSite) -> Iterator[None]:
    """Let readers of plans wait, half a second at a time."""
    over = threading.Event()

    def hold() -> None:
        with own.connect() as connection:
            while not over.is_set():
                connection.execute("BEGIN; LOCK TABLE plans_plan IN ACCESS EXCLUSIVE MODE")
                time.sleep(0.5)
                connection.execute("COMMIT")
                time.sleep(0.02)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def waiting(own: OwnSite) -> int:
    return int(
        own.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0][0]
    )


def test_a_stop_under_load_refuses_and_cuts_nothing(own: OwnSite, web: Web) -> None:
    assert (status(web, "/readyz"), status(web, "/openz")) == (200, 200)
    with slow_database(own), Readers(web, own.written.session, 6) as readers:
        until(lambda: len(readers.answers) > 10, "readers are answered")
        told = time.monotonic()
        os.kill(web.process.pid, signal.SIGTERM)
        # It says so before anything else changes, whoever of its processes is asked.
        until(lambda: status(web, "/openz") == 503, "/openz says that it drains", 2)
        assert {status(web, "/openz") for _ in range(10)} == {503}
        assert web.get("/readyz")[2] == b'{"status": "draining"}'
        assert status(web, "/healthz") == 200
        since = len(readers.answers)
        time.sleep(NOTICED)
        until(lambda: len(readers.answers) > since, "it serves on meanwhile", 3)
    assert set(readers.answers) == {200}

    # One that is late, and still under way when the time is over: it is finished.
    late: list[int] = []
    with own.connect() as holder:
        holder.execute("BEGIN; LOCK TABLE plans_plan IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(
            target=lambda: late.append(status(web, PRIVATE, own.written.session))
        )
        thread.start()
        until(lambda: waiting(own) > 0 or late, "a request is under way", 4)
        assert late == []
        assert time.monotonic() - told < DRAIN, "the request came too late to be tried"
        until(lambda: status(web, "/openz") == 0, "no new connection is taken", DRAIN + 5)
        assert time.monotonic() - told >= DRAIN
        assert web.process.poll() is None
        assert late == []
        holder.execute("ROLLBACK")
    thread.join(30)
    assert late == [200]
    assert web.process.wait(15) == 0


def test_told_twice_it_does_not_wait(web: Web) -> None:
    os.kill(web.process.pid, signal.SIGTERM)
    until(lambda: status(web, "/openz") == 503, "/openz says that it drains", 2)
    begun = time.monotonic()
    os.kill(web.process.pid, signal.SIGTERM)
    assert web.process.wait(15) == 0
    assert time.monotonic() - begun < DRAIN - 1
