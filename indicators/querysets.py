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
