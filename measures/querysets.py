"""Questions asked about milestones' states, named as phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from plans.querysets import ContributionQuerySet

if TYPE_CHECKING:
    from datetime import date

    from measures.models import MilestoneUpdate  # noqa: F401 - the rows, for the type checker


class MilestoneUpdateQuerySet(ContributionQuerySet["MilestoneUpdate"]):
    """Updates of milestones."""

    def latest_of_each(self, on: date) -> Self:
        """Keep the latest current update of each milestone, none later than `on`.

        Two updates of one day cannot both be current, so the choice is never by chance.
        """
        return (
            self.current()
            .filter(as_of__lte=on)
            .order_by("milestone_id", "-as_of")
            .distinct("milestone_id")
        )
