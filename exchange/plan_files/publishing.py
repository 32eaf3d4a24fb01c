"""Targets and values of a file: published once, then revised or corrected with a reason.

What a file brings has neither author nor reviewer. A version that a person wrote on the site is
never replaced from a file, a value withdrawn there is never published again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.plan_files.comparing import Fate, Revision, differences, fate_of, revision_of
from exchange.plan_files.owned import BATCH, OwnedRows
from exchange.plan_files.report import Change, Report
from exchange.plan_files.schema import (
    IndicatorEntry,
    MilestoneEntry,
    ObservationEntry,
    TargetEntry,
    UpdateEntry,
)
from exchange.plan_files.stored import Held, StoredPlan
from indicators.formats import format_date, format_period
from indicators.models import Checkpoint, Indicator, Observation, Target, TargetPeriod
from measures.models import Milestone, MilestoneUpdate
from plans import workflow
from plans.models import Contribution, Plan, Source

Columns = dict[str, Any]

_LISTS = ("periods", "checkpoints")
_EDITABLE = ["position", *(name for name in TargetEntry.model_fields if name not in _LISTS)]


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the file: its row's columns, the current version, and how it is called."""

    entry: ObservationEntry | UpdateEntry
    columns: Columns
    held: Held[Any, Any] | None
    withdrawn: bool
    name: str


@dataclass(slots=True, kw_only=True)
class Publication:
    """The targets and values of one file, on their way to the database."""

    plan: Plan
    stored: StoredPlan | None
    report: Report
    at: datetime
    sources: Mapping[str, Source]
    revisable: bool
    """Whether the plan was public already, so that a changed target is a revision."""
    _seen: set[tuple[type[Model], int]] = field(default_factory=set)

    # Values

    def updates(self, milestones: Sequence[tuple[str, MilestoneEntry, Milestone]]) -> None:
        """Publish the updates of milestones, given with their names."""
        stored = self.stored
        values = []
        for name, milestone, row in milestones:
            for entry in milestone.updates:
                key = (row.pk, entry.as_of)
                values.append(
                    _Value(
                        entry,
                        self._columns(entry) | {"milestone": row},
                        None if stored is None else stored.updates.get(key),
                        stored is not None and key in stored.withdrawn_updates,
                        f"{name} ({format_date(entry.as_of)})",
                    )
                )
        self._publish(MilestoneUpdate, values)

    def observations(self, indicators: Sequence[tuple[IndicatorEntry, Indicator]]) -> None:
        """Publish the values of indicators."""
        stored = self.stored
        values = []
        for indicator, row in indicators:
            for entry in indicator.observations:
                key = (row.pk, entry.period_start, entry.period_end)
                values.append(
                    _Value(
                        entry,
                        self._columns(entry) | {"indicator": row},
                        None if stored is None else stored.observations.get(key),
                        stored is not None and key in stored.withdrawn_observations,
                        _name_of_value(indicator.code, entry),
                    )
                )
        self._publish(Observation, values)

    def _columns(self, entry: ObservationEntry | UpdateEntry) -> Columns:
        columns = {name: getattr(entry, name) for name in type(entry).model_fields}
        return columns | {"source": self.sources[entry.source], "recorded_at": self.at}

    def _publish(self, model: type[Any], values: Iterable[_Value]) -> None:
        new = []
        for value in values:
            if value.held is not None:
                self._seen.add((model, value.held.row.pk))
            match fate_of(value.entry, value.held, withdrawn=value.withdrawn):
                case Fate.PUBLISH:
                    self.report.added[model].append(value.name)
                    new.append(
                        model(
                            **value.columns,
                            state=Contribution.State.PUBLISHED,
                            published_at=self.at,
                        )
                    )
                case Fate.UNCHANGED:
                    self.report.unchanged += 1
                case Fate.KEPT:
                    self.report.leave(model, value.name, _("saisie sur le site, conservée"))
                case Fate.WITHDRAWN:
                    self.report.leave(
                        model, value.name, _("retirée sur le site, non publiée à nouveau")
                    )
                case Fate.CORRECT:
                    self._correct(model, value)
                case fate:
                    raise AssertionError(f"{value.name} was checked, and yet: {fate}")
        model._default_manager.bulk_create(new, BATCH)

    def _correct(self, model: type[Any], value: _Value) -> None:
        assert value.held is not None
        self._tell(model, value.name, differences(value.entry, value.held.entry))
        draft = model._default_manager.create(**value.columns, supersedes=value.held.row)
        workflow.publish(draft, self.plan, reviewer=None, at=self.at)

    # Targets

    def targets(self, indicators: Sequence[tuple[IndicatorEntry, Indicator]]) -> None:
        """Add, edit or revise the targets of indicators."""
        changes = _TargetChanges()
        for indicator, row in indicators:
            for position, entry in enumerate(indicator.targets, 1):
                key = (row.pk, entry.code)
                held = None if self.stored is None else self.stored.targets.get(key)
                columns = {"indicator": row, "position": position}
                columns |= self._target_columns(entry, held)
                self._target(changes, entry, columns, held, f"{indicator.code}/{entry.code}")
        changes.write()

    def _target(
        self,
        changes: _TargetChanges,
        entry: TargetEntry,
        columns: Columns,
        held: Held[Any, Any] | None,
        name: str,
    ) -> None:
        revision = revision_of(entry, held, public=self.revisable)
        if held is None:
            self.report.added[Target].append(name)
            changes.add(Target(**columns), entry)
            return
        self._seen.add((Target, held.row.pk))
        if revision is Revision.EDIT:
            if self._edit(held, entry, columns, name):
                changes.edited.append(held.row)
                changes.known.append((held.row, entry))
            return
        if revision is not Revision.REVISE:
            raise AssertionError(f"{name} was checked, and yet: {revision}")
        self._tell(Target, name, differences(entry, held.entry))
        held.row.superseded_on = timezone.localdate(self.at)
        changes.superseded.append(held.row)
        changes.add(Target(**columns, supersedes=held.row), entry)

    def _target_columns(self, entry: TargetEntry, held: Held[Any, Any] | None) -> Columns:
        columns = {
            name: getattr(entry, name)
            for name in type(entry).model_fields
            if name not in ("source", *_LISTS)
        }
        if held is not None and not entry.revision_reason:
            # The reason of an earlier revision stays public, even when the file no longer has it.
            columns["revision_reason"] = held.row.revision_reason
        return columns | {"source": self.sources[entry.source]}

    def _edit(self, held: Held[Any, Any], entry: TargetEntry, columns: Columns, name: str) -> bool:
        """Change a target in place; return whether anything of it differs."""
        skip = () if entry.revision_reason else ("revision_reason",)
        changes = list(differences(entry, held.entry, skip=skip))
        if not changes and held.row.position == columns["position"]:
            self.report.unchanged += 1
            return False
        if changes:
            self._tell(Target, name, changes)
        else:
            self.report.moved[Target] += 1
        for column, value in columns.items():
            setattr(held.row, column, value)
        return True

    # The report

    def _tell(
        self, model: type[Model], name: str, changes: Iterable[tuple[str, object, object]]
    ) -> None:
        self.report.changed += [Change(model, name, key, old, new) for key, old, new in changes]

    def left(self) -> None:
        """Tell what is stored and not in the file: it stays."""
        stored = self.stored
        if stored is None:
            return
        measures = {held.row.pk: held.row.code for held in stored.measures.values()}
        milestones = {
            held.row.pk: f"{measures[held.row.measure_id]}/{held.row.code}"
            for held in stored.milestones.values()
        }
        indicators = {held.row.pk: held.row.code for held in stored.indicators.values()}
        for (milestone, as_of), update in stored.updates.items():
            name = f"{milestones[milestone]} ({format_date(as_of)})"
            self._leave(MilestoneUpdate, update, name)
        for (indicator, code), target in stored.targets.items():
            self._leave(Target, target, f"{indicators[indicator]}/{code}")
        for (indicator, _start, _end), observation in stored.observations.items():
            name = _name_of_value(indicators[indicator], observation.entry)
            self._leave(Observation, observation, name)

    def _leave(self, model: type[Model], held: Held[Any, Any], name: str) -> None:
        if (model, held.row.pk) not in self._seen:
            self.report.leave(model, name)


