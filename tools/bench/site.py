"""A site of its own for a bench or a test: embedded servers in a folder, granian before them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from config.embedded.account import Account
from config.embedded.paths import Layout
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis
from config.embedded.servers import running
from config.slots import THREADS_OF_A_SLOT

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
OURS = "config.wsgi:application"


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _words(database: Mapping[str, str]) -> str:
    words = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "NAME"}
    return " ".join(f"{name}={database[key]}" for name, key in words.items())


class Site:
    """The servers of a folder, and the commands and web servers that use them."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        account = Account.for_folder(self.layout.postgres)
        self.postgres = Postgres(self.layout, account)
        self.redis = Redis(self.layout, account)

    @property
    def application(self) -> str:
        """How psycopg reaches the database as the site does."""
        return _words(self.layout.database)

    @property
    def owner(self) -> str:
        """The same as the owner of its tables."""
        return _words(self.layout.owner_database)

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, "DATA_DIR": str(self.layout.data), "LOG_LEVEL": "WARNING", **settings}

    def manage(self, *words: str, **settings: str) -> str:
        """Run a management command; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", *words],
            cwd=ROOT,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{words[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def web(
        self,
        application: str = OURS,
        *,
        workers: int = 1,
        threads: int = 4,
        settings: Mapping[str, str] | None = None,
    ) -> Iterator[Web]:
        """Run a WSGI application in granian, as production does, until the block ends."""
        port = free_port()
        if application == OURS:
            threads *= THREADS_OF_A_SLOT
        log = self.layout.data.with_name(f"web-{port}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "granian", "--interface", "wsgi",
                    "--host", "127.0.0.1", "--port", str(port),
                    "--workers", str(workers),
                    "--blocking-threads", str(threads),
                    "--backlog", "2048", "--workers-kill-timeout", "5",
                    "--log-level", "warning", application,
                ],
                cwd=ROOT,
                env=self.environment(
                    PORT=str(port), MALLOC_ARENA_MAX="2", **(settings or {})
                ),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        web = Web(port, process, log)
        try:
            web.wait_until_ready()
            yield web
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Web:
    """A running web server."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port = port
        self.process = process
        self.log = log

    def wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"The web server ended: {self.log.read_text()}")
            try:
                self.get("/static/none")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"The web server does not answer: {self.log.read_text()}")

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask for one page on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def cpu(self) -> float:
        """Return the seconds of processor that the workers have spent."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return sum(sum(worker.cpu_times()[:2]) for worker in workers)

    def memory(self) -> int:
        """Return the resident bytes of the largest worker."""
        workers = psutil.Process(self.process.pid).children(recursive=True)
        return max(worker.memory_info().rss for worker in workers)


@contextmanager
def site(folder: Path, *, durable: bool = True) -> Iterator[Site]:
    """Start the servers of a folder and prepare the database; stop them at the end."""
    made = Site(folder)
    with running(made.layout, durable=durable):
        yield made
