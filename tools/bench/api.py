"""The API: a page of values that is kept, one asked for the first time, and many values written."""

from __future__ import annotations

import http.client
import json
import time
from datetime import date, timedelta
from typing import Any

import psycopg

from tools.bench.against import API, UNCOUNTED, Say, baseline, in_turns
from tools.bench.load import Loaded, get, load
from tools.bench.site import Site, Web

ROWS = 1_000
AT_ONCE = 500
FIRST_DAY = date(1950, 1, 1)


def api(own: Site, row: Say) -> None:
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


# A system that may write in the demonstration plan; its token, and what it may write about.
SYSTEM = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from plans import tokens
from plans.models import Membership, Plan, Role, Scope
from plans.permissions import rights_in
plan, now = Plan.objects.get(slug="demonstration"), timezone.now()
manager = User.objects.create_user("banc@example.org")
Membership.objects.create(plan=plan, user=manager, role=Role.MANAGER)
rights = rights_in(manager, plan)
system = tokens.register(plan, "Banc d’essai", Role.REVIEWER, rights=rights, at=now)
_, text = tokens.issue(system, Scope.CONTRIBUTE, by=manager, lifetime=timedelta(days=1), at=now)
indicators = plan.indicators.filter(measurement="stock").values_list("code", flat=True)
print(json.dumps([text, list(indicators), plan.sources.first().code]))
"""
WRITTEN = "FROM indicators_observation WHERE state = 'draft' AND period_end < '1990-01-01'"


def bulk(own: Site, row: Say) -> None:
    """Draft values of the demonstration plan; against COPY of the same rows, triggers included."""
    said = own.manage("shell", "--verbosity=0", "--command", SYSTEM)
    token, indicators, source = json.loads(said.splitlines()[-1])
    rows = [
        {
            "indicator": indicators[number % len(indicators)],
            "period_start": str(day := FIRST_DAY + timedelta(days=number // len(indicators))),
            "period_end": str(day),
            "value": str(number),
            "source": source,
        }
        for number in range(ROWS + 1)
    ]
    with own.web(settings=UNCOUNTED) as web:
        _post(web, token, rows[ROWS:])  # what a process does once is done
        begun = time.perf_counter()
        for first in range(0, ROWS, AT_ONCE):
            _post(web, token, rows[first : min(first + AT_ONCE, ROWS)])
        mine = time.perf_counter() - begun
    copied = _copied(own)
    row(
        f"Bulk write of {ROWS:,} observations through the API",
        f"{mine * 1000:,.0f} ms, {mine / ROWS * 1000:.1f} ms a row",
        f"{copied * 1000:,.0f} ms (COPY of the same rows, triggers included)",
        f"{mine / copied:.1f}", "< 3 ms a row", mine / ROWS < 0.003,
    )  # fmt: skip


def _post(web: Web, token: str, rows: list[dict[str, Any]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    connection.request(
        "POST", "/api/v1/plans/demonstration/observations/bulk/", json.dumps({"rows": rows}),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )  # fmt: skip
    answer = connection.getresponse()
    report = json.loads(answer.read())
    connection.close()
    assert (answer.status, report.get("created")) == (200, len(rows)), report


def _copied(own: Site) -> float:
    """Copy the drafts that were written over themselves; return the seconds it took."""
    with psycopg.connect(own.application) as connection:
        names = [
            name for (name,) in connection.execute(
                "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped "
                "AND attrelid = 'indicators_observation'::regclass AND attname <> 'id'"
            )
        ]  # fmt: skip
        columns = ", ".join(names)
        with connection.cursor().copy(f"COPY (SELECT {columns} {WRITTEN}) TO STDOUT") as out:
            lines = [bytes(line) for line in out]
        connection.execute(f"DELETE {WRITTEN}")
        connection.commit()
        begun = time.perf_counter()
        with connection.cursor().copy(f"COPY indicators_observation ({columns}) FROM STDIN") as to:
            for line in lines:
                to.write(line)
        connection.commit()
        seconds = time.perf_counter() - begun
        connection.execute(f"DELETE {WRITTEN}")
    return seconds
