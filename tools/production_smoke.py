"""Run what docker-compose.yml runs, without an engine, and see that it works: `make smoke`.

The services' own commands (docker/entrypoint.sh), environments and secrets are read from the
compose file, the Dockerfile and docker/site.env.example, and run against a stock PostgreSQL and a
stock Redis of Debian (`apt-get install postgresql redis-server`) in a folder of their own. As root,
each process gets the account it has in its container: 10001 for the site, which may write nothing
but its volumes. Prints a line for each thing seen; ends with 0 when all of it was, within three
minutes, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import yaml

from config.embedded.account import Account
from tools.bench.site import free_port
from tools.production_release import release

ROOT = Path(__file__).resolve().parent.parent
ENTRY_POINT = ROOT / "docker/entrypoint.sh"
SITE_ACCOUNT = 10001
LIMIT = 180
"""Seconds for the whole."""
PATIENCE = 60
PLANS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "reference").glob("*.yaml"))
PLAN = "/plans/grand-est-2019/"
RUNNING = ("web", "worker", "courier", "beat")
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "script-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=()",
}


class SmokeError(Exception):
    """What was not as it should be."""


def need(holds: object, what: str) -> None:
    if not holds:
        raise SmokeError(what)


def until(holds: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not holds():
        need(time.monotonic() < end, f"{what}: not within {patience:.0f} s")
        time.sleep(0.2)


def program(name: str) -> str:
    """Find a server's program, where Debian puts those of PostgreSQL 15 first."""
    folders = ["/usr/lib/postgresql/15/bin", os.environ.get("PATH", os.defpath), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise SmokeError(f"{name} is not here: apt-get install postgresql redis-server")
    return found


def version(name: str) -> str:
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True)
    numbers = re.search(r"\d+\.\d+[.\d]*", said.stdout)
    return numbers[0] if numbers else "?"


