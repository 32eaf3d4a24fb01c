"""The back door for superusers: axes and objectives."""

from __future__ import annotations

from django.contrib import admin

from objectives.models import Objective


@admin.register(Objective)
class ObjectiveAdmin(admin.ModelAdmin):
    list_display = ("title", "code", "plan", "kind", "parent", "position")
    list_filter = ("kind", "plan")
    list_select_related = ("plan", "parent")
    search_fields = ("title", "code", "plan__title")
    autocomplete_fields = ("plan", "parent", "source", "notes")
    readonly_fields = ("former_codes",)
