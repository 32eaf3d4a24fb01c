"""The page of a measure: its indicators and deliverables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.contents import labels_of, measure_entry, objectives_of
from dashboards.lines import IndicatorLine, lines_of, shown_indicators
from dashboards.milestones import MilestoneEntry, milestones_of
from dashboards.notes import NoteEntry, notes_of
from indicators.models import Indicator
from measures.models import Measure
from plans.models import Organisation, Plan, Sector


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePage:
    """Everything the page of a measure shows."""

    plan: Plan
    as_of: date
    measure: Measure
    objective_label: str
    leads: tuple[Organisation, ...]
    partners: tuple[Organisation, ...]
    funders: tuple[Organisation, ...]
    sectors: tuple[Sector, ...]
    lines: tuple[IndicatorLine, ...]
    milestones: tuple[MilestoneEntry, ...]
    notes: tuple[NoteEntry, ...]


def measure_page(measure: Measure, *, on: date) -> MeasurePage:
    """Load the page of a measure, selected by `shown_measures` with its plan."""
    indicators = list(shown_indicators(Indicator.objects.filter(measure=measure)))
    lines = lines_of(indicators, on=on)
    entry = measure_entry(
        measure,
        (line for indicator in indicators for line in lines[indicator.pk]),
        milestones_of([measure], on=on).get(measure.pk, ()),
    )
    return MeasurePage(
        plan=measure.plan,
        as_of=on,
        measure=measure,
        objective_label=labels_of(objectives_of(measure.plan))[measure.objective_id],
        leads=entry.leads,
        partners=entry.partners,
        funders=entry.funders,
        sectors=entry.sectors,
        lines=entry.lines,
        milestones=entry.milestones,
        notes=notes_of(measure.notes.all()),
    )
