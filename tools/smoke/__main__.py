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
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tools.bench.site import ROOT
from tools.smoke.compose import Compose
from tools.smoke.looking import PATIENCE, SmokeError, need, until
from tools.smoke.release import release
from tools.smoke.stock import Stock, version

LIMIT = 180
"""Seconds for the whole."""
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