class Stock:
    """PostgreSQL and Redis as Debian packages them, in a folder, on free ports of the loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = Account.for_folder(folder / "postgres")
        self.postgres_port = free_port()
        self.redis_port = free_port()
        self.owner_password = secrets.token_urlsafe(24)
        self.log = (folder / "servers.log").open("ab")

    @contextmanager
    def running(self, redis_command: Sequence[str]) -> Iterator[None]:
        with ExitStack() as stack:
            data, queue = self.folder / "postgres", self.folder / "redis"
            for folder in (data, queue):
                self.account.own(folder)
            key = self.folder / "owner_password"
            key.write_text(self.owner_password)
            key.chmod(0o644)
            # The account and the database that the image of PostgreSQL makes.
            self._run(
                "initdb", f"--pgdata={data}", "--username=plans_owner", f"--pwfile={key}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
            listens = (
                f"-c listen_addresses=127.0.0.1 -c port={self.postgres_port} "
                # How fast the disk is, and what a power cut does, is not what is tried.
                f"-c unix_socket_directories={shlex.quote(str(data))} -c fsync=off"
            )
            stack.callback(self._run, "pg_ctl", "stop", f"--pgdata={data}", "--mode=fast", "--wait")
            self._run("pg_ctl", "start", f"--pgdata={data}", "--wait", f"--options={listens}")
            with self.connect("postgres") as connection:
                connection.execute("CREATE DATABASE plans")
            redis = subprocess.Popen(
                [
                    program(redis_command[0]), *redis_command[1:], "--port", str(self.redis_port),
                    "--bind", "127.0.0.1", "--dir", str(queue),
                ],
                stdout=self.log, stderr=self.log, cwd="/", start_new_session=True,
                **self.account.run_as,
            )  # fmt: skip
            stack.callback(redis.wait)
            stack.callback(redis.terminate)
            yield

    def connect(self, name: str = "plans") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.postgres_port, user="plans_owner", dbname=name,
            password=self.owner_password, autocommit=True,
        )  # fmt: skip

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [program(name), *words], stdout=self.log, stderr=self.log, check=False, cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, start_new_session=True,
            **self.account.run_as,
        )  # fmt: skip
        need(done.returncode == 0, f"{name} fails:\n{(self.folder / 'servers.log').read_text()}")


class Compose:
    """The services of docker-compose.yml, as processes of this machine."""

    def __init__(self, folder: Path, stock: Stock) -> None:
        self.folder = folder
        self.stock = stock
        self.told = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        self.port = free_port()
        self.data = folder / "data"
        self.values = {
            "secret_key": secrets.token_urlsafe(64),
            "database_password": secrets.token_urlsafe(32),
            "owner_password": stock.owner_password,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.account: dict[str, Any] = (
            {"user": SITE_ACCOUNT, "group": SITE_ACCOUNT, "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        for volume in ("beat", "media", "metrics", "tmp"):
            (self.data / volume).mkdir(parents=True)
            if self.account:
                os.chown(self.data / volume, SITE_ACCOUNT, SITE_ACCOUNT)

    def environment(self, service: str) -> dict[str, str]:
        """Give what the container of a service would have in its environment."""
        told = self.told["services"][service]
        given = {
            **image_environment(),
            **{k: v for f in told.get("env_file", []) for k, v in settings_of(ROOT / f).items()},
            **told["environment"],
        }
        here = {
            "@postgres:5432": f"@127.0.0.1:{self.stock.postgres_port}",
            "redis:6379": f"127.0.0.1:{self.stock.redis_port}",
        }
        for name, value in given.items():
            for there, address in here.items():
                value = value.replace(there, address)  # noqa: PLW2901
            given[name] = value
        return {
            **given,
            "PATH": f"{sys.prefix}/bin:{os.environ.get('PATH', os.defpath)}",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
            "TMPDIR": str(self.data / "tmp"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.data / "metrics/counts"),
            "SECRETS_FOLDER": str(self._secrets(service)),
        }

    def _secrets(self, service: str) -> Path:
        folder = self.folder / "secrets" / service
        folder.mkdir(parents=True, exist_ok=True)
        for secret in self.told["services"][service]["secrets"]:
            (folder / secret["target"]).write_text(self.values[secret["source"]])
        return folder

    def start(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes[service] = subprocess.Popen(
                [ENTRY_POINT, *self.told["services"][service]["command"]],
                cwd=ROOT, env=self.environment(service), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, **self.account,
            )  # fmt: skip

    def run(self, service: str, *words: str) -> str:
        """Run a command in the environment of a service; raises SmokeError unless it gives 0."""
        done = subprocess.run(
            [ENTRY_POINT, *(words or self.told["services"][service]["command"])],
            cwd=ROOT, env=self.environment(service), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **self.account,
        )  # fmt: skip
        need(done.returncode == 0, f"{words or service} fails:\n{done.stdout}{done.stderr}")
        return str(done.stdout)

    def logs(self) -> str:
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in found)

    def stop(self) -> None:
        """End whatever still runs, its children too."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def get(
        self, path: str, *, secure: bool = True, host: str = "plans.example.org"
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask as the proxy asks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            scheme = "https" if secure else "http"
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": scheme})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Whether the web server, which must be running, gives this page."""
        code = self.processes["web"].poll()
        need(code is None, f"web ended with {code}")
        try:
            return self.get(path)[0] == http.client.OK
        except OSError:
            return False

    def done_tasks(self, name: str) -> dict[str, int]:
        """Give how often a worker took each task."""
        said = self.run(
            "worker", "celery", "--app", "config.celery", "--quiet", "inspect", "stats", "--json",
            "--timeout", "5",
        )  # fmt: skip
        stats = json.loads(said[said.index("{") :])
        return next(
            (one["total"] for node, one in stats.items() if node.startswith(f"{name}@")), {}
        )


def image_environment() -> dict[str, str]:
    """Give the ENV of the last stage of the Dockerfile."""
    last = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1].replace("\\\n", " ")
    lines = [line[4:] for line in last.splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line))


