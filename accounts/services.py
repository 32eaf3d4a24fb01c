"""Telling people things."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Notification, User


def notify(
    users: Iterable[User], *, kind: Notification.Kind, key: str, text: str, url: str, at: datetime
) -> None:
    """Tell each person once; what was told under this key before is not told again.

    Call it in the transaction of what it tells.
    """
    Notification.objects.bulk_create(
        [
            Notification(user=user, kind=kind, key=key, text=text, url=url, created_at=at)
            for user in users
            if user.is_active
        ],
        ignore_conflicts=True,
    )
