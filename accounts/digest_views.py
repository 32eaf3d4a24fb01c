"""Stopping the mails from a mail, without signing in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.letters import user_of_stop_token
from accounts.models import User
from accounts.services import choose_digest


@csrf_exempt  # a mail program posts here by itself (RFC 8058); the token says for whom
@require_http_methods(("GET", "HEAD", "POST"))
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to stop (GET changes nothing: programs follow links), and stop (POST)."""
    user = user_of_stop_token(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        choose_digest(user, User.Digest.NEVER)
    return render(
        request,
        "accounts/stop_digest.html",
        {"email": user.email, "stopped": user.digest == User.Digest.NEVER},
    )
