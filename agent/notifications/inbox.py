"""What a person has been told and still concerns them."""

from __future__ import annotations

from accounts.models import User
from accounts.querysets import NotificationQuerySet
from plans.permissions import Action, plans_where


def inbox(user: User) -> NotificationQuerySet:
    """Return a person's notifications, but those of plans they have left."""
    rows: NotificationQuerySet = user.notifications.all()
    return rows.about_plans(plans_where(user, Action.SEE_DRAFTS).values("pk"))
