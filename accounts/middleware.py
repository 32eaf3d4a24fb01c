"""What all the account pages have in common, those of allauth included."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.sites.requests import RequestSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control


class AccountPagesMiddleware:
    """Keep account pages out of every cache, and our frame around allauth's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(reverse("account_home")):
            add_never_cache_headers(response)
            patch_cache_control(response, private=True, no_store=True)
        return response

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> TemplateResponse:
        """Take back the name `site`, which allauth gives to the host and every page to the site."""
        context = response.context_data
        if context is not None and isinstance(context.get("site"), RequestSite):
            del context["site"]
        return response
