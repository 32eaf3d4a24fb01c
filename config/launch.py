"""Start the whole site with one command, and stop it with one key.

`python -m config.launch`, or `make run`: prepares the data folder, the servers, the database
and the static files, then runs the web server, the worker and the beat until it is told to stop
(Ctrl-C, SIGTERM) or until one of them dies; then everything it started is stopped, in order.
A child that dies ends the whole with a non-zero code: what restarts services is the machine's
own supervisor, and half a site is worse than none.
"""

import argparse
import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from config.embedded.commands import embedded_servers
from config.embedded.paths import CHECKOUT, EmbeddedError, Layout
from config.environment import local_address
from config.messages import compile_catalogues
from config.slots import THREADS_OF_A_SLOT

READY_PATIENCE = 60.0  # seconds until the first page answers
STOP_PATIENCE = 15.0  # seconds for a child to end what it is doing
TICK = 0.1


class LaunchError(Exception):
    """Why the site cannot start, in one line for a person."""


# What a person can put right; anything else is a defect, and shows where it is.
FORESEEN = (
    LaunchError, EmbeddedError, ImproperlyConfigured, CommandError, DatabaseError, PermissionError,
)  # fmt: skip


class Stopped(Exception):  # noqa: N818 - a request, not an error
    """Somebody asked the launcher to stop."""


class StopRequest:
    """Remembers that a signal came: a step under way is finished, the next one not begun."""

    def __init__(self) -> None:
        self.count = 0

    def install(self) -> None:
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        # Under nohup the end of the terminal is to be ignored.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def check(self) -> None:
        if self.count:
            raise Stopped

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


