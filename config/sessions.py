"""Sessions: in the database, or, where SESSION_STORE says so, in Redis alone (decision 19).

Django's sessions in a cache take one that does not answer for a session that is over: the person
would be signed out and their cookie removed. Here it is an error, which staff are told in words
(`config.outage`). A page that is for everybody is given as to a stranger; the cookie stays, and
with it the session, for when Redis is back.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.sessions import middleware
from django.contrib.sessions.backends import cache
from django.http import HttpRequest
from redis import RedisError

from config.public_answers.answering import PRIVATE

logger = logging.getLogger(__name__)


class SessionsAwayError(Exception):
    """Redis does not answer: nobody can tell who asks, nor begin or end a session."""


class SessionStore(cache.SessionStore):
    """A session in Redis. Whatever is asked of it raises SessionsAwayError without Redis."""

    _cache: Any  # which the stubs do not tell

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.is_for_everybody = False
        """Whether the page asked for can do without knowing who asks."""
        self.was_not_read = False

    def load(self) -> dict[str, Any]:
        """Return what the session holds; nothing, and no key any more, where it is over."""
        try:
            held: dict[str, Any] | None = self._cache.get(self.cache_key)
        except RedisError as error:
            logger.warning("Redis does not answer: a session cannot be read.")
            if not self.is_for_everybody:
                raise SessionsAwayError from error
            # The key stays: the cookie is not removed for want of a session.
            self.was_not_read = True
            return {}
        if held is None:
            self._session_key = None
            return {}
        return held

    def save(self, must_create: bool = False) -> None:
        """Store it; never over one that could not be read."""
        if self.was_not_read:
            raise SessionsAwayError
        try:
            super().save(must_create)
        except RedisError as error:
            raise SessionsAwayError from error

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        try:
            return super().exists(session_key)
        except RedisError as error:
            raise SessionsAwayError from error

    def delete(self, session_key: str | None = None) -> None:
        """End a session: once this returns, it is open nowhere."""
        try:
            super().delete(session_key)
        except RedisError as error:
            raise SessionsAwayError from error


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's; tells the session whether the page can do without it."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if isinstance(request.session, SessionStore):
            request.session.is_for_everybody = request.method in (
                "GET",
                "HEAD",
            ) and not request.path_info.startswith(PRIVATE)
