"""Axes and objectives, as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from objectives.models import Objective
from plans.api_support.fields import Address, Choice, Text, Whole, address
from plans.serializers import (
    PLAN,
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


class ObjectiveSerializer(serializers.Serializer[Any]):
    """An axis or an objective of a plan."""

    id = plan_and_code("competitivite")
    plan, plan_url = of_plan()
    code = Text("What identifies the objective in its plan.", example="competitivite")
    url = Address(
        "This resource.",
        of=lambda row: address("plans", row.plan.slug, "objectives", row.code),
        example=api_example(f"plans/{PLAN}/objectives/competitivite"),
    )
    page_url = page("objective", f"/plans/{PLAN}/objectifs/competitivite/")
    kind = Choice("How the source calls it.", Objective.Kind)
    kind_label = label("kind", "The kind", "objectif")
    parent = Text(
        "The code of the objective it is part of; null for none.",
        of=lambda row: row.parent.code if row.parent else None,
        allow_null=True,
        example="axe-1",
    )
    position = Whole("Its rank in the plan.", example=1)
    title = Text("The title.", example="Booster la compétitivité")
    summary = Text("What it is about.", example="Aider les entreprises à adopter l’IA.")
    notes = note_codes()
    source = source_address()
    locator = locator()
    updated_at = updated_at()