class Child:
    """A process of the site, in a session of its own: Ctrl-C reaches it through the launcher."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=_child_environment(),
        )

    def check(self) -> None:
        code = self._process.poll()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            raise LaunchError(f"{self.name} {how}: the site stops.")

    def stop(self, request: StopRequest) -> None:
        """Ask politely; insist after a while, or at once when the person insists."""
        if self._process.poll() is None:
            self._process.terminate()
        end = time.monotonic() + STOP_PATIENCE
        while self._process.poll() is None:
            if time.monotonic() > end or request.count > 1:
                break
            time.sleep(TICK)
        # Its own children too: a pool must not outlive its parent.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    parser = argparse.ArgumentParser(prog="python -m config.launch", description="Run the site.")
    parser.add_argument("--demo", action="store_true", help="load the fictitious plans as well")
    options = parser.parse_args(arguments)
    request = StopRequest()
    request.install()
    try:
        launch(request, demo=options.demo)
    except Stopped:
        say("Stopped.")
        return 0
    except FORESEEN as error:
        return fail(in_one_line(error))
    return 0


def in_one_line(error: Exception) -> str:
    match error:
        case ImproperlyConfigured():
            return f"Wrong settings: {error}"
        case PermissionError():
            return f"Not allowed to use {error.filename}: another account made it."
        case DatabaseError():
            return f"The database refuses: {' '.join(str(error).split())}"
    return str(error)


def launch(request: StopRequest, *, demo: bool) -> None:
    """Bring everything up and keep it up; ends by an exception."""
    layout = Layout.from_environment()
    layout.prepare()
    with ExitStack() as stack:
        stack.enter_context(only_launcher(layout, settings.BASE_URL))
        refuse_busy_port(settings.HOST, settings.PORT)
        stack.enter_context(embedded_servers(layout))
        request.check()
        # Whoever looks a text up before it is translated is given it as it is from then on.
        compile_catalogues(settings.LOCALE_PATHS)
        django.setup()
        call_command("prepare_site", demo=demo)
        connections.close_all()
        children = stack.enter_context(site_processes(request))
        wait_until_ready(children, request)
        say(f"The site is ready: {settings.BASE_URL}/")
        if settings.FIRST_LOGIN:
            call_command("create_staff_login", only_first=True)
            connections.close_all()
        say("Ctrl-C stops it.")
        while True:
            request.check()
            for child in children:
                child.check()
            time.sleep(TICK)


@contextmanager
def only_launcher(layout: Layout, address: str) -> Iterator[None]:
    """One site per data folder: two beats would do every scheduled task twice."""
    with (layout.data / "launch.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            running_at = lock.read().strip() or "an address not known yet"
            raise LaunchError(f"The site already runs from {layout.data}: {running_at}/") from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def refuse_busy_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LaunchError(
            f"Cannot listen on {host} port {port} ({reason}): "
            "free it, or choose another one with PORT=8001."
        ) from error


@contextmanager
def site_processes(request: StopRequest) -> Iterator[list[Child]]:
    level = settings.LOG_LEVEL.lower()
    quiet = "warning" if level == "info" else level
    celery = ["celery", "--app", "config.celery", "--quiet"]
    beat_state = settings.DATA_DIR / "beat"
    # Counts of the processes that end with this one: the next start begins anew.
    counts = settings.DATA_DIR / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir()
    with ExitStack() as stack:
        children: list[Child] = []

        def start(name: str, *words: str) -> None:
            child = Child(name, words)
            stack.callback(child.stop, request)
            children.append(child)

        # Stopped in the opposite order: the web server first, nobody waits for a page.
        start(
            "The worker", *celery, "worker", "--concurrency", str(settings.WORKER_CONCURRENCY),
            "--loglevel", quiet, "--without-gossip", "--without-mingle",
        )  # fmt: skip
        start(
            "The courier", *celery, "worker", "--queues", "webhooks", "--pool", "threads",
            "--concurrency", str(settings.COURIER_CONCURRENCY), "--hostname", "courier@%h",
            "--loglevel", quiet, "--without-gossip", "--without-mingle",
        )  # fmt: skip
        start(
            "The beat", *celery, "beat", "--loglevel", quiet,
            "--schedule", str(beat_state), "--pidfile", "",
        )  # fmt: skip
        start(
            "The web server", "granian", "--interface", "wsgi",
            "--host", settings.HOST, "--port", str(settings.PORT),
            "--workers", str(settings.WEB_WORKERS),
            "--blocking-threads", str(settings.WEB_THREADS * THREADS_OF_A_SLOT),
            "--respawn-failed-workers", "--workers-kill-timeout", "5",
            "--log-level", quiet, "--log-config", "config/web_server_log.json",
            "config.wsgi:application",
        )  # fmt: skip
        # Said before the first of them is told, however it comes to that.
        stack.callback(say, "Stopping …")
        yield children


def _child_environment() -> dict[str, str]:
    environment = {
        # Threads of the web server share two heaps: one for each of them takes 10 MB more.
        "MALLOC_ARENA_MAX": "2",
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(settings.DATA_DIR / "metrics"),
    }
    if os.geteuid() == 0:
        # The worker reads JSON only: what Celery warns root about cannot happen here.
        environment["PYTHONWARNINGS"] = (
            "ignore:You're running the worker with superuser privileges:UserWarning"
        )
    return environment


def wait_until_ready(children: Sequence[Child], request: StopRequest) -> None:
    end = time.monotonic() + READY_PATIENCE
    while time.monotonic() < end:
        request.check()
        for child in children:
            child.check()
        status = first_page_status()
        if status is not None and status < http.client.BAD_REQUEST:
            return
        if status is not None:
            raise LaunchError(f"The first page fails with status {status}: see the log above.")
        time.sleep(TICK)
    raise LaunchError(f"No page after {READY_PATIENCE:.0f} seconds: see the log above.")


def first_page_status() -> int | None:
    here = urlsplit(local_address(settings.HOST, settings.PORT))
    connection = http.client.HTTPConnection(here.hostname or "", here.port, READY_PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": urlsplit(settings.BASE_URL).netloc})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def fail(line: str) -> int:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
