"""What holds for every answer under /api/, also those that no view of ours made."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve

from plans.api_support.problems import MEDIA_TYPE, problem

READING = "GET, HEAD, OPTIONS"
"""What a page of another site may do: it reads, and shows no token."""
EXPOSED = (
    "ETag, Last-Modified, Link, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, "
    "RateLimit-Reset, RateLimit-Policy"
)


def methods_at(request: HttpRequest) -> str:
    """Name the methods that an address takes."""
    try:
        view = resolve(request.path_info).func
    except Http404:
        return READING
    kind = getattr(view, "cls", None)
    if kind is None:
        return READING
    names = [name for name in kind().allowed_methods if name not in ("HEAD", "OPTIONS")]
    return ", ".join([*names, *(["HEAD"] if "GET" in names else []), "OPTIONS"])


class ApiMiddleware:
    """Any web page may read the API (CORS), and each error has the shape of the others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        if request.method == "OPTIONS":
            answer: HttpResponseBase = HttpResponse(
                status=204, headers={"Allow": methods_at(request)}
            )
        else:
            answer = self.get_response(request)
        if answer.status_code >= 400 and answer.get("Content-Type") != MEDIA_TYPE:
            later = answer.get("Retry-After")
            answer = problem(answer.status_code)
            if later is not None:
                answer["Retry-After"] = later
        answer["Access-Control-Allow-Origin"] = "*"
        answer["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            answer["Access-Control-Allow-Methods"] = READING
            answer["Access-Control-Allow-Headers"] = "Accept, If-None-Match, If-Modified-Since"
            answer["Access-Control-Max-Age"] = "86400"
        return answer
