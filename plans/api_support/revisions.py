"""Whether an answer changed since it was last given: ETag and Last-Modified.

The tag is that of the very bytes of an answer, so it changes exactly when they do. What each
address answered is remembered under the edition of the data (one row, see `plans.models.Revision`)
and the day: as long as both stand, a conditional request costs that row and one look in the cache.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connections, router
from django.utils import timezone
from redis import RedisError
from rest_framework.request import Request

from plans.models import Revision

logger = logging.getLogger(__name__)

RESTS_ON = "public_answers.rests_on"
"""Where a request carries the edition that its answer is kept under: its name, and since when."""
REMEMBERED = 7 * 24 * 3600


def _code_fingerprint() -> str:
    """The code that writes answers: another edition of it may write them otherwise."""
    written = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent.parent
    for app in ("accounts", "plans", "objectives", "measures", "indicators"):
        for path in sorted((root / app).rglob("*.py")):
            written.update(path.read_bytes())
    return written.hexdigest()[:16]


CODE = _code_fingerprint()


@dataclass(frozen=True, slots=True)
class Tag:
    """What identifies an answer, and since when it is the same."""

    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition of the data that a request reads."""

    key: str
    changed_at: datetime

    @classmethod
    def current(cls, request: Request) -> Edition:
        """Return the edition; the day and the code are part of it.

        Where the answer is to be kept for everybody, the edition it rests on is known already.
        """
        known = request.META.get(RESTS_ON)
        if known is not None:
            return cls(*known)
        with connections[router.db_for_read(Revision)].cursor() as cursor:
            cursor.execute("SELECT edition, changed_at FROM plans_revision")
            row = cursor.fetchone()
        edition, changed_at = row or ("none", datetime(2019, 1, 1, tzinfo=UTC))
        day = timezone.localdate()
        midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
        return cls(f"{edition}:{day}:{CODE}", max(changed_at, midnight))


def _address_key(request: Request, words: str) -> str:
    asked = f"{settings.BASE_URL}{request._request.get_full_path()} {words}"
    return hashlib.sha256(asked.encode()).hexdigest()


def remembered(request: Request, words: str, edition: Edition) -> Tag | None:
    """Return the tag of what this address answers, if it answered under this edition."""
    held = _read(_address_key(request, words))
    return held[1] if held is not None and held[0] == edition.key else None


def remember(request: Request, words: str, edition: Edition, body: bytes) -> Tag:
    """Return the tag of an answer just written; the same bytes as before keep their date."""
    key = _address_key(request, words)
    tag = Tag(f'"{hashlib.sha256(body).hexdigest()[:32]}"', edition.changed_at)
    held = _read(key)
    if held is not None and held[1].etag == tag.etag:
        tag = held[1]
    try:
        cache.set(f"etag:{key}", (edition.key, tag.etag, tag.modified), REMEMBERED)
    except RedisError:
        logger.warning("An answer is not remembered: the cache does not answer.")
    return tag


def _read(key: str) -> tuple[str, Tag] | None:
    try:
        held: Any = cache.get(f"etag:{key}")
    except RedisError:
        return None
    return None if held is None else (held[0], Tag(held[1], held[2]))
