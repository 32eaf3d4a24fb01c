"""The site of the fault tests: its servers struck, its writers counted, its rows asked directly."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests.faults.crowd import Crowd
from tests.processes import Worker, worker
from tests.waiting import until
from tools.bench.site import Site, Web

PLAN = "/plans/pannes/"
DRAFT = "/agent/plans/pannes/indicateurs/valeurs-0/saisie/"
READ = (PLAN, "/", "/plans/pannes/indicateurs/valeurs-0/", "/api/v1/plans/")
UNLIMITED = {"API_TOKEN_REQUESTS_PER_MINUTE": "1000000", "API_REQUESTS_PER_MINUTE": "1000000"}
ROWS = 3
"""The values that one request publishes: all of them or none."""

Row = tuple[str, str]
"""An indicator and a day."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer sends to be known."""

    token: str
    session: str


class OwnSite:
    """Servers that can be struck, and the processes before them."""

    def __init__(self, site: Site, written: Written) -> None:
        self.site = site
        self.written = written

    def web(self) -> AbstractContextManager[Web]:
        return self.site.web(workers=2, settings=UNLIMITED)

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        log = self.site.layout.data.with_name("worker.log")
        with worker(
            log, DATABASE_URL="", REDIS_URL="", DATA_DIR=str(self.site.layout.data)
        ) as started:
            yield started

    def crash_postgres(self) -> None:
        """End PostgreSQL at once, as a power cut does: it recovers from its journal."""
        pid = int((self.site.layout.postgres / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not Path(f"/proc/{pid}").exists(), "PostgreSQL ends")

    def connect(self) -> psycopg.Connection[Any]:
        words = {**self.site.layout.owner_database}
        return psycopg.connect(
            host=words["HOST"], port=words["PORT"], user=words["USER"],
            dbname=self.site.layout.database["NAME"], autocommit=True,
        )  # fmt: skip

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()

    def waits_for(self, table: str) -> bool:
        """Return whether somebody waits for a lock of the table."""
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
        return self.ask(waiting, table) != [(0,)]

    def versions(self) -> dict[tuple[str, str, str], int]:
        """Count the versions of each value: by indicator, day and state."""
        found = self.ask(
            "SELECT i.code, o.period_start, o.state, count(*) FROM indicators_observation o "
            "JOIN indicators_indicator i ON i.id = o.indicator_id GROUP BY 1, 2, 3"
        )
        return {(code, day.isoformat(), state): count for code, day, state, count in found}

    def published(self) -> set[Row]:
        return {(code, day) for code, day, state in self.versions() if state == "published"}

    def run(self, code: str) -> str:
        """Run a line of Python in the site."""
        return self.site.manage("shell", "--no-imports", "-c", code).strip()

    def inconsistent(self) -> str:
        """Return the indicators whose stored progress is not that of their values."""
        said = self.run("from tests.faults.prepare import inconsistent; print(inconsistent())")
        return said.splitlines()[-1]


def post(
    web: Web, path: str, body: bytes, headers: dict[str, str], *, seconds: float = 20
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=seconds)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def save_draft(
    web: Web, session: str, day: str, value: str, *, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Save a draft of a day as its manager does on the page; return the answer."""
    cookie = f"sessionid={session}"
    _, said, page = web.get(DRAFT, {**(headers or {}), "Cookie": cookie})
    crumb = said["Set-Cookie"].split(";")[0]
    token = page.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    typed = {
        "csrfmiddlewaretoken": token, "period": "autre", "period_start": day,
        "period_end": day, "value": value, "qualifier": "exact", "action": "save",
    }  # fmt: skip
    status, body = post(
        web, DRAFT, urlencode(typed).encode(),
        {
            **(headers or {}), "Cookie": f"{cookie}; {crumb}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )  # fmt: skip
    return status, body.decode()


@dataclass(slots=True)
class Request:
    """One publication of a few values, and the key that makes it one however often it is sent."""

    rows: tuple[Row, ...]
    body: bytes
    key: str


def request_of(writer: int, number: int) -> Request:
    first = date(1950, 1, 1) + timedelta(days=writer * 2000 + number * ROWS)
    rows = tuple(
        (f"valeurs-{writer % 4}", (first + timedelta(days=day)).isoformat()) for day in range(ROWS)
    )
    told = [
        {
            "indicator": code, "period_start": day, "period_end": day, "value": "1",
            "source": "bilan",
        }
        for code, day in rows
    ]  # fmt: skip
    body = json.dumps({"then": "publish", "rows": told}).encode()
    return Request(rows, body, str(uuid.uuid4()))


@dataclass
class Load(Crowd):
    """Readers and writers beside a fault; what each was told."""

    web: Web
    token: str
    writers: int = 3
    readers: int = 2
    first_writer: int = 0
    again: bool = True
    """Whether a writer that got no acknowledgement sends the same request again."""
    acknowledged: set[Row] = field(default_factory=set)
    in_flight: list[Request] = field(default_factory=list)
    refused: int = 0
    read: dict[int, int] = field(default_factory=dict)
    stale: int = 0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def acts(self) -> Iterator[Callable[[], None]]:
        for number in range(self.writers):
            yield partial(self._write, self.first_writer + number)
        for _ in range(self.readers):
            yield self._read

    def send(self, request: Request) -> int:
        """Send a publication; return the status, 0 without an answer."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": request.key,
        }
        try:
            status, body = post(
                self.web, "/api/v1/plans/pannes/observations/bulk/", request.body, headers
            )
        except (OSError, http.client.HTTPException):
            return 0
        if status == http.client.OK:
            outcomes = [one["state"] for one in json.loads(body)["results"]]
            with self.lock:
                self.acknowledged.update(request.rows)
                if outcomes != ["published"] * ROWS:
                    self.wrong.append(f"{status} {outcomes}")
        elif status < http.client.INTERNAL_SERVER_ERROR and status != http.client.CONFLICT:
            with self.lock:
                self.wrong.append(f"{status} {body[:200]!r}")
        return status

    def _write(self, writer: int) -> None:
        number = 0
        while not self.over.is_set():
            request = request_of(writer, number)
            number += 1
            end = time.monotonic() + 25
            while self.send(request) != http.client.OK:
                with self.lock:
                    self.refused += 1
                if not self.again or time.monotonic() > end:
                    with self.lock:
                        self.in_flight.append(request)
                    break
                time.sleep(0.2)
            if self.in_flight and not self.again:
                return
            time.sleep(0.02)

    def _read(self) -> None:
        while not self.over.is_set():
            for path in READ:
                try:
                    status, headers, _ = self.web.get(path)
                except (OSError, http.client.HTTPException):
                    status, headers = 0, http.client.HTTPMessage()
                with self.lock:
                    self.read[status] = self.read.get(status, 0) + 1
                    self.stale += "Warning" in headers
            time.sleep(0.1)
