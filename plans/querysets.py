"""Questions asked about plans, their coded parts and contributions, named as phrases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from plans.models import Invitation, Plan  # noqa: F401 - the rows, for the type checker

RowT = TypeVar("RowT", bound=models.Model)


class PlanQuerySet(models.QuerySet["Plan"]):
    """Plans, as the public and the staff ask for them."""

    def public(self) -> Self:
        """Keep the plans that everyone may read."""
        return self.filter(is_public=True)

    def known_as(self, slug: str) -> Self:
        """Keep the plan that has, or once had, this slug; the one that has it now comes first."""
        return self.filter(models.Q(slug=slug) | models.Q(former_slugs__contains=[slug])).order_by(
            models.Case(models.When(slug=slug, then=0), default=1), "id"
        )


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations to take part in a plan."""

    def pending(self) -> Self:
        """Keep those neither accepted nor revoked, the expired ones included."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def open_at(self, moment: datetime) -> Self:
        """Keep those that can be accepted at a moment."""
        return self.pending().filter(expires_at__gt=moment)

    def to_mail_at(self, moment: datetime) -> Self:
        """Keep those whose mail has not gone and is to be tried by now, the oldest first."""
        return (
            self.open_at(moment)
            .filter(mailed_at__isnull=True, mail_due_at__lte=moment)
            .order_by("mail_due_at", "id")
        )


class CodedQuerySet(models.QuerySet[RowT]):
    """Parts of a plan that a code identifies: objectives, measures, indicators."""

    def known_as(self, plan: Plan, code: str) -> Self:
        """Keep what has, or once had, this code in the plan; the present holder comes first."""
        return self.filter(
            models.Q(code=code) | models.Q(former_codes__contains=[code]), plan=plan
        ).order_by(models.Case(models.When(code=code, then=0), default=1), "id")


class ContributionQuerySet(models.QuerySet[RowT]):
    """Versions of values and of milestone states."""

    def current(self) -> Self:
        """Keep what the public sees now: published, neither superseded nor withdrawn."""
        return self.filter(state="published", superseded_at__isnull=True)

    def open(self) -> Self:
        """Keep what is under way: drafts, what was submitted, what was returned."""
        return self.filter(state__in=("draft", "submitted", "returned"))

    def known_at(self, moment: datetime) -> Self:
        """Keep what the public saw at a past moment."""
        return self.filter(
            models.Q(superseded_at__isnull=True) | models.Q(superseded_at__gt=moment),
            state="published",
            published_at__lte=moment,
        )

    def ever_published(self) -> Self:
        """Keep every version that was public once, those superseded or withdrawn included."""
        return self.filter(state="published")
