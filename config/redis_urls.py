"""What each client of Redis wants to read, from the one REDIS_URL.

The cache has a database of its own: clearing it flushes the whole database, and the queue of
deferred work must survive that.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


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
