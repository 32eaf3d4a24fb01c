"""Accepting an invitation: the page that the link in the mail opens.

Opening it changes nothing, because mail programs open links by themselves; a button does.
"""

from __future__ import annotations

from allauth.account.utils import perform_login
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.translation import gettext as _

from accounts.forms import NewPersonForm
from accounts.models import User
from plans import invitations
from plans.models import Invitation, InvitationState


def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is offered, or why it no longer is; join when the person says so."""
    response = _answer(request, token)
    add_never_cache_headers(response)
    patch_cache_control(response, private=True, no_store=True)
    # The address is the key: it goes to no other site.
    response["Referrer-Policy"] = "same-origin"
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    invitation = invitations.find(token)
    if invitation is None:
        return _page(request, "unknown", None, status=404)
    state = invitation.state_at(timezone.now())
    if state == InvitationState.ACCEPTED and request.user == invitation.accepted_by:
        return redirect("agent:plan", invitation.plan.slug)
    if state != InvitationState.OPEN:
        return _page(request, state.value, invitation, status=410)
    if isinstance(request.user, User):
        return _join_as(request, invitation, request.user)
    return _join_unknown(request, invitation)


def _join_unknown(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if User.objects.filter(email__iexact=invitation.email).exists():
        # Posted by someone whose account was made meanwhile, in another window.
        if request.method == "POST":
            return redirect_to_login(request.get_full_path())
        return _page(request, "sign_in", invitation)
    return _join_as_new_person(request, invitation)


def _join_as(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    if not invitation.is_for(user):
        return _page(request, "other_account", invitation, status=403)
    if request.method != "POST":
        return _page(request, "confirm", invitation)
    try:
        invitations.accept(invitation, user, at=timezone.now())
    except invitations.InvitationError as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(
        request, _("Vous êtes membre du plan « %(plan)s ».") % {"plan": invitation.plan.title}
    )
    return redirect("agent:plan", invitation.plan.slug)


def _join_as_new_person(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewPersonForm(request.POST or None, email=invitation.email)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "new_person", invitation, form=form)
    try:
        user = invitations.accept_as_new_person(
            invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            at=timezone.now(),
        )
    except invitations.InvitationError as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(
        request,
        _("Votre compte est créé et vous êtes membre du plan « %(plan)s ».")
        % {"plan": invitation.plan.title},
    )
    there = reverse("agent:plan", args=[invitation.plan.slug])
    response: HttpResponse = perform_login(request, user, redirect_url=there)
    return response


def _page(
    request: HttpRequest,
    case: str,
    invitation: Invitation | None,
    *,
    form: NewPersonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "agent/members/join.html",
        {
            "case": case,
            "invitation": invitation,
            "form": form,
            "providers": get_social_adapter().list_providers(request),
        },
        status=status,
    )
