"""The addresses that search engines are told of: every page of the real public plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.urls import reverse

from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan

PartT = TypeVar("PartT", Objective, Measure, Indicator)

# What is fictitious is for whoever tries the site, not for whoever searches the web.
LISTED = {"is_public": True, "region__fictitious": False}


class SitePages(Sitemap):  # type: ignore[type-arg]
    """Pages that belong to no plan."""

    def items(self) -> list[str]:
        return ["home", "changes", "methodology", "open_data", "accessibility", "legal", "privacy"]

    def location(self, item: str) -> str:
        return reverse(f"dashboards:{item}")


class PlanPages(Sitemap):  # type: ignore[type-arg]
    """Plans."""

    def items(self) -> QuerySet[Plan]:
        return Plan.objects.filter(**LISTED).order_by("slug")

    def lastmod(self, item: Plan) -> datetime:
        return item.updated_at


class SourcePages(PlanPages):
    """The sources of plans."""

    def location(self, item: Plan) -> str:
        return reverse("dashboards:sources", args=[item.slug])


class ChangePages(PlanPages):
    """What changed in plans."""

    def location(self, item: Plan) -> str:
        return reverse("dashboards:plan_changes", args=[item.slug])


def _of_listed_plans(parts: QuerySet[PartT]) -> QuerySet[PartT]:
    return (
        parts.filter(**{f"plan__{name}": value for name, value in LISTED.items()})
        .select_related("plan")
        .order_by("plan__slug", "code")
    )


class ObjectivePages(Sitemap):  # type: ignore[type-arg]
    """Objectives."""

    def items(self) -> QuerySet[Objective]:
        return _of_listed_plans(Objective.objects.all())


class MeasurePages(Sitemap):  # type: ignore[type-arg]
    """Measures."""

    def items(self) -> QuerySet[Measure]:
        return _of_listed_plans(Measure.objects.all())


class IndicatorPages(Sitemap):  # type: ignore[type-arg]
    """Indicators."""

    def items(self) -> QuerySet[Indicator]:
        return _of_listed_plans(Indicator.objects.all())


SITEMAPS: dict[str, type[Sitemap[Any]]] = {
    "site": SitePages,
    "plans": PlanPages,
    "sources": SourcePages,
    "changes": ChangePages,
    "objectives": ObjectivePages,
    "measures": MeasurePages,
    "indicators": IndicatorPages,
}
