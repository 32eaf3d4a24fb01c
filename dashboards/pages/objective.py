"""The page of an objective: what is part of it, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.contents import (
    MeasureEntry,
    ObjectiveEntry,
    ObjectiveFacts,
    contents_of,
    objectives_of,
)
from dashboards.facts import PlanRef
from dashboards.lines import IndicatorLine
from dashboards.notes import NoteEntry, notes_of
from dashboards.tallies import MilestoneCount, StatusCount
from objectives.models import Objective
from plans.models import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivePage:
    """Everything the page of an objective shows."""

    plan: Plan
    as_of: date
    ref: PlanRef
    objective: Objective
    label: str
    parent: ObjectiveFacts | None
    counts: tuple[StatusCount, ...]
    milestone_counts: tuple[MilestoneCount, ...]
    lines: tuple[IndicatorLine, ...]
    measures: tuple[MeasureEntry, ...]
    children: tuple[ObjectiveEntry, ...]
    notes: tuple[NoteEntry, ...]


def objective_page(objective: Objective, *, on: date) -> ObjectivePage:
    """Load the page of an objective, selected with its plan."""
    every = objectives_of(objective.plan_id)
    contents = contents_of(objective.plan_id, every, on=on)
    entry = next(one for one in contents.objectives if one.objective.pk == objective.pk)
    return ObjectivePage(
        plan=objective.plan,
        as_of=on,
        ref=PlanRef(objective.plan.slug),
        objective=objective,
        label=entry.label,
        parent=next((one for one in every if one.pk == objective.parent_id), None),
        counts=entry.counts,
        milestone_counts=entry.milestone_counts,
        lines=entry.lines,
        measures=entry.measures,
        children=tuple(
            one for one in contents.objectives if one.objective.parent_id == objective.pk
        ),
        notes=notes_of("objectives", objective.pk),
    )
