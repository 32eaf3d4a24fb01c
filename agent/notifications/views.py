"""What a person has been told, and how often they want it by mail."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.services import choose_digest
from agent.access import staff_page
from agent.notifications.forms import PreferencesForm
from agent.notifications.inbox import inbox
from plans.audience import plans_that_tell

PER_PAGE = 30


@require_safe
@staff_page
def notifications(request: HttpRequest) -> HttpResponse:
    """List what the person was told, the latest first."""
    user = cast("User", request.user)
    plans = plans_that_tell(user)
    rows = inbox(user)
    only_unread = request.GET.get("lesquelles") == "non-lues"
    shown = rows.unread() if only_unread else rows
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "agent/notifications.html",
        {
            "section": "notifications",
            "page": page,
            "entries": [(row, plans.get(row.plan_id or 0, "")) for row in page],
            "only_unread": only_unread,
            "query": "lesquelles=non-lues&" if only_unread else "",
            "unread": rows.unread().count(),
        },
    )


@require_POST
@staff_page
def mark_read(request: HttpRequest) -> HttpResponse:
    """Mark as read the notification that the form names, or all of them."""
    rows = inbox(cast("User", request.user)).unread()
    number = request.POST.get("notification", "")
    if number:
        rows = rows.filter(pk=number) if number.isascii() and number.isdecimal() else rows.none()
    rows.update(read_at=timezone.now())
    return redirect("agent:notifications")


@require_http_methods(("GET", "HEAD", "POST"))
@staff_page
def preferences(request: HttpRequest) -> HttpResponse:
    """How often the person wants their notifications by mail."""
    user = cast("User", request.user)
    form = PreferencesForm(request.POST or None, initial={"digest": user.digest})
    if request.method == "POST" and form.is_valid():
        choose_digest(user, User.Digest(form.cleaned_data["digest"]))
        messages.success(request, _("Vos préférences sont enregistrées."))
        return redirect("agent:preferences")
    return render(
        request,
        "agent/preferences.html",
        {"section": "preferences", "form": form},
        status=422 if form.errors else 200,
    )
