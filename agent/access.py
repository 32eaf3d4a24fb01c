"""The door of the staff pages: signed in, a member of the plan, allowed to act; never cached.

Every view of this app goes through one of these two decorators; a test walks all addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers, patch_cache_control

from agent import typed_text
from plans.models import Plan
from plans.permissions import Action, TwoFactorRequiredError, rights_in

P = ParamSpec("P")


def staff_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Ask for a sign-in, which loses no typed text, and keep the answer out of every cache."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            if request.method == "POST" and not request.user.is_authenticated:
                response = typed_text.keep_and_sign_in(request)
            else:
                response = login_required(view)(request, *args, **kwargs)
        except TwoFactorRequiredError as refusal:
            messages.warning(request, str(refusal))
            response = redirect("mfa_index")
        add_never_cache_headers(response)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return guarded


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
