"""What a plan is made of: objectives, measures, milestones and indicators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.plan_files.applying.work import Changes, Columns, Item, Work, former, positions, same
from exchange.plan_files.schema import (
    IndicatorEntry,
    MeasureEntry,
    MilestoneEntry,
    ObjectiveEntry,
)
from exchange.plan_files.stored import Held, find
from indicators.models import Indicator
from measures.models import Measure, MeasureOrganisation, Milestone
from objectives.models import Objective


def objectives(work: Work) -> dict[str, Objective]:
    """Bring the objectives, those above before those they hold; return them by code."""
    entries = work.file.objectives
    held = work.held("objectives")
    found = [find(held, entry.code, entry.former_codes) for entry in entries]
    ranks = positions([found])
    parents = {entry.code: entry.parent for entry in entries}
    levels: dict[int, list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        levels[len(list(_above(entry.code, parents)))].append(number)
    rows: dict[str, Objective] = {}
    for _depth, numbers in sorted(levels.items()):
        items = [
            Item(
                entries[number],
                found[number],
                _objective_columns(work, entries[number], found[number], rows)
                | {"position": ranks[number]},
                entries[number].code,
            )
            for number in numbers
        ]
        for item, row in zip(items, work.rows(Objective, items), strict=True):
            rows[item.entry.code] = row
    work.link(Objective, [(entry, rows[entry.code]) for entry in entries], "notes")
    return rows


def _objective_columns(
    work: Work, entry: ObjectiveEntry, held: Held[Any, Any] | None, rows: Mapping[str, Objective]
) -> Columns:
    skip = ("former_codes", "parent", "source", "notes", "indicators", "measures")
    return {
        "plan": work.plan,
        **same(entry, skip=skip),
        "former_codes": former(entry.former_codes, held and held.row),
        "parent": None if entry.parent is None else rows[entry.parent],
        "source": work.source(entry.source),
    }


def measures(work: Work, objectives: Mapping[str, Objective]) -> list[tuple[MeasureEntry, Measure]]:
    """Bring the measures, with whom and what they name; return each with its entry."""
    held = work.held("measures")
    items: list[Item] = []
    for objective in work.file.objectives:
        parent = objectives[objective.code]
        found = [find(held, entry.code, entry.former_codes) for entry in objective.measures]
        for entry, known, position in zip(
            objective.measures, found, positions([found]), strict=True
        ):
            columns = _measure_columns(work, entry, known)
            columns |= {"objective": parent, "position": position}
            moves: Changes = []
            if known is not None and known.row.objective_id != parent.pk:
                moves = [("objective", known.row.objective.code, parent.code)]
            items.append(Item(entry, known, columns, entry.code, moves))
    pairs = [(item.entry, row) for item, row in zip(items, work.rows(Measure, items), strict=True)]
    for item, (entry, row) in zip(items, pairs, strict=True):
        work.owned.bring(
            MeasureOrganisation,
            {"measure": row},
            [] if item.held is None else row.participations.all(),
            [work.participation(part, rank) for rank, part in enumerate(entry.organisations, 1)],
            ("organisation", "role"),
        )
    work.owned.write()
    work.link(Measure, pairs, "sectors")
    work.link(Measure, pairs, "notes")
    return pairs


def _measure_columns(work: Work, entry: MeasureEntry, held: Held[Any, Any] | None) -> Columns:
    skip = (
        "former_codes",
        "source",
        "organisations",
        "sectors",
        "notes",
        "milestones",
        "indicators",
    )
    return {
        "plan": work.plan,
        **same(entry, skip=skip),
        "former_codes": former(entry.former_codes, held and held.row),
        "source": work.source(entry.source),
    }


def milestones(
    work: Work, measures: Sequence[tuple[MeasureEntry, Measure]]
) -> list[tuple[str, MilestoneEntry, Milestone]]:
    """Bring the milestones; return each with its name in the report and its entry."""
    items: list[Item] = []
    for measure, row in measures:
        found = [
            None if work.stored is None else work.stored.milestones.get((row.pk, entry.code))
            for entry in measure.milestones
        ]
        for entry, known, position in zip(
            measure.milestones, found, positions([found]), strict=True
        ):
            columns = {
                "measure": row,
                **same(entry, skip=("source", "updates")),
                "source": work.source(entry.source),
                "position": position,
            }
            items.append(Item(entry, known, columns, f"{measure.code}/{entry.code}"))
    rows = work.rows(Milestone, items)
    return [(item.name, item.entry, row) for item, row in zip(items, rows, strict=True)]


def indicators(
    work: Work,
    objectives: Mapping[str, Objective],
    measures: Sequence[tuple[MeasureEntry, Measure]],
) -> list[tuple[IndicatorEntry, Indicator]]:
    """Bring the indicators, numbered throughout the plan; return each with its entry."""
    measure_rows = {entry.code: row for entry, row in measures}
    lists: list[tuple[Objective | None, Measure | None, Sequence[IndicatorEntry]]] = [
        (None, None, work.file.indicators)
    ]
    for objective in work.file.objectives:
        lists.append((objectives[objective.code], None, objective.indicators))
        lists += [
            (None, measure_rows[measure.code], measure.indicators) for measure in objective.measures
        ]
    held = work.held("indicators")
    found = [
        [find(held, entry.code, entry.former_codes) for entry in entries]
        for _objective, _measure, entries in lists
    ]
    ranks = iter(positions(found))
    items: list[Item] = []
    for (objective_row, measure_row, entries), known_rows in zip(lists, found, strict=True):
        for entry, known in zip(entries, known_rows, strict=True):
            columns = _indicator_columns(work, entry, known)
            columns |= {"objective": objective_row, "measure": measure_row}
            columns["position"] = next(ranks)
            moves = list(_moved(known, objective_row, measure_row))
            items.append(Item(entry, known, columns, entry.code, moves))
    pairs = [
        (item.entry, row) for item, row in zip(items, work.rows(Indicator, items), strict=True)
    ]
    work.link(Indicator, pairs, "notes")
    return pairs


def _indicator_columns(work: Work, entry: IndicatorEntry, held: Held[Any, Any] | None) -> Columns:
    skip = (
        "former_codes",
        "unit",
        "source",
        "notes",
        "baseline",
        "targets",
        "observations",
    )
    baseline = entry.baseline
    return {
        "plan": work.plan,
        **same(entry, skip=skip),
        "former_codes": former(entry.former_codes, held and held.row),
        "unit": work.units[entry.unit],
        "source": work.source(entry.source),
        "baseline": baseline.value,
        "baseline_on": baseline.on,
        "baseline_qualifier": baseline.qualifier,
        "baseline_source": work.source(baseline.source),
        "baseline_locator": baseline.locator,
    }


def _above(code: str | None, parents: Mapping[str, str | None]) -> Iterator[str]:
    """Return the objectives that one is part of, the nearest first."""
    while code is not None and (code := parents[code]) is not None:
        yield code


def _moved(
    held: Held[Any, Any] | None, objective: Objective | None, measure: Measure | None
) -> Iterator[tuple[str, object, object]]:
    """Return what an indicator hung on and hangs on now, where that changes."""
    if held is None:
        return
    row = held.row
    if row.objective_id != (objective and objective.pk):
        before = row.objective and row.objective.code
        yield "objective", before, objective and objective.code
    if row.measure_id != (measure and measure.pk):
        before = row.measure and row.measure.code
        yield "measure", before, measure and measure.code
