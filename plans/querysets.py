"""Questions asked about plans, their coded parts and contributions, named as phrases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from plans.models import Plan

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
