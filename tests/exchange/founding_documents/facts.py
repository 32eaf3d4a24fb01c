"""A loaded plan asked by codes, and what is to be found in it.

The tables of the tests read: the fact, what of the loaded data holds it, and what is expected
there. Texts are compared by the words that carry the fact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from indicators.models import Observation, Target
from measures.models import MilestoneUpdate
from objectives.models import Objective
from plans.models import Plan, Source
from tests.exchange.reference_plans import as_typed, said


@dataclass(frozen=True)
class Loaded:
    """A loaded plan, asked by codes."""

    plan: Plan

    @property
    def sectors(self) -> set[str]:
        return {sector.name for sector in self.plan.sectors.all()}

    @property
    def objectives(self) -> QuerySet[Objective]:
        return self.plan.objectives.order_by("position")

    def source(self, code: str) -> Source:
        return self.plan.sources.get(code=code)

    def claim(self, code: str) -> str:
        return self.plan.claims.get(code=code).statement

    def note(self, code: str) -> str:
        return self.plan.notes.get(code=code).text

    def summary(self, measure: str) -> str:
        return self.plan.measures.get(code=measure).summary

    def measures_of(self, objective: str) -> list[str]:
        return [as_typed(one.title) for one in self.plan.measures.filter(objective__code=objective)]

    def organisations(self, measure: str) -> list[str]:
        participations = self.plan.measures.get(code=measure).participations
        return [one.organisation.code for one in participations.all()]

    def promised(self, indicator: str) -> tuple[str, str, list[Decimal | None]]:
        target = Target.objects.get(indicator__plan=self.plan, indicator__code=indicator)
        values = [period.value for period in target.periods.all()]
        return target.kind, target.operator, list(values) or [target.value]

    def tolerance(self, indicator: str) -> Decimal:
        return Target.objects.get(indicator__plan=self.plan, indicator__code=indicator).tolerance

    def unit(self, indicator: str) -> str:
        return self.plan.indicators.get(code=indicator).unit.code

    def value(self, indicator: str, on: date) -> Decimal | None:
        published = Observation.objects.filter(indicator__plan=self.plan).current()
        return published.get(indicator__code=indicator, period_end=on).value

    def milestones(self, measure: str) -> list[str]:
        return [one.code for one in self.plan.measures.get(code=measure).milestones.all()]

    def reported(self, milestone: str) -> list[tuple[date, str]]:
        published = MilestoneUpdate.objects.filter(milestone__measure__plan=self.plan).current()
        return [(one.as_of, one.advancement) for one in published.filter(milestone__code=milestone)]


Check = tuple[Callable[[Loaded], object], object]
Fact = tuple[str, *tuple[Check, ...]]
"""What the document says; then each look-up, with what it must find."""


def words(where: Callable[[Loaded], str], *phrases: str) -> Check:
    """Return the check that a text holds these phrases."""
    return (lambda loaded: said(where(loaded), *phrases)), phrases


def facts_not_found(loaded: Loaded, facts: list[Fact]) -> list[tuple[int, str, object]]:
    """Return the number, the words and what was found instead, for each fact not in the data."""
    return [
        (number, fact, found)
        for number, (fact, *checks) in enumerate(facts, start=1)
        for look, expected in checks
        if (found := look(loaded)) != expected
    ]
