"""The rows of the plans, to compare before and after."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from indicators.models import ProgressRecord


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of the plans, but for the stored progress and the audit trail."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for app in ("plans", "objectives", "measures", "indicators")
        for model in apps.get_app_config(app).get_models()
        if model is not ProgressRecord and not model.__name__.endswith("Event")
    }


def ids() -> dict[str, set[int]]:
    """The ids of every row."""
    return {label: {row["id"] for row in rows} for label, rows in everything().items()}
