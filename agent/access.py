"""The door of the staff pages: signed in, a member of the plan, allowed to act.

Every view of this app goes through one of these two decorators; a test walks all addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from agent import typed_text
from plans.models import Plan
from plans.permissions import Action, TwoFactorRequiredError, rights_in

P = ParamSpec("P")


def staff_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Ask for a sign-in, which loses no typed text.

    A part of a page that htmx asks for cannot hold the page to sign in: the whole page goes there,
    and comes back.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST" and not request.user.is_authenticated:
            return typed_text.keep_and_sign_in(request)
        if not request.user.is_authenticated:
            return _led_to(request, redirect_to_login(typed_text.page_shown(request)))
        try:
            return view(request, *args, **kwargs)
        except TwoFactorRequiredError as refusal:
            messages.warning(request, str(refusal))
            return _led_to(request, redirect("mfa_index"))

    return guarded


def _led_to(request: HttpRequest, page: HttpResponseRedirect) -> HttpResponseBase:
    if "HX-Request" in request.headers:
        return HttpResponseClientRedirect(page.url)
    return page


def plan_page(
    action: Action,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Give the view the plan of the address and the person's rights in it, if they may act.

    Someone who is no member learns nothing, not even that the plan exists: 404. A member whose
    role does not allow the action is told so: 403. A contributor's right to a part of the plan
    depends on the part, and is for the view to `require`.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, plan: str, **kwargs: Any) -> HttpResponseBase:
            found = Plan.objects.select_related("region").filter(slug=plan).first()
            if found is None:
                raise Http404
            rights = rights_in(request.user, found)
            if rights.role is None:
                raise Http404
            rights.require(action)
            return view(request, found, rights, **kwargs)

        return staff_page(guarded)

    return decorate
