"""The page of a plan: what it promised, what is known of it, objective by objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count
from django.http import QueryDict

from dashboards.contents import ORGANISATION, ObjectiveEntry, contents_of, objectives_of
from dashboards.facts import PlanRef
from dashboards.filters import MeasureFilter, filter_of, filtered
from dashboards.lines import IndicatorLine
from dashboards.notes import ClaimFacts, NoteEntry, SubjectEntry, claims_of, disputed, notes_of
from dashboards.tallies import (
    MilestoneCount,
    StatusCount,
    Summary,
    count_milestones,
    count_statuses,
    summarise,
)
from plans.alphabet import alphabetical
from plans.models import Claim, Note, OrganisationRole, Plan, PlanOrganisation, Source
from plans.prepared import KEY, Prepared


class RelatedPlan(NamedTuple):
    """A programme related to the plan."""

    slug: str
    title: str
    kind: str

    def get_kind_display(self) -> str:
        """The kind in words."""
        return str(Plan.Kind(self.kind).label)


class Told(NamedTuple):
    """A date or an amount of the plan, and what it rests on."""

    value: date | Decimal | None
    claim: ClaimFacts | None
    """The claim that the site retains."""
    stated: bool
    """Whether sources state something, retained or not."""


class PlanFacts(NamedTuple):
    """The dates, the budget and the actors of a plan."""

    adopted_on: Told
    starts_on: Told
    ends_on: Told
    is_over: bool
    """Whether its last day is past."""
    budget: Told
    leads: tuple[str, ...]
    partners: tuple[str, ...]
    funders: tuple[str, ...]
    sectors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage:
    """Everything the page of a plan shows."""

    plan: Plan
    as_of: date
    ref: PlanRef
    plan_url: str
    summary: Summary
    counts: tuple[StatusCount, ...]
    milestone_counts: tuple[MilestoneCount, ...]
    facts: PlanFacts
    disputes: tuple[SubjectEntry, ...]
    overview: tuple[ObjectiveEntry, ...]
    plan_lines: tuple[IndicatorLine, ...]
    objectives: tuple[ObjectiveEntry, ...]
    filter: MeasureFilter
    shown: int
    shown_lines: int
    total: int
    notes: tuple[NoteEntry, ...]
    context: tuple[NoteEntry, ...]
    related_to: Plan | None
    related: tuple[RelatedPlan, ...]
    sources_count: int


ACTORS = Prepared(
    lambda: (
        PlanOrganisation.objects.filter(plan=KEY)
        .order_by("position", "id")
        .values_list("role", *ORGANISATION[1:])
    )
)
SECTORS = Prepared(
    lambda: (
        Plan.sectors.through.objects.filter(plan=KEY)
        .order_by(alphabetical("sector__name"))
        .values_list("sector__name")
    )
)
RELATED = Prepared(
    lambda: (
        Plan.objects.public()
        .filter(related_to=KEY)
        .order_by(alphabetical("title"))
        .values_list(*RelatedPlan._fields)
    )
)
SOURCES = Prepared(
    lambda: (
        Source.objects.filter(plan=KEY)
        .order_by()
        .values("plan")
        .annotate(number=Count("pk"))
        .values_list("number")
    )
)


def plan_page(plan: Plan, query: QueryDict, *, on: date) -> PlanPage:
    """Load the page of a plan, from `plan_at`, as filtered by the address.

    The whole plan is loaded and then filtered: the counts above the filters are the plan's own.
    """
    key = plan.pk
    contents = contents_of(key, objectives_of(key), on=on)
    measures = filter_of(contents, query)
    shown = filtered(contents, measures) if measures.active else contents

    claims = claims_of(key)
    notes = notes_of("plan", key)
    states = contents.milestone_states
    url = plan.get_absolute_url()
    return PlanPage(
        plan=plan,
        as_of=on,
        ref=PlanRef(plan.slug),
        plan_url=url,
        summary=summarise(
            (line.counted for line in contents.lines), states, measures=len(contents.measures)
        ),
        counts=count_statuses(
            (line.progress.status for line in contents.lines),
            url_of=(lambda status: f"{url}?statut={status}#mesures") if contents.measures else None,
        ),
        milestone_counts=count_milestones(states),
        facts=_facts(plan, claims, on=on),
        disputes=disputed(claims),
        overview=contents.objectives,
        plan_lines=shown.plan_lines,
        objectives=shown.objectives,
        filter=measures,
        shown=len(shown.measures),
        shown_lines=len(shown.lines) - sum(len(entry.lines) for entry in shown.measures),
        total=len(contents.measures),
        notes=tuple(entry for entry in notes if entry.note.kind != Note.Kind.CONTEXT),
        context=tuple(entry for entry in notes if entry.note.kind == Note.Kind.CONTEXT),
        related_to=plan.related_to if plan.related_to and plan.related_to.is_public else None,
        related=tuple(RelatedPlan(*row) for row in RELATED.rows(key=key)),
        sources_count=sum(number for (number,) in SOURCES.rows(key=key)),
    )


def _facts(plan: Plan, claims: Iterable[ClaimFacts], *, on: date) -> PlanFacts:
    claims_on: dict[str, list[ClaimFacts]] = defaultdict(list)
    for claim in claims:
        claims_on[claim.subject].append(claim)

    def told(subject: Claim.Subject, value: date | Decimal | None) -> Told:
        about = claims_on[subject.value]
        return Told(value, next((claim for claim in about if claim.retained), None), bool(about))

    acting: dict[str, list[str]] = defaultdict(list)
    for role, short_name, name in ACTORS.rows(key=plan.pk):
        acting[role].append(short_name or name)
    return PlanFacts(
        adopted_on=told(Claim.Subject.ADOPTED_ON, plan.adopted_on),
        starts_on=told(Claim.Subject.STARTS_ON, plan.starts_on),
        ends_on=told(Claim.Subject.ENDS_ON, plan.ends_on),
        is_over=plan.ends_on is not None and plan.ends_on < on,
        budget=told(Claim.Subject.BUDGET, plan.budget),
        leads=tuple(acting[OrganisationRole.LEAD]),
        partners=tuple(acting[OrganisationRole.PARTNER]),
        funders=tuple(acting[OrganisationRole.FUNDER]),
        sectors=tuple(name for (name,) in SECTORS.rows(key=plan.pk)),
    )
