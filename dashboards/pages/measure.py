"""The page of a measure: its indicators and deliverables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch

from dashboards.contents import labels_of, objectives_of
from dashboards.lines import IndicatorLine, lines_of
from dashboards.milestones import MilestoneEntry, milestones_of
from dashboards.notes import NoteEntry, notes_of
from measures.models import Measure, MeasureOrganisation
from plans.models import Organisation, OrganisationRole, Plan, Sector
from plans.querysets import CodedQuerySet


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


def shown_measures(measures: CodedQuerySet[Measure]) -> CodedQuerySet[Measure]:
    """Select what the page needs of its measure."""
    return measures.select_related("objective", "source").prefetch_related(
        Prefetch(
            "participations",
            MeasureOrganisation.objects.select_related("organisation").order_by("position", "id"),
        ),
        "sectors",
    )


def measure_page(measure: Measure, *, on: date) -> MeasurePage:
    """Load the page of a measure, selected by `shown_measures` with its plan."""
    acting: dict[str, list[Organisation]] = {role: [] for role in OrganisationRole.values}
    for participation in measure.participations.all():
        acting[participation.role].append(participation.organisation)
    return MeasurePage(
        plan=measure.plan,
        as_of=on,
        measure=measure,
        objective_label=labels_of(objectives_of(measure.plan_id))[measure.objective_id],
        leads=tuple(acting[OrganisationRole.LEAD]),
        partners=tuple(acting[OrganisationRole.PARTNER]),
        funders=tuple(acting[OrganisationRole.FUNDER]),
        sectors=tuple(measure.sectors.all()),
        lines=tuple(lines_of("measure", measure.pk, on=on)),
        milestones=milestones_of("pk", measure.pk, on=on).get(measure.pk, ()),
        notes=notes_of("measures", measure.pk),
    )
