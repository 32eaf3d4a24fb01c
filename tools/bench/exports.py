"""The export of all observations, beside `COPY TO` of the same columns."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from statistics import median

import psycopg

from tools.bench.against import UNCOUNTED, Say
from tools.bench.site import Site, Web

EXPORT = "/api/v1/observations/export.csv"
ROUNDS = 3
COPY = (
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


def export(own: Site, count: int, row: Say) -> None:
    """Measure an export of at least so many rows, in turns with what it is compared with."""
    mine, against = [], []
    lines = most = 0
    with own.web(settings=UNCOUNTED) as web, psycopg.connect(own.application) as connection:
        web.get("/mentions-legales/")
        before = web.memory()
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            with connection.cursor().copy(COPY) as rows:
                for _block in rows:
                    pass
            against.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            lines, memory = downloaded(web, EXPORT)
            mine.append(time.perf_counter() - begun)
            most = max(most, memory)
    assert lines > count, (lines, count)
    ratio = median(one / other for one, other in zip(mine, against, strict=True))
    row(
        f"CSV export of {lines - 1:,} observations", f"{median(mine):.1f} s",
        f"{median(against):.1f} s (`COPY TO`)", f"{ratio:.2f}", "≤ 2.5", ratio <= 2.5,
    )  # fmt: skip
    row(
        "Memory of the worker that exports", f"{most / 1e6:.0f} MB",
        f"{before / 1e6:.0f} MB before", f"{most / before:.2f}", "< 150 MB", most < 150e6,
    )  # fmt: skip


def downloaded(web: Web, path: str) -> tuple[int, int]:
    """Download a file; return its lines and the most memory the worker had meanwhile."""
    lines = most = blocks = 0
    with closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=600)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        while block := answer.read(1 << 20):
            lines += block.count(b"\n")
            blocks += 1
            if blocks % 8 == 1:
                most = max(most, web.memory())
    return lines, max(most, web.memory())
