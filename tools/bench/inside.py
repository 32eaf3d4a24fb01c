"""Measures taken inside the site, without a web server.

`python -m tools.bench.inside MODE PATH ...` prints, as JSON, for each path, how long its view takes
with no answer kept, how long its queries alone take (the same SQL, sent by psycopg, every row
fetched), and how many they are. MODE says which view:

- `published`: the next one after a publication in that plan, in a process that has served the page;
- `parts`: one of a process that serves other pages, none of whose parts it has kept;
- `cold`: the very first request of a process, templates and all (one path, once);
- `again`: any, nothing having changed.
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

TIMES = 15


def main(mode: str, paths: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now

    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_ANSWERS = {**settings.PUBLIC_ANSWERS, "kept": False}
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    print(json.dumps({path: cold(path) if mode == "cold" else warm(mode, path) for path in paths}))


def warm(mode: str, path: str) -> dict[str, Any]:
    from django.test import Client  # noqa: PLC0415 - Django is ready only now

    client = Client()
    before = client.get(path).content
    ask, count = queries_of(client, path)

    def change() -> None:
        nonlocal before
        if mode == "published":
            publish_in(path.split("/")[2])
        elif mode == "parts":
            from dashboards.fragments import KEPT  # noqa: PLC0415

            KEPT.clear()

    # In turns: what else the machine does meanwhile weighs on both.
    views, sqls = [], []
    for _ in range(TIMES):
        change()
        seconds, answer = timed(lambda: client.get(path))
        assert answer.status_code == 200, (path, answer.status_code)
        assert (answer.content == before) == (mode != "published"), "the page shows what changed"
        before = answer.content
        views.append(seconds)
        sqls.append(timed(ask)[0])
    return {"view": median(views), "least": min(views), "sql": median(sqls), "queries": count}


def cold(path: str) -> dict[str, Any]:
    from django.test import Client  # noqa: PLC0415 - Django is ready only now

    client = Client()
    view, answer = timed(lambda: client.get(path))
    assert answer.status_code == 200, (path, answer.status_code)
    ask, count = queries_of(client, path)
    return {"view": view, "sql": timed(ask)[0], "queries": count}


def queries_of(client: Any, path: str) -> tuple[Callable[[], None], int]:
    """Return what asks the queries of a page alone, on a new connection, and how many they are."""
    from django.conf import settings  # noqa: PLC0415 - Django is ready only now
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

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

    return ask, len(queries)


def publish_in(slug: str) -> None:
    """Correct by one the latest value that a line of a plan's page shows, as the staff do."""
    from django.utils import timezone  # noqa: PLC0415 - Django is ready only now

    from indicators.models import Observation, ProgressRecord  # noqa: PLC0415
    from indicators.services import publish  # noqa: PLC0415

    latest = (
        ProgressRecord.objects.filter(
            indicator__plan__slug=slug, indicator__measurement="flow", latest__isnull=False
        )
        .order_by("indicator_id", "target_id")
        .select_related("latest")
        .first()
    )
    assert latest is not None, f"{slug} has a published value"
    assert latest.latest is not None
    corrected = latest.latest
    assert corrected.value is not None
    draft = Observation.objects.create(
        indicator=corrected.indicator, period_start=corrected.period_start,
        period_end=corrected.period_end, value=corrected.value + 1, source=corrected.source,
        supersedes=corrected, correction_reason="Mesure de vitesse.", state="submitted",
    )  # fmt: skip
    publish(draft, reviewer=None, at=timezone.now())


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = act()
    return time.perf_counter() - begun, done


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
