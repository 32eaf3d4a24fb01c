"""What every part of a plan is brought with: rows that the report tells, and what they cite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from exchange.plan_files.comparing import differences
from exchange.plan_files.owned import BATCH, OwnedRows, set_links
from exchange.plan_files.report import Change, Report
from exchange.plan_files.schema import (
    Entry,
    MeasureOrganisationEntry,
    PlanFile,
    PlanOrganisationEntry,
)
from exchange.plan_files.stored import Held, StoredPlan
from indicators.models import Unit
from plans.models import (
    Note,
    Organisation,
    Plan,
    Sector,
    Source,
)

Columns = dict[str, Any]
Changes = list[tuple[str, object, object]]


@dataclass(slots=True)
class Item:
    """One entry, the row it is about if there is one, and the columns it asks for."""

    entry: Any
    held: Held[Any, Any] | None
    columns: Columns
    name: str
    moves: Changes = field(default_factory=list)
    """Changes that are not in the entry itself: another objective, another measure."""


class Work:
    """One file on its way into the database."""

    plan: Plan

    def __init__(self, file: PlanFile, stored: StoredPlan | None, report: Report) -> None:
        self.file = file
        self.stored = stored
        self.report = report
        self.owned = OwnedRows()
        self.seen: set[tuple[type[Model], int]] = set()
        self.sources: dict[str, Source] = {}
        self.notes: dict[str, Note] = {}
        self.organisations: dict[str, Organisation] = {}
        self.sectors: dict[str, Sector] = {}
        self.units: dict[str, Unit] = {}

    def rows(self, model: type[Model], items: Sequence[Item]) -> list[Any]:
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
                    self.tell(model, item.name, changes)
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

    def tell(self, model: type[Model], name: str, changes: Changes) -> None:
        """Tell the changes of a thing in the report."""
        self.report.changed += [Change(model, name, key, old, new) for key, old, new in changes]

    def source(self, code: str | None) -> Source | None:
        """Return the source of a code, if one is cited."""
        return None if code is None else self.sources[code]

    def held(self, kind: str) -> Mapping[str, Held[Any, Any]]:
        """Return what is stored of a kind, by code."""
        return {} if self.stored is None else getattr(self.stored, kind)

    def participation(
        self, part: PlanOrganisationEntry | MeasureOrganisationEntry, rank: int
    ) -> Columns:
        """Return the columns of an organisation that takes part."""
        return {
            "organisation": self.organisations[part.organisation],
            "role": part.role,
            "position": rank,
        }

    def link(self, model: type[Model], pairs: Sequence[tuple[Any, Any]], name: str) -> None:
        """Set the notes or the sectors of each row."""
        things: Mapping[str, Model] = self.notes if name == "notes" else self.sectors
        wanted = {row.pk: [things[code] for code in getattr(entry, name)] for entry, row in pairs}
        set_links(model, name, wanted, wanted)


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


def same(entry: Entry, *, skip: Sequence[str] = ()) -> Columns:
    """Return the columns that are called like the keys of an entry."""
    return {name: getattr(entry, name) for name in type(entry).model_fields if name not in skip}


def former(codes: Sequence[str], row: Any) -> list[str]:
    """Return the former identifiers to keep: none is ever forgotten, an address may hold it."""
    if row is None:
        return list(codes)
    known = row.former_slugs if isinstance(row, Plan) else row.former_codes
    return [*known, *(code for code in codes if code not in known)]
