"""How many requests an address or a token may make: a count in the cache for each minute.

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

from plans.models import ApiToken

logger = logging.getLogger(__name__)

WINDOW = 60


class PerCaller(BaseThrottle):
    """The requests of one token, else of one address, in one minute, all resources together."""

    name = "api"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; whether it is one of those allowed.

        Once: an answer may be made a second time, from another server (`config.replicas`).
        """
        counted: dict[str, tuple[bool, dict[str, str]]]
        counted = request._request.__dict__.setdefault("counted", {})
        if self.name not in counted:
            token = request.auth if isinstance(request.auth, ApiToken) else None
            counted[self.name] = self.count(request.META, token)
        allowed, headers = counted[self.name]
        request._request.rate_limit = headers  # type: ignore[attr-defined]
        self.reset = int(headers["RateLimit-Reset"])
        return allowed

    def count(
        self, meta: Mapping[str, Any], token: ApiToken | None = None
    ) -> tuple[bool, dict[str, str]]:
        """Count a request by its headers: whether it is allowed, and what its answer says."""
        now = int(time.time())
        limit = self.limit_of(token)
        caller = client_address(meta) if token is None else f"token-{token.pk}"
        key = f"throttle:{self.name}:{caller}:{now // WINDOW}"
        try:
            count: int = cache.count(key, WINDOW)
        except RedisError:
            logger.warning("The requests of the API are not counted: the cache does not answer.")
            count = 1
        return count <= limit, {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - count)),
            "RateLimit-Reset": str(WINDOW - now % WINDOW),
            "RateLimit-Policy": f"{limit};w={WINDOW}",
        }

    def limit_of(self, token: ApiToken | None) -> int:
        """Return how many requests this caller may make."""
        return int(
            settings.API_REQUESTS_PER_MINUTE
            if token is None
            else settings.API_TOKEN_REQUESTS_PER_MINUTE
        )

    def wait(self) -> float:
        return self.reset


class ExportsPerCaller(PerCaller):
    """The whole exports of one caller in one minute: each reads a table to its end."""

    name = "export"

    def limit_of(self, token: ApiToken | None) -> int:
        """Return how many exports this caller may start."""
        return int(settings.API_EXPORTS_PER_MINUTE)


def client_address(meta: Mapping[str, Any]) -> str:
    """Who asks. Behind a proxy of ours: the last address it wrote, the only one to be believed."""
    if settings.TRUST_FORWARDED_FOR:
        forwarded = meta.get("HTTP_X_FORWARDED_FOR", "")
        last = forwarded.rsplit(",", 1)[-1].strip()
        if last:
            return str(last)
    return str(meta.get("REMOTE_ADDR", ""))
