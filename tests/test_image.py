"""What a container of the image runs, without an engine: docker/entrypoint.sh and its checks."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests.launched import launched

ROOT = Path(__file__).resolve().parent.parent
ENTRY_POINT = ROOT / "docker/entrypoint.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that only say what they were called with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("granian", "celery"):
        program = folder / name
        program.write_text(
            '#!/bin/sh\nfor word in "$(basename "$0")" "$@"; do echo "$word"; done\n'
        )
        program.chmod(0o755)
    return folder


def run(
    *words: str, programs: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    # In the image, too, the environment's own programs come first.
    folders = [programs, Path(sys.executable).parent, os.environ["PATH"]]
    path = os.pathsep.join(str(folder) for folder in folders if folder is not None)
    if programs is not None:
        # What they would write is not for the checkout, nor for the machine.
        own = {"DATA_DIR": "data", "PROMETHEUS_MULTIPROC_DIR": "counts"}
        named = {name: str(programs.with_name(folder)) for name, folder in own.items()}
        variables = {**named, **variables}
    return subprocess.run(
        [ENTRY_POINT, *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": path, **variables},
        timeout=30,
    )


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What .dockerignore lets into the build, in a folder of its own."""
    folder = tmp_path_factory.mktemp("context")
    kept = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    for name in kept:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return folder


def in_context(context: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=context, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(context / "data"), **variables},
        timeout=60,
    )  # fmt: skip


def test_the_build_has_all_that_it_copies_and_reads(context: Path) -> None:
    told = (ROOT / "Dockerfile").read_text()
    for name in re.findall(r"requirements/[a-z]+\.txt", told):
        assert (context / name).exists(), name
    # The commands of the build stage, in its folder.
    for words in (
        ["-m", "config.messages"],
        ["manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
    ):
        done = in_context(context, *words)
        assert (done.returncode, done.stderr) == (0, "")
    assert list((context / "data/static").glob("staticfiles.json"))


def test_what_runs_finds_its_code_in_the_image(context: Path) -> None:
    done = in_context(
        context, "manage.py", "check",
        DJANGO_SETTINGS_MODULE="config.settings.production", SECRET_KEY=secrets.token_urlsafe(64),
        DATABASE_URL="postgres://nobody@localhost/none", REDIS_URL="redis://localhost/0",
        ALLOWED_HOSTS="plans.example.org", BASE_URL="https://plans.example.org",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(context.glob("tests")), "the image holds what only developers run"


def variables_of(result: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


def test_a_file_of_secrets_becomes_the_variable_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "SECRET_KEY").write_text("first = line, $HOME `date`\n")
    (tmp_path / "PGPASSWORD").write_text("of the file")
    (tmp_path / "database_password").write_text("not a variable")
    result = run("env", SECRETS_FOLDER=str(tmp_path), PGPASSWORD="of the environment")
    assert result.returncode == 0
    found = variables_of(result)
    assert found["SECRET_KEY"] == "first = line, $HOME `date`"
    assert found["PGPASSWORD"] == "of the environment"
    assert "database_password" not in found


def test_a_secret_stands_in_for_a_variable_set_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "SECRET_KEY").write_text("of the file")
    result = run("env", SECRETS_FOLDER=str(tmp_path), SECRET_KEY="")
    assert variables_of(result)["SECRET_KEY"] == "of the file"


def test_without_a_folder_of_secrets_a_command_runs_as_it_is_written(tmp_path: Path) -> None:
    result = run("sh", "-c", 'echo "$1"; exit 3', "sh", "a  b", SECRETS_FOLDER=str(tmp_path / "no"))
    assert (result.stdout, result.returncode) == ("a  b\n", 3)


def options(words: Sequence[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


@pytest.mark.parametrize(
    ("command", "name", "own_options"),
    [
        ("web", "The web server", set()),
        # Several machines may have a worker: the health check asks for this one.
        ("worker", "The worker", {"--hostname"}),
        ("courier", "The courier", set()),
        ("beat", "The beat", set()),
    ],
)
def test_a_container_runs_what_make_run_starts(
    command: str,
    name: str,
    own_options: set[str],
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = run(command, programs=programs).stdout.splitlines()
    there = launched(monkeypatch)[name]
    assert here[0] == there[0]
    assert options(here) - own_options == options(there)
    assert [word for word in here if word in {"worker", "beat", "config.wsgi:application"}] == [
        word for word in there if word in {"worker", "beat", "config.wsgi:application"}
    ]


def test_settings_reach_the_web_server(programs: Path) -> None:
    words = run(
        "web", programs=programs, HOST="::", PORT="9000", WEB_WORKERS="5", WEB_THREADS="7"
    ).stdout.split()
    given = dict(pairwise(words))
    assert (given["--host"], given["--port"]) == ("::", "9000")
    assert (given["--workers"], given["--blocking-threads"]) == ("5", "112")


def test_beat_is_well_while_it_writes_its_state(tmp_path: Path) -> None:
    state = tmp_path / "beat/state.dat"
    state.parent.mkdir()
    assert run("healthy-beat", DATA_DIR=str(tmp_path)).returncode != 0
    state.touch()
    assert run("healthy-beat", DATA_DIR=str(tmp_path)).returncode == 0
    long_ago = time.time() - 20 * 60
    os.utime(state, (long_ago, long_ago))
    assert run("healthy-beat", DATA_DIR=str(tmp_path)).returncode != 0


@contextmanager
def answering(status: int, asked: list[str]) -> Iterator[str]:
    """A server that notes what it is asked for, and gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"so it is")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield str(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (500, 1), (301, 1)])
@pytest.mark.parametrize(
    ("command", "address"), [("healthy-web", "/healthz"), ("ready-web", "/readyz")]
)
def test_the_web_server_is_well_or_ready_when_it_says_so(
    command: str, address: str, status: int, code: int
) -> None:
    asked: list[str] = []
    with answering(status, asked) as port:
        result = run(command, PORT=port)
    assert result.returncode == code
    assert asked == [address]
    assert result.stderr == ("" if code == 0 else f"{address} answers {status}: so it is\n")


def test_the_counts_of_an_earlier_start_are_forgotten(programs: Path, tmp_path: Path) -> None:
    counts = tmp_path / "metrics"
    counts.mkdir()
    (counts / "counter_7.db").touch()
    run("web", programs=programs, PROMETHEUS_MULTIPROC_DIR=str(counts))
    assert list(counts.iterdir()) == []


def test_no_web_server_is_said_in_a_line() -> None:
    with answering(200, []) as port:
        pass
    result = run("healthy-web", PORT=port)
    assert result.returncode == 1
    assert result.stderr.startswith("no answer: ")
    assert result.stderr.count("\n") == 1
