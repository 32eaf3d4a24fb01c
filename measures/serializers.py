"""Measures and milestones, as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from measures.models import Advancement, Milestone
from plans.api_support.fields import (
    Address,
    Choice,
    Day,
    Flag,
    Listed,
    Moment,
    Reasons,
    Text,
    Whole,
    address,
)
from plans.serializers import (
    PLAN,
    ParticipationSerializer,
    api_example,
    label,
    locator,
    note_codes,
    of_plan,
    page,
    plan_and_code,
    source_address,
    updated_at,
)


def missing_of_measure(row: Any) -> dict[str, str]:
    missing = {name: "not_stated" for name in ("starts_on", "ends_on") if not getattr(row, name)}
    return missing if row.state else {"state": "not_reported", **missing}


class MeasureSerializer(serializers.Serializer[Any]):
    """An action of a plan."""

    id = plan_and_code("pack-ia")
    plan, plan_url = of_plan()
    objective = Text(
        "The code of its objective.", of=lambda row: row.objective.code, example="competitivite"
    )
    objective_url = Address(
        "Its objective.",
        of=lambda row: address("plans", row.plan.slug, "objectives", row.objective.code),
        example=api_example(f"plans/{PLAN}/objectives/competitivite"),
    )
    code = Text("What identifies the measure in its plan.", example="pack-ia")
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.plan.slug, "measures", row.code),
        example=api_example(f"plans/{PLAN}/measures/pack-ia"),
    )
    page_url = page("measure", f"/plans/{PLAN}/mesures/pack-ia/")
    position = Whole("Its rank in the objective.", example=1)
    title = Text("The title.", example="Pack IA")
    summary = Text("What it is about.", example="Un diagnostic et un accompagnement.")
    state = Choice("How far it is, when that was reported.", Advancement, allow_null=True)
    state_label = label("state", "The state", "en cours", allow_null=True)
    state_reason = Text("More on the state, such as why it was abandoned.", example="")
    starts_on = Day("Its first day.", allow_null=True, example="2019-09-01")
    ends_on = Day("Its last day.", allow_null=True, example="2024-12-31")
    missing_reason = Reasons(of=missing_of_measure, example={"state": "not_reported"})
    organisations = ParticipationSerializer(
        many=True, read_only=True, source="participations", help_text="Who takes part, and how."
    )
    sectors = Listed(
        "The codes of its sectors.",
        of=lambda row: [sector.code for sector in row.sectors.all()],
        example=["sante"],
    )
    notes = note_codes()
    source = source_address()
    locator = locator()
    updated_at = updated_at()


class UpdateSerializer(serializers.Serializer[Any]):
    """The latest published state of a milestone."""

    as_of = Day("The day on which it was so.", example="2022-08-30")
    advancement = Choice("How far it was.", Advancement)
    advancement_label = label("advancement", "The state", "fait")
    provisional = Flag("Whether the source calls it provisional.", example=False)
    date_inferred = Flag("Whether the day is inferred.", example=False)
    comment = Text("A public remark.", example="")
    source = source_address()
    locator = locator()
    published_at = Moment("When it was published here.", example="2026-11-20T23:00:00Z")


def missing_of_milestone(row: Any) -> dict[str, str]:
    missing = {} if row.due_on else {"due_on": "not_stated"}
    return missing if row.latest_update else {**missing, "latest_update": "not_reported"}


def milestone_id(row: Milestone) -> str:
    return f"{row.measure.plan.slug}/{row.measure.code}/{row.code}"


class MilestoneSerializer(serializers.Serializer[Any]):
    """A yes/no deliverable of a measure, with its latest published state."""

    id = Text("Plan, measure and code.", of=milestone_id, example=f"{PLAN}/pack-ia/appel")
    plan = Text("The slug of the plan.", of=lambda row: row.measure.plan.slug, example=PLAN)
    measure = Text("The code of its measure.", of=lambda row: row.measure.code, example="pack-ia")
    measure_url = Address(
        "Its measure.",
        of=lambda row: address("plans", row.measure.plan.slug, "measures", row.measure.code),
        example=api_example(f"plans/{PLAN}/measures/pack-ia"),
    )
    code = Text("What identifies the milestone in its measure.", example="appel")
    url = Address(
        "This resource.",
        of=lambda row: address(
            "plans", row.measure.plan.slug, "measures", row.measure.code, "milestones", row.code
        ),
        example=api_example(f"plans/{PLAN}/measures/pack-ia/milestones/appel"),
    )
    position = Whole("Its rank in the measure.", example=1)
    title = Text("What is to be delivered.", example="Appel à projets lancé")
    due_on = Day("When it is due.", allow_null=True, example="2022-12-31")
    latest_update = UpdateSerializer(
        allow_null=True,
        read_only=True,
        help_text="What is known of its state; null when nobody reported it.",
    )
    missing_reason = Reasons(of=missing_of_milestone, example={"due_on": "not_stated"})
    source = Address(
        "The source; null when it is not stated.",
        of=lambda row: (
            address("plans", row.measure.plan.slug, "sources", row.source.code)
            if row.source
            else None
        ),
        allow_null=True,
        example=api_example(f"plans/{PLAN}/sources/deliberation"),
    )
    locator = locator()
    updated_at = updated_at()
