"""`make run` as a person lives it: it starts, answers, stops, says what is wrong in one line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "Ctrl-C stops it."
LOGIN = re.compile(r"^Staff login, shown this once: (\S+)  password: (\S{20})$", re.MULTILINE)
PATIENCE = 120


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The variables of a person who has set nothing but these."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {"DATA_DIR": str(data_dir)} | settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Site:
    """A running launcher, what it prints, and every process that belongs to it."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.log = data_dir.with_name("launch.log")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launch"],
                cwd=ROOT,
                env=environment(data_dir, PORT=str(port), METRICS_TOKEN=TOKEN),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE
        while READY not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.1)

    def first_page_status(self) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=20) as page:
                status: int = page.status
                return status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def processes(self) -> dict[int, str]:
        """Its children and its servers, which have left its family, by their data folder."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        found = {child.pid: child.name() for child in family}
        for process in psutil.process_iter(["pid", "name", "cmdline"]):
            if any(str(self.data_dir) in word for word in process.info["cmdline"] or ()):
                found[process.info["pid"]] = process.info["name"]
        return found

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def running_site(data_dir: Path, port: int) -> Iterator[Site]:
    site = Site(data_dir, port)
    try:
        site.wait_until_ready()
        yield site
    finally:
        if site.process.poll() is None:
            site.stop(signal.SIGTERM)


def left_over(pids: dict[int, str]) -> dict[int, str]:
    return {
        pid: name
        for pid, name in pids.items()
        if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    }


def run(data_dir: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(data_dir, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def launch(data_dir: Path, **settings: str) -> tuple[int, list[str]]:
    """The exit code and the lines of error of a launch that is to fail."""
    done = run(data_dir, "-m", "config.launch", **settings)
    return done.returncode, done.stderr.splitlines()


TOKEN = "k9s8d7f6g5h4j3k2l1"
PAGE_COUNTED = 'plans_http_requests_total{method="GET",route="/comptes/login/",status="200"} 20.0'


def asked(port: int, address: str, *, token: str = "") -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{address}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: bytes = answer.read()
    return body.decode()


def test_a_site_lives_and_keeps_what_it_has(data_dir: Path) -> None:
    port = free_port()

    with running_site(data_dir, port) as site:
        assert f"The site is ready: http://127.0.0.1:{port}/" in site.said
        assert len(LOGIN.findall(site.said)) == 1
        assert site.first_page_status() < 500
        processes = site.processes()
        assert {"postgres", "redis-server"} < set(processes.values())

        # A second terminal uses the same servers and leaves them running.
        counted = run(
            data_dir,
            "manage.py",
            "shell",
            "--verbosity=0",
            "--command=from accounts.models import User; print(User.objects.count())",
        )
        assert (counted.returncode, counted.stdout) == (0, "1\n")
        assert site.first_page_status() < 500

        # A second site on the same data is refused, whatever its port.
        assert launch(data_dir, PORT=str(free_port())) == (
            1,
            [f"The site already runs from {data_dir}: http://127.0.0.1:{port}/"],
        )

        # Its processes work with the account that owns nothing ...
        owned = run(
            data_dir,
            "manage.py",
            "shell",
            "--verbosity=0",
            "--command=from django.db import connection as c; k = c.cursor(); k.execute('SELECT "
            "current_user, (SELECT count(*) FROM pg_class WHERE relowner = "
            "current_user::regrole), has_table_privilege($$plans_planevent$$, $$UPDATE$$)'); "
            "print(*k.fetchone())",
        )
        assert (owned.returncode, owned.stdout) == (0, "plans_app 0 False\n")
        # ... are ready, and count what they answer together, whichever of them is asked.
        assert json.loads(asked(port, "/readyz")) == {
            "status": "ready", "database": "ok", "migrations": "ok", "redis": "ok",
            "files": "ok",
        }  # fmt: skip
        for _ in range(20):
            asked(port, "/comptes/login/")
        counted_by = {asked(port, "/metrics", token=TOKEN).count(PAGE_COUNTED) for _ in range(8)}
        assert counted_by == {1}

        # Ctrl-C.
        assert site.stop(signal.SIGINT) == 0
        assert site.said.splitlines()[-1] == "Stopped."
        # Nothing that a newcomer would take for a fault.
        assert "[WARNING]" not in site.said
        assert left_over(processes) == {}

    with running_site(data_dir, port) as site:
        assert LOGIN.findall(site.said) == []
        assert "Staff login: unchanged" in site.said
        assert site.first_page_status() < 500
        processes = site.processes()
        assert site.stop(signal.SIGTERM) == 0
        assert left_over(processes) == {}

    # A part that dies takes the whole down, and says so.
    with running_site(data_dir, port) as site:
        processes = site.processes()
        beat = next(pid for pid in processes if "beat" in psutil.Process(pid).cmdline())
        os.kill(beat, signal.SIGKILL)
        assert site.process.wait(PATIENCE) == 1
        assert "The beat was killed by signal 9: the site stops." in site.said.splitlines()
        assert left_over(processes) == {}


def test_a_busy_port_is_one_line(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, lines = launch(data_dir, PORT=str(port))
    complaint = (
        f"Cannot listen on 127.0.0.1 port {port} (Address already in use): "
        "free it, or choose another one with PORT=8001."
    )
    assert (code, lines) == (1, [complaint])


@pytest.mark.parametrize(
    ("settings", "beginning"),
    [
        ({"PORT": "http"}, "Wrong settings: PORT=http: expected a number from 1 to 65535."),
        ({"PORT": "70000"}, "Wrong settings: PORT=70000: expected a number from 1 to 65535."),
        ({"HOST": "192.0.2.1"}, "Cannot listen on 192.0.2.1 port 8000 "),
        ({"LOG_LEVEL": "loud"}, "Wrong settings: LOG_LEVEL=LOUD: expected one of "),
        ({"DATA_DIR": "/proc/none"}, "Cannot use the data folder /proc/none: "),
        ({"DATA_DIR": __file__}, f"The data folder {__file__} is not a folder."),
        ({"DATA_DIR": str(ROOT)}, f"The data folder {ROOT} holds something else "),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "The database refuses: "),
        (
            {"DJANGO_SETTINGS_MODULE": "config.settings.production"},
            "Wrong settings: SECRET_KEY is not set: production does not start without it.",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    data_dir: Path, settings: dict[str, str], beginning: str
) -> None:
    code, lines = launch(data_dir, **settings)
    assert (code, len(lines)) == (1, 1), lines
    assert lines[0].startswith(beginning), lines[0]


def test_a_database_of_another_version_is_one_line(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "README.txt").write_text("")
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    code, lines = launch(data_dir, PORT=str(free_port()))
    complaint = (
        f"{data_dir}/postgres was written by PostgreSQL 15 and this is 18: "
        "dump it with the old version, or move it away to start afresh."
    )
    assert (code, lines) == (1, [complaint])


def test_a_management_command_says_it_in_one_line_too(data_dir: Path) -> None:
    data_dir.write_text("")
    done = run(data_dir, "manage.py", "migrate")
    assert (done.returncode, done.stderr) == (1, f"The data folder {data_dir} is not a folder.\n")
