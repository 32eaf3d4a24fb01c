"""Atom feeds of what changed: publications, corrections, withdrawals, revised targets."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from dashboards.addresses import plan_at
from dashboards.events import Event, latest_events
from plans.addresses import absolute
from plans.models import Plan

SECONDS = 300
BEGUN = 2026
"""The year from which the site's name is ours: what makes a tag a name (RFC 4151)."""


def tag(key: str) -> str:
    """Return the name of an event, which stays when the address of its page changes."""
    return f"tag:{urlsplit(settings.BASE_URL).hostname},{BEGUN}:{key}"


class Changes(Feed):  # type: ignore[type-arg] # takes none at run time
    """What changed in every real public plan: what is fictitious is never among it."""

    feed_type = Atom1Feed
    language = "fr"

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
        found: Any = get_conditional_response(request, etag=etag) or response
        found.headers["ETag"] = etag
        found.headers["Access-Control-Allow-Origin"] = "*"
        patch_cache_control(found, public=True, max_age=SECONDS)
        answered: HttpResponse = found
        return answered

    def title(self, plan: Plan | None) -> str:
        return _("%(site)s : ce qui a changé") % {"site": settings.SITE["name"]}

    def subtitle(self, plan: Plan | None) -> str:
        return _("Valeurs publiées, corrigées ou retirées, cibles révisées ou abandonnées.")

    def link(self, plan: Plan | None) -> str:
        return absolute(reverse("dashboards:home"))

    def feed_url(self, plan: Plan | None) -> str:
        return absolute(reverse("dashboards:feed"))

    def feed_guid(self, plan: Plan | None) -> str:
        return tag("changements")

    def author_name(self, plan: Plan | None) -> str:
        return settings.SITE["publisher"] or settings.SITE["name"]

    def feed_copyright(self, plan: Plan | None) -> str:
        return _("Licence Ouverte 2.0")

    def items(self, plan: Plan | None) -> list[Event]:
        return latest_events(Plan.objects.public().filter(region__fictitious=False))

    def item_title(self, item: Event) -> str:
        title = item.change.title
        if item.change.plan.region.fictitious:
            return _("[Plan fictif] %(title)s") % {"title": title}
        return title

    def item_description(self, item: Event) -> str:
        return item.change.text

    def item_link(self, item: Event) -> str:
        return absolute(item.change.url)

    def item_guid(self, item: Event) -> str:
        return tag(item.key)

    def item_pubdate(self, item: Event) -> datetime:
        return item.moment

    def item_updateddate(self, item: Event) -> datetime:
        return item.moment

    def item_categories(self, item: Event) -> tuple[str, ...]:
        return (item.change.plan.title, item.change.plan.region.name)


class PlanChanges(Changes):
    """What changed in one plan."""

    def get_object(self, request: HttpRequest, plan: str) -> Plan:
        return plan_at(plan)

    def title(self, plan: Plan | None) -> str:
        assert plan is not None
        title = _("%(plan)s : ce qui a changé") % {"plan": plan.title}
        if plan.region.fictitious:
            return _("[Plan fictif] %(title)s") % {"title": title}
        return title

    def link(self, plan: Plan | None) -> str:
        assert plan is not None
        return absolute(plan.get_absolute_url())

    def feed_url(self, plan: Plan | None) -> str:
        assert plan is not None
        return absolute(reverse("dashboards:plan_feed", args=[plan.slug]))

    def feed_guid(self, plan: Plan | None) -> str:
        assert plan is not None
        return tag(f"plan-{plan.pk}-changements")

    def items(self, plan: Plan | None) -> list[Event]:
        assert plan is not None
        return latest_events(Plan.objects.public().filter(pk=plan.pk))
