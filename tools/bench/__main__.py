"""`make bench`: measures every goal of speed beside what it is compared with, in one run.

Everything runs on this machine, on servers of its own in a temporary folder, and ends with it.
`--load SECONDS` says how long the load of readers and writers lasts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

from tools.bench.load import Loaded, get, load
from tools.bench.report import Row, write
from tools.bench.site import Site, Web, free_port, site
from tools.bench.views import first_views, sizes
from tools.bench.writers import Writers

PLAN = "/plans/demonstration/"
API = "/api/v1/observations/?page_size=100"
EXPORT = "/api/v1/observations/export.csv"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
MIXED = (
    "/", PLAN, "/plans/grand-est-2019/", "/plans/auvergne-rhone-alpes-2022/", "/methodologie/",
    "/recherche/?q=sante", "/flux.atom", "/api/v1/indicators/", "/api/v1/measures/?page_size=50",
    "/plans/demonstration/sources/", "/catalogue.ttl", "/plans/rien/", "/agent/",
)  # fmt: skip
Say = Callable[..., None]
UNCOUNTED = {"API_REQUESTS_PER_MINUTE": "1000000", "API_EXPORTS_PER_MINUTE": "1000000"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--load", type=int, default=120, help="seconds of readers and writers")
    parser.add_argument("--observations", type=int, default=SIZES[-1], help="the largest size")
    parser.add_argument("--no-report", action="store_true", help="do not write docs/benchmarks.md")
    options = parser.parse_args()
    begun, busy = datetime.now(UTC), os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-bench-"))
    folder.chmod(0o711)  # as root the servers run under another account
    rows: list[Row] = []

    def row(*words: object) -> None:
        rows.append(Row(*map(str, words)))
        print("  ".join(map(str, words)), flush=True)

    try:
        with site(folder / "data", durable=False) as own:
            own.manage("prepare_site", "--demo")
            parts: tuple[Callable[[], None], ...] = (
                lambda: warm(own, row),
                lambda: first_views(own, row),
                lambda: api(own, folder, row),
                lambda: against_datasette(own, folder, row),
                lambda: readers_and_writers(own, options.load, row),
                lambda: memory(own, row),
                lambda: sizes(own, [n for n in SIZES if n <= options.observations], row),
                lambda: export(own, options.observations, row),
            )
            for part in parts:
                part()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # Only a whole run writes the page: one that is cut short leaves what it printed.
    if not options.no_report:
        write(rows, begun=begun, busy=busy, machine=machine())


def machine() -> str:
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")),
        platform.processor(),
    )  # fmt: skip
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def database(own: Site) -> str:
    words = own.layout.database
    return f"host={words['HOST']} port={words['PORT']} user={words['USER']} dbname={words['NAME']}"


@contextmanager
def baseline(own: Site, content: bytes, headers: Sequence[tuple[str, str]] = ()) -> Iterator[Web]:
    held = own.layout.data.with_name("bytes")
    held.write_bytes(content)
    with own.web(
        "tools.bench.baseline:application",
        settings={
            "BENCH_BYTES": str(held),
            "BENCH_HEADERS": json.dumps(list(headers)),
            "BENCH_DATABASE": database(own),
        },
    ) as web:
        yield web


def in_turns(
    *asked: tuple[Web | int, bytes], rounds: int = 3, seconds: float = 3.0
) -> list[Loaded]:
    """Load each server in turn, several times; return the median round of each."""
    found: list[list[Loaded]] = [[] for _ in asked]
    for _ in range(rounds):
        for (server, request), held in zip(asked, found, strict=True):
            port = server if isinstance(server, int) else server.port
            before = 0.0 if isinstance(server, int) else server.cpu()
            loaded = load(port, [request], seconds=seconds, least=20)
            spent = 0.0 if isinstance(server, int) else server.cpu() - before
            loaded.cpu = spent / max(1, len(loaded.latencies))
            assert set(loaded.statuses) == {200}, (request, loaded.statuses, loaded.errors)
            held.append(loaded)
    return [sorted(held, key=lambda one: one.rate)[len(held) // 2] for held in found]


def warm(own: Site, row: Say) -> None:
    with own.web() as web:
        _, headers, content = web.get(PLAN, {"Accept-Encoding": "gzip"})
        said = [one for one in headers.items() if one[0].lower() not in ("server", "date")]
        with baseline(own, content, said) as other:
            mine, bytes_ = in_turns((web, get(PLAN, web.port)), (other, get("/bytes", other.port)))
    # Where the loader is slower than both servers their rates are alike: what each spends of the
    # processor on an answer is not, and the worse of the two ratios counts.
    ratio = min(mine.rate / bytes_.rate, bytes_.cpu / mine.cpu)
    row(
        "Plan dashboard, warm",
        f"{mine.rate:,.0f} requests/s, {mine.cpu * 1e6:.0f} µs of processor each",
        f"{bytes_.rate:,.0f} requests/s, {bytes_.cpu * 1e6:.0f} µs: the same "
        f"{len(content):,} bytes from memory",
        f"{ratio:.2f}",
        "≥ 0.7",
        ratio >= 0.7,
    )


@contextmanager
def datasette(own: Site, folder: Path) -> Iterator[int]:
    """Serve the same rows, copied to SQLite, as Datasette does."""
    import sqlite3  # noqa: PLC0415 - for this one comparison

    held = folder / "plans.db"
    with psycopg.connect(database(own)) as source, sqlite3.connect(held) as copy:
        for table in ("plans_plan", "indicators_indicator", "indicators_observation"):
            found = source.execute(f"SELECT * FROM {table}")  # noqa: S608 - names above
            names = [column.name for column in found.description or ()]
            copy.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            copy.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})",  # noqa: S608
                [[None if one is None else str(one) for one in line] for line in found],
            )
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "datasette", "serve", str(held), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                load(port, [get("/-/versions.json", port)], connections=1, most=1)
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def against_datasette(own: Site, folder: Path, row: Say) -> None:
    with own.web(settings=UNCOUNTED) as web, datasette(own, folder) as port:
        page, rows, table, listed = in_turns(
            (web, get(PLAN, web.port)),
            (web, get(API, web.port)),
            (port, get("/plans/indicators_observation?_size=100", port)),
            (port, get("/plans/indicators_observation.json?_size=100&_shape=objects", port)),
        )
    for what, mine, theirs in (
        ("Page against Datasette’s", page, table), ("API rows against Datasette’s", rows, listed),
    ):  # fmt: skip
        ratio = mine.rate / theirs.rate
        row(
            what, f"{mine.rate:,.0f} requests/s", f"{theirs.rate:,.0f} requests/s",
            f"{ratio:.1f}", "≥ 3", ratio >= 3,
        )  # fmt: skip


def api(own: Site, folder: Path, row: Say) -> None:
    with own.web(settings=UNCOUNTED) as web, baseline(own, b"-") as other:
        warm_one, rows = in_turns((web, get(API, web.port)), (other, get("/rows", other.port)))
        fresh, rows_again = fresh_rows(web, other)
    ratio = rows.rate / warm_one.rate
    row(
        "API page of 100 observations, kept", f"{warm_one.rate:,.0f} requests/s",
        f"{rows.rate:,.0f} requests/s (psycopg and orjson)", f"{ratio:.2f}", "≤ 2", ratio <= 2,
    )  # fmt: skip
    ratio = rows_again.rate / fresh.rate
    row(
        "The same, asked for the first time", f"{fresh.rate:,.0f} requests/s",
        f"{rows_again.rate:,.0f} requests/s (psycopg and orjson)", f"{ratio:.2f}", "≤ 2",
        ratio <= 2,
    )  # fmt: skip


def fresh_rows(web: Web, other: Web) -> tuple[Loaded, Loaded]:
    """Ask for rows that nobody kept: each request has an address of its own."""
    requests = [get(f"{API}&updated_since=2000-01-01T00:00:{n / 1000:06.3f}Z", web.port)
                for n in range(3000)]  # fmt: skip
    mine = load(web.port, requests, seconds=4, most=len(requests))
    assert set(mine.statuses) == {200}, mine.statuses
    return mine, load(other.port, [get("/rows", other.port)], seconds=4)


def memory(own: Site, row: Say) -> None:
    with own.web(settings=UNCOUNTED) as web:
        requests = [
            get(path + mark, web.port, compressed=bool(number % 2))
            for number in range(500)
            for path in MIXED
            # Every tenth round has addresses of its own: what fills the memory.
            for mark in [f"{'&' if '?' in path else '?'}n={number}" if number % 10 == 0 and
                         not path.startswith("/api/") else ""]
        ]  # fmt: skip
        load(web.port, requests, seconds=100, most=5000)
        half = web.memory()
        done = load(web.port, requests[5000:] + requests, seconds=100, most=5000)
        full = web.memory()
    row(
        "Memory of a web worker", f"{full / 1e6:.0f} MB after {5000 + len(done.latencies):,} "
        f"mixed requests", f"{half / 1e6:.0f} MB after 5,000", f"{full / half:.2f}",
        "< 200 MB, flat", full < 200e6 and full / half < 1.1,
    )  # fmt: skip


def readers_and_writers(own: Site, seconds: int, row: Say) -> None:
    with own.web(workers=2, settings=UNCOUNTED) as web, Writers(own, 20, seconds) as writers:
        requests = [get(path, web.port) for path in ("/", PLAN, "/plans/grand-est-2019/", API)]
        loaded = load(web.port, requests, connections=500, seconds=seconds)
        written, failed = writers.finish()
        present = writers.present()
    wrong = loaded.errors + sum(count for code, count in loaded.statuses.items() if code != 200)
    row(
        f"500 readers and 20 writers, {seconds} s",
        f"{loaded.rate:,.0f} answers/s, 50 % in {loaded.percentile(0.5) * 1000:,.0f} ms, "
        f"99 % in {loaded.percentile(0.99) * 1000:,.0f} ms",
        f"{wrong} errors of {len(loaded.latencies):,}; {present:,} of {written:,} writes present, "
        f"{failed} refused", "—", "no error, every write", wrong == failed == 0
        and present == written > 0,
    )  # fmt: skip


def export(own: Site, count: int, row: Say) -> None:
    columns = (
        "COPY (SELECT region.slug, plan.slug, indicator.code, indicator.title, "
        "indicator.common_code, unit.code, observation.measurement, period_start, period_end, "
        "observation.qualifier, provisional, source.code, observation.locator, "
        "observation.comment, published_at, value, numerator, denominator "
        "FROM indicators_observation observation "
        "JOIN indicators_indicator indicator ON indicator.id = observation.indicator_id "
        "JOIN plans_plan plan ON plan.id = indicator.plan_id "
        "JOIN plans_region region ON region.id = plan.region_id "
        "JOIN indicators_unit unit ON unit.id = indicator.unit_id "
        "JOIN plans_source source ON source.id = observation.source_id "
        "WHERE plan.is_public AND state = 'published' AND superseded_at IS NULL) "
        "TO STDOUT (FORMAT csv)"
    )
    with own.web(settings=UNCOUNTED) as web, psycopg.connect(database(own)) as connection:
        begun = time.perf_counter()
        copied = 0
        with connection.cursor().copy(columns) as rows:
            for block in rows:
                copied += len(block)
        against = time.perf_counter() - begun
        begun = time.perf_counter()
        lines, most = downloaded(web, EXPORT)
        mine = time.perf_counter() - begun
    assert lines > count, (lines, count)
    row(
        f"CSV export of {lines - 1:,} observations", f"{mine:.1f} s", f"{against:.1f} s (COPY TO)",
        f"{mine / against:.2f}", "≤ 2.5", mine / against <= 2.5,
    )  # fmt: skip
    row(
        "Memory of the worker that exports", f"{most / 1e6:.0f} MB", "—", "—", "< 150 MB",
        most < 150e6,
    )  # fmt: skip


def downloaded(web: Web, path: str) -> tuple[int, int]:
    """Download a file; return its lines and the most memory the worker had meanwhile."""
    import http.client  # noqa: PLC0415 - for this one download

    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=600)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    lines = most = blocks = 0
    while block := answer.read(1 << 20):
        lines += block.count(b"\n")
        blocks += 1
        if blocks % 8 == 1:
            most = max(most, web.memory())
    return lines, max(most, web.memory())


if __name__ == "__main__":
    main()
