"""States of milestones under way, as a partner's system sends them and is shown them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from measures.models import Advancement, MilestoneUpdate
from plans.api_support.draft_serializers import (
    ContentSerializer,
    ContributionSerializer,
    SentChoice,
    SentDay,
    missing_of,
)
from plans.api_support.fields import Address, Choice, Day, Reasons, Text, Whole, address
from plans.serializers import PLAN, api_example, label

MILESTONE = f"plans/{PLAN}/measures/pack-ia/milestones/appel"


def draft_address(row: MilestoneUpdate) -> str:
    """Return the address of a state under way."""
    return address(*_words(row), "drafts", row.as_of.isoformat())


def _words(row: MilestoneUpdate) -> tuple[str, ...]:
    measure = row.milestone.measure
    return ("plans", measure.plan.slug, "measures", measure.code, "milestones", row.milestone.code)


class MilestoneStateSerializer(ContentSerializer):
    """A state, without its day: what replaces a draft."""

    advancement = SentChoice(
        "What the source says of the milestone: "
        + "; ".join(f"`{code}`: {said}" for code, said in Advancement.choices)
        + ".",
        choices=Advancement.choices,
        example="done",
    )


class MilestoneUpdateInputSerializer(MilestoneStateSerializer):
    """A state and the day it was found on."""

    as_of = SentDay("The day that the source speaks of.", example="2022-12-31")


class MilestoneDraftSerializer(ContributionSerializer):
    """A state under way, or just published."""

    plan = Text(
        "The slug of the plan.", of=lambda row: row.milestone.measure.plan.slug, example=PLAN
    )
    measure = Text(
        "The code of the measure.", of=lambda row: row.milestone.measure.code, example="pack-ia"
    )
    milestone = Text(
        "The code of the milestone.", of=lambda row: row.milestone.code, example="appel"
    )
    milestone_url = Address(
        "The milestone, with its latest published state.",
        of=lambda row: address(*_words(row)),
        example=api_example(MILESTONE),
    )
    url = Address(
        "This resource, while it is under way.",
        of=draft_address,
        example=api_example(f"{MILESTONE}/drafts/2022-12-31"),
    )
    as_of = Day("The day that the source speaks of.", example="2022-12-31")
    advancement = Choice("The state.", Advancement)
    advancement_label = label("advancement", "The state", "fait")
    missing_reason = Reasons(of=missing_of, example={"published_at": "not_published"})


class MilestoneDraftPageSerializer(serializers.Serializer[Any]):
    """A page of the states under way."""

    count = Whole("How many there are, all pages together.", example=42)
    next = Address(
        "The page after this one; null when there is none.",
        allow_null=True,
        example=api_example(f"plans/{PLAN}/milestone-drafts") + "?page=3",
    )
    previous = Address(
        "The page before this one; null when there is none.",
        allow_null=True,
        example=api_example(f"plans/{PLAN}/milestone-drafts") + "?page=1",
    )
    results = MilestoneDraftSerializer(many=True, help_text="The rows of this page.")
