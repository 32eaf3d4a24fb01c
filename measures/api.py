"""Addresses of the API for measures and milestones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from measures.models import Advancement, Measure, MeasureOrganisation, Milestone, MilestoneUpdate
from measures.serializers import MeasureSerializer, MilestoneSerializer
from objectives.api import within
from plans.api import PLAN_AND_CODE, OfPlanFilter, UpdatedFilter
from plans.api_support.parameters import Day, SeveralChoices, SeveralCodes
from plans.api_support.views import DetailView, ListView, PublicView, with_update_time
from plans.models import OrganisationRole


def led_by(measure: str, codes: Sequence[str]) -> Exists:
    """Return the condition that one of these organisations leads the measure a column names."""
    return Exists(
        MeasureOrganisation.objects.filter(
            measure=OuterRef(measure),
            role=OrganisationRole.LEAD,
            organisation__code__in=codes,
        )
    )


class MeasureFilter(OfPlanFilter):
    objective = SeveralCodes(
        method="of_objective", label="Codes of objectives, what is part of them included."
    )
    sector = SeveralCodes(field_name="sectors__code", distinct=True, label="Codes of sectors.")
    lead = SeveralCodes(method="of_lead", label="Codes of the organisations that lead.")
    state = SeveralChoices(Advancement, label="How far measures are.")

    def of_objective(
        self, measures: QuerySet[Measure], name: str, codes: list[str]
    ) -> QuerySet[Measure]:
        """Keep the measures of these objectives and of all that is part of them."""
        return measures.filter(objective__in=within(codes))

    def of_lead(
        self, measures: QuerySet[Measure], name: str, codes: list[str]
    ) -> QuerySet[Measure]:
        """Keep the measures that one of these organisations leads."""
        return measures.filter(led_by("pk", codes))


class Measures(PublicView):
    serializer_class = MeasureSerializer

    def get_queryset(self) -> QuerySet[Measure]:
        """Keep the measures of public plans."""
        rows = Measure.objects.filter(plan__is_public=True)
        rows = rows.select_related("plan", "objective", "source")
        rows = rows.prefetch_related("participations__organisation", "sectors", "notes")
        return with_update_time(rows)


class MeasureList(Measures, ListView):
    """List the measures of public plans."""

    filters = MeasureFilter
    orderings = {
        "plan": "plan__slug", "title": "title", "starts_on": "starts_on", "ends_on": "ends_on",
        "updated_at": "updated_at",
    }  # fmt: skip
    ties = ("objective__position", "position", "code")
    search_in = ("title", "summary")


class MeasureDetail(Measures, DetailView):
    """Show a measure."""

    lookups = PLAN_AND_CODE
    renamed = {"code": Measure}


class MilestoneFilter(UpdatedFilter):
    plan = SeveralCodes(field_name="measure__plan__slug", label="Slugs of plans.")
    region = SeveralCodes(field_name="measure__plan__region__slug", label="Slugs of regions.")
    objective = SeveralCodes(
        method="of_objective", label="Codes of objectives, what is part of them included."
    )
    measure = SeveralCodes(field_name="measure__code", label="Codes of measures.")
    lead = SeveralCodes(method="of_lead", label="Codes of the organisations that lead.")
    state = SeveralChoices(Advancement, field_name="state", label="Latest published states.")
    due_from = Day(field_name="due_on", lookup_expr="gte", label="Due that day or later.")
    due_to = Day(field_name="due_on", lookup_expr="lte", label="Due that day or before.")

    def of_objective(
        self, milestones: QuerySet[Milestone], name: str, codes: list[str]
    ) -> QuerySet[Milestone]:
        """Keep the milestones of measures of these objectives and of all that is part of them."""
        return milestones.filter(measure__objective__in=within(codes))

    def of_lead(
        self, milestones: QuerySet[Milestone], name: str, codes: list[str]
    ) -> QuerySet[Milestone]:
        """Keep the milestones of measures that one of these organisations leads."""
        return milestones.filter(led_by("measure", codes))


class Milestones(PublicView):
    serializer_class = MilestoneSerializer

    def get_queryset(self) -> QuerySet[Milestone]:
        """Keep the milestones of public plans, with their latest published state."""
        known = MilestoneUpdate.objects.current().filter(
            milestone=OuterRef("pk"), as_of__lte=timezone.localdate()
        )
        rows = Milestone.objects.filter(measure__plan__is_public=True)
        rows = with_update_time(rows.select_related("measure__plan", "source"), "changed_at")
        return rows.annotate(
            state=Subquery(known.order_by("-as_of").values("advancement")[:1]),
            published=Subquery(known.order_by("-published_at").values("published_at")[:1]),
            # PostgreSQL leaves nulls out of GREATEST.
            updated_at=Greatest("changed_at", "published"),
        )

    def complete(self, rows: Any) -> Any:
        """Add the latest state of each milestone, in one query."""
        listed = rows if isinstance(rows, list) else [rows]
        updates = MilestoneUpdate.objects.filter(milestone__in=listed)
        latest = {
            update.milestone_id: update
            for update in updates.latest_of_each(timezone.localdate()).select_related(
                "source__plan"
            )
        }
        for row in listed:
            row.latest_update = latest.get(row.pk)
        return rows


class MilestoneList(Milestones, ListView):
    """List the milestones of public plans."""

    filters = MilestoneFilter
    orderings = {"plan": "measure__plan__slug", "due_on": "due_on", "updated_at": "updated_at"}
    ties = ("measure__position", "measure__code", "position", "code")
    search_in = ("title",)


class MilestoneDetail(Milestones, DetailView):
    """Show a milestone."""

    lookups = {"plan": "measure__plan__slug", "measure": "measure__code", "code": "code"}
    renamed = {"measure": Measure}
