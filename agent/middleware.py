"""What all the staff pages have in common, refusals and failed forms included."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control


class StaffPagesMiddleware:
    """Keep every answer of the staff pages out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(reverse("agent:home")):
            add_never_cache_headers(response)
            patch_cache_control(response, private=True, no_store=True)
        return response
