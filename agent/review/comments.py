"""Comments on a contribution, and whom they call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services import notify
from indicators.models import Observation, ObservationComment
from measures.models import MilestoneUpdate, MilestoneUpdateComment
from plans.alphabet import alphabetical
from plans.models import Contribution, ContributionComment, Plan

_CALL = re.compile(r"(?<![\w.])@([\w.+-]+(?:@[\w.-]+\w)?)")


def handle(user: User) -> str:
    """Return what calls a person in a comment: their address up to the @."""
    return user.email.partition("@")[0].lower()


def called(text: str, members: Iterable[User]) -> list[User]:
    """Return the members whom a text calls, by handle or by whole address."""
    calls = {call.rstrip(".").lower() for call in _CALL.findall(text)}
    return [user for user in members if handle(user) in calls or user.email.lower() in calls]


def members_of(plan: Plan) -> list[User]:
    """Return the people of a plan, by name."""
    return list(
        User.objects.filter(
            memberships__plan=plan, is_active=True, partner_system__isnull=True
        ).order_by(alphabetical("name"), "email")
    )


@transaction.atomic
def add_comment(
    contribution: Contribution, *, author: User, text: str, at: datetime
) -> ContributionComment:
    """Write a comment; those it calls are told, and so is the contribution's author."""
    comment: ContributionComment
    if isinstance(contribution, Observation):
        comment = ObservationComment.objects.create(
            contribution=contribution, author=author, text=text, created_at=at
        )
    elif isinstance(contribution, MilestoneUpdate):
        comment = MilestoneUpdateComment.objects.create(
            contribution=contribution, author=author, text=text, created_at=at
        )
    else:
        raise TypeError(f"{type(contribution).__name__} takes no comments")
    mentioned = [
        user
        for user in called(text, members_of(contribution.permission_plan))
        if user.pk != author.pk
    ]
    url = f"{contribution.get_absolute_url()}#commentaires"
    key = f"comment:{contribution.noun}:{comment.pk}"
    notify(
        mentioned,
        plan_id=contribution.permission_plan.pk,
        kind=Notification.Kind.MENTION,
        key=key,
        text=_("%(who)s vous mentionne : %(what)s") % {"who": author, "what": contribution},
        url=url,
        at=at,
    )
    if contribution.author is not None and contribution.author_id != author.pk:
        # The same key: who is called by name is told once, by the call.
        notify(
            [contribution.author],
            plan_id=contribution.permission_plan.pk,
            kind=Notification.Kind.COMMENT,
            key=key,
            text=_("%(who)s commente : %(what)s") % {"who": author, "what": contribution},
            url=url,
            at=at,
        )
    return comment
