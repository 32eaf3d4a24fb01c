"""Addresses of the API for indicators, targets, observations and progress."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request

from indicators.evaluation import evaluate_indicators
from indicators.models import (
    Freshness,
    Indicator,
    Measurement,
    Observation,
    ProgressRecord,
    Qualifier,
    Status,
    Target,
    Unit,
)
from indicators.querysets import ObservationQuerySet
from indicators.serializers import (
    IndicatorSerializer,
    ObservationSerializer,
    ProgressSerializer,
    TargetSerializer,
    UnitSerializer,
)
from indicators.services import progress_of, record_of
from indicators.written import column_of, columns_of, written
from measures.api import led_by
from objectives.api import within
from plans.api import PLAN_AND_CODE, OfPlanFilter, UpdatedFilter
from plans.api_support.pagination import CursorPages, cut
from plans.api_support.parameters import (
    Day,
    Flag,
    Moment,
    SeveralChoices,
    SeveralCodes,
    asked_among,
    asked_day,
    asked_moment,
    passing,
    understood,
)
from plans.api_support.shapes import PreparedByShape
from plans.api_support.views import DetailView, ListView, PublicView, with_update_time

OF_OBJECTIVE = "Codes of objectives, what is part of them and their measures included."


class Units(PublicView):
    serializer_class = UnitSerializer

    def get_queryset(self) -> QuerySet[Unit]:
        """Keep the units of public indicators."""
        used = Indicator.objects.filter(unit=OuterRef("pk"), plan__is_public=True)
        return with_update_time(Unit.objects.filter(Exists(used)))


class UnitList(Units, ListView):
    """List the units of public indicators."""

    filters = UpdatedFilter
    orderings = {"name": "name", "code": "code"}
    search_in = ("name", "name_plural", "symbol")


class UnitDetail(Units, DetailView):
    """Show a unit."""

    lookups = {"code": "code"}


class StatusToday(django_filters.FilterSet):  # type: ignore[misc] # untyped package
    """Filters on progress, which rules reckon and no column holds for every day."""

    status = SeveralChoices(Status, method="pass_by", label="Statuses of the day.")
    freshness = SeveralChoices(Freshness, method="pass_by", label="Freshness of the day.")

    def pass_by(self, rows: Any, name: str, values: list[str]) -> Any:
        """Leave the rows: the view keeps those whose progress is asked for."""
        return rows


def of_status(request: Request, records: Sequence[ProgressRecord]) -> list[ProgressRecord]:
    """Keep the progress that has one of the statuses and one of the freshnesses asked for."""
    statuses = asked_among(request, "status", Status.values)
    freshnesses = asked_among(request, "freshness", Freshness.values)
    return [
        record
        for record in records
        if (not statuses or record.status in statuses)
        and (not freshnesses or record.freshness in freshnesses)
    ]


def in_objectives(codes: Sequence[str]) -> Q:
    """Return the condition that an indicator hangs on one of these objectives, on what is part of
    it, or on a measure of either."""
    inside = within(codes)
    return Q(objective__in=inside) | Q(measure__objective__in=inside)


class IndicatorFilter(OfPlanFilter):
    objective = SeveralCodes(method="of_objective", label=OF_OBJECTIVE)
    measure = SeveralCodes(field_name="measure__code", label="Codes of measures.")
    sector = SeveralCodes(
        field_name="measure__sectors__code", distinct=True, label="Codes of sectors of measures."
    )
    lead = SeveralCodes(method="of_lead", label="Codes of organisations that lead the measure.")
    kind = SeveralChoices(Indicator.Kind, label="Kinds of indicators.")
    measurement = SeveralChoices(Measurement, label="How values relate to time.")
    frequency = SeveralChoices(Indicator.Frequency, label="How often values are due.")
    unit = SeveralCodes(field_name="unit__code", label="Codes of units.")
    common_code = SeveralCodes(label="Codes that indicators of several plans share.")

    def of_objective(
        self, indicators: QuerySet[Indicator], name: str, codes: list[str]
    ) -> QuerySet[Indicator]:
        """Keep the indicators of these objectives."""
        return indicators.filter(in_objectives(codes))

    def of_lead(
        self, indicators: QuerySet[Indicator], name: str, codes: list[str]
    ) -> QuerySet[Indicator]:
        """Keep the indicators of measures that one of these organisations leads."""
        return indicators.filter(led_by("measure", codes))


class IndicatorsOfStatusFilter(IndicatorFilter, StatusToday):
    pass


class Indicators(PublicView):
    serializer_class = IndicatorSerializer

    def get_queryset(self) -> QuerySet[Indicator]:
        """Keep the indicators of public plans."""
        rows = Indicator.objects.filter(plan__is_public=True)
        rows = rows.select_related(
            "plan", "objective", "measure", "unit", "source", "baseline_source"
        )
        return with_update_time(rows.prefetch_related("notes"))


class IndicatorList(Indicators, ListView):
    """List the indicators of public plans."""

    filters = IndicatorsOfStatusFilter
    orderings = {
        "plan": "plan__slug", "title": "title", "code": "code", "updated_at": "updated_at",
    }  # fmt: skip
    ties = ("position", "code", "pk")
    search_in = ("title", "definition", "method")

    def selected(self) -> Any:
        rows = super().selected()
        if not self.request.query_params.keys() & {"status", "freshness"}:
            return rows
        listed = list(rows)
        records = progress_of(listed, on=timezone.localdate())
        return [row for row in listed if of_status(self.request, records[row.pk])]


class IndicatorDetail(Indicators, DetailView):
    """Show an indicator."""

    lookups = PLAN_AND_CODE
    renamed = {"code": Indicator}


class OfIndicatorFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped package
    """Rows of indicators."""

    plan = SeveralCodes(field_name="indicator__plan__slug", label="Slugs of plans.")
    region = SeveralCodes(field_name="indicator__plan__region__slug", label="Slugs of regions.")
    objective = SeveralCodes(method="of_objective", label=OF_OBJECTIVE)
    measure = SeveralCodes(
        field_name="indicator__measure__code", label="Codes of measures indicators hang on."
    )
    indicator = SeveralCodes(field_name="indicator__code", label="Codes of indicators.")
    sector = SeveralCodes(
        field_name="indicator__measure__sectors__code",
        distinct=True,
        label="Codes of sectors of measures.",
    )
    lead = SeveralCodes(method="of_lead", label="Codes of organisations that lead the measure.")
    common_code = SeveralCodes(
        field_name="indicator__common_code", label="Codes that indicators of several plans share."
    )

    def of_objective(self, rows: QuerySet[Any], name: str, codes: list[str]) -> QuerySet[Any]:
        """Keep the rows of indicators of these objectives."""
        return rows.filter(indicator__in=Indicator.objects.filter(in_objectives(codes)))

    def of_lead(self, rows: QuerySet[Any], name: str, codes: list[str]) -> QuerySet[Any]:
        """Keep the rows of measures that one of these organisations leads."""
        return rows.filter(led_by("indicator__measure", codes))


class TargetFilter(OfIndicatorFilter):
    kind = SeveralChoices(Target.Kind, label="Kinds of targets.")
    in_force = Flag(
        field_name="superseded_on", lookup_expr="isnull", label="Not superseded by a later one."
    )
    due_from = Day(field_name="due_on", lookup_expr="gte", label="Due that day or later.")
    due_to = Day(field_name="due_on", lookup_expr="lte", label="Due that day or before.")
    updated_since = Moment(
        field_name="updated_at", lookup_expr="gte", label="Changed at that moment or later."
    )


class Targets(PublicView):
    serializer_class = TargetSerializer

    def get_queryset(self) -> QuerySet[Target]:
        """Keep the targets of public plans."""
        rows = Target.objects.filter(indicator__plan__is_public=True)
        rows = rows.select_related("indicator__plan", "indicator__unit", "source")
        return with_update_time(rows.prefetch_related("periods", "checkpoints"))


class TargetList(Targets, ListView):
    """List the targets of public plans, those superseded included."""

    filters = TargetFilter
    orderings = {
        "plan": "indicator__plan__slug", "due_on": "due_on", "updated_at": "updated_at",
    }  # fmt: skip
    ties = ("indicator__position", "indicator__code", "position", "code", "pk")
    search_in = ("wording", "assumption", "derivation")


class TargetDetail(Targets, DetailView):
    """Show the target in force under a code."""

    lookups = {"plan": "indicator__plan__slug", "indicator": "indicator__code", "code": "code"}
    renamed = {"indicator": Indicator}

    def get_queryset(self) -> QuerySet[Target]:
        return super().get_queryset().filter(superseded_on__isnull=True)


class ObservationFilter(OfIndicatorFilter):
    qualifier = SeveralChoices(Qualifier, label="How exactly sources state values.")
    provisional = Flag(label="Called provisional by the source.")
    period_from = Day(
        field_name="period_start", lookup_expr="gte", label="Periods that start then or later."
    )
    period_to = Day(
        field_name="period_end", lookup_expr="lte", label="Periods that end then or before."
    )
    updated_since = Moment(
        field_name="published_at", lookup_expr="gte", label="Published at that moment or later."
    )


class Observations(PublicView):
    """Published values: those of now, or those that were published at a moment."""

    serializer_class = ObservationSerializer
    dates = ("on", "known_at")

    def asked_dates(self) -> dict[str, date | datetime]:
        """Return the day and the moment that are asked for."""
        asked = {
            "known_at": asked_moment(self.request, "known_at"),
            "on": asked_day(self.request, "on"),
        }
        return {name: value for name, value in asked.items() if value is not None}

    def get_queryset(self) -> QuerySet[Observation]:
        rows = published_values(**self.asked_dates())
        return rows.select_related("indicator__plan", "indicator__unit", "source")


def published_values(known_at: Any = None, on: Any = None) -> ObservationQuerySet:
    """Keep the values the public sees, of periods that ended by the day asked for."""
    rows: ObservationQuerySet = Observation.objects.filter(indicator__plan__is_public=True)
    rows = rows.current() if known_at is None else rows.known_at(known_at)
    return rows if on is None else rows.filter(period_end__lte=on)


def compose(given: Mapping[str, Any], *, order: str, size: int) -> QuerySet[Any]:
    """Return the query of a page of values; see `PreparedByShape`."""
    dates = {name: given[name] for name in Observations.dates if name in given}
    rows = passing(ObservationFilter, published_values(**dates), given)
    return cut(columns_of(rows), order, size, given.get("after"))


PAGES = PreparedByShape(compose)


class ObservationList(Observations, ListView):
    """List the published values, page after page."""

    filters = ObservationFilter
    orderings = {
        "period_end": "period_end", "period_start": "period_start", "published_at": "published_at",
    }  # fmt: skip
    pagination_class = CursorPages

    def page(self) -> list[dict[str, Any]]:
        asked = {**self.asked_dates(), **understood(self.filters, Observation, self.request)}
        pages: Any = self.paginator
        pages.begin(self.request, self.order)
        if pages.after is not None:
            asked["after"] = list(pages.after)
        rows = PAGES.rows(asked, order=self.order, size=pages.size)
        return written(pages.end(rows, column_of), self.shown())


PERIOD = re.compile(r"(\d{4}-\d\d-\d\d)--(\d{4}-\d\d-\d\d)", re.ASCII)


class ObservationDetail(Observations, DetailView):
    """Show the value published for an indicator and a period, such as 2020-01-01--2020-12-31."""

    lookups = {
        "plan": "indicator__plan__slug",
        "indicator": "indicator__code",
        "start": "period_start",
        "end": "period_end",
    }
    renamed = {"indicator": Indicator}

    def found(self, words: Mapping[str, str]) -> Model:
        period = PERIOD.fullmatch(words["period"])
        if period is None:
            raise Http404
        named = {name: value for name, value in words.items() if name != "period"}
        try:
            return super().found({**named, "start": period[1], "end": period[2]})
        except ValidationError as error:  # 30 February
            raise Http404 from error


class ProgressFilter(IndicatorFilter, StatusToday):
    indicator = SeveralCodes(field_name="code", label="Codes of indicators.")
    updated_since = None  # type: ignore[assignment] # how django-filter leaves a filter out


class ProgressList(ListView):
    """Evaluate the targets of public plans on a day: one row per target in force."""

    serializer_class = ProgressSerializer
    filters = ProgressFilter
    orderings = {"plan": "plan__slug", "title": "title", "indicator": "code"}
    ties = ("position", "code", "pk")
    search_in = ("title", "definition")
    dates = ("on", "known_at")

    def get_queryset(self) -> QuerySet[Indicator]:
        """Keep the indicators of public plans."""
        rows = Indicator.objects.filter(plan__is_public=True)
        return rows.select_related("plan", "unit", "measure")

    def selected(self) -> Any:
        rows = super().selected()
        on = asked_day(self.request, "on") or timezone.localdate()
        known_at = asked_moment(self.request, "known_at")
        if self.request.query_params.keys() & {"status", "freshness"}:
            # Only the rules tell who has them: all must be evaluated.
            return of_status(self.request, evaluated(list(rows), on=on, known_at=known_at))
        return EvaluatedWhenShown(rows, on=on, known_at=known_at)


def evaluated(
    indicators: Sequence[Indicator], *, on: date, known_at: datetime | None
) -> list[ProgressRecord]:
    """Return the progress of indicators on a day, in their order."""
    if known_at is None:
        by_indicator = progress_of(indicators, on=on, with_qualifiers=True)
    else:
        found = evaluate_indicators(indicators, on=on, known_at=known_at)
        by_indicator = {key: [record_of(one) for one in several] for key, several in found.items()}
    records = []
    for indicator in indicators:
        for record in by_indicator[indicator.pk]:
            record.indicator = indicator
            records.append(record)
    return records


class EvaluatedWhenShown:
    """The progress of a selection, of which only the page that is shown is evaluated.

    Each indicator has a row for each target in force, or one without target: so the database
    alone tells where a page begins.
    """

    def __init__(
        self, indicators: QuerySet[Indicator], *, on: date, known_at: datetime | None
    ) -> None:
        self.indicators = indicators
        self.on = on
        self.known_at = known_at
        in_force = Target.objects.in_force().filter(indicator=OuterRef("pk")).order_by()
        counted = in_force.values("indicator").annotate(count=Count("pk")).values("count")
        # A plain subquery: joined, the targets would multiply what filters have joined.
        self.sizes = [
            (key, max(size or 0, 1))
            for key, size in indicators.values_list("pk", Subquery(counted))
        ]

    def count(self) -> int:
        """Return how many rows there are."""
        return sum(size for _key, size in self.sizes)

    def __getitem__(self, part: slice) -> list[ProgressRecord]:
        """Evaluate the indicators of a part, and cut to its rows."""
        keys, skipped, passed = [], 0, 0
        for key, size in self.sizes:
            if passed + size <= part.start:
                skipped += size
            elif passed < part.stop:
                keys.append(key)
            passed += size
        by_key = {
            row.pk: row
            for row in Indicator.objects.filter(pk__in=keys).select_related(
                "plan", "unit", "measure"
            )
        }
        records = evaluated([by_key[key] for key in keys], on=self.on, known_at=self.known_at)
        return records[part.start - skipped : part.stop - skipped]
