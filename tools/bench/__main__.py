"""`make bench`: measures every goal of speed beside what it is compared with, in one run.

Everything runs on this machine, on servers of its own in a temporary folder, and ends with it.
`--load SECONDS` says how long the load of readers and writers lasts.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

from tools.bench.against import API, UNCOUNTED, Say, baseline, in_turns
from tools.bench.api import api, bulk
from tools.bench.exports import export
from tools.bench.imports import imports
from tools.bench.load import get, load
from tools.bench.report import Rows, write
from tools.bench.site import Site, free_port, site
from tools.bench.views import first_views, sizes
from tools.bench.writers import Writers

PLAN = "/plans/demonstration/"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
IMPORTED = 100_000
MIXED = (
    "/", PLAN, "/plans/grand-est-2019/", "/plans/auvergne-rhone-alpes-2022/", "/methodologie/",
    "/recherche/?q=sante", "/flux.atom", "/api/v1/indicators/", "/api/v1/measures/?page_size=50",
    "/plans/demonstration/sources/", "/catalogue.ttl", "/plans/rien/", "/agent/",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--load", type=int, default=120, help="seconds of readers and writers")
    parser.add_argument("--observations", type=int, default=SIZES[-1], help="the largest size")
    parser.add_argument("--imported", type=int, default=IMPORTED, help="rows of the import")
    parser.add_argument("--rows", type=Path, help="write each row to this file as it comes")
    parser.add_argument("--no-report", action="store_true", help="do not write docs/benchmarks.md")
    options = parser.parse_args()
    begun, busy = datetime.now(UTC), os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-bench-"))
    folder.chmod(0o711)  # as root the servers run under another account
    rows = Rows(options.rows)
    row: Say = rows.add

    try:
        with site(folder / "data", durable=False) as own:
            own.manage("prepare_site", "--demo")
            parts: tuple[tuple[str, Callable[[], None]], ...] = (
                ("Plan dashboard, warm", lambda: warm(own, row)),
                ("First views", lambda: first_views(own, row)),
                ("API", lambda: api(own, row)),
                ("Bulk write", lambda: bulk(own, row)),
                ("Datasette", lambda: against_datasette(own, folder, row)),
                ("Readers and writers", lambda: readers_and_writers(own, options.load, row)),
                ("Memory of a web worker", lambda: memory(own, row)),
                ("Sizes", lambda: sizes(own, upto(options.observations), row)),
                ("CSV export", lambda: export(own, options.observations, row)),
                # Last: its rows stay, and the sizes are counted from none.
                ("Import", lambda: imports(own, options.imported, row)),
            )
            for name, part in parts:
                rows.run(name, part)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # Only a run that came to its end writes the page: one that is cut short leaves its rows.
    if not options.no_report:
        write(rows.held, begun=begun, busy=busy, machine=machine())
    if rows.failures:
        sys.exit(f"Parts that failed: {', '.join(rows.failures)}")


def upto(most: int) -> list[int]:
    """Return the sizes to grow to: those below the largest asked for, then that one."""
    return [*(size for size in SIZES if size < most), most]


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
    with psycopg.connect(own.application) as source, sqlite3.connect(held) as copy:
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


if __name__ == "__main__":
    main()