@dataclass(slots=True)
class _TargetChanges:
    """Targets to write together, with their periods and checkpoints."""

    edited: list[Target] = field(default_factory=list)
    superseded: list[Target] = field(default_factory=list)
    known: list[tuple[Target, TargetEntry]] = field(default_factory=list)
    new: list[tuple[Target, TargetEntry]] = field(default_factory=list)

    def add(self, target: Target, entry: TargetEntry) -> None:
        self.new.append((target, entry))

    def write(self) -> None:
        if self.edited:
            Target.objects.bulk_update(self.edited, _EDITABLE, BATCH)
        if self.superseded:
            Target.objects.bulk_update(self.superseded, ["superseded_on"], BATCH)
        Target.objects.bulk_create([target for target, _entry in self.new], BATCH)
        owned = OwnedRows()
        for target, entry in self.known:
            periods, checkpoints = target.periods.all(), target.checkpoints.all()
            _bring_lists(owned, target, entry, periods, checkpoints)
        for target, entry in self.new:
            _bring_lists(owned, target, entry, (), ())
        owned.write()


def _bring_lists(
    owned: OwnedRows,
    target: Target,
    entry: TargetEntry,
    periods: Iterable[TargetPeriod],
    checkpoints: Iterable[Checkpoint],
) -> None:
    owned.bring(
        TargetPeriod,
        {"target": target},
        periods,
        [
            {"starts_on": period.starts_on, "ends_on": period.ends_on, "value": period.value}
            for period in entry.periods
        ],
        ("starts_on", "ends_on"),
    )
    owned.bring(
        Checkpoint,
        {"target": target},
        checkpoints,
        [{"on": checkpoint.on, "value": checkpoint.value} for checkpoint in entry.checkpoints],
        ("on",),
    )


def _name_of_value(code: str, entry: ObservationEntry) -> str:
    return f"{code} ({format_period(entry.period_start, entry.period_end)})"
