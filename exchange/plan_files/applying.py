"""One checked file into the database: add what is new, change what differs, delete nothing.

Things that have an identity (sources, objectives, measures, indicators…) are matched by their
code and kept when the file does not name them. Lists that belong to a thing (its organisations,
citations…) become what the file says, row by row. Values and targets, which are public and so
never simply change, are in `publishing`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from exchange.plan_files.comparing import differences
from exchange.plan_files.conflicts import SHARED
from exchange.plan_files.owned import BATCH, OwnedRows, set_links
from exchange.plan_files.publishing import Publication
from exchange.plan_files.report import Change, Report
from exchange.plan_files.schema import (
    ClaimEntry,
    Entry,
    IndicatorEntry,
    MeasureEntry,
    MeasureOrganisationEntry,
    MilestoneEntry,
    ObjectiveEntry,
    PlanFile,
    PlanOrganisationEntry,
    SourceEntry,
)
from exchange.plan_files.stored import Held, StoredPlan, entry_of, find
from indicators.models import Indicator, Unit
from measures.models import Measure, MeasureOrganisation, Milestone
from objectives.models import Objective
from plans.models import (
    Claim,
    Note,
    NoteCitation,
    Organisation,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)

Columns = dict[str, Any]
Changes = list[tuple[str, object, object]]


def apply(file: PlanFile, stored: StoredPlan | None, report: Report, *, at: datetime) -> Plan:
    """Bring the database to what a file says, tell it in the report, and return the plan.

    The file has been checked, against the database too, and the caller holds the transaction.
    """
    return _Application(file, stored, report, at).run()


@dataclass(slots=True)
class _Item:
    """One entry, the row it is about if there is one, and the columns it asks for."""

    entry: Any
    held: Held[Any, Any] | None
    columns: Columns
    name: str
    moves: Changes = field(default_factory=list)
    """Changes that are not in the entry itself: another objective, another measure."""


class _Application:
    def __init__(
        self, file: PlanFile, stored: StoredPlan | None, report: Report, at: datetime
    ) -> None:
        self.file = file
        self.stored = stored
        self.report = report
        self.at = at
        self.owned = OwnedRows()
        self.seen: set[tuple[type[Model], int]] = set()
        self.was_public = stored is not None and stored.row.is_public
        self.sources: dict[str, Source] = {}
        self.notes: dict[str, Note] = {}

    def run(self) -> Plan:
        file = self.file
        region = self._shared(Region, (file.region,))[file.region.insee_code]
        self._shared(Organisation, file.organisations)
        self._shared(Sector, file.sectors)
        self._shared(Unit, file.units)
        self.organisations = {row.code: row for row in Organisation.objects.all()}
        self.sectors = {row.code: row for row in Sector.objects.all()}
        self.units = {row.code: row for row in Unit.objects.all()}
        self.plan = self._plan(region)
        self._sources()
        self._claims()
        self._notes()
        self._plan_lists()
        objectives = self._objectives()
        measures = self._measures(objectives)
        publication = Publication(
            plan=self.plan,
            stored=self.stored,
            report=self.report,
            at=self.at,
            sources=self.sources,
            revisable=self.was_public,
        )
        publication.updates(self._milestones(measures))
        indicators = self._indicators(objectives, measures)
        publication.targets(indicators)
        publication.observations(indicators)
        self._left()
        publication.left()
        return self.plan

    # Rows of any kind

    def _rows(self, model: type[Model], items: Sequence[_Item]) -> list[Any]:
        """Save what is new or differs; return the row of each item."""
        new: list[Model] = []
        changed: list[Model] = []
        moved: list[Model] = []
        rows: list[Any] = []
        for item in items:
            if item.held is None:
                row = model(**item.columns)
                new.append(row)
                self.report.added[model].append(item.name)
            else:
                row = item.held.row
                self.seen.add((model, row.pk))
                changes = [*differences(item.entry, item.held.entry), *item.moves]
                position = item.columns.get("position")
                if changes:
                    self._tell(model, item.name, changes)
                    changed.append(row)
                    for name, value in item.columns.items():
                        setattr(row, name, value)
                elif position is not None and position != row.position:
                    self.report.moved[model] += 1
                    moved.append(row)
                    row.position = position
                else:
                    self.report.unchanged += 1
            rows.append(row)
        columns = sorted(items[0].columns) if items else []
        manager = model._default_manager
        if changed:
            manager.bulk_update(changed, columns, BATCH)
        if moved:
            manager.bulk_update(moved, ["position"], BATCH)
        manager.bulk_create(new, BATCH)
        return rows

    def _tell(self, model: type[Model], name: str, changes: Changes) -> None:
        self.report.changed += [Change(model, name, key, old, new) for key, old, new in changes]

    def _source(self, code: str | None) -> Source | None:
        return None if code is None else self.sources[code]

    def _held(self, kind: str) -> Mapping[str, Held[Any, Any]]:
        return {} if self.stored is None else getattr(self.stored, kind)

    # What plans share

    def _shared(self, model: type[Model], entries: Sequence[Any]) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        if not entries:
            return rows
        _model, key = SHARED[type(entries[0])]
        codes = [getattr(entry, key) for entry in entries]
        known = {
            getattr(row, key): row for row in model._default_manager.filter(**{f"{key}__in": codes})
        }
        items = []
        for entry, code in zip(entries, codes, strict=True):
            row = known.get(code)
            held = None if row is None else Held(row, entry_of(type(entry), row))
            columns = {name: getattr(entry, name) for name in type(entry).model_fields}
            items.append(_Item(entry, held, columns, code))
        return dict(zip(codes, self._rows(model, items), strict=True))

    # The plan

    def _plan(self, region: Region) -> Plan:
        entry = self.file.plan
        related = None
        if entry.related_to is not None:
            related = Plan.objects.get(slug=entry.related_to)
        columns: Columns = {
            "region": region,
            "slug": entry.slug,
            "former_slugs": _former(entry.former_slugs, self.stored and self.stored.row),
            "kind": entry.kind,
            "title": entry.title,
            "summary": entry.summary,
            "ambition": entry.ambition,
            "related_to": related,
            "adopted_on": entry.adopted_on,
            "starts_on": entry.starts_on,
            "ends_on": entry.ends_on,
            "budget": entry.budget,
            "is_public": entry.public,
            "allows_self_publication": entry.allows_self_publication,
            "on_track_from": entry.limits.on_track_from,
            "watch_from": entry.limits.watch_from,
            "early_below": entry.limits.early_below,
        }
        if self.stored is None:
            self.report.added[Plan].append(entry.slug)
            return Plan.objects.create(**columns)
        plan = self.stored.row
        changes = list(differences(entry, self.stored.entry))
        if plan.region_id != region.pk:
            changes.append(("region", plan.region.insee_code, region.insee_code))
        if not changes:
            self.report.unchanged += 1
            return plan
        self._tell(Plan, entry.slug, changes)
        for name, value in columns.items():
            setattr(plan, name, value)
        plan.save()
        return plan

    def _plan_lists(self) -> None:
        entry = self.file.plan
        self.owned.bring(
            PlanOrganisation,
            {"plan": self.plan},
            []
            if self.stored is None
            else self.plan.participations.select_related("organisation", "source"),
            [
                {
                    **self._participation(part, rank),
                    "detail": part.detail,
                    "source": self._source(part.source),
                }
                for rank, part in enumerate(entry.organisations, 1)
            ],
            ("organisation", "role"),
        )
        self.owned.write()
        wanted = {self.plan.pk: [self.sectors[code] for code in entry.sectors]}
        set_links(Plan, "sectors", wanted, [self.plan.pk])

    def _participation(
        self, part: PlanOrganisationEntry | MeasureOrganisationEntry, rank: int
    ) -> Columns:
        return {
            "organisation": self.organisations[part.organisation],
            "role": part.role,
            "position": rank,
        }

    # Provenance

    def _sources(self) -> None:
        held = self._held("sources")
        items = [
            _Item(entry, held.get(entry.code), self._source_columns(entry), entry.code)
            for entry in self.file.sources
        ]
        rows = self._rows(Source, items)
        self.sources = {row.code: row for row in rows}

    def _source_columns(self, entry: SourceEntry) -> Columns:
        published = entry.published_on
        return {
            "plan": self.plan,
            **_same(entry, skip=("published_on",)),
            "published_on": None if published is None else published.on,
            "published_precision": Source.Precision.DAY
            if published is None
            else published.precision,
        }

    def _claims(self) -> None:
        held = self._held("claims")
        found = [held.get(entry.code) for entry in self.file.claims]
        items = [
            _Item(entry, known, self._claim_columns(entry, position), entry.code)
            for entry, known, position in zip(
                self.file.claims, found, positions([found]), strict=True
            )
        ]
        # One claim is retained by subject: what gives the place up goes before what takes it.
        self._rows(Claim, [item for item in items if not item.entry.retained])
        self._rows(Claim, [item for item in items if item.entry.retained])

    def _claim_columns(self, entry: ClaimEntry, position: int) -> Columns:
        return {
            "plan": self.plan,
            **_same(entry, skip=("source",)),
            "source": self._source(entry.source),
            "position": position,
        }

    def _notes(self) -> None:
        held = self._held("notes")
        found = [held.get(entry.code) for entry in self.file.notes]
        items = [
            _Item(
                entry,
                known,
                {"plan": self.plan, **_same(entry, skip=("citations",)), "position": position},
                entry.code,
            )
            for entry, known, position in zip(
                self.file.notes, found, positions([found]), strict=True
            )
        ]
        rows = self._rows(Note, items)
        self.notes = {row.code: row for row in rows}
        for item, row in zip(items, rows, strict=True):
            self.owned.bring(
                NoteCitation,
                {"note": row},
                [] if item.held is None else row.citations.all(),
                [
                    {
                        "source": self.sources[citation.source],
                        "locator": citation.locator,
                        "statement": citation.statement,
                        "position": rank,
                    }
                    for rank, citation in enumerate(item.entry.citations, 1)
                ],
                ("source",),
            )
        self.owned.write()

    # Objectives and measures

    def _objectives(self) -> dict[str, Objective]:
        entries = self.file.objectives
        held = self._held("objectives")
        found = [find(held, entry.code, entry.former_codes) for entry in entries]
        ranks = positions([found])
        parents = {entry.code: entry.parent for entry in entries}
        levels: dict[int, list[int]] = defaultdict(list)
        for number, entry in enumerate(entries):
            levels[len(list(_above(entry.code, parents)))].append(number)
        rows: dict[str, Objective] = {}
        for _depth, numbers in sorted(levels.items()):
            items = [
                _Item(
                    entries[number],
                    found[number],
                    self._objective_columns(entries[number], found[number], rows)
                    | {"position": ranks[number]},
                    entries[number].code,
                )
                for number in numbers
            ]
            for item, row in zip(items, self._rows(Objective, items), strict=True):
                rows[item.entry.code] = row
        self._link(Objective, [(entry, rows[entry.code]) for entry in entries], "notes")
        return rows

    def _objective_columns(
        self, entry: ObjectiveEntry, held: Held[Any, Any] | None, rows: Mapping[str, Objective]
    ) -> Columns:
        skip = ("former_codes", "parent", "source", "notes", "indicators", "measures")
        return {
            "plan": self.plan,
            **_same(entry, skip=skip),
            "former_codes": _former(entry.former_codes, held and held.row),
            "parent": None if entry.parent is None else rows[entry.parent],
            "source": self._source(entry.source),
        }

    def _measures(self, objectives: Mapping[str, Objective]) -> list[tuple[MeasureEntry, Measure]]:
        held = self._held("measures")
        items: list[_Item] = []
        for objective in self.file.objectives:
            parent = objectives[objective.code]
            found = [find(held, entry.code, entry.former_codes) for entry in objective.measures]
            for entry, known, position in zip(
                objective.measures, found, positions([found]), strict=True
            ):
                columns = self._measure_columns(entry, known)
                columns |= {"objective": parent, "position": position}
                moves: Changes = []
                if known is not None and known.row.objective_id != parent.pk:
                    moves = [("objective", known.row.objective.code, parent.code)]
                items.append(_Item(entry, known, columns, entry.code, moves))
        pairs = [
            (item.entry, row) for item, row in zip(items, self._rows(Measure, items), strict=True)
        ]
        for item, (entry, row) in zip(items, pairs, strict=True):
            self.owned.bring(
                MeasureOrganisation,
                {"measure": row},
                [] if item.held is None else row.participations.all(),
                [
                    self._participation(part, rank)
                    for rank, part in enumerate(entry.organisations, 1)
                ],
                ("organisation", "role"),
            )
        self.owned.write()
        self._link(Measure, pairs, "sectors")
        self._link(Measure, pairs, "notes")
        return pairs

    def _measure_columns(self, entry: MeasureEntry, held: Held[Any, Any] | None) -> Columns:
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
            "plan": self.plan,
            **_same(entry, skip=skip),
            "former_codes": _former(entry.former_codes, held and held.row),
            "source": self._source(entry.source),
        }

    def _milestones(
        self, measures: Sequence[tuple[MeasureEntry, Measure]]
    ) -> list[tuple[str, MilestoneEntry, Milestone]]:
        items: list[_Item] = []
        for measure, row in measures:
            found = [
                None if self.stored is None else self.stored.milestones.get((row.pk, entry.code))
                for entry in measure.milestones
            ]
            for entry, known, position in zip(
                measure.milestones, found, positions([found]), strict=True
            ):
                columns = {
                    "measure": row,
                    **_same(entry, skip=("source", "updates")),
                    "source": self._source(entry.source),
                    "position": position,
                }
                items.append(_Item(entry, known, columns, f"{measure.code}/{entry.code}"))
        rows = self._rows(Milestone, items)
        return [(item.name, item.entry, row) for item, row in zip(items, rows, strict=True)]

    # Indicators

    def _indicators(
        self,
        objectives: Mapping[str, Objective],
        measures: Sequence[tuple[MeasureEntry, Measure]],
    ) -> list[tuple[IndicatorEntry, Indicator]]:
        measure_rows = {entry.code: row for entry, row in measures}
        lists: list[tuple[Objective | None, Measure | None, Sequence[IndicatorEntry]]] = [
            (None, None, self.file.indicators)
        ]
        for objective in self.file.objectives:
            lists.append((objectives[objective.code], None, objective.indicators))
            lists += [
                (None, measure_rows[measure.code], measure.indicators)
                for measure in objective.measures
            ]
        held = self._held("indicators")
        found = [
            [find(held, entry.code, entry.former_codes) for entry in entries]
            for _objective, _measure, entries in lists
        ]
        ranks = iter(positions(found))
        items: list[_Item] = []
        for (objective_row, measure_row, entries), known_rows in zip(lists, found, strict=True):
            for entry, known in zip(entries, known_rows, strict=True):
                columns = self._indicator_columns(entry, known)
                columns |= {"objective": objective_row, "measure": measure_row}
                columns["position"] = next(ranks)
                moves = list(_moved(known, objective_row, measure_row))
                items.append(_Item(entry, known, columns, entry.code, moves))
        pairs = [
            (item.entry, row) for item, row in zip(items, self._rows(Indicator, items), strict=True)
        ]
        self._link(Indicator, pairs, "notes")
        return pairs

    def _indicator_columns(self, entry: IndicatorEntry, held: Held[Any, Any] | None) -> Columns:
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
            "plan": self.plan,
            **_same(entry, skip=skip),
            "former_codes": _former(entry.former_codes, held and held.row),
            "unit": self.units[entry.unit],
            "source": self._source(entry.source),
            "baseline": baseline.value,
            "baseline_on": baseline.on,
            "baseline_qualifier": baseline.qualifier,
            "baseline_source": self._source(baseline.source),
            "baseline_locator": baseline.locator,
        }

    def _link(self, model: type[Model], pairs: Sequence[tuple[Any, Any]], name: str) -> None:
        """Set the notes or the sectors of each row."""
        things: Mapping[str, Model] = self.notes if name == "notes" else self.sectors
        wanted = {row.pk: [things[code] for code in getattr(entry, name)] for entry, row in pairs}
        set_links(model, name, wanted, wanted)

    def _left(self) -> None:
        """Tell what is stored and not in the file: it stays."""
        if self.stored is None:
            return
        measures = {held.row.pk: held.row.code for held in self.stored.measures.values()}
        for model, held in (
            (Source, self.stored.sources),
            (Claim, self.stored.claims),
            (Note, self.stored.notes),
            (Objective, self.stored.objectives),
            (Measure, self.stored.measures),
            (Indicator, self.stored.indicators),
        ):
            for code, item in held.items():
                if (model, item.row.pk) not in self.seen:
                    self.report.leave(model, code)
        for (measure, code), milestone in self.stored.milestones.items():
            if (Milestone, milestone.row.pk) not in self.seen:
                self.report.leave(Milestone, f"{measures[measure]}/{code}")


def positions(found: Sequence[Sequence[Held[Any, Any] | None]]) -> list[int]:
    """Return the rank of each item of some lists, numbered throughout.

    Where the rows are in the order of the file already, they keep the ranks they have: what
    matters is the order, and other rows may stand between them.
    """
    items = [held for held_list in found for held in held_list]
    if all(_in_order(held_list) for held_list in found):
        return [held.row.position for held in items if held is not None]
    return list(range(1, len(items) + 1))


def _in_order(found: Sequence[Held[Any, Any] | None]) -> bool:
    ranks = [(held.row.position, held.row.code) for held in found if held is not None]
    return len(ranks) == len(found) and ranks == sorted(ranks)


def _same(entry: Entry, *, skip: Sequence[str] = ()) -> Columns:
    """Return the columns that are called like the keys of an entry."""
    return {name: getattr(entry, name) for name in type(entry).model_fields if name not in skip}


def _former(codes: Sequence[str], row: Any) -> list[str]:
    """Return the former identifiers to keep: none is ever forgotten, an address may hold it."""
    if row is None:
        return list(codes)
    known = row.former_slugs if isinstance(row, Plan) else row.former_codes
    return [*known, *(code for code in codes if code not in known)]


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
