"""A plan as the database holds it, in the words of a plan file.

Both sides of an exchange look at the database through this module: the export writes these
entries, the loading compares those of a file with them. Only what is public or in force counts:
current published versions, targets that none supersedes. No person appears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from exchange.plan_files.fields import PartialDate, normal
from exchange.plan_files.problems import PlanFileError
from exchange.plan_files.schema import (
    BaselineEntry,
    CheckpointEntry,
    CitationEntry,
    ClaimEntry,
    Entry,
    IndicatorEntry,
    LimitsEntry,
    MeasureEntry,
    MeasureOrganisationEntry,
    MilestoneEntry,
    NoteEntry,
    ObjectiveEntry,
    ObservationEntry,
    PeriodEntry,
    PlanEntry,
    PlanOrganisationEntry,
    SourceEntry,
    TargetEntry,
    UpdateEntry,
)
from indicators.models import Indicator, Observation, Target
from measures.models import Measure, Milestone, MilestoneUpdate
from plans.models import Contribution, Note, Plan, Source

RowT = TypeVar("RowT", bound=models.Model)
EntryT = TypeVar("EntryT", bound=Entry)


@dataclass(slots=True)
class Held(Generic[RowT, EntryT]):
    """A row, and what a plan file would say of it alone, its parts left out."""

    row: RowT
    entry: EntryT


def entry_of(kind: type[EntryT], row: models.Model, **special: object) -> EntryT:
    """Return a row as an entry: each key from the column of its name, or as given."""
    values: dict[str, Any] = {}
    for name in kind.model_fields:
        if name in special:
            values[name] = special[name]
            continue
        value = getattr(row, name)
        values[name] = normal(value) if isinstance(value, str) else value
    return kind.model_construct(**values)


PeriodKey = tuple[int, date, date]


class StoredPlan:
    """Everything of one plan that a plan file holds, read in a fixed number of queries."""

    def __init__(self, plan: Plan) -> None:
        self.row = plan
        sources = list(plan.sources.order_by("code"))
        self._codes = {source.pk: source.code for source in sources}
        self.sources = _by_code(Held(row, _source_entry(row)) for row in sources)
        self.claims = _by_code(
            Held(row, entry_of(ClaimEntry, row, source=self._code(row.source_id)))
            for row in plan.claims.order_by("position", "code")
        )
        self.notes = _by_code(
            Held(row, self._note_entry(row))
            for row in plan.notes.order_by("position", "code").prefetch_related("citations__source")
        )
        self.entry = self._plan_entry()
        self._read_objectives()
        self._read_measures()
        self._read_indicators()

    # Rows

    def _read_objectives(self) -> None:
        rows = list(
            self.row.objectives.order_by("position", "code").prefetch_related(_notes_in_order())
        )
        codes = {row.pk: row.code for row in rows}
        self.objectives = _by_code(
            Held(
                row,
                entry_of(
                    ObjectiveEntry,
                    row,
                    former_codes=tuple(row.former_codes),
                    parent=None if row.parent_id is None else codes[row.parent_id],
                    source=self._code(row.source_id),
                    notes=tuple(note.code for note in row.notes.all()),
                    indicators=(),
                    measures=(),
                ),
            )
            for row in rows
        )

    def _read_measures(self) -> None:
        rows = self.row.measures.order_by("position", "code").prefetch_related(
            "participations__organisation", "sectors", _notes_in_order()
        )
        self.measures = _by_code(Held(row, self._measure_entry(row)) for row in rows)
        self.milestones: dict[tuple[int, str], Held[Milestone, MilestoneEntry]] = {
            (row.measure_id, row.code): Held(
                row,
                entry_of(MilestoneEntry, row, source=self._code(row.source_id), updates=()),
            )
            for row in Milestone.objects.filter(measure__plan=self.row).order_by(
                "measure", "position", "code"
            )
        }
        updates = MilestoneUpdate.objects.filter(milestone__measure__plan=self.row)
        self.updates: dict[tuple[int, date], Held[MilestoneUpdate, UpdateEntry]] = {
            (row.milestone_id, row.as_of): Held(
                row, entry_of(UpdateEntry, row, source=self._code(row.source_id))
            )
            for row in updates.current().order_by("milestone_id", "as_of")
        }
        self.withdrawn_updates = frozenset(
            _withdrawn(updates).values_list("milestone", "as_of")
        ) - frozenset(self.updates)

    def _read_indicators(self) -> None:
        rows = (
            self.row.indicators.order_by("position", "code")
            .select_related("unit")
            .prefetch_related(_notes_in_order())
            .annotate(
                has_targets=Exists(Target.objects.filter(indicator=OuterRef("pk"))),
                has_observations=Exists(Observation.objects.filter(indicator=OuterRef("pk"))),
            )
        )
        self.indicators = _by_code(Held(row, self._indicator_entry(row)) for row in rows)
        self.settled = frozenset(
            held.row.pk
            for held in self.indicators.values()
            if held.row.has_targets or held.row.has_observations  # type: ignore[attr-defined]
        )
        """The indicators whose measurement can no longer change."""
        self.targets: dict[tuple[int, str], Held[Target, TargetEntry]] = {
            (row.indicator_id, row.code): Held(row, self._target_entry(row))
            for row in Target.objects.filter(indicator__plan=self.row)
            .in_force()
            .order_by("indicator_id", "position", "code")
            .prefetch_related("periods", "checkpoints")
        }
        observations = Observation.objects.filter(indicator__plan=self.row)
        self.observations: dict[PeriodKey, Held[Observation, ObservationEntry]] = {
            (row.indicator_id, row.period_start, row.period_end): Held(
                row, entry_of(ObservationEntry, row, source=self._code(row.source_id))
            )
            for row in observations.current().order_by("indicator_id", "period_end", "period_start")
        }
        self._observed: dict[int, list[PeriodKey]] = defaultdict(list)
        for key in self.observations:
            self._observed[key[0]].append(key)
        self.withdrawn_observations = frozenset(
            _withdrawn(observations).values_list("indicator", "period_start", "period_end")
        ) - frozenset(self.observations)

    def observations_of(
        self, indicator_id: int
    ) -> list[tuple[PeriodKey, Held[Observation, ObservationEntry]]]:
        """Return the current values of an indicator."""
        return [(key, self.observations[key]) for key in self._observed[indicator_id]]

    # Entries

    def _code(self, source_id: int | None) -> str | None:
        if source_id is None:
            return None
        if source_id not in self._codes:
            # The database lets a row cite it; a file that stands alone cannot.
            source = Source.objects.select_related("plan").get(pk=source_id)
            raise PlanFileError(
                [
                    _("%(plan)s : une de ses parties cite la source « %(code)s » du plan %(other)s")
                    % {"plan": self.row.slug, "code": source.code, "other": source.plan.slug}
                ]
            )
        return self._codes[source_id]

    def _plan_entry(self) -> PlanEntry:
        plan = self.row
        return entry_of(
            PlanEntry,
            plan,
            former_slugs=tuple(plan.former_slugs),
            related_to=None if plan.related_to is None else plan.related_to.slug,
            public=plan.is_public,
            sectors=tuple(plan.sectors.order_by("code").values_list("code", flat=True)),
            organisations=tuple(
                entry_of(
                    PlanOrganisationEntry,
                    row,
                    organisation=row.organisation.code,
                    source=self._code(row.source_id),
                )
                for row in plan.participations.select_related("organisation").order_by(
                    "position", "pk"
                )
            ),
            limits=entry_of(LimitsEntry, plan),
        )

    def _note_entry(self, note: Note) -> NoteEntry:
        return entry_of(
            NoteEntry,
            note,
            citations=tuple(
                entry_of(CitationEntry, row, source=self._code(row.source_id))
                for row in note.citations.all()
            ),
        )

    def _measure_entry(self, measure: Measure) -> MeasureEntry:
        return entry_of(
            MeasureEntry,
            measure,
            source=self._code(measure.source_id),
            former_codes=tuple(measure.former_codes),
            organisations=tuple(
                entry_of(MeasureOrganisationEntry, row, organisation=row.organisation.code)
                for row in measure.participations.all()
            ),
            sectors=tuple(sorted(sector.code for sector in measure.sectors.all())),
            notes=tuple(note.code for note in measure.notes.all()),
            milestones=(),
            indicators=(),
        )

    def _indicator_entry(self, indicator: Indicator) -> IndicatorEntry:
        return entry_of(
            IndicatorEntry,
            indicator,
            former_codes=tuple(indicator.former_codes),
            unit=indicator.unit.code,
            source=self._code(indicator.source_id),
            notes=tuple(note.code for note in indicator.notes.all()),
            baseline=BaselineEntry.model_construct(
                value=indicator.baseline,
                on=indicator.baseline_on,
                qualifier=indicator.baseline_qualifier,
                source=self._code(indicator.baseline_source_id),
                locator=normal(indicator.baseline_locator),
            ),
            targets=(),
            observations=(),
        )

    def _target_entry(self, target: Target) -> TargetEntry:
        return entry_of(
            TargetEntry,
            target,
            source=self._code(target.source_id),
            periods=tuple(entry_of(PeriodEntry, row) for row in target.periods.all()),
            checkpoints=tuple(entry_of(CheckpointEntry, row) for row in target.checkpoints.all()),
        )


def find(held: Mapping[str, Held[RowT, EntryT]], code: str, former: Iterable[str]) -> Any:
    """Return what has this code, or else what has one that the file calls former, or None."""
    return next((held[name] for name in (code, *former) if name in held), None)


def _source_entry(source: Source) -> SourceEntry:
    published = source.published_on
    return entry_of(
        SourceEntry,
        source,
        published_on=None
        if published is None
        else PartialDate.of(published, source.published_precision),
    )


def _by_code(held: Iterable[Held[RowT, EntryT]]) -> dict[str, Held[RowT, EntryT]]:
    return {item.entry.code: item for item in held}  # type: ignore[attr-defined]


def _notes_in_order() -> Prefetch[Any]:
    return Prefetch("notes", queryset=Note.objects.order_by("position", "code"))


def _withdrawn(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return rows.filter(state=Contribution.State.PUBLISHED).exclude(withdrawal_reason="")
