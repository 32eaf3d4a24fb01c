"""The same request sent twice is done once: `Idempotency-Key`, as the draft of the IETF tells it.

The answer is kept in the transaction of what it tells: neither is ever there without the other.
A lock of the database, which ends with the transaction, tells that the first is still under way:
the second is refused (409) and waits for nobody. The same key with another request is refused too
(422).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from plans.api_support.problems import MEDIA_TYPE, Refused
from plans.models import IdempotencyKey, PartnerSystem
from plans.models.partners import KEY_LENGTH

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = ("ETag", "Location")
_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LENGTH}}}", re.ASCII)
# What may be otherwise at the next attempt, though the request is the same.
_NOT_KEPT = frozenset({401, 403, 429})


def once(request: Request, system: PartnerSystem, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Do what a request asks, or answer what the same request was answered before.

    `act` answers a refusal rather than raises it, and has undone what it wrote by then. Raises
    Refused for a key that is not one (400), is in use now (409) or came with another request (422).
    """
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return act()
    if not _KEY.fullmatch(key):
        raise Refused(
            400, f"{HEADER} has 1 to {KEY_LENGTH} visible ASCII characters, such as a UUID."
        )
    asked = fingerprint(request)
    now = timezone.now()
    with transaction.atomic():
        if not _locked(system, key):
            raise Refused(
                409, "A request with this key is under way.", headers={"Retry-After": "1"}
            )
        held = IdempotencyKey.objects.filter(system=system, key=key).first()
        if held is not None and held.created_at > now - KEPT_FOR:
            if held.fingerprint != asked:
                raise Refused(422, "This key came with another request: choose a new one.")
            return _replayed(held)
        answer = act()
        if answer.status_code < 500 and answer.status_code not in _NOT_KEPT:
            IdempotencyKey.objects.update_or_create(
                system=system,
                key=key,
                defaults={
                    "fingerprint": asked,
                    "status": answer.status_code,
                    "headers": {name: answer[name] for name in _KEPT_HEADERS if name in answer},
                    "body": answer.content.decode(),
                    "created_at": now,
                },
            )
        return answer


def fingerprint(request: Request) -> str:
    """Return what identifies a request: its method, address, condition and body."""
    asked = request._request
    words = (asked.method or "", asked.get_full_path(), asked.headers.get("If-Match", ""))
    found = hashlib.sha256("\n".join(words).encode())
    found.update(b"\n" + asked.body)
    return found.hexdigest()


def forget(*, at: datetime) -> int:
    """Delete the answers that are not replayed any more and return how many there were."""
    return IdempotencyKey.objects.filter(created_at__lte=at - KEPT_FOR).delete()[0]


def _locked(system: PartnerSystem, key: str) -> bool:
    number = hashlib.sha256(f"idempotency:{system.pk}:{key}".encode()).digest()[:8]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(number, signed=True)]
        )
        return bool(cursor.fetchone()[0])


def _replayed(held: IdempotencyKey) -> HttpResponse:
    kind = "application/json" if held.status < 400 else MEDIA_TYPE
    answer = HttpResponse(held.body, content_type=kind, status=held.status)
    for name, value in held.headers.items():
        answer[name] = value
    answer[REPLAYED] = "true"
    return answer
