"""The back door for superusers: indicators, targets and the versions of their values."""

from __future__ import annotations

from django.contrib import admin

from indicators.forms import CheckpointsFormSet, PeriodsFormSet
from indicators.models import (
    Checkpoint,
    Indicator,
    Observation,
    ProgressRecord,
    Target,
    TargetPeriod,
    Unit,
)
from plans.admin import ContributionAdmin, ReadOnlyAdmin


class PeriodsInline(admin.TabularInline):
    model = TargetPeriod
    formset = PeriodsFormSet
    extra = 0


class CheckpointsInline(admin.TabularInline):
    model = Checkpoint
    formset = CheckpointsFormSet
    extra = 0


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):
    list_display = ("name", "name_plural", "symbol", "decimals", "ratio_scale")
    search_fields = ("name", "name_plural", "code")


@admin.register(Indicator)
class IndicatorAdmin(admin.ModelAdmin):
    list_display = ("title", "code", "plan", "measurement", "unit", "frequency")
    list_filter = ("measurement", "kind", "frequency", "plan")
    list_select_related = ("plan", "unit")
    search_fields = ("title", "code", "common_code", "plan__title")
    autocomplete_fields = (
        "plan",
        "objective",
        "measure",
        "unit",
        "source",
        "baseline_source",
        "notes",
    )
    readonly_fields = ("former_codes",)


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin):
    list_display = ("wording", "indicator", "kind", "operator", "value", "due_on", "superseded_on")
    list_filter = ("kind", "operator", "indicator__plan")
    list_select_related = ("indicator",)
    search_fields = ("wording", "code", "indicator__title")
    autocomplete_fields = ("indicator", "source", "supersedes")
    inlines = (PeriodsInline, CheckpointsInline)


@admin.register(Observation)
class ObservationAdmin(ContributionAdmin):
    list_display = (
        "indicator",
        "period_start",
        "period_end",
        "value",
        "state",
        "published_at",
        "superseded_at",
    )
    list_filter = ("state", "provisional", "qualifier", "indicator__plan")
    list_select_related = ("indicator",)
    search_fields = ("indicator__title", "indicator__code")
    autocomplete_fields = ("indicator", "source")


@admin.register(ProgressRecord)
class ProgressRecordAdmin(ReadOnlyAdmin):
    list_display = ("indicator", "target", "status", "rate", "freshness", "evaluated_on")
    list_filter = ("status", "freshness", "indicator__plan")
    list_select_related = ("indicator", "target")
    search_fields = ("indicator__title",)
