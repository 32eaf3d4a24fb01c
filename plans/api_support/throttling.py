"""How many requests an address or a token may make: a count in the cache for each minute.

A cache that does not answer stops nobody: a limit protects the site, it must not close it.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from plans.models import ApiToken

logger = logging.getLogger(__name__)

WINDOW = 60


class PerCaller(BaseThrottle):
    """The requests of one token, else of one address, in one minute, all resources together."""

    name = "api"
    limit: int

    def limit_of(self, request: Request) -> int:
        """Return how many requests this caller may make."""
        token = isinstance(request.auth, ApiToken)
        return int(
            settings.API_TOKEN_REQUESTS_PER_MINUTE if token else settings.API_REQUESTS_PER_MINUTE
        )

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; whether it is one of those allowed."""
        now = int(time.time())
        self.limit = self.limit_of(request)
        self.reset = WINDOW - now % WINDOW
        key = f"throttle:{self.name}:{caller(request)}:{now // WINDOW}"
        try:
            cache.add(key, 0, WINDOW)
            count = cache.incr(key)
        except (RedisError, ValueError):
            logger.warning("The requests of the API are not counted: the cache does not answer.")
            count = 1
        request._request.rate_limit = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - count)),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={WINDOW}",
        }
        return count <= self.limit

    def wait(self) -> float:
        return self.reset


class ExportsPerCaller(PerCaller):
    """The whole exports of one caller in one minute: each reads a table to its end."""

    name = "export"

    def limit_of(self, request: Request) -> int:
        """Return how many exports this caller may start."""
        return int(settings.API_EXPORTS_PER_MINUTE)


def caller(request: Request) -> str:
    """Name who asks: the token where one is shown, else the address."""
    if isinstance(request.auth, ApiToken):
        return f"token-{request.auth.pk}"
    return client_address(request)


def client_address(request: Request) -> str:
    """Who asks. Behind a proxy of ours: the last address it wrote, the only one to be believed."""
    if settings.TRUST_FORWARDED_FOR:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        last = forwarded.rsplit(",", 1)[-1].strip()
        if last:
            return str(last)
    return str(request.META.get("REMOTE_ADDR", ""))
