"""One identifier for each request: in every line of the log it causes, and in its answer."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from config import metrics

access = logging.getLogger("access")

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

# The request, or the deferred task, that this thread works for.
current_id: ContextVar[str] = ContextVar("current_id", default="")


class RequestIdMiddleware:
    """Name the request, time it, and say in one line and two figures how it ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        identifier = identifier_of(request.META)
        token = current_id.set(identifier)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers[HEADER] = identifier
            seconds = time.perf_counter() - began
            tell(request.method or "", route_of(request), response.status_code, seconds)
        finally:
            current_id.reset(token)
        return response


def tell(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered, and write its line in the log."""
    method = method if method in metrics.METHODS else "OTHER"
    metrics.count_request(method, route, status, seconds)
    if settings.ACCESS_LOG:
        milliseconds = round(seconds * 1000, 1)
        access.info(
            "%s %s %d %s ms", method, route, status, milliseconds,
            extra={
                "method": method, "route": route, "status": status,
                "milliseconds": milliseconds,
            },
        )  # fmt: skip


def identifier_of(meta: Mapping[str, Any]) -> str:
    """Return the identifier that our proxy gave, if it is well formed; else a new one.

    Without a proxy of ours the header is a stranger's, who must not choose what our log says.
    """
    given: str | None = meta.get("HTTP_X_REQUEST_ID")
    if given and settings.TRUST_FORWARDED_FOR and WELL_FORMED.fullmatch(given):
        return given
    # A name, not a secret: asking the system for bytes hands the interpreter to another thread.
    return f"{random.getrandbits(128):032x}"  # nosec B311 - as above


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the address, never the address: some hold a secret, or a search."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None else "(none)"
