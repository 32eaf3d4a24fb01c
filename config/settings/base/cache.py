"""Redis, and what is kept for a while: in it, and in the web processes."""

from typing import Any

from config.environment import env
from config.redis_urls import cache_url
from config.settings.base.folders import layout

REDIS_URL: str = env.str("REDIS_URL", default="") or layout.redis_url

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "plans",
        # A page does without the cache sooner than it waits for it.
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# Public answers kept by edition of the data (docs/speed.md), asked of this database.
PUBLIC_ANSWERS: dict[str, Any] = {"kept": True, "database": "default"}
