"""What the site is compared with, in the same web server: bytes from memory, and rows as JSON."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

BYTES = Path(os.environ["BENCH_BYTES"]).read_bytes()
HEADERS = [(name, value) for name, value in json.loads(os.environ["BENCH_HEADERS"])]
ROWS = """
    SELECT plan.slug AS plan, indicator.code AS indicator, observation.period_start,
        observation.period_end, trim_scale(observation.value)::text AS value,
        observation.numerator::text, observation.denominator::text, unit.code AS unit,
        unit.name AS unit_name, unit.symbol, observation.qualifier, observation.provisional,
        observation.date_inferred, observation.comment, observation.evidence_url,
        source.code AS source, observation.locator, observation.published_at,
        observation.correction_reason
    FROM indicators_observation observation
    JOIN indicators_indicator indicator ON indicator.id = observation.indicator_id
    JOIN plans_plan plan ON plan.id = indicator.plan_id
    JOIN indicators_unit unit ON unit.id = indicator.unit_id
    JOIN plans_source source ON source.id = observation.source_id
    WHERE plan.is_public AND observation.state = 'published'
        AND observation.superseded_at IS NULL
    ORDER BY observation.period_end, observation.id LIMIT 100
"""
_local = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer `/bytes` from memory and `/rows` from the database; nothing else is there."""
    path = environ["PATH_INFO"]
    if path == "/bytes":
        start_response("200 OK", HEADERS)
        return [BYTES]
    if path == "/rows":
        connection = getattr(_local, "connection", None)
        if connection is None:
            connection = _local.connection = psycopg.connect(
                os.environ["BENCH_DATABASE"], autocommit=True, row_factory=dict_row
            )
        body = orjson.dumps(connection.execute(ROWS).fetchall())
    else:
        body = b""
    start_response(
        "200 OK" if body else "404 Not Found",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]
