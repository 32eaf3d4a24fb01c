"""The two kinds of contributions, by the noun that stands for them in an address."""

from __future__ import annotations

from django.db import models
from django.http import Http404

from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans.models import Contribution, Plan

_PEOPLE = ("author", "reviewer", "edited_by", "source")


class NounConverter:
    """Accepts the nouns of contributions in an address, and nothing else."""

    regex = f"{Observation.noun}|{MilestoneUpdate.noun}"

    def to_python(self, value: str) -> str:
        """Return the noun as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the noun as it stands."""
        return value


def observations_of(plan: Plan) -> models.QuerySet[Observation]:
    """Return a plan's observations, every version, with what a page shows of them."""
    return Observation.objects.filter(indicator__plan=plan).select_related(
        *_PEOPLE,
        "indicator__plan",
        "indicator__unit",
        "indicator__measure__objective",
        "supersedes",
    )


def updates_of(plan: Plan) -> models.QuerySet[MilestoneUpdate]:
    """Return a plan's milestone updates, every version, with what a page shows of them."""
    return MilestoneUpdate.objects.filter(milestone__measure__plan=plan).select_related(
        *_PEOPLE, "milestone__measure__plan", "milestone__measure__objective", "supersedes"
    )


def stands_at(plan: Plan, noun: str, number: int) -> Contribution | None:
    """Return a contribution of this plan; None where there is none, or it is another plan's."""
    if noun == Observation.noun:
        return observations_of(plan).filter(pk=number).first()
    return updates_of(plan).filter(pk=number).first()


def contribution_at(plan: Plan, noun: str, number: int) -> Contribution:
    """Return a contribution of this plan; one of another plan does not exist here (404)."""
    found = stands_at(plan, noun, number)
    if found is None:
        raise Http404
    return found
