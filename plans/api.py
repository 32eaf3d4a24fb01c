"""Addresses of the API for plans, what they share and where their statements come from."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from plans.api_support.parameters import Day, Flag, Moment, SeveralChoices, SeveralCodes
from plans.api_support.views import DetailView, ListView, PublicView, with_update_time
from plans.models import (
    Claim,
    Note,
    Organisation,
    OrganisationRole,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)
from plans.serializers import (
    ClaimSerializer,
    NoteSerializer,
    OrganisationSerializer,
    PlanSerializer,
    RegionSerializer,
    SectorSerializer,
    SourceSerializer,
)
from plans.stating import provenance_of, retained_claims

PLAN_AND_CODE = {"plan": "plan__slug", "code": "code"}


class UpdatedFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped package
    """What every resource can be filtered by."""

    updated_since = Moment(
        field_name="updated_at",
        lookup_expr="gte",
        label="Changed at that moment or later: 2024-12-31 or 2024-12-31T23:59:59Z.",
    )


class OfPlanFilter(UpdatedFilter):
    """Parts of a plan."""

    plan = SeveralCodes(field_name="plan__slug", label="Slugs of plans.")
    region = SeveralCodes(field_name="plan__region__slug", label="Slugs of regions.")


class Regions(PublicView):
    serializer_class = RegionSerializer

    def get_queryset(self) -> QuerySet[Region]:
        """Keep the regions that have a public plan."""
        plans = Plan.objects.public().filter(region=OuterRef("pk"))
        return with_update_time(Region.objects.filter(Exists(plans)))


class RegionFilter(UpdatedFilter):
    fictitious = Flag(label="Made up, for demonstration.")


class RegionList(Regions, ListView):
    """List the regions that have a public plan."""

    filters = RegionFilter
    orderings = {"name": "name", "insee_code": "insee_code"}
    search_in = ("name",)


class RegionDetail(Regions, DetailView):
    """Show a region."""

    lookups = {"slug": "slug"}


class Organisations(PublicView):
    serializer_class = OrganisationSerializer

    def get_queryset(self) -> QuerySet[Organisation]:
        """Keep the organisations that take part in a public plan or in a measure of one."""
        plans = Organisation.plans.through.objects.filter(
            organisation=OuterRef("pk"), plan__is_public=True
        )
        measures = Organisation.measures.through.objects.filter(
            organisation=OuterRef("pk"), measure__plan__is_public=True
        )
        return with_update_time(Organisation.objects.filter(Exists(plans) | Exists(measures)))


class OrganisationList(Organisations, ListView):
    """List the organisations that take part in public plans."""

    filters = UpdatedFilter
    orderings = {"name": "name", "code": "code"}
    search_in = ("name", "short_name")


class OrganisationDetail(Organisations, DetailView):
    """Show an organisation."""

    lookups = {"code": "code"}


class Sectors(PublicView):
    serializer_class = SectorSerializer

    def get_queryset(self) -> QuerySet[Sector]:
        """Keep the sectors of public plans and of their measures."""
        plans = Sector.plans.through.objects.filter(sector=OuterRef("pk"), plan__is_public=True)
        measures = Sector.measures.through.objects.filter(
            sector=OuterRef("pk"), measure__plan__is_public=True
        )
        return with_update_time(Sector.objects.filter(Exists(plans) | Exists(measures)))


class SectorList(Sectors, ListView):
    """List the sectors of public plans."""

    filters = UpdatedFilter
    orderings = {"name": "name", "code": "code"}
    search_in = ("name",)


class SectorDetail(Sectors, DetailView):
    """Show a sector."""

    lookups = {"code": "code"}


class PlanFilter(UpdatedFilter):
    region = SeveralCodes(field_name="region__slug", label="Slugs of regions.")
    kind = SeveralChoices(Plan.Kind, label="Kinds of plans.")
    sector = SeveralCodes(
        field_name="sectors__code", distinct=True, label="Codes of priority sectors."
    )
    lead = SeveralCodes(method="led_by", label="Codes of the organisations that lead.")
    fictitious = Flag(field_name="region__fictitious", label="Made up, for demonstration.")

    def led_by(self, plans: QuerySet[Plan], name: str, codes: list[str]) -> QuerySet[Plan]:
        """Keep the plans that one of these organisations leads."""
        return plans.filter(
            Exists(
                PlanOrganisation.objects.filter(
                    plan=OuterRef("pk"),
                    role=OrganisationRole.LEAD,
                    organisation__code__in=codes,
                )
            )
        )


class Plans(PublicView):
    serializer_class = PlanSerializer

    def get_queryset(self) -> QuerySet[Plan]:
        """Keep the public plans."""
        return (
            Plan.objects.public()
            .select_related("region", "related_to")
            .prefetch_related(
                "sectors",
                "participations__organisation",
                Prefetch("claims", retained_claims(), to_attr="retained_claims"),
            )
        )

    def complete(self, rows: Any) -> Any:
        """Add to each plan what its dates and its budget rest on; asks nothing."""
        for row in rows if isinstance(rows, list) else [rows]:
            row.provenance = provenance_of(row, row.retained_claims)
        return rows


class PlanList(Plans, ListView):
    """List the public plans."""

    filters = PlanFilter
    orderings = {
        "slug": "slug", "title": "title", "adopted_on": "adopted_on", "updated_at": "updated_at",
    }  # fmt: skip
    search_in = ("title", "summary", "ambition")


class PlanDetail(Plans, DetailView):
    """Show a plan."""

    lookups = {"plan": "slug"}


class SourceFilter(OfPlanFilter):
    kind = SeveralChoices(Source.Kind, label="Kinds of sources.")
    published_from = Day(
        field_name="published_on", lookup_expr="gte", label="Published that day or later."
    )
    published_to = Day(
        field_name="published_on", lookup_expr="lte", label="Published that day or before."
    )


class Sources(PublicView):
    serializer_class = SourceSerializer

    def get_queryset(self) -> QuerySet[Source]:
        """Keep the sources of public plans."""
        rows = Source.objects.filter(plan__is_public=True).select_related("plan")
        return with_update_time(rows)


class SourceList(Sources, ListView):
    """List the sources of public plans."""

    filters = SourceFilter
    orderings = {"plan": "plan__slug", "published_on": "published_on", "updated_at": "updated_at"}
    ties = ("code",)
    search_in = ("title", "publisher", "comment")


class SourceDetail(Sources, DetailView):
    """Show a source of a plan."""

    lookups = PLAN_AND_CODE


class ClaimFilter(OfPlanFilter):
    subject = SeveralChoices(Claim.Subject, label="What claims are about.")
    retained = Flag(label="The claims that the site reckons with.")


class Claims(PublicView):
    serializer_class = ClaimSerializer

    def get_queryset(self) -> QuerySet[Claim]:
        """Keep the claims on public plans."""
        rows = Claim.objects.filter(plan__is_public=True).select_related("plan", "source")
        return with_update_time(rows)


class ClaimList(Claims, ListView):
    """List what sources claim of public plans."""

    filters = ClaimFilter
    orderings = {"plan": "plan__slug", "updated_at": "updated_at"}
    ties = ("subject", "position", "code")
    search_in = ("statement", "derivation")


class ClaimDetail(Claims, DetailView):
    """Show a claim."""

    lookups = PLAN_AND_CODE


class NoteFilter(OfPlanFilter):
    kind = SeveralChoices(Note.Kind, label="Kinds of notes.")


class Notes(PublicView):
    serializer_class = NoteSerializer

    def get_queryset(self) -> QuerySet[Note]:
        """Keep the notes on public plans."""
        rows = Note.objects.filter(plan__is_public=True).select_related("plan")
        return with_update_time(rows).prefetch_related("citations__source")


class NoteList(Notes, ListView):
    """List the notes on public plans."""

    filters = NoteFilter
    orderings = {"plan": "plan__slug", "updated_at": "updated_at"}
    ties = ("position", "code")
    search_in = ("text",)


class NoteDetail(Notes, DetailView):
    """Show a note."""

    lookups = PLAN_AND_CODE
