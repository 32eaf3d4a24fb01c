"""Errors, in one shape everywhere under /api/: application/problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from rest_framework import exceptions, serializers

from plans.api_support.fields import Listed, Text, Whole

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "The request is not understood",
    401: "No valid token is shown",
    403: "Not allowed",
    404: "Nothing has this address",
    405: "The method is not one of this address",
    406: "None of the accepted formats is available",
    409: "It conflicts with what is there",
    412: "It is not the version you have seen",
    413: "The request is too large",
    415: "The body is not JSON",
    422: "The content is refused",
    428: "The version you have seen is not named",
    429: "Too many requests",
    500: "The site failed",
    503: "The site cannot answer for the moment",
}


NOT_SHOWN = "Show a token: “Authorization: Bearer ” and the token that a manager of the plan made."


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


class FieldErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one part of the body."""

    pointer = Text(
        "Where it stands in the body (RFC 6901); empty for the whole.", example="/rows/3/value"
    )
    detail = Text("What is wrong with it.", example="Write a number such as “40.5”.")


class RefusalSerializer(serializers.Serializer[Any]):
    """A refused content, as RFC 9457 describes it."""

    type = Text("Always `about:blank`: the status says it all.", example="about:blank")
    title = Text("What the status means here.", example="The content is refused")
    status = Whole("The HTTP status.", example=422)
    detail = Text("What happened, in one sentence.", example="One field is refused.")
    errors = FieldErrorSerializer(
        many=True, required=False, help_text="What is wrong with which part of the body."
    )
    doubts = Listed(
        "Why the value surprises, where that is all: nothing is wrong with the rest.",
        required=False,
        example=["The value is more than three times the one before (30)."],
    )
    confirmation = Text(
        "What to send back to hand the value in all the same.",
        required=False,
        example="5f2d1c0a9b8e7f66",
    )


class WrongParameters(exceptions.APIException):
    """Parameters that are not known, or whose value is not allowed."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(" ".join(error["detail"] for error in errors))
        self.errors = errors


class Refused(exceptions.APIException):
    """What a write is refused for; `more` joins the problem, `headers` the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status_code = status
        self.headers = dict(headers or {})
        self.more = more


class Moved(exceptions.APIException):
    """What the address names has another address now, for good."""

    status_code = HTTPStatus.PERMANENT_REDIRECT

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


def wrong(parameter: str, detail: str, allowed: Any = ()) -> dict[str, Any]:
    """Return what is wrong with one parameter."""
    return {"parameter": parameter, "detail": detail, "allowed": [str(one) for one in allowed]}


def problem(status: int, detail: str = "", errors: Any = None, **more: Any) -> HttpResponse:
    """Return the answer that tells an error."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title}
    if errors:
        body["errors"] = errors
    body |= more
    answer = HttpResponse(
        json.dumps(body, ensure_ascii=False), content_type=MEDIA_TYPE, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


def handle(  # noqa: C901, PLR0911, PLR0912 - one case a kind
    error: Exception, context: dict[str, Any]
) -> HttpResponse | None:
    """Turn what a view raises into a problem; what nobody foresaw stays a failure (500)."""
    match error:
        case Http404():
            return problem(404, "Nothing that you may see has this address.")
        case PermissionDenied():
            return problem(403, str(error))
        case WrongParameters():
            return problem(400, str(error.detail), error.errors)
        case exceptions.MethodNotAllowed():
            allowed = ", ".join(context["view"].allowed_methods)
            answer = problem(
                405, f"{context['request'].method} is not allowed: this address takes {allowed}."
            )
            answer["Allow"] = allowed
            return answer
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            # The framework speaks the language of the site; what we refuse, we say ourselves.
            said = NOT_SHOWN if isinstance(error, exceptions.NotAuthenticated) else error.detail
            answer = problem(401, str(said))
            answer["WWW-Authenticate"] = 'Bearer realm="api"'
            return answer
        case RequestDataTooBig():
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return problem(413, f"Send {most} bytes at most, in several requests.")
        case Moved():
            moved = HttpResponse(status=error.status_code)
            moved["Location"] = error.address
            return moved
        case Refused():
            answer = problem(error.status_code, str(error.detail), **error.more)
            for name, value in error.headers.items():
                answer[name] = value
            return answer
        case exceptions.Throttled():
            wait = int(getattr(error, "wait", None) or 1)
            answer = problem(429, f"Try again in {wait} seconds.")
            answer["Retry-After"] = str(wait)
            return answer
        case exceptions.UnsupportedMediaType():
            return problem(415, "Send JSON, as application/json.")
        case exceptions.NotAcceptable():
            return problem(406, "Ask for application/json or text/csv.")
        case exceptions.APIException():
            return problem(error.status_code, str(error.detail))
    return None
