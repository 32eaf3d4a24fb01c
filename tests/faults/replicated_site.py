"""A site of two web servers and two workers, before a writer and a streaming replica."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from config.embedded.servers import running
from tests.faults.crowd import Crowd
from tests.faults.own_site import UNLIMITED, Written, post, save_draft
from tests.processes import worker
from tests.replication import Pair, pair
from tools.bench.site import Site, Web

PREPARE = """
import json
from tests.faults.prepare import prepared
print(json.dumps(prepared()))
"""
HOST = "plans.example"
"""One name for both web servers: what one keeps, the other gives."""
INDICATOR = "/plans/pannes/indicateurs/valeurs-{}/"
PUBLIC = (
    "/", "/plans/pannes/", INDICATOR.format(0), "/api/v1/plans/", "/api/v1/observations/",
    "/methodologie/",
)  # fmt: skip


@dataclass
class ReplicatedSite:
    """The servers, and what is asked of the processes before them."""

    site: Site
    servers: Pair
    written: Written
    webs: list[Web] = field(default_factory=list)
    published: set[tuple[str, str]] = field(default_factory=set)
    """What was acknowledged: indicator and day."""

    def __post_init__(self) -> None:
        self._days = iter(date(1950, 1, 1) + timedelta(days=number) for number in range(10_000))
        self._lock = threading.Lock()

    @contextmanager
    def processes(self) -> Iterator[None]:
        """Run two web servers of one process each, and two workers."""
        with ExitStack() as stack:
            settings = {
                **UNLIMITED, **self.servers.settings, "BASE_URL": f"http://{HOST}",
                "ALLOWED_HOSTS": HOST, "METRICS_NETWORKS": "127.0.0.1/32", "LOG_LEVEL": "INFO",
            }  # fmt: skip
            self.webs = [stack.enter_context(self.site.web(settings=settings)) for _ in range(2)]
            for number in range(2):
                log = self.site.layout.data.with_name(f"worker-{number}.log")
                stack.enter_context(
                    worker(
                        log, REDIS_URL="", DATA_DIR=str(self.site.layout.data),
                        **self.servers.settings,
                    )
                )  # fmt: skip
            yield

    def get(self, web: Web, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        status, said, body = web.get(path, {"Host": HOST, **headers})
        return status, said, body.decode()

    def figure(self, web: Web, name: str) -> float:
        """Return one figure of /metrics, whatever its labels."""
        lines = self.get(web, "/metrics")[2].splitlines()
        found = [line for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def ready(self, web: Web) -> dict[str, object]:
        said: dict[str, object] = json.loads(self.get(web, "/readyz")[2])
        return said

    def publish(self, web: Web, value: str = "1", *, number: int = 0) -> int:
        """Publish a value as a partner does; return the status, 0 without an answer."""
        with self._lock:
            day = next(self._days).isoformat()
        code = f"valeurs-{number}"
        row = {
            "indicator": code, "period_start": day, "period_end": day, "value": value,
            "source": "bilan",
        }  # fmt: skip
        try:
            status, body = post(
                web, "/api/v1/plans/pannes/observations/bulk/",
                json.dumps({"then": "publish", "rows": [row]}).encode(),
                {
                    "Host": HOST, "Authorization": f"Bearer {self.written.token}",
                    "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4()),
                },
            )  # fmt: skip
        except (OSError, http.client.HTTPException):
            return 0
        if status == http.client.OK:
            assert [one["state"] for one in json.loads(body)["results"]] == ["published"]
            with self._lock:
                self.published.add((code, day))
        return status

    def stored(self) -> set[tuple[str, str]]:
        """Return what is published, as the writer has it."""
        found = self.servers.writer.ask(
            "SELECT i.code, o.period_start FROM indicators_observation o "
            "JOIN indicators_indicator i ON i.id = o.indicator_id WHERE o.state = 'published'"
        )
        assert len(found) == len(set(found))
        return {(code, day.isoformat()) for code, day in found}

    @property
    def staff(self) -> dict[str, str]:
        """What the browser of a manager sends."""
        return {"Cookie": f"sessionid={self.written.session}"}

    def save_draft(self, web: Web, day: str, value: str) -> int:
        """Save a draft as a manager does on the page; return the status."""
        return save_draft(web, self.written.session, day, value, headers={"Host": HOST})[0]

    def run(self, code: str) -> str:
        """Run a line of Python in the site."""
        return self.site.manage("shell", "--no-imports", "-c", code, **self.servers.settings)

    def said(self, words: str) -> list[bool]:
        """Return of each web server whether its log holds these words."""
        return [words in web.log.read_text() for web in self.webs]


class LightLoad(Crowd):
    """A reader before each web server, and a writer; what they were told, and the longest wait."""

    def __init__(self, own: ReplicatedSite, *, writes: bool = True) -> None:
        self.own = own
        self.writes = writes
        self.statuses: dict[int, int] = {}
        self.stale = 0
        self.longest = 0.0
        super().__init__()

    def acts(self) -> Iterator[Callable[[], None]]:
        for web in self.own.webs:
            yield partial(self._read, web)
            if self.writes:
                yield partial(self._write, web)

    def _note(self, status: int, began: float, *, stale: bool = False) -> None:
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.longest = max(self.longest, time.monotonic() - began)
            self.stale += stale

    def _read(self, web: Web) -> None:
        number = 0
        while not self.over.is_set():
            for path in PUBLIC:
                number += 1
                began = time.monotonic()
                try:
                    # Half of them ask what nobody has kept.
                    status, headers, _ = self.own.get(
                        web, f"{path}?n={number}" if number % 2 and "/api/" not in path else path
                    )
                    self._note(status, began, stale="Warning" in headers)
                except (OSError, http.client.HTTPException):
                    self._note(0, began)
            self.over.wait(0.1)

    def _write(self, web: Web) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            self._note(self.own.publish(web, number=1), began)
            self.over.wait(0.3)


@contextmanager
def replicated_site(folder: Path) -> Iterator[ReplicatedSite]:
    """Start the servers, prepare the database, run the processes."""
    own = Site(folder / "data")
    with pair(folder) as servers, running(own.layout, postgres=False):
        own.manage("migrate", "--no-input", **servers.owner_settings)
        own.manage("collectstatic", "--no-input", "--verbosity", "0", **servers.settings)
        said = own.manage("shell", "--no-imports", "-c", PREPARE, **servers.settings)
        made = ReplicatedSite(own, servers, Written(**json.loads(said.splitlines()[-1])))
        servers.caught_up()
        with made.processes():
            yield made
