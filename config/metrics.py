"""What Prometheus reads: requests of all web processes together, and the state of deferred work.

The web server runs several processes and a scrape reaches one of them: their counts are kept in
files of one folder, PROMETHEUS_MULTIPROC_DIR, which must be empty when the site starts. Without it
(tests, a single process) they are kept in memory.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from redis import Redis, RedisError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
QUEUE = "celery"
PATIENCE = 2  # seconds for a server to answer

_counts = CollectorRegistry()
_requests = Counter(
    "plans_http_requests", "Requests answered.", ["method", "route", "status"], registry=_counts
)
_durations = Histogram(
    "plans_http_request_seconds",
    "Time until the answer began.",
    ["method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_counts,
)
_made = Counter(
    "plans_public_answers_made",
    "Public answers that were not kept and had to be made, by the server that was read.",
    ["server"],
    registry=_counts,
)
_declined = Counter(
    "plans_replica_declined",
    "Public answers that the replica was not good for: it did not show the edition that stands, "
    "or failed.",
    ["reason"],
    registry=_counts,
)
# Each of these has a label: one without is a file as soon as a process, any command, knows of it.
_faults = Counter(
    "plans_replica_faults",
    "Times that a process left the replica alone, by the error.",
    ["error"],
    registry=_counts,
)

# Rows that wait, by a query that one index answers.
WAITING = {
    "plans_mails_waiting": (
        "Mails that are due and have not left.",
        """
        SELECT count(*) FROM accounts_digestmail
        WHERE sent_at IS NULL AND dropped_at IS NULL AND due_at <= now()
        """,
    ),
    "plans_contributions_submitted": (
        "Values and deliverables that wait for a review.",
        """
        SELECT (SELECT count(*) FROM indicators_observation WHERE state = 'submitted')
             + (SELECT count(*) FROM measures_milestoneupdate WHERE state = 'submitted')
        """,
    ),
    "plans_progress_age_days": (
        "Days since the stored progress was last reckoned for all plans.",
        """
        SELECT coalesce((now() AT TIME ZONE 'Europe/Paris')::date - max(evaluated_on), 0)
        FROM indicators_progressrecord
        """,
    ),
}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request, by the pattern of its address."""
    requests, durations = _figures_of(method, route, status)
    requests.inc()
    durations.observe(seconds)


@cache
def _figures_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Find the figures of a kind of request: methods and patterns are few, requests are not."""
    return _requests.labels(method, route, str(status)), _durations.labels(method)


def count_answer(server: str) -> None:
    """Count an answer that was made: from the `writer` or from the `replica`."""
    _made.labels(server).inc()


def count_declined(reason: str) -> None:
    """Count an answer that was not made from the replica: it was `behind`, or `failed`."""
    _declined.labels(reason).inc()


def count_replica_fault(error: str) -> None:
    """Count that this process leaves the replica alone from here on."""
    _faults.labels(error).inc()


def allowed(request: HttpRequest) -> bool:
    """Whether who asks may read the figures: with the token, or from a network of METRICS_NETWORKS.

    What came through a proxy has the proxy's own address: it is not let in by its network.
    """
    expected: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if expected and hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_NETWORKS)


def exposition(*others: Collector) -> bytes:
    """Return all figures in the text format of Prometheus, with those of other collectors."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = _counts
    now = CollectorRegistry()
    for collector in (StateCollector(), *others):
        now.register(collector)
    return generate_latest(registry) + generate_latest(now)


class StateCollector(Collector):
    """The state of the servers and of the deferred work, asked at each scrape."""

    def collect(self) -> Iterator[Metric]:
        database = True
        try:
            with connection.cursor() as cursor:
                for name, (text, statement) in WAITING.items():
                    cursor.execute(statement)
                    yield GaugeMetricFamily(name, text, value=float(cursor.fetchone()[0]))
        except DatabaseError:
            logger.warning("The database does not answer the question of the metrics.")
            database = False
        yield GaugeMetricFamily("plans_database_up", "1 when it answers.", value=float(database))
        queue: int | None = None
        try:
            with Redis.from_url(
                settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            ) as client:
                queue = int(client.llen(QUEUE))
        except RedisError:
            logger.warning("Redis does not answer the question of the metrics.")
        if queue is not None:
            yield GaugeMetricFamily("plans_tasks_queued", "Tasks not yet begun.", value=queue)
        yield GaugeMetricFamily("plans_redis_up", "1 when it answers.", value=queue is not None)
