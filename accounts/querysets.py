"""Questions asked about notifications and the mails that carry them, named as phrases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import DigestMail, Notification, User  # noqa: F401 - the rows

MOST_ATTEMPTS = 20
"""After three days of refusals a mail is left alone; what it carries is still in the product."""


class NotificationQuerySet(models.QuerySet["Notification"]):
    """What people were told."""

    def unread(self) -> Self:
        """Keep what the person has not read."""
        return self.filter(read_at__isnull=True)

    def about_plans(self, plans: Iterable[int] | models.QuerySet[Any, Any]) -> Self:
        """Keep what is about one of these plans, or about none."""
        return self.filter(models.Q(plan_id__isnull=True) | models.Q(plan_id__in=plans))

    def awaiting_mail(self, digest: User.Digest, *, until: datetime) -> Self:
        """Keep what was told by then, to people with this choice, and no mail carries yet."""
        return self.filter(awaits_mail=True, created_at__lte=until, user__digest=digest)


class DigestMailQuerySet(models.QuerySet["DigestMail"]):
    """Mails written, sent or not."""

    def waiting(self) -> Self:
        """Keep those neither sent nor dropped."""
        return self.filter(sent_at__isnull=True, dropped_at__isnull=True)

    def to_try(self, at: datetime) -> Self:
        """Keep those to be tried by now, the oldest first."""
        return (
            self.waiting()
            .filter(due_at__lte=at, attempts__lt=MOST_ATTEMPTS)
            .order_by("due_at", "id")
        )
