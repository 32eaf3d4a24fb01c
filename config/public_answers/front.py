"""Kept answers, given before Django is entered.

A request that anybody could make and whose answer is kept needs no session, no address to be
resolved, no middleware: what they add was kept with the answer. Requests of the API are counted
here as Django counts them; one too many is left to Django to refuse.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings

from config.public_answers.answering import (
    asks_for_public,
    for_everybody,
    given,
    key_of,
    still_known,
)
from config.public_answers.editions import DatabaseAwayError, lookup
from config.public_answers.kept import held
from config.replicas.circuit import in_use
from config.requests import HEADER, current_id, identifier_of, tell
from plans.api_support.throttling import PerCaller

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

COUNTED = "/api/v1/"
LOOKED = "public_answers.looked"
KEPT = "(kept)"
"""The route of what is answered here, in the log and in the figures: no address was resolved."""
LINES = {
    200: "200 OK",
    304: "304 Not Modified",
    503: f"503 {HTTPStatus.SERVICE_UNAVAILABLE.phrase}",
}


class PublicAnswersFront:
    """A WSGI application in front of another: gives what is kept, passes on the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, meta: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not settings.PUBLIC_ANSWERS["kept"] or not asks_for_public(meta):
            return self.application(meta, start_response)
        began = time.perf_counter()
        try:
            key = key_of(meta, lookup.current())
            answer = held(key, for_everybody=for_everybody(meta))
        except DatabaseAwayError:
            # A replica may know more than what was kept of former editions.
            stale = still_known(meta, former=not in_use())
            if stale is None:
                return self.application(meta, start_response)
            status, headers, body = stale
        else:
            meta[LOOKED] = True
            if answer is None:
                return self.application(meta, start_response)
            status, headers, body = given(meta, answer)
            if meta["PATH_INFO"].startswith(COUNTED):
                allowed, limits = PerCaller().count(meta)
                if not allowed:
                    return self.application(meta, start_response)
                headers = [*headers, *limits.items()]
        identifier = identifier_of(meta)
        token = current_id.set(identifier)
        try:
            start_response(LINES[status], [*headers, (HEADER, identifier)])
            tell(meta["REQUEST_METHOD"], KEPT, status, time.perf_counter() - began)
        finally:
            current_id.reset(token)
        return [body]
