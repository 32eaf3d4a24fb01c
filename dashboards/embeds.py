"""Cards that other sites show in a frame: no script, no cookie, nothing but the card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from dashboards.counting import counted_in
from dashboards.lines import IndicatorLine, lines_of
from dashboards.milestones import states_by_plan
from dashboards.tallies import SERIOUSNESS, StatusCount, Summary, count_statuses, summarise
from indicators.models import Indicator, Status
from measures.models import Measure
from plans.models import Plan

THEMES = ("clair", "sombre")
NO_ACCENT = ("aucun", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a card looks: the reader's own colours unless the address says otherwise."""

    theme: str = ""
    accent: bool = True

    @classmethod
    def asked(cls, query: QueryDict) -> Look:
        """Return the look that an address asks for; what it cannot be is left out."""
        theme = query.get("theme", "")
        return cls(
            theme=theme if theme in THEMES else "", accent=query.get("accent") not in NO_ACCENT
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorCard:
    """An indicator in a frame."""

    plan: Plan
    as_of: date
    indicator: Indicator
    lines: tuple[IndicatorLine, ...]
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCard:
    """A plan in a frame."""

    plan: Plan
    as_of: date
    summary: Summary
    counts: tuple[StatusCount, ...]
    look: Look


def indicator_card(indicator: Indicator, look: Look, *, on: date) -> IndicatorCard:
    """Load the card of an indicator."""
    return IndicatorCard(
        plan=indicator.plan,
        as_of=on,
        indicator=indicator,
        lines=tuple(lines_of("pk", indicator.pk, on=on)),
        look=look,
    )


def plan_card(plan: Plan, look: Look, *, on: date) -> PlanCard:
    """Load the card of a plan."""
    targets = counted_in(plan.pk, on=on)
    measures = Measure.objects.filter(plan=plan)
    states = states_by_plan(measures, on=on)[plan.pk]
    return PlanCard(
        plan=plan,
        as_of=on,
        summary=summarise(targets, states, measures=measures.count()),
        counts=count_statuses(target.status for target in targets),
        look=look,
    )


def status_of(indicator: Indicator, *, on: date) -> tuple[Status, int]:
    """Return the status to look at first among an indicator's targets, and how many there are."""
    lines = lines_of("pk", indicator.pk, on=on)
    statuses = [Status(line.progress.status) for line in lines]
    return min(statuses, key=SERIOUSNESS.index), len(statuses)
