"""Cards that other sites show in a frame: no script, no cookie, nothing but the card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from dashboards.counting import counted_in
from dashboards.lines import IndicatorLine, lines_of
from dashboards.milestones import states_by_plan
from dashboards.tallies import (
    SERIOUSNESS,
    MilestoneCount,
    StatusCount,
    Summary,
    count_milestones,
    count_statuses,
    summarise,
)
from indicators.models import Indicator, Status
from measures.models import Measure
from plans.models import Plan

THEMES = ("clair", "sombre")
NO_ACCENT = ("aucun", "none")
ACCEPTED = {"theme": THEMES, "accent": NO_ACCENT}
"""What an address may ask of a card's look."""
MOST_SAID = 3
LONGEST_SAID = 40
"""Characters of what somebody else wrote in an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a card looks: the reader's own colours unless the address says otherwise."""

    theme: str = ""
    accent: bool = True
    ignored: tuple[str, ...] = ()
    """One sentence for each thing asked for that a card cannot do: the card itself says so."""

    @classmethod
    def asked(cls, query: QueryDict) -> Look:
        """Return the look that an address asks for; what it cannot be is left out, and said."""
        theme = query.get("theme", "")
        return cls(
            theme=theme if theme in THEMES else "",
            accent=query.get("accent") not in NO_ACCENT,
            ignored=tuple(_ignored(query))[:MOST_SAID],
        )


def _ignored(query: QueryDict) -> Iterator[str]:
    for name, values in query.lists():
        if name not in ACCEPTED:
            yield _("« %(name)s » n’est pas un paramètre de cette carte ; il est ignoré.") % {
                "name": name[:LONGEST_SAID]
            }
            continue
        for value in values:
            if value and value not in ACCEPTED[name]:
                yield _(
                    "« %(name)s=%(value)s » n’est pas un choix possible ; il est ignoré. "
                    "Choix : %(choices)s."
                ) % {
                    "name": name,
                    "value": value[:LONGEST_SAID],
                    "choices": ", ".join(ACCEPTED[name]),
                }


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
    milestone_counts: tuple[MilestoneCount, ...]
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
        milestone_counts=count_milestones(states),
        look=look,
    )


def status_of(indicator: Indicator, *, on: date) -> tuple[Status, int]:
    """Return the status to look at first among an indicator's targets, and how many there are."""
    lines = lines_of("pk", indicator.pk, on=on)
    statuses = [Status(line.progress.status) for line in lines]
    return min(statuses, key=SERIOUSNESS.index), len(statuses)
