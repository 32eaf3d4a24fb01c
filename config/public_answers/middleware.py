"""Keeps public answers, and gives them where no front stands before Django.

It stands outermost: what is kept has every header that the others add.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from config.metrics import count_answer, count_declined
from config.public_answers.answering import (
    NOT_REREAD,
    Given,
    address_of,
    asks_for_public,
    for_everybody,
    given,
    key_of,
    not_reread,
    to_keep,
)
from config.public_answers.editions import LEASE, DatabaseAwayError, lookup
from config.public_answers.front import COUNTED, LOOKED
from config.public_answers.kept import Answer, held, keep, remember
from config.public_answers.making import MAKING, Making
from config.public_answers.sources import Source, source_of, writer
from config.replicas.router import reading_replica
from plans.api_support.revisions import RESTS_ON
from plans.api_support.throttling import PerCaller
from plans.api_support.transfers import is_finished

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
        """Have the answer made, and keep it under the edition that its server showed before."""
        begun = datetime.now(UTC)
        making: Making | None = request.META.get(MAKING)
        if making is not None:
            making.begin()
        source = source_of(request.path_info)
        if source is None:
            return self.get_response(request)
        if source.as_of is not None and not request.path_info.startswith(COUNTED):
            # One of a moment ago is as good: neither can be confirmed.
            answer = held(key_of(request.META, source.editions), for_everybody=False)
            if answer is not None:
                return _given(request, answer, source)
        response, made_from = self._response(request, source)
        answer = None
        # Midnight may have come, or the clock been put back, while it was made: of which day it is,
        # nobody knows.
        if made_from is not None and made_from.editions.day == timezone.localdate():
            answer = to_keep(request, response, made_from.editions)
        if made_from is None or answer is None:
            return response if made_from is None else _said(response, made_from)
        key = key_of(request.META, made_from.editions)
        shared = for_everybody(request.META)
        keep(key, answer, for_everybody=shared)
        if made_from.as_of is None:
            # What nobody could confirm takes the place of nothing that was, and is nobody else's.
            remember(address_of(request.META), key, begun, for_everybody=shared)
            if making is not None:
                making.key = key
        kept = _given(request, answer, made_from)
        for name, value in getattr(request, "rate_limit", {}).items():
            kept.headers[name] = value
        return kept

    def _response(
        self, request: HttpRequest, source: Source
    ) -> tuple[HttpResponseBase, Source | None]:
        """Return the response and what it was made from: the writer, where the replica failed.

        Whoever asks for what is public changes nothing, so it may be asked for twice, as long as
        nothing of it has left: what is still read while it is sent comes from the writer.
        """
        made_from: Source | None = source
        if source.is_replica:
            with reading_replica() as reading:
                response = self._asked(request, source)
            reads_on = response.streaming and not is_finished(response)
            if not (reading.has_failed or reads_on):
                count_answer("replica")
                return response, source
            count_declined("failed" if reading.has_failed else "read while sent")
            # An export counts as under way, and holds its file, until its answer is let go.
            del response
            made_from = writer()
        count_answer("writer")
        return self._asked(request, made_from), made_from

    def _asked(self, request: HttpRequest, source: Source | None) -> HttpResponseBase:
        """Have the answer made, told what it rests on."""
        if source is not None:
            part = source.editions.part(request.path_info)
            request.META[RESTS_ON] = (part.key, part.changed_at)
        else:
            request.META.pop(RESTS_ON, None)
        return self.get_response(request)

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


def _given(request: HttpRequest, answer: Answer, source: Source) -> HttpResponse:
    """Give an answer; where nobody knows whether it is the latest, it says so."""
    if source.as_of is not None:
        return _response(not_reread(request.META, answer, source.as_of))
    return _response(given(request.META, answer))


def _said(response: HttpResponseBase, source: Source) -> HttpResponseBase:
    """Say of an answer that is not kept, too, that nobody knows whether it is the latest."""
    if source.as_of is not None:
        for name, value in NOT_REREAD.items():
            response.headers[name] = value
    return response


def _response(given: Given) -> HttpResponse:
    status, headers, body = given
    response = HttpResponse(body, status=status)
    del response.headers["Content-Type"]
    for name, value in headers:
        response.headers[name] = value
    return response
