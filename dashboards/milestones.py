"""Yes/no deliverables of measures, each with what is known of its state on a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, QuerySet, Subquery

from measures.models import Measure, Milestone, MilestoneUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneEntry:
    """A deliverable and the latest published update of it; None when nobody has reported."""

    milestone: Milestone
    update: MilestoneUpdate | None

    @property
    def state(self) -> str:
        """The code of the state, empty when nobody has reported."""
        return "" if self.update is None else self.update.advancement


def milestones_of(
    measures: Collection[Measure], *, on: date
) -> dict[int, tuple[MilestoneEntry, ...]]:
    """Return the deliverables of measures, by measure id. Two queries."""
    updates = {
        update.milestone_id: update
        for update in MilestoneUpdate.objects.filter(milestone__measure__in=measures)
        .latest_of_each(on)
        .select_related("source")
    }
    entries: dict[int, list[MilestoneEntry]] = defaultdict(list)
    for milestone in (
        Milestone.objects.filter(measure__in=measures)
        .select_related("source")
        .order_by("measure", "position", "code")
    ):
        entries[milestone.measure_id].append(
            MilestoneEntry(milestone=milestone, update=updates.get(milestone.pk))
        )
    return {measure: tuple(listed) for measure, listed in entries.items()}


def states_by_plan(measures: QuerySet[Measure], *, on: date) -> dict[int, Counter[str]]:
    """Count the deliverables of measures by state, by plan id. One query."""
    latest = (
        MilestoneUpdate.objects.current()
        .filter(milestone=OuterRef("pk"), as_of__lte=on)
        .order_by("-as_of")
        .values("advancement")[:1]
    )
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for plan, state, count in (
        Milestone.objects.filter(measure__in=measures)
        .annotate(state=Subquery(latest))
        .order_by()
        .values_list("measure__plan", "state")
        .annotate(count=Count("pk"))
    ):
        counted[plan][state or ""] += count
    return counted