def settings_of(env_file: Path) -> dict[str, str]:
    """Read the example that an installation's own docker/site.env is copied from."""
    lines = env_file.with_name("site.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# What is looked at, in this order. Each raises SmokeError; what it returns is printed.


def static_files(site: Compose) -> str:
    """Make what the build stage of the Dockerfile makes; as whoever runs this, as there."""
    environment = site.environment("web")
    for line in site.run("web", "env").splitlines():
        if line.startswith("SECRET_KEY="):
            environment["SECRET_KEY"] = line.partition("=")[2]
    for words in (["-m", "config.messages"], ["manage.py", "collectstatic", "--no-input"]):
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        need(done.returncode == 0, done.stdout + done.stderr)
    return f"{sum(1 for _ in (site.data / 'static').rglob('*'))} files"


def migrated(site: Compose) -> str:
    site.run("migrate")
    again = site.run("migrate")
    need("No migrations to apply" in again, again)
    with site.stock.connect() as connection:
        owned = connection.execute(
            "SELECT tableowner, count(*) FROM pg_tables WHERE schemaname = 'public' GROUP BY 1"
        ).fetchall()
    need([row[0] for row in owned] == ["plans_owner"], f"tables belong to {owned}")
    return f"{owned[0][1]} tables, all of plans_owner; a second run applies nothing"


def loaded(site: Compose) -> str:
    site.run("web", "python", "manage.py", "load_plan", *PLANS)
    return f"{len(PLANS)} reference plans, as plans_app"


def started(site: Compose) -> str:
    for service in RUNNING:
        site.start(service)
    until(lambda: site.answers("/readyz"), "/readyz")
    return ", ".join(f"{name} {site.processes[name].pid}" for name in RUNNING)


def health(site: Compose) -> str:
    site.run("web", "healthy-web")
    site.run("web", "ready-web")
    state = json.loads(site.get("/readyz", host="10.0.0.1", secure=False)[2])
    need(state["status"] == "ready", f"/readyz says {state}")
    return json.dumps(state)


def pages(site: Compose) -> str:
    sizes = []
    for path, holds in (
        (PLAN, "<main"),
        ("/comptes/login/", 'type="password"'),
        ("/api/v1/plans/", '"grand-est-2019"'),
    ):
        status, headers, body = site.get(path)
        need(status == http.client.OK, f"{path} answers {status}")
        need(holds in body.decode(), f"{path} does not hold {holds}")
        for name, begins in HEADERS.items():
            need(begins in headers.get(name, ""), f"{path}: {name} is {headers.get(name)}")
        sizes.append(f"{path} {len(body)} bytes")
    return ", ".join(sizes)


def static_file(site: Compose) -> str:
    found = re.search(r'href="(/static/[^"]+\.css)"', site.get(PLAN)[2].decode())
    need(found, "the plan page names no style sheet")
    assert found is not None
    status, headers, body = site.get(found[1])
    need(status == http.client.OK and body, f"{found[1]} answers {status}")
    need("immutable" in headers["Cache-Control"], headers["Cache-Control"])
    return found[1]


def refusals(site: Compose) -> str:
    status, headers, _ = site.get("/", secure=False)
    need(
        (status, headers["Location"]) == (301, "https://plans.example.org/"),
        f"plain HTTP gets {status} {headers['Location']}",
    )
    status = site.get("/", host="elsewhere.example")[0]
    need(status == http.client.BAD_REQUEST, f"another host gets {status}")
    status = site.get("/agent/")[0]
    need(status == http.client.FOUND, f"/agent/ gets {status}")
    need(site.get("/metrics")[0] == http.client.NOT_FOUND, "/metrics is open")
    return "HTTP goes to HTTPS, another host 400, /agent/ asks to sign in, /metrics 404"


def deferred_work(site: Compose) -> str:
    """A task of ours is taken by the worker; one that nobody but beat asks for, by the courier."""
    task = "indicators.tasks.refresh_all_progress"
    site.run("worker", "celery", "--app", "config.celery", "--quiet", "call", task)
    until(lambda: site.done_tasks("worker").get(task) == 1, "the worker takes a task")
    sweep = "exchange.tasks.sweep_webhooks"
    until(lambda: site.done_tasks("courier").get(sweep), "beat ticks, the courier takes it")
    for name in ("worker", "courier", "beat"):
        until(lambda name=name: site.run(name, f"healthy-{name}") is not None, name)  # type: ignore[misc]
    return "worker: refresh_all_progress; beat: sweep_webhooks, taken by the courier; all healthy"


def graceful_stop(site: Compose) -> str:
    """Ask a page and a task that must wait for a lock, end web and worker, then let go.

    The web server says meanwhile that nobody is to be sent to it, and serves on.
    """
    task = "indicators.tasks.refresh_all_progress"
    answers: list[int] = []
    with site.stock.connect() as holder:
        holder.execute("BEGIN; LOCK TABLE plans_plan IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(
            target=lambda: answers.append(site.get("/api/v1/indicators/?page_size=3")[0])
        )
        thread.start()
        site.run("worker", "celery", "--app", "config.celery", "--quiet", "call", task)

        def waiting() -> bool:
            with site.stock.connect() as other:
                found = other.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                ).fetchone()
            return found is not None and found[0] >= 2

        until(waiting, "a page and a task under way", 20)
        begun = time.monotonic()
        for name in RUNNING:
            os.kill(site.processes[name].pid, signal.SIGTERM)
        until(
            lambda: site.get("/openz")[0] == http.client.SERVICE_UNAVAILABLE,
            "web drains",
            patience=3,
        )
        need(site.get("/healthz")[0] == http.client.OK, "web does not serve while it drains")
        time.sleep(2)
        for name in ("web", "worker"):
            need(site.processes[name].poll() is None, f"{name} did not wait for what it was doing")
        need(not answers, "the page did not wait")
        holder.execute("ROLLBACK")
    thread.join(PATIENCE)
    need(answers == [http.client.OK], f"the request under way got {answers or 'no answer'}")
    codes = {name: site.processes[name].wait(PATIENCE) for name in RUNNING}
    need(set(codes.values()) == {0}, f"exit codes {codes}")
    said = (site.folder / "worker.log").read_text()
    need("ERROR" not in said and "Traceback" not in said, said[-2000:])
    seconds = time.monotonic() - begun
    return f"web drained, the page got 200, the task ended, exit codes 0, {seconds:.1f} s"


