"""Which edition of the public data stands: one row read for each request, or for several at once.

The look-up has a connection of its own in each process. What it found serves the requests of the
next few milliseconds (LEASE, on the process's own clock), and whoever writes waits as long
between the commit and the answer (`PublicAnswersMiddleware`): once a publication is acknowledged,
no process on any machine answers any more from a look-up begun before its commit. So the next
request sees it, everywhere, without a look-up for each.
"""

from __future__ import annotations

import hashlib
import logging
import re
import select
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections, router
from django.utils import timezone
from psycopg import Error as PsycopgError
from psycopg.pq import ExecStatus
from redis import RedisError

from config.public_answers.release import release
from config.replicas.writer.base import is_writer
from dashboards.models import PublicEdition

logger = logging.getLogger(__name__)

OF_ONE_PLAN = re.compile(r"/(?:integration/|api/v1/)?plans/([-\w]+)/")
OF_PACKAGES = re.compile(r"/(?:catalogue\.|donnees/plans/)")
ANYTHING = f"SELECT edition FROM dashboards_publicedition WHERE part = '{PublicEdition.ANY}'"  # noqa: S608 - a constant of ours
LAST_KNOWN = "public:last-known"
LEASE = 0.005
"""Seconds for which what a look-up found is used, and which an answer to a writer waits."""
PAUSE = 1.0
"""Seconds for which a database that did not answer is not asked again."""
PATIENCE = 2
"""Seconds to reach the database."""


class DatabaseAwayError(Exception):
    """The database does not answer: nobody can tell which edition stands."""


@dataclass(frozen=True, slots=True)
class Part:
    """What an answer rests on: under one key it is the same answer."""

    key: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Editions:
    """The editions of every part, as they stood at a moment of a day."""

    rows: Mapping[str, tuple[str, datetime]]
    day: date
    keys: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)
    """The keys worked out under these editions, by what they are made of."""

    def part(self, path: str) -> Part:
        """Return what the answer at a path rests on: one plan, or all of them.

        A plan's pages rest on the plan and on what plans share. A former slug has no edition: what
        it leads to rests on everything.
        """
        found = OF_ONE_PLAN.match(path)
        if found and found[1] in self.rows:
            names = [PublicEdition.SHARED, found[1]]
        else:
            left_out = {PublicEdition.ANY}
            if not OF_PACKAGES.match(path):
                left_out.add(PublicEdition.PACKAGES)
            names = sorted(self.rows.keys() - left_out)
        held = [self.rows[name] for name in names if name in self.rows]
        editions = hashlib.sha256("".join(edition for edition, _ in held).encode()).hexdigest()
        midnight = datetime.combine(self.day, datetime.min.time(), timezone.get_default_timezone())
        return Part(
            f"{editions[:32]} {self.day} {release()}",
            max([midnight, *(changed_at for _, changed_at in held)]),
        )


def read_editions() -> Editions:
    """Read the editions where the pages of this request read: one query."""
    with connections[router.db_for_read(PublicEdition)].cursor() as cursor:
        return Editions(_all_parts(cursor), timezone.localdate())


def _all_parts(cursor: Any) -> dict[str, tuple[str, datetime]]:
    cursor.execute("SELECT part, edition, changed_at FROM dashboards_publicedition")
    return {part: (str(edition), at) for part, edition, at in cursor.fetchall()}


class Day:
    """Today in the time zone of the site, asked of the calendar once a day."""

    def __init__(self) -> None:
        self.begins = self.ends = 0.0
        self.day = date.min

    def today(self) -> date:
        now = time.time()
        # Both ends, for a clock that is put back.
        if not self.begins <= now < self.ends:
            self.day = timezone.localdate()
            zone = timezone.get_default_timezone()
            midnight = datetime.min.time()
            self.begins = datetime.combine(self.day, midnight, zone).timestamp()
            self.ends = datetime.combine(self.day + timedelta(days=1), midnight, zone).timestamp()
        return self.day


