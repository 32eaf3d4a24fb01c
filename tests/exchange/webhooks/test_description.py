"""Every message that is sent is one that the OpenAPI file tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from jsonschema import Draft202012Validator

from exchange.models import WebhookEvent
from exchange.webhooks import services
from exchange.webhooks.models import TEST
from exchange.webhooks.payloads import body_of
from indicators import promises
from measures.models import MilestoneUpdate
from plans import workflow
from plans.models import Plan
from tests.exchange.webhooks.changes import (
    ALL,
    corrected,
    kinds,
    published,
    reported,
    revised,
    subscribed,
    withdrawn,
)
from tests.factories import IndicatorFactory, MilestoneFactory, PlanFactory, TargetFactory

pytestmark = pytest.mark.django_db

SCHEMA: dict[str, Any] = yaml.safe_load(
    Path(settings.BASE_DIR / "docs/openapi.yaml").read_text(encoding="utf-8")
)


def message_schema(kind: str) -> dict[str, Any]:
    """Return the schema of the messages of a kind, with the components that it names."""
    [told] = [
        body["schema"]
        for entry in SCHEMA["webhooks"].values()
        for body in entry["post"]["requestBody"]["content"].values()
        if kind in body["schema"]["properties"]["type"]["enum"]
    ]
    return {**told, "components": SCHEMA["components"]}


def test_one_message_of_every_kind_is_as_described() -> None:
    plan: Plan = PlanFactory.create()
    subscription, _secret = subscribed(plan)
    indicator = IndicatorFactory.create(plan=plan, measure__plan=plan)
    today = timezone.localdate()
    withdrawn(corrected(published(indicator, value=30), value=32))
    milestone = MilestoneFactory.create(measure__plan=plan)
    first: MilestoneUpdate = reported(milestone, advancement="in_progress")
    second = reported(milestone, advancement="done", supersedes=first, correction_reason="Erreur")
    workflow.withdraw(second, reason="Pas encore", at=timezone.now())
    revision = revised(TargetFactory.create(indicator=indicator, value=100), 150)
    promises.abandon(revision, reason="Crédits retirés", on=today, today=today)
    services.send_test(subscription, at=timezone.now())

    assert set(kinds()) == {*ALL, TEST}
    for event in WebhookEvent.objects.select_related("plan"):
        errors = [
            f"{event.kind} {error.json_path}: {error.message}"
            for error in Draft202012Validator(message_schema(event.kind)).iter_errors(
                json.loads(body_of(event))
            )
        ]
        assert errors == []


@pytest.mark.parametrize("kind", [*ALL, TEST])
def test_a_message_without_its_data_or_with_more_than_told_is_none(kind: str) -> None:
    check = Draft202012Validator(message_schema(kind))
    timestamp = "2026-11-21T09:30:00Z"

    assert not check.is_valid({"type": kind, "timestamp": timestamp})
    assert not check.is_valid({"type": kind, "timestamp": timestamp, "data": {"author": "Léa"}})