def nothing_left(site: Compose) -> str:
    for name, process in site.processes.items():
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            continue
        raise SmokeError(f"{name} left processes behind")
    noted = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("celerybeat*"))
    need(not noted, f"left in the folder of the code: {noted}")
    return "no process, no file"


CHECKS: tuple[tuple[str, Callable[[Compose], str]], ...] = (
    ("image: static files", static_files),
    ("migrate", migrated),
    ("load_plan", loaded),
    ("start", started),
    ("/healthz, /readyz", health),
    ("pages and their headers", pages),
    ("a static file", static_file),
    ("what is refused", refusals),
    ("deferred work", deferred_work),
    ("a release behind the proxy", release),
    ("stop with work under way", graceful_stop),
    ("what is left", nothing_left),
)


def too_long(_number: int, _frame: object) -> None:
    raise SmokeError(f"not done after {LIMIT} s")


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LIMIT)
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-smoke-"))
    folder.chmod(0o711)
    site = None
    try:
        stock = Stock(folder)
        say(f"PostgreSQL {version('postgres')}, Redis {version('redis-server')}")
        site = Compose(folder, stock)
        redis_command = site.told["services"]["redis"]["command"]
        with stock.running(redis_command):
            try:
                for name, look in CHECKS:
                    since = time.monotonic()
                    seen = look(site)
                    say(f"ok  {time.monotonic() - since:5.1f} s  {name}: {seen}")
            finally:
                site.stop()
    except SmokeError as error:
        say(f"FAILED: {error}")
        if site is not None:
            say(site.logs())
        return 1
    finally:
        signal.alarm(0)
        shutil.rmtree(folder)
    say(f"All of it in {time.monotonic() - begun:.0f} s.")
    return 0


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
