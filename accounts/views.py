"""A person's own account: one page that leads to everything, and its sessions."""

from __future__ import annotations

from collections import Counter

from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import NameForm
from accounts.models import User


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Everything about the account on one page, and the person's name."""
    assert isinstance(request.user, User)
    # A fresh instance: an invalid name must not show in the page around the form.
    form = NameForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Votre nom est enregistré."))
        return redirect("account_home")
    factors = list(Authenticator.objects.filter(user=request.user))
    kinds = Counter(factor.type for factor in factors)
    recovery = next((f for f in factors if f.type == Authenticator.Type.RECOVERY_CODES), None)
    return render(
        request,
        "account/home.html",
        {
            "form": form,
            "has_generator": kinds[Authenticator.Type.TOTP] > 0,
            "passkey_count": kinds[Authenticator.Type.WEBAUTHN],
            "recovery_count": len(recovery.wrap().get_unused_codes()) if recovery else None,
            "session_count": len(UserSession.objects.purge_and_list(request.user)),
            "providers": get_social_adapter().list_providers(request),
        },
    )


@require_POST
@login_required
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of the person's browsers out; this one goes through the ordinary sign-out."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if session.is_current():
        return redirect("account_logout")
    session.end()
    messages.success(request, _("Cette session est fermée."))
    return redirect("usersessions_list")