class Lookup:
    """Asks for the editions, and remembers the last answer for when none comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self._begun_at = -LEASE
        self._any: bytes | None = None
        self._editions: Editions | None = None
        self._day = Day()
        self._asked_again_at = 0.0
        self.lease = LEASE
        self.confirmed_at: datetime | None = None

    def current(self) -> Editions:
        """Return the editions that stand, from a look-up begun no longer ago than the lease.

        Raises DatabaseAwayError when the database does not answer, at once for a second after
        it did not.
        """
        came = time.monotonic()
        if came < self._begun_at + self.lease and self._editions is not None:
            return self._editions
        if came < self._asked_again_at:
            raise DatabaseAwayError
        with self._lock:
            # Another request has asked since this one came.
            if self._begun_at > came and self._editions is not None:
                return self._editions
            begun = time.monotonic()
            if begun < self._asked_again_at:
                raise DatabaseAwayError
            try:
                editions = self._ask()
            except (DatabaseError, PsycopgError, OSError) as error:
                self._drop()
                self._begun_at = -LEASE
                self._asked_again_at = time.monotonic() + PAUSE
                raise DatabaseAwayError from error
            self._begun_at = begun
            return editions

    def last_known(self) -> tuple[Editions, datetime] | None:
        """Return the editions last seen, here or by another process, and when."""
        if self._editions is not None and self.confirmed_at is not None:
            return self._editions, self.confirmed_at
        try:
            found: tuple[dict[str, tuple[str, datetime]], date, datetime] | None = cache.get(
                LAST_KNOWN
            )
        except RedisError:
            return None
        return None if found is None else (Editions(found[0], found[1]), found[2])

    def forget(self) -> None:
        """Close the connection and remember nothing."""
        with self._lock:
            self._drop()
            self._any = self._editions = self.confirmed_at = None
            self._begun_at = -LEASE
            self._asked_again_at = 0.0

    def _ask(self) -> Editions:
        today = self._day.today()
        edition = self._value()
        self.confirmed_at = datetime.now(UTC)
        if edition != self._any or self._editions is None or self._editions.day != today:
            with self._connection.cursor() as cursor:
                rows = _all_parts(cursor)
            self._editions = Editions(rows, today)
            self._any = rows[PublicEdition.ANY][0].encode() if PublicEdition.ANY in rows else b""
            try:
                cache.set(LAST_KNOWN, (rows, today, self.confirmed_at), None)
            except RedisError:
                logger.warning("The last known edition is not kept: the cache does not answer.")
        return self._editions

    def _value(self) -> bytes:
        """Read one value; a connection that has died since the last request is made anew."""
        if self._connection is not None:
            try:
                value = _one_value(self._connection.connection.pgconn)
            except (OSError, PsycopgError):
                self._drop()
            else:
                if is_writer(self._connection):
                    return value
                # Another one may know of later editions.
                self._drop()
        self._connect()
        return _one_value(self._connection.connection.pgconn)

    def _connect(self) -> None:
        connection = connections[settings.PUBLIC_ANSWERS["database"]].copy()
        connection.inc_thread_sharing()
        options = connection.settings_dict["OPTIONS"]
        connection.settings_dict["OPTIONS"] = {**options, "connect_timeout": PATIENCE}
        connection.connect()
        self._connection = connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _one_value(server: Any) -> bytes:
    """Ask for the edition of everything; a server that neither answers nor goes is away as well.

    Raises OSError when there is no answer within PATIENCE.
    """
    server.send_query(ANYTHING.encode())
    answer: bytes | None = None
    while True:
        if server.is_busy():
            if not select.select([server.socket], [], [], PATIENCE)[0]:
                raise TimeoutError("the database does not answer")
            server.consume_input()
            continue
        found = server.get_result()
        if found is None:
            break
        if found.status != ExecStatus.TUPLES_OK:
            raise OSError(found.error_message.decode(errors="replace"))
        answer = found.get_value(0, 0) if found.ntuples else b""
    if answer is None:
        raise OSError("the database gave no answer")
    return answer


lookup = Lookup()
