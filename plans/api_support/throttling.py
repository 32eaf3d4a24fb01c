"""How many requests an address may make: a count in the cache for each minute.

A cache that does not answer stops nobody: a limit protects the site, it must not close it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

logger = logging.getLogger(__name__)

WINDOW = 60


class PerAddress(BaseThrottle):
    """The requests of one address in one minute, all resources together."""

    name = "api"

    @property
    def limit(self) -> int:
        limit: int = settings.API_REQUESTS_PER_MINUTE
        return limit

    def allow_request(self, request: Request, view: Any) -> bool:
        allowed, headers = self.count(request.META)
        request._request.rate_limit = headers  # type: ignore[attr-defined]
        return allowed

    def count(self, meta: Mapping[str, Any]) -> tuple[bool, dict[str, str]]:
        """Count a request by its headers: whether it is allowed, and what its answer says."""
        now = int(time.time())
        self.reset = WINDOW - now % WINDOW
        key = f"throttle:{self.name}:{client_address(meta)}:{now // WINDOW}"
        try:
            count = _counted(key)
        except (RedisError, ValueError):
            logger.warning("The requests of the API are not counted: the cache does not answer.")
            count = 1
        return count <= self.limit, {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - count)),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={WINDOW}",
        }

    def wait(self) -> float:
        return self.reset


def _counted(key: str) -> int:
    """Count one more; only the first of a window has to make the count."""
    try:
        return int(cache.incr(key))
    except ValueError:
        cache.add(key, 0, WINDOW)
        return int(cache.incr(key))


class ExportsPerAddress(PerAddress):
    """The whole exports of one address in one minute: each reads a table to its end."""

    name = "export"

    @property
    def limit(self) -> int:
        limit: int = settings.API_EXPORTS_PER_MINUTE
        return limit


def client_address(meta: Mapping[str, Any]) -> str:
    """Who asks. Behind a proxy of ours: the last address it wrote, the only one to be believed."""
    if settings.TRUST_FORWARDED_FOR:
        forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
        last = forwarded.rsplit(",", 1)[-1].strip()
        if last:
            return str(last)
    return str(meta.get("REMOTE_ADDR", ""))
