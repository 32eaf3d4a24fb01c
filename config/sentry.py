"""Errors sent to a Sentry server, where one is set: what failed, nothing of whom it failed for."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.logs import impersonal


def start(dsn: str, *, release: str, environment: str) -> None:
    """Begin to send errors.

    Raises ImproperlyConfigured when the package is not installed: an installation that asks for
    its errors must not believe that there are none.
    """
    if find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set and the package sentry-sdk is not installed: "
            "pip install --require-hashes -r requirements/production.txt"
        )
    import sentry_sdk  # noqa: PLC0415 - an optional dependency

    sentry_sdk.init(
        dsn=dsn,
        release=release,
        environment=environment,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0,
        before_send=without_people,  # type: ignore[arg-type]
    )


def without_people(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the person, the address asked for, its headers and its cookies."""
    event.pop("user", None)
    event.pop("breadcrumbs", None)
    event.pop("server_name", None)
    request = event.pop("request", None)
    if request:
        event["request"] = {"method": request.get("method", "")}
    for one in event.get("exception", {}).get("values", []):
        if isinstance(one.get("value"), str):
            one["value"] = impersonal(one["value"])
    entry = event.get("logentry")
    if entry:
        event["logentry"] = {"message": impersonal(str(entry.get("message", "")))}
    return event
