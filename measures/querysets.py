"""Questions asked about milestones' states, named as phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from plans.querysets import ContributionQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models.expressions import Expression

    from measures.models import Milestone, MilestoneUpdate  # noqa: F401 - the rows
    from plans.models import Plan


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    """Deliverables of measures."""

    def dated_in(self, plans: Iterable[Plan]) -> Self:
        """Keep the deliverables of these plans that have a date and whose measure goes on."""
        return self.filter(measure__plan__in=plans, due_on__isnull=False).exclude(
            measure__state="abandoned"
        )


class MilestoneUpdateQuerySet(ContributionQuerySet["MilestoneUpdate"]):
    """Updates of milestones."""

    def in_plans(self, plans: Iterable[Plan]) -> Self:
        """Keep the updates of these plans, each with what a line shows of it."""
        return self.filter(milestone__measure__plan__in=plans).select_related(
            "milestone__measure__plan__region", "author"
        )

    def latest_of_each(self, on: date | Expression) -> Self:
        """Keep the latest current update of each milestone, none later than `on`.

        Two updates of one day cannot both be current, so the choice is never by chance.
        """
        return (
            self.current()
            .filter(as_of__lte=on)
            .order_by("milestone_id", "-as_of")
            .distinct("milestone_id")
        )
