"""Redis, and what is kept for a while: in it, and in the web processes."""

from typing import Any

from config.environment import env
from config.redis_urls import SOON, cache_url
from config.settings.base.folders import layout

REDIS_URL: str = env.str("REDIS_URL", default="") or layout.redis_url

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "plans",
        # A page does without the cache sooner than it waits for it.
        "OPTIONS": {**SOON},
    },
    # Beside the queue, in the database that nobody empties; asked where SESSION_STORE says so.
    "sessions": {
        "BACKEND": "config.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "plans",
        # As in the database: data, never code.
        "OPTIONS": {**SOON, "serializer": "django.core.signing.JSONSerializer"},
    },
}

# Public answers kept by edition of the data (docs/speed.md), asked of this database.
PUBLIC_ANSWERS: dict[str, Any] = {"kept": True, "database": "default"}
