"""A plan of the database as a plan file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from exchange.plan_files.schema import (
    FORMAT,
    IndicatorEntry,
    MeasureEntry,
    ObjectiveEntry,
    OrganisationEntry,
    PlanFile,
    RegionEntry,
    SectorEntry,
    UnitEntry,
)
from exchange.plan_files.stored import StoredPlan, entry_of
from exchange.plan_files.writing import write
from indicators.models import Unit
from plans.models import Organisation, Plan, Sector


def export_plan(plan: Plan) -> str:
    """Return a plan as the text of a plan file that loads, as it stands, into an empty database.

    It holds what is public or in force: current published versions, targets that none supersedes.
    """
    return write(plan_file(StoredPlan(plan)))


def plan_file(stored: StoredPlan) -> PlanFile:
    """Return a stored plan as one file: its parts put together, what it shares declared."""
    parts = _Parts(stored)
    plan = stored.entry
    objectives = parts.objectives()
    on_plan = parts.indicators[None, None]
    measures = [measure for objective in objectives for measure in objective.measures]
    organisations = {part.organisation for part in plan.organisations}
    organisations |= {part.organisation for measure in measures for part in measure.organisations}
    sectors = {*plan.sectors, *(code for measure in measures for code in measure.sectors)}
    return PlanFile.model_construct(
        format=FORMAT,
        region=entry_of(RegionEntry, stored.row.region),
        plan=plan,
        organisations=_declared(OrganisationEntry, Organisation, organisations),
        sectors=_declared(SectorEntry, Sector, sectors),
        units=_declared(UnitEntry, Unit, {held.entry.unit for held in stored.indicators.values()}),
        sources=tuple(held.entry for held in stored.sources.values()),
        claims=tuple(held.entry for held in stored.claims.values()),
        notes=tuple(held.entry for held in stored.notes.values()),
        indicators=tuple(on_plan),
        objectives=tuple(objectives),
    )


class _Parts:
    """The children of each part, put back under it."""

    def __init__(self, stored: StoredPlan) -> None:
        self.stored = stored
        self.indicators: dict[tuple[int | None, int | None], list[IndicatorEntry]] = defaultdict(
            list
        )
        targets = _grouped(stored.targets)
        observations = _grouped(stored.observations)
        for indicator in stored.indicators.values():
            row = indicator.row
            self.indicators[row.objective_id, row.measure_id].append(
                indicator.entry.model_copy(
                    update={
                        "targets": tuple(targets[row.pk]),
                        "observations": tuple(observations[row.pk]),
                    }
                )
            )
        updates = _grouped(stored.updates)
        self.milestones: dict[int, list[Any]] = defaultdict(list)
        for milestone in stored.milestones.values():
            self.milestones[milestone.row.measure_id].append(
                milestone.entry.model_copy(update={"updates": tuple(updates[milestone.row.pk])})
            )
        self.measures: dict[int, list[MeasureEntry]] = defaultdict(list)
        for measure in stored.measures.values():
            self.measures[measure.row.objective_id].append(
                measure.entry.model_copy(
                    update={
                        "milestones": tuple(self.milestones[measure.row.pk]),
                        "indicators": tuple(self.indicators[None, measure.row.pk]),
                    }
                )
            )

    def objectives(self) -> list[ObjectiveEntry]:
        return [
            objective.entry.model_copy(
                update={
                    "indicators": tuple(self.indicators[objective.row.pk, None]),
                    "measures": tuple(self.measures[objective.row.pk]),
                }
            )
            for objective in self.stored.objectives.values()
        ]


def _grouped(held: Any) -> dict[int, list[Any]]:
    """The entries of each parent, by its id, which comes first in their key."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for key, item in held.items():
        groups[key[0]].append(item.entry)
    return groups


def _declared(kind: Any, model: Any, codes: Iterable[str]) -> tuple[Any, ...]:
    rows = model.objects.filter(code__in=codes).order_by("code")
    return tuple(entry_of(kind, row) for row in rows)
