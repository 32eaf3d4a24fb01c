"""Keeps public answers, and gives them where no front stands before Django.

It stands outermost: what is kept has every header that the others add.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from config.public_answers.answering import (
    Given,
    address_of,
    asks_for_public,
    for_everybody,
    given,
    key_of,
    to_keep,
)
from config.public_answers.editions import LEASE, DatabaseAwayError, lookup, read_editions
from config.public_answers.front import COUNTED, LOOKED
from config.public_answers.kept import held, keep, remember
from config.public_answers.making import MAKING, Making
from plans.api_support.revisions import RESTS_ON
from plans.api_support.throttling import PerCaller

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class PublicAnswersMiddleware:
    """Answer from what is kept; keep what everybody may read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not settings.PUBLIC_ANSWERS["kept"]:
            return self.get_response(request)
        if request.method not in SAFE:
            return self._written(request)
        if not asks_for_public(request.META):
            return self.get_response(request)
        found = None if LOOKED in request.META else self._held(request)
        return found or self._made(request)

    def _made(self, request: HttpRequest) -> HttpResponseBase:
        """Have the answer made, and keep it under the edition that stood before."""
        begun = datetime.now(UTC)
        making: Making | None = request.META.get(MAKING)
        if making is not None:
            making.begin()
        try:
            editions = read_editions()
        except DatabaseError:
            return self.get_response(request)
        key = key_of(request.META, editions)
        part = editions.part(request.path_info)
        request.META[RESTS_ON] = (part.key, part.changed_at)
        response = self.get_response(request)
        answer = to_keep(request, response, editions)
        if answer is None:
            return response
        shared = for_everybody(request.META)
        keep(key, answer, for_everybody=shared)
        if making is not None:
            making.key = key
        remember(address_of(request.META), key, begun, for_everybody=shared)
        kept = _response(given(request.META, answer))
        for name, value in getattr(request, "rate_limit", {}).items():
            kept.headers[name] = value
        return kept

    def _written(self, request: HttpRequest) -> HttpResponseBase:
        """Acknowledge a write when no process answers from a look-up made before it any more."""
        response = self.get_response(request)
        time.sleep(LEASE)
        return response

    def _held(self, request: HttpRequest) -> HttpResponse | None:
        try:
            key = key_of(request.META, lookup.current())
            answer = held(key, for_everybody=for_everybody(request.META))
        except DatabaseAwayError:
            return None  # the page for a database that is away gives what is kept
        if answer is None:
            return None
        limits: dict[str, str] = {}
        if request.path_info.startswith(COUNTED):
            allowed, limits = PerCaller().count(request.META)
            if not allowed:
                return None
        response = _response(given(request.META, answer))
        for name, value in limits.items():
            response.headers[name] = value
        return response


def _response(given: Given) -> HttpResponse:
    status, headers, body = given
    response = HttpResponse(body, status=status)
    del response.headers["Content-Type"]
    for name, value in headers:
        response.headers[name] = value
    return response
