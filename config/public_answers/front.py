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
    Given,
    address_of,
    asks_for_public,
    for_everybody,
    given,
    key_of,
    still_known,
)
from config.public_answers.editions import DatabaseAwayError, lookup
from config.public_answers.kept import Answer, held
from config.public_answers.making import MAKING, PATIENCE, Making, Makings
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


makings = Makings()


class PublicAnswersFront:
    """A WSGI application in front of another: gives what is kept, passes on the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, meta: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if not settings.PUBLIC_ANSWERS["kept"] or not asks_for_public(meta):
            return self.application(meta, start_response)
        came_at = time.monotonic()
        began = time.perf_counter()
        try:
            answer = held(key_of(meta, lookup.current()), for_everybody=for_everybody(meta))
        except DatabaseAwayError:
            # A replica may know more than what was kept of former editions.
            stale = still_known(meta, former=not in_use())
            if stale is None:
                return self.application(meta, start_response)
            found = stale
        else:
            meta[LOOKED] = True
            if answer is None and meta["REQUEST_METHOD"] == "GET":
                address = address_of(meta)
                making, answer = self._awaited(meta, address, came_at)
                if making is not None:
                    meta[MAKING] = making
                    with makings.made(address, making):
                        return self.application(meta, start_response)
            if answer is None:
                return self.application(meta, start_response)
            found = given(meta, answer)
            if meta["PATH_INFO"].startswith(COUNTED):
                allowed, limits = PerCaller().count(meta)
                if not allowed:
                    return self.application(meta, start_response)
                found = (found[0], [*found[1], *limits.items()], found[2])
        return self._said(meta, start_response, found, began)

    def _awaited(
        self, meta: dict[str, Any], address: str, came_at: float
    ) -> tuple[Making | None, Answer | None]:
        """Return the making that this request is to be, or the answer that another one made.

        Neither where what the other one made is not kept: it is then made without waiting.
        """
        while True:
            making, is_ours = makings.other(address)
            if is_ours:
                return making, None
            if not making.done.wait(PATIENCE) or making.key is None:
                return None, None
            try:
                key = making.key if making.holds_for(came_at) else key_of(meta, lookup.current())
            except DatabaseAwayError:
                return None, None
            answer = held(key, for_everybody=False)
            if answer is not None:
                return None, answer

    def _said(
        self, meta: dict[str, Any], start_response: StartResponse, found: Given, began: float
    ) -> Iterable[bytes]:
        status, headers, body = found
        identifier = identifier_of(meta)
        token = current_id.set(identifier)
        try:
            start_response(LINES[status], [*headers, (HEADER, identifier)])
            tell(meta["REQUEST_METHOD"], KEPT, status, time.perf_counter() - began)
        finally:
            current_id.reset(token)
        return [body]
