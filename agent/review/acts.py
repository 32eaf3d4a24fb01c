"""What a reviewer does to the version they have read, by the service of its kind."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from indicators import services
from indicators.models import Observation
from plans import workflow
from plans.models import Contribution


def publish_seen(row: Contribution, request: HttpRequest, *, seen: int) -> None:
    """Publish a contribution as the person read it: `seen` is its revision, 0 for none.

    Raises what `plans.workflow.publish` raises.
    """
    now = timezone.now()
    reviewer: Any = request.user
    if isinstance(row, Observation):
        services.publish(row, reviewer=reviewer, at=now, revision=seen)
    else:
        workflow.publish(row, row.permission_plan, reviewer=reviewer, at=now, revision=seen)


def withdraw_seen(row: Contribution, *, reason: str, seen: int) -> None:
    """Take a published version back as the person read it.

    Raises what `plans.workflow.withdraw` raises.
    """
    withdraw = services.withdraw if isinstance(row, Observation) else workflow.withdraw
    withdraw(row, reason=reason, at=timezone.now(), revision=seen)  # type: ignore[arg-type]


def why(refusal: workflow.WorkflowError | ValidationError) -> str:
    """Return the words of a refusal."""
    return " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
