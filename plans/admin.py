"""The back door for superusers: plans and what they share. Staff work in the site's own pages."""

from __future__ import annotations

from typing import Any

import pghistory.models
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plans.models import (
    Claim,
    Contribution,
    Membership,
    Note,
    NoteCitation,
    Organisation,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)

admin.site.site_header = _("Administration de secours")
admin.site.site_title = _("Administration")
admin.site.index_title = _("Plans régionaux d’intelligence artificielle")


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that are looked at and never changed here."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: triggers and services write these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: these rows are the record of what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Refuse: these rows are the record of what happened."""
        return False


class ContributionAdmin(admin.ModelAdmin):
    """Versions of values: drafts can be mended here; what was published is read-only.

    Publishing goes through review, so the workflow's own columns are never edited by hand.
    """

    date_hierarchy = "recorded_at"
    readonly_fields = (
        "state",
        "author",
        "reviewer",
        "recorded_at",
        "submitted_at",
        "published_at",
        "return_reason",
        "supersedes",
        "superseded_at",
        "withdrawal_reason",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse for what was published: it is shown, never changed."""
        return obj is None or obj.state != Contribution.State.PUBLISHED

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse for what was published; in bulk too, as a selection may hold such rows."""
        return obj is not None and obj.state != Contribution.State.PUBLISHED


class OrganisationsInline(admin.TabularInline):
    model = PlanOrganisation
    extra = 0
    autocomplete_fields = ("organisation", "source")


class MembershipsInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


class ClaimsInline(admin.TabularInline):
    model = Claim
    extra = 0
    autocomplete_fields = ("source",)
    fields = (
        "code",
        "subject",
        "statement",
        "date",
        "amount",
        "source",
        "locator",
        "derivation",
        "retained",
        "position",
    )


class CitationsInline(admin.TabularInline):
    model = NoteCitation
    extra = 0
    autocomplete_fields = ("source",)


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):
    list_display = ("name", "insee_code", "fictitious")
    list_filter = ("fictitious",)
    search_fields = ("name", "insee_code")


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    list_display = ("name", "short_name", "code", "url")
    search_fields = ("name", "short_name", "code")


@admin.register(Sector)
class SectorAdmin(admin.ModelAdmin):
    list_display = ("name", "code")
    search_fields = ("name", "code")


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ("title", "region", "kind", "adopted_on", "starts_on", "ends_on", "is_public")
    list_filter = ("is_public", "kind", "region")
    list_select_related = ("region",)
    search_fields = ("title", "slug", "region__name")
    autocomplete_fields = ("region", "related_to", "sectors")
    readonly_fields = ("former_slugs", "created_at", "updated_at")
    inlines = (ClaimsInline, OrganisationsInline, MembershipsInline)


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ("title", "plan", "kind", "publisher", "published_on")
    list_filter = ("kind", "plan")
    list_select_related = ("plan",)
    search_fields = ("title", "code", "publisher", "url")
    autocomplete_fields = ("plan",)


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ("code", "plan", "kind", "text")
    list_filter = ("kind", "plan")
    list_select_related = ("plan",)
    search_fields = ("code", "text")
    autocomplete_fields = ("plan",)
    inlines = (CitationsInline,)


@admin.register(pghistory.models.Events)
class AuditAdmin(ReadOnlyAdmin):
    """The audit trail of all the models that have one, newest first."""

    list_display = ("pgh_created_at", "pgh_obj_model", "pgh_obj_id", "pgh_label", "pgh_context")
    list_filter = ("pgh_label",)
    ordering = ("-pgh_created_at",)
    # Counting every event of every table would cost more than the page is worth.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Order by the moment of the change: the default key mixes the tables."""
        return super().get_queryset(request).order_by("-pgh_created_at")
