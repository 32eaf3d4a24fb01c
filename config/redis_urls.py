"""What each client of Redis wants to read, from the one REDIS_URL.

The cache has a database of its own: clearing it flushes the whole database, and the queue of
deferred work must survive that.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from redis.backoff import NoBackoff
from redis.retry import Retry

SOON: dict[str, Any] = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
    # A connection that a restart left dead is made anew, once; the library would go on for seconds.
    "retry": Retry(NoBackoff(), 1),
}
"""How Redis is asked where somebody waits for a page."""


def cache_url(redis_url: str, database: int = 1) -> str:
    """The address for Django's cache."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        query = {**dict(parse_qsl(parts.query)), "db": str(database)}
        return f"unix://{parts.path}?{urlencode(query)}"
    return urlunsplit(parts._replace(path=f"/{database}"))


def broker_url(redis_url: str) -> str:
    """The address for Celery, which spells a socket in its own way."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    query = dict(parse_qsl(parts.query))
    return f"redis+socket://{parts.path}?{urlencode({'virtual_host': query.get('db', '0')})}"
