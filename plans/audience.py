"""Whom a plan still tells anything: asked by `accounts`, which lies below plans."""

from __future__ import annotations

from accounts.models import User
from plans.permissions import Action, plans_where


def plans_that_tell(user: User) -> dict[int, str]:
    """Return the titles of the plans whose notifications concern the person, by id."""
    return dict(plans_where(user, Action.SEE_DRAFTS).values_list("pk", "title"))
