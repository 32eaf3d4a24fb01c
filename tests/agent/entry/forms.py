"""What the entry form posts, and what its page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from indicators.models import Indicator
from plans.models import Role
from tests.agent.staff import member, signed_in
from tests.typography import plain

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
YEAR_2024, YEAR_2025 = "2024-01-01/2024-12-31", "2025-01-01/2025-12-31"


def address(indicator: Indicator, query: str = "") -> str:
    return f"/agent/plans/{indicator.plan.slug}/indicateurs/{indicator.code}/saisie/{query}"


def typed(value: str = "45", **fields: Any) -> dict[str, Any]:
    """Return what the form posts for 2025."""
    return {
        "period": YEAR_2025,
        "value": value,
        "qualifier": "exact",
        "action": "save",
        **fields,
    }


def contributor(indicator: Indicator) -> Client:
    return signed_in(member(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure))


def errors(response: Any) -> dict[str, list[str]]:
    form = response.context["form"]
    return {name: list(map(plain, texts)) for name, texts in form.errors.items()}


def text(response: Any) -> str:
    return re.sub(r"[ \n]+", " ", response.content.decode()).strip()
