"""The messages in the OpenAPI file: one entry for each thing that is told of (docs/webhooks.md)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from exchange.webhooks.models import TEST, EventKind

Schema = dict[str, Any]


def _of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _text(description: str, **more: str) -> Schema:
    return {"type": "string", "description": description, **more}


PLAN = {
    "plan": _text("The slug of the plan."),
    "plan_url": _text("The plan in this API.", format="uri"),
}
PAGE = {"page_url": _text("The page where people read it.", format="uri")}
WITHDRAWAL = {
    "withdrawn_at": _text("When it was taken back; only in a withdrawal.", format="date-time"),
    "withdrawal_reason": _text("Why; only in a withdrawal."),
}
MILESTONE = {
    "plan": _text("The slug of the plan."),
    "measure": _text("The code of the measure."),
    "milestone": _text("The code of the milestone in its measure."),
    "milestone_url": _text("The milestone in this API.", format="uri"),
    "correction_reason": _text("Why it replaces another; empty where it does not."),
}
UPDATE = {"allOf": [_of("Update"), {"type": "object", "properties": MILESTONE}]}
HEADERS = {
    "webhook-id": "The message: the same when it is sent again.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": (
        "One or more signatures `v1,<base64>`, separated by spaces: HMAC-SHA256 of "
        "`<webhook-id>.<webhook-timestamp>.<body>` under the secret of the subscription."
    ),
}


def _webhook(
    name: str, summary: str, kinds: list[str], data: Schema, optional: Schema | None = None
) -> OpenApiWebhook:
    """Describe the messages about one thing; `optional` is what only some kinds hold."""
    message = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": kinds},
            "timestamp": _text("When it happened.", format="date-time"),
            "data": {
                "type": "object",
                "required": list(data),
                "additionalProperties": False,
                "properties": data | (optional or {}),
            },
        },
    }
    operation = {
        "operationId": f"told_{name}",
        "summary": summary,
        "tags": ["webhooks"],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for header, text in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {
            "2XX": {"description": "Received. Anything else is a failure, and is tried again."},
            "410": {"description": "Ends the subscription."},
        },
    }
    return OpenApiWebhook(name=name, decorator={"post": operation})


def _row(name: str, schema: Schema) -> Schema:
    """Return the properties of a message about a row, and the version it replaced."""
    return {**PLAN, **PAGE, name: schema, "previous": {"anyOf": [schema, {"type": "null"}]}}


def _kinds(thing: str) -> list[str]:
    return [kind for kind in EventKind.values if kind.startswith(f"{thing}.")]


observation = _webhook(
    "observation",
    "A value was published, corrected or withdrawn",
    _kinds("observation"),
    _row("observation", _of("Observation")),
    WITHDRAWAL,
)
milestone_update = _webhook(
    "milestone_update",
    "The state of a milestone was published, corrected or withdrawn",
    _kinds("milestone_update"),
    _row("milestone_update", UPDATE),
    WITHDRAWAL,
)
target = _webhook(
    "target",
    "A target was added, revised or abandoned",
    _kinds("target"),
    _row("target", _of("Target")),
)
trial = _webhook("test", "A manager tries the address", [TEST], PLAN)
