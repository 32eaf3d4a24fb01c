"""Django's Redis cache, with clients that stay.

Django makes a client for each operation, which takes longer than the operation. A client holds
nothing but its pool of connections, and serves all threads.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import redis


class _Client(redis.RedisCacheClient):
    # What Django's has, and its stubs do not tell.
    _client: Any
    _get_connection_pool: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client of a server, made once."""
        pool = self._get_connection_pool(write)
        client = self._clients.get(id(pool))
        if client is None:
            client = self._clients[id(pool)] = self._client(connection_pool=pool)
        return client


class RedisCache(redis.RedisCache):
    """Django's, but for the clients, and with a count."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def count(self, key: str, seconds: int) -> int:
        """Count one more and return how many there are; the count begins anew after `seconds`.

        In one exchange, where `incr` asks first whether there is a count.
        """
        name = self.make_and_validate_key(key)
        exchange = self._cache.get_client(name, write=True).pipeline(transaction=False)
        exchange.set(name, 0, ex=seconds, nx=True)
        exchange.incr(name)
        count: int = exchange.execute()[1]
        return count
