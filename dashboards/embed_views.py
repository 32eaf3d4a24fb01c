"""What other sites show of ours: cards in a frame, and badges. Only here is a frame allowed."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from dashboards.addresses import follows_moves, part_at, plan_at
from dashboards.badge import Badge, drawn
from dashboards.embeds import Look, indicator_card, plan_card, status_of
from dashboards.pages.indicator import shown_indicator
from indicators.models import Indicator, Status
from plans.addresses import absolute
from plans.models import Plan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SECONDS = 300
# A card asks for its styles and nothing else, and any site may frame it.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *"
)


@xframe_options_exempt
@require_safe
@follows_moves
def plan(request: HttpRequest, plan: str) -> HttpResponseBase:
    """The card of a plan."""
    found = plan_at(plan)
    card = plan_card(found, Look.asked(request.GET), on=timezone.localdate())
    return _card(request, "embeds/plan.html", card, found.get_absolute_url())


@xframe_options_exempt
@require_safe
@follows_moves
def indicator(request: HttpRequest, plan: str, code: str) -> HttpResponseBase:
    """The card of an indicator."""
    found = part_at(shown_indicator(Indicator.objects.all()), plan, code)
    card = indicator_card(found, Look.asked(request.GET), on=timezone.localdate())
    return _card(request, "embeds/indicator.html", card, found.get_absolute_url())


@require_safe
@follows_moves
def plan_badge(request: HttpRequest, plan: str) -> HttpResponseBase:
    """The badge of a plan: the status to look at first, and how many targets have it."""
    found = plan_at(plan)
    card = plan_card(found, Look(), on=timezone.localdate())
    said = [
        _("%(count)s %(status)s") % {"count": one.count, "status": one.label} for one in card.counts
    ] or [_("aucun indicateur suivi")]
    badge = Badge(
        subject=_subject(found, _("plan")),
        status=card.counts[0].status if card.counts else Status.NO_TARGET.value,
        word=said[0],
        title=_titled(found, found.title, ", ".join(said)),
    )
    return _badge(request, badge)


@require_safe
@follows_moves
def indicator_badge(request: HttpRequest, plan: str, code: str) -> HttpResponseBase:
    """The badge of an indicator: its status, the one to look at first of several."""
    found = part_at(shown_indicator(Indicator.objects.all()), plan, code)
    status, targets = status_of(found, on=timezone.localdate())
    said = str(status.label)
    if targets > 1:
        said = _("%(status)s (le statut à regarder d’abord, parmi %(targets)s cibles)") % {
            "status": said,
            "targets": targets,
        }
    badge = Badge(
        subject=_subject(found.plan, _("indicateur")),
        status=status.value,
        word=str(status.label),
        title=_titled(found.plan, found.title, said),
    )
    return _badge(request, badge)


def _subject(plan: Plan, what: str) -> str:
    """What the left of a badge names; what is fictitious says so there too."""
    return _("plan fictif") if plan.region.fictitious else what


def _titled(plan: Plan, title: str, said: str) -> str:
    text = _("%(title)s : %(status)s") % {"title": title, "status": said}
    return _("[Plan fictif] %(title)s") % {"title": text} if plan.region.fictitious else text


def _card(
    request: HttpRequest, template: str, card: DataclassInstance, address: str
) -> HttpResponseBase:
    context: dict[str, Any] = {field.name: getattr(card, field.name) for field in fields(card)}
    response = render(request, template, {**context, "page_url": absolute(address)})
    response.headers["Content-Security-Policy"] = POLICY
    return _shared(request, response)


def _badge(request: HttpRequest, badge: Badge) -> HttpResponseBase:
    return _shared(request, HttpResponse(drawn(badge), content_type="image/svg+xml"))


def _shared(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    response.headers["ETag"] = etag
    answered = get_conditional_response(request, etag=etag, response=response) or response
    patch_cache_control(answered, public=True, max_age=SECONDS)
    return answered
