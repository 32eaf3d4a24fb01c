"""What a message says: the published row as the API writes it, and where to read more.

Nothing but what anybody may read on the site: no author, no reviewer, no draft. Published versions
do not change, so a message written late says the same; a target is told as it stands then.
"""

from __future__ import annotations

import json
from typing import Any

from exchange.webhooks.models import TEST, WebhookEvent
from indicators.models import Observation, Target
from indicators.serializers import ObservationSerializer, TargetSerializer
from measures.models import MilestoneUpdate
from measures.serializers import UpdateSerializer
from plans.addresses import absolute
from plans.api_support.fields import Moment, address
from plans.models import Contribution


def body_of(event: WebhookEvent) -> str:
    """Return the message of an event, as JSON: its type, when it occurred, and its data."""
    message = {
        "type": event.kind,
        "timestamp": Moment().to_representation(event.occurred_at),
        "data": _data(event),
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _data(event: WebhookEvent) -> dict[str, Any]:
    data: dict[str, Any] = {
        "plan": event.plan.slug,
        "plan_url": address("plans", event.plan.slug),
    }
    if event.kind == TEST:
        return data
    if event.target_id is not None:
        target = _target(event.target_id)
        return data | {
            "page_url": absolute(target.indicator.get_absolute_url()),
            "target": TargetSerializer(target).data,
            "previous": target.supersedes_id
            and TargetSerializer(_target(target.supersedes_id)).data,
        }
    row: Contribution
    if event.observation_id is not None:
        row = observation = _observation(event.observation_id)
        data |= {
            "page_url": absolute(observation.indicator.get_absolute_url()),
            "observation": ObservationSerializer(observation).data,
            "previous": row.supersedes_id
            and ObservationSerializer(_observation(row.supersedes_id)).data,
        }
    else:
        assert event.update_id is not None
        row = update = _update(event.update_id)
        data |= {
            "page_url": absolute(update.milestone.measure.get_absolute_url()),
            "milestone_update": _update_data(update),
            "previous": row.supersedes_id and _update_data(_update(row.supersedes_id)),
        }
    if row.is_withdrawn and event.kind.endswith(".withdrawn"):
        assert row.superseded_at is not None
        data["withdrawn_at"] = Moment().to_representation(row.superseded_at)
        data["withdrawal_reason"] = row.withdrawal_reason
    return data


def _observation(number: int) -> Observation:
    rows = Observation.objects.select_related("indicator__plan", "indicator__unit", "source")
    return rows.get(pk=number)


def _target(number: int) -> Target:
    rows = Target.objects.select_related("indicator__plan", "indicator__unit", "source")
    return rows.prefetch_related("periods", "checkpoints").get(pk=number)


def _update(number: int) -> MilestoneUpdate:
    rows = MilestoneUpdate.objects.select_related("milestone__measure__plan", "source__plan")
    return rows.get(pk=number)


def _update_data(row: MilestoneUpdate) -> dict[str, Any]:
    milestone = row.milestone
    measure = milestone.measure
    words = ("plans", measure.plan.slug, "measures", measure.code, "milestones", milestone.code)
    return {
        "plan": measure.plan.slug,
        "measure": measure.code,
        "milestone": milestone.code,
        "milestone_url": address(*words),
        **UpdateSerializer(row).data,
        "correction_reason": row.correction_reason,
    }
