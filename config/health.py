"""`/healthz`, `/openz`, `/readyz` and `/metrics`: for machines, answered before everything else.

They ask with whatever host name and scheme they have, so neither is checked here, and nothing of a
session or a cookie is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from redis import Redis, RedisError

from config import metrics
from config.replicas import lag
from config.replicas.circuit import in_use
from config.replicas.figures import ReplicaCollector
from plans.files import files

logger = logging.getLogger(__name__)

OK, AWAY, DRAINING = "ok", "away", "draining"


class HealthMiddleware:
    """Answer the four addresses, pass on the rest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.answers = {
            "/healthz": alive,
            "/openz": open_to_visitors,
            "/readyz": ready,
            "/metrics": figures,
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.answers.get(request.path_info)
        if answer is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        response = answer(request)
        response.headers["Cache-Control"] = "no-store"
        return response


def alive(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers: whoever restarts it must not do so for a database away."""
    return HttpResponse("alive\n", content_type="text/plain")


def open_to_visitors(_request: HttpRequest) -> HttpResponse:
    """Say whether visitors may be sent here: 503 from the moment the web server is told to stop.

    For whoever spreads them over several machines. No other server is asked: without the database
    public pages are answered all the same, and no machine would do better.
    """
    word, status = (DRAINING, 503) if is_draining() else ("open", 200)
    return HttpResponse(f"{word}\n", status=status, content_type="text/plain")


def ready(_request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve: 200 ready or degraded, 503 not ready or draining; why.

    Without Redis pages are served all the same, more slowly, and deferred work waits; without the
    storage of uploaded files only these cannot be sent nor read; without the replica, where there
    should be one, the writer does all of the work: degraded.
    """
    if is_draining():
        return JsonResponse({"status": DRAINING}, status=503)
    state = {"database": OK, "migrations": OK, "redis": OK, "files": OK}
    try:
        missing = migrations_missing()
    except DatabaseError:
        logger.warning("Not ready: the database does not answer.")
        state |= {"database": AWAY, "migrations": "unknown"}
    else:
        if missing:
            logger.warning("Not ready: %d migrations are not applied yet.", missing)
            state["migrations"] = f"{missing} not applied"
    if not redis_answers():
        state["redis"] = AWAY
    if not files().is_well():
        state["files"] = AWAY
    behind: dict[str, float | None] = {}
    if settings.READS_REPLICA:
        try:
            behind = asdict(lag.measured(writer_answers=state["database"] == OK))
        except DatabaseError:
            state["replica"] = AWAY
        else:
            state["replica"] = OK if in_use() else "left alone"
    serves = (state["database"], state["migrations"]) == (OK, OK)
    helped = {state["redis"], state["files"], state.get("replica", OK)} == {OK}
    word = "not ready" if not serves else "ready" if helped else "degraded"
    said = {f"replica_lag_{unit}": value for unit, value in behind.items()}
    return JsonResponse({"status": word, **state, **said}, status=200 if serves else 503)


def is_draining() -> bool:
    """Whether the web server is told to stop, and goes on until others have noticed."""
    return bool(settings.DRAINING_FILE) and Path(settings.DRAINING_FILE).exists()


def figures(request: HttpRequest) -> HttpResponse:
    """Give the metrics to who may read them; to others the address does not exist."""
    if not metrics.allowed(request):
        return HttpResponse("Nothing here.\n", status=404, content_type="text/plain")
    return HttpResponse(metrics.exposition(ReplicaCollector()), content_type=metrics.CONTENT_TYPE)


def migrations_missing() -> int:
    """Return how many of the last migrations of the apps the database has not seen.

    Raises DatabaseError when it does not answer. A database ahead of this code is fine: an older
    release goes on beside the new one while it is rolled out.
    """
    wanted = _last_migrations()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return len(wanted)
        cursor.execute("SELECT app, name FROM django_migrations")
        return len(wanted - set(cursor.fetchall()))


def redis_answers() -> bool:
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=metrics.PATIENCE,
            socket_connect_timeout=metrics.PATIENCE,
        ) as client:
            return bool(client.ping())
    except RedisError:
        return False


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this code has them: read from files, once."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
