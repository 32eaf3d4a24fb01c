"""The back door for superusers: measures and milestones."""

from __future__ import annotations

from django.contrib import admin

from measures.models import Measure, MeasureOrganisation, Milestone, MilestoneUpdate
from plans.admin import ContributionAdmin


class OrganisationsInline(admin.TabularInline):
    model = MeasureOrganisation
    extra = 0
    autocomplete_fields = ("organisation",)


class MilestonesInline(admin.TabularInline):
    model = Milestone
    extra = 0
    autocomplete_fields = ("source",)
    show_change_link = True


@admin.register(Measure)
class MeasureAdmin(admin.ModelAdmin):
    list_display = ("title", "code", "plan", "objective", "state", "position")
    list_filter = ("state", "plan")
    list_select_related = ("plan", "objective")
    search_fields = ("title", "code", "plan__title")
    autocomplete_fields = ("plan", "objective", "source", "sectors", "notes")
    readonly_fields = ("former_codes",)
    inlines = (OrganisationsInline, MilestonesInline)


@admin.register(Milestone)
class MilestoneAdmin(admin.ModelAdmin):
    list_display = ("title", "code", "measure", "due_on")
    list_select_related = ("measure",)
    search_fields = ("title", "code", "measure__title")
    autocomplete_fields = ("measure", "source")


@admin.register(MilestoneUpdate)
class MilestoneUpdateAdmin(ContributionAdmin):
    list_display = ("milestone", "as_of", "advancement", "state", "published_at", "superseded_at")
    list_filter = ("state", "advancement")
    list_select_related = ("milestone",)
    search_fields = ("milestone__title", "milestone__measure__title")
    autocomplete_fields = ("milestone", "source")
