"""Yes/no deliverables of measures, each with what is known of its state on a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery

from dashboards.facts import MilestoneFacts, SourceFacts, UpdateFacts
from measures.models import Measure, Milestone, MilestoneUpdate
from plans.prepared import DAY, KEY, Prepared

Scope = Literal["plan", "pk"]
"""The measures of a plan, or one measure."""


class MilestoneEntry(NamedTuple):
    """A deliverable and the latest published update of it; None when nobody has reported."""

    milestone: MilestoneFacts
    update: UpdateFacts | None

    @property
    def state(self) -> str:
        """The code of the state, empty when nobody has reported."""
        return "" if self.update is None else self.update.advancement


def milestones_of(scope: Scope, key: int, *, on: date) -> dict[int, tuple[MilestoneEntry, ...]]:
    """Return the deliverables of measures, by measure id. Two queries."""
    listed, latest = _questions(scope)
    updates = {
        milestone: UpdateFacts._make((*facts, _source(code, title)))
        for milestone, *facts, code, title in latest.rows(key=key, day=on)
    }
    entries: dict[int, list[MilestoneEntry]] = defaultdict(list)
    for measure, milestone, *facts, code, title in listed.rows(key=key):
        entries[measure].append(
            MilestoneEntry(
                MilestoneFacts._make((*facts, _source(code, title))), updates.get(milestone)
            )
        )
    return {measure: tuple(found) for measure, found in entries.items()}


def _source(code: str | None, title: str | None) -> SourceFacts | None:
    return None if code is None or title is None else SourceFacts(code, title)


@cache
def _questions(scope: Scope) -> tuple[Prepared, Prepared]:
    """The deliverables of measures, and the latest state of each."""
    return (
        Prepared(
            lambda: (
                Milestone.objects.filter(**{f"measure__{scope}": KEY})
                .order_by("measure_id", "position", "code")
                .values_list(
                    "measure_id", "pk", *MilestoneFacts._fields[:-1],
                    "source__code", "source__title",
                )
            )
        ),
        Prepared(
            lambda: (
                MilestoneUpdate.objects.filter(**{f"milestone__measure__{scope}": KEY})
                .latest_of_each(DAY)
                .values_list(
                    "milestone_id", *UpdateFacts._fields[:-1], "source__code", "source__title"
                )
            )
        ),
    )  # fmt: skip


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
