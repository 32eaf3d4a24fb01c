"""The page of a plan: what it promised, what is known of it, objective by objective."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.http import QueryDict

from dashboards.contents import (
    Contents,
    ObjectiveEntry,
    contents_of,
    labels_of,
    objectives_of,
)
from dashboards.filters import MeasureFilter
from dashboards.lines import IndicatorLine
from dashboards.notes import NoteEntry, SubjectEntry, claims_of, disputed, notes_of
from dashboards.tallies import (
    MilestoneCount,
    StatusCount,
    Summary,
    count_milestones,
    count_statuses,
    summarise,
)
from measures.models import Measure
from plans.alphabet import alphabetical, in_alphabetical_order
from plans.models import Claim, Organisation, OrganisationRole, Plan, Sector


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """Everything the page of a plan shows."""

    plan: Plan
    as_of: date
    plan_url: str
    summary: Summary
    counts: tuple[StatusCount, ...]
    milestone_counts: tuple[MilestoneCount, ...]
    retained: Mapping[str, Claim]
    stated: Mapping[str, bool]
    leads: tuple[Organisation, ...]
    partners: tuple[Organisation, ...]
    funders: tuple[Organisation, ...]
    sectors: tuple[Sector, ...]
    disputes: tuple[SubjectEntry, ...]
    overview: tuple[ObjectiveEntry, ...]
    plan_lines: tuple[IndicatorLine, ...]
    objectives: tuple[ObjectiveEntry, ...]
    filter: MeasureFilter
    shown: int
    shown_lines: int
    total: int
    notes: tuple[NoteEntry, ...]
    related_to: Plan | None
    related: tuple[Plan, ...]
    sources_count: int


def plan_page(plan: Plan, query: QueryDict, *, on: date) -> PlanPage:
    """Load the page of a plan, from `plan_at`, as filtered by the address.

    The whole plan is loaded and then filtered: the counts above the filters are the plan's own.
    """
    objectives = objectives_of(plan)
    contents = contents_of(plan, objectives, labels_of(objectives), on=on)
    measures = MeasureFilter(
        query or None, queryset=Measure.objects.filter(plan=plan), contents=contents
    )
    shown = filtered(contents, measures) if measures.active else contents

    acting: dict[str, list[Organisation]] = {role: [] for role in OrganisationRole.values}
    for participation in plan.participations.select_related("organisation"):
        acting[participation.role].append(participation.organisation)
    claims = claims_of(plan)
    records = [line.progress for line in contents.lines]
    states = contents.milestone_states
    url = plan.get_absolute_url()
    return PlanPage(
        plan=plan,
        as_of=on,
        plan_url=url,
        summary=summarise(records, states, measures=len(contents.measures)),
        counts=count_statuses(
            records,
            url_of=(lambda status: f"{url}?statut={status}#mesures") if contents.measures else None,
        ),
        milestone_counts=count_milestones(states),
        retained={claim.subject: claim for claim in claims if claim.retained},
        stated={claim.subject: True for claim in claims},
        leads=tuple(acting[OrganisationRole.LEAD]),
        partners=tuple(acting[OrganisationRole.PARTNER]),
        funders=tuple(acting[OrganisationRole.FUNDER]),
        sectors=tuple(in_alphabetical_order(plan.sectors.all())),
        disputes=disputed(claims),
        overview=contents.objectives,
        plan_lines=shown.plan_lines,
        objectives=shown.objectives,
        filter=measures,
        shown=len(shown.measures),
        shown_lines=len(shown.lines) - sum(len(entry.lines) for entry in shown.measures),
        total=len(contents.measures),
        notes=notes_of(plan.notes.all()),
        related_to=plan.related_to if plan.related_to and plan.related_to.is_public else None,
        related=tuple(
            Plan.objects.public().filter(related_to=plan).order_by(alphabetical("title"))
        ),
        sources_count=plan.sources.count(),
    )


def filtered(contents: Contents, measures: MeasureFilter) -> Contents:
    """Keep what the filters keep; an objective with nothing left goes.

    Lines that hang on the plan or on an objective have no sector and no lead: a filter on either
    leaves them out.
    """
    chosen = measures.chosen
    kept = set(measures.qs.values_list("pk", flat=True))
    statuses = set(chosen.get("statut") or ())
    of_measures_only = bool(chosen.get("filiere") or chosen.get("porteur"))
    objective = chosen.get("objectif")

    def keep(lines: tuple[IndicatorLine, ...]) -> tuple[IndicatorLine, ...]:
        if of_measures_only:
            return ()
        return tuple(line for line in lines if not statuses or line.progress.status in statuses)

    entries = (
        replace(
            entry,
            lines=keep(entry.lines) if objective in ("", None, entry.objective.code) else (),
            measures=tuple(one for one in entry.measures if one.measure.pk in kept),
        )
        for entry in contents.objectives
    )
    return Contents(
        plan_lines=() if objective else keep(contents.plan_lines),
        objectives=tuple(entry for entry in entries if entry.lines or entry.measures),
    )
