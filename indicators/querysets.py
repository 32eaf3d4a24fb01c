"""Questions asked about indicators, targets and observations, named as phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from plans.querysets import CodedQuerySet, ContributionQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicators.models import Indicator, Observation, Target  # noqa: F401 - the rows
    from plans.models import Plan


class IndicatorQuerySet(CodedQuerySet["Indicator"]):
    """Indicators of plans."""

    def of_plan(self, plan: Plan) -> Self:
        """Keep the indicators of a plan, in the order of its pages."""
        return self.filter(plan=plan).order_by("position", "code")

    def followed_in(self, plans: Iterable[Plan]) -> Self:
        """Keep the indicators of these plans that are still observed: their measure goes on."""
        return self.filter(plan__in=plans).exclude(measure__state="abandoned")


class TargetQuerySet(models.QuerySet["Target"]):
    """Targets of indicators."""

    def in_force(self) -> Self:
        """Keep the targets that no later one supersedes; an abandoned target is one of them."""
        return self.filter(superseded_on__isnull=True)


class ObservationQuerySet(ContributionQuerySet["Observation"]):
    """Versions of the values of indicators."""

    def of_indicators(self, indicators: Iterable[Indicator | int]) -> Self:
        """Keep the versions of these indicators' values."""
        return self.filter(indicator__in=indicators)

    def in_plans(self, plans: Iterable[Plan]) -> Self:
        """Keep the versions of values of these plans, each with what a line shows of it."""
        return self.filter(indicator__plan__in=plans).select_related(
            "indicator__plan__region", "indicator__unit", "indicator__measure", "author"
        )
