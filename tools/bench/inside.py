"""Measures taken inside the site, without a web server: `python -m tools.bench.inside PATH ...`.

Prints, as JSON, for each path: how long the view takes with nothing kept, how long its queries
alone take (the same SQL, sent by psycopg, every row fetched), and how many they are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import django
import psycopg

TIMES = 7


def main(paths: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    print(json.dumps({path: measured(path) for path in paths}))


def measured(path: str) -> dict[str, Any]:
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_ANSWERS = {**settings.PUBLIC_ANSWERS, "kept": False}
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    client = Client()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    queries = [one["sql"].encode() for one in captured.captured_queries]
    here = settings.DATABASES["default"]
    raw = psycopg.connect(
        host=here["HOST"], port=here["PORT"], user=here["USER"], dbname=here["NAME"],
        autocommit=True, prepare_threshold=None,
    )  # fmt: skip

    def ask() -> None:
        for query in queries:
            raw.execute(query).fetchall()

    # In turns: what else the machine does meanwhile weighs on both.
    views, sqls = [], []
    for _ in range(TIMES):
        views.append(timed(lambda: client.get(path)))
        sqls.append(timed(ask))
    return {"view": median(views), "sql": median(sqls), "queries": len(queries)}


def timed(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(sys.argv[1:])
