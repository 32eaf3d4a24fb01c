"""What every staff page shows of the person: asked of the database only where it is shown."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from agent.notifications.inbox import inbox


def person(request: HttpRequest) -> dict[str, Any]:
    """Count the notifications that the person has not read."""
    # A template calls what it can call: counted once, and only where it is shown.
    return {"unread_notifications": cache(lambda: _unread(request))}


def _unread(request: HttpRequest) -> int:
    user = request.user
    return inbox(user).unread().count() if isinstance(user, User) else 0
