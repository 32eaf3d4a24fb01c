"""Errors, in one shape everywhere under /api/: application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions, serializers

from plans.api_support.fields import Listed, Text, Whole

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "The request is not understood",
    403: "Not allowed",
    404: "Nothing has this address",
    405: "This address is only read",
    406: "None of the accepted formats is available",
    429: "Too many requests",
    500: "The site failed",
}


class ParameterErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one parameter."""

    parameter = Text("The name of the parameter.", example="status")
    detail = Text("What is wrong with it.", example="“late” is not an allowed value.")
    allowed = Listed(
        "The values, or the names, that are allowed; empty when they cannot be listed.",
        example=["on_track", "watch", "behind"],
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 describes it."""

    type = Text("Always `about:blank`: the status says it all.", example="about:blank")
    title = Text("What the status means here.", example="The request is not understood")
    status = Whole("The HTTP status.", example=400)
    detail = Text("What happened, in one sentence.", example="One parameter is wrong.")
    errors = ParameterErrorSerializer(
        many=True, required=False, help_text="What is wrong with which parameter (400 only)."
    )


class WrongParameters(exceptions.APIException):
    """Parameters that are not known, or whose value is not allowed."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(" ".join(error["detail"] for error in errors))
        self.errors = errors


def wrong(parameter: str, detail: str, allowed: Any = ()) -> dict[str, Any]:
    """Return what is wrong with one parameter."""
    return {"parameter": parameter, "detail": detail, "allowed": [str(one) for one in allowed]}


def problem(status: int, detail: str = "", errors: Any = None) -> HttpResponse:
    """Return the answer that tells an error."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title}
    if errors:
        body["errors"] = errors
    answer = HttpResponse(
        json.dumps(body, ensure_ascii=False), content_type=MEDIA_TYPE, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


def handle(  # noqa: PLR0911 - one line a kind
    error: Exception, context: dict[str, Any]
) -> HttpResponse | None:
    """Turn what a view raises into a problem; what nobody foresaw stays a failure (500)."""
    match error:
        case Http404():
            return problem(404, "No public resource has this address.")
        case PermissionDenied():
            return problem(403)
        case WrongParameters():
            return problem(400, str(error.detail), error.errors)
        case exceptions.MethodNotAllowed():
            answer = problem(
                405, f"{context['request'].method} is not allowed: this address is only read."
            )
            answer["Allow"] = ", ".join(context["view"].allowed_methods)
            return answer
        case exceptions.Throttled():
            wait = int(getattr(error, "wait", None) or 1)
            answer = problem(429, f"Try again in {wait} seconds.")
            answer["Retry-After"] = str(wait)
            return answer
        case exceptions.NotAcceptable():
            return problem(406, "Ask for application/json or text/csv.")
        case exceptions.APIException():
            return problem(error.status_code, str(error.detail))
    return None
