"""What the grid posts, and what its page shows."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from agent.entry.rows import Row
from indicators.models import Indicator, Observation
from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.typography import plain


def address(plan: Plan, period: str = "2025") -> str:
    return f"/agent/plans/{plan.slug}/saisie/?periode={period}"


def pilot(measure: Measure) -> Client:
    return signed_in(member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure))


def cells(indicators: list[Indicator], *typed: str, **more: Any) -> dict[str, Any]:
    """Return what the form posts: a text per indicator, "a/b" for a ratio."""
    posted: dict[str, Any] = {"action": "save", **more}
    for indicator, text in zip(indicators, typed, strict=False):
        prefix = f"i{indicator.pk}"
        if indicator.measurement == "ratio":
            numerator, _slash, denominator = text.partition("/")
            posted |= {f"{prefix}-numerator": numerator, f"{prefix}-denominator": denominator}
        else:
            posted[f"{prefix}-value"] = text
    return posted


def shown(response: Any) -> dict[str, Any]:
    """Return what the form carries as it stands: every input and what it holds."""
    posted: dict[str, Any] = {}
    for row in rows_of(response):
        for field in row.form:
            posted[field.html_name] = field.value() or ""
        posted |= dict(row.shown)
        if row.stored is not None:
            posted[f"{row.form.prefix}-revision"] = row.stored.revision
    return posted


def rows_of(response: Any) -> list[Row]:
    rows: list[Row] = response.context["rows"]
    return rows


def errors(response: Any) -> list[list[str]]:
    """Return what each row is told to mend."""
    return [list(map(plain, row.errors)) for row in rows_of(response)]


def text(response: Any) -> str:
    return re.sub(r"[ \n]+", " ", response.content.decode())


def drafts() -> dict[str, str]:
    """Return the value under way of each indicator, by title."""
    return {
        row.indicator.title: (
            f"{row.value:f}".rstrip("0").rstrip(".")
            if row.value is not None
            else f"{row.numerator:.0f}/{row.denominator:.0f}"
        )
        for row in Observation.objects.exclude(state="published").select_related("indicator")
    }


def states() -> dict[str, str]:
    return dict(
        Observation.objects.exclude(state="published").values_list("indicator__title", "state")
    )
