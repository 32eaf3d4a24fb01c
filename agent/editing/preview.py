"""A plan's public pages as its members read them before everyone else; and making it public.

The pages are the public ones, made by the same builders and templates. While one is made the site
has other addresses (`PreviewAddresses`): those of this plan's pages lie inside the preview, so
that no link leads to a page that does not exist yet; those of everything else are the public ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import (
    URLPattern,
    URLResolver,
    get_resolver,
    include,
    re_path,
    reverse,
    set_urlconf,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

import dashboards.urls
from agent.access import plan_page
from agent.editing.advice import advice_on
from agent.editing.parts import coded
from dashboards import charts
from dashboards.pages.indicator import indicator_page, shown_indicator
from dashboards.pages.measure import measure_page, shown_measures
from dashboards.pages.objective import objective_page
from dashboards.pages.plan import plan_page as public_plan_page
from dashboards.pages.sources import sources_page
from dashboards.views import chart_asked, image_answer
from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan
from plans.permissions import Action, Rights

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class PreviewAddresses:
    """The addresses of the site while the preview of a plan is made: Django's urlconf."""

    slug: str

    @property
    def urlpatterns(self) -> list[URLPattern | URLResolver]:
        """The public pages, then those of this plan inside its preview, which win."""
        inside = re_path(
            rf"^agent/plans/(?P<plan>{re.escape(self.slug)})/apercu/",
            include(dashboards.urls.plan_urls),
        )
        pages: list[Any] = [*dashboards.urls.urlpatterns, inside]
        public = (pages, dashboards.urls.app_name)
        return [re_path("", include(public)), *get_resolver().url_patterns]


def _previewed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Make a page of the preview: for members, under the preview's addresses."""

    @wraps(view)
    def within(request: HttpRequest, plan: Plan, rights: Rights, **words: Any) -> HttpResponse:
        set_urlconf(PreviewAddresses(plan.slug))  # type: ignore[arg-type] # any object will do
        try:
            return view(request, plan, rights, **words)
        finally:
            set_urlconf(None)

    return require_safe(plan_page(Action.SEE_DRAFTS)(within))


def _shown(
    request: HttpRequest, template: str, page: DataclassInstance, rights: Rights
) -> HttpResponse:
    context = {field.name: getattr(page, field.name) for field in fields(page)}
    return render(
        request, template, {**context, "preview": True, "rights": rights, "section": "preview"}
    )


@_previewed
def plan(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """A plan."""
    page = public_plan_page(plan, request.GET, on=timezone.localdate())
    return _shown(request, "dashboards/plan.html", page, rights)


@_previewed
def objective(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """An objective."""
    found = coded(Objective.objects.select_related("source"), plan, code)
    page = objective_page(found, on=timezone.localdate())
    return _shown(request, "dashboards/objective.html", page, rights)


@_previewed
def measure(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """A measure."""
    found = coded(shown_measures(Measure.objects.all()), plan, code)
    page = measure_page(found, on=timezone.localdate())
    return _shown(request, "dashboards/measure.html", page, rights)


@_previewed
def indicator(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """An indicator."""
    found = coded(shown_indicator(Indicator.objects.all()), plan, code)
    page = indicator_page(found, on=timezone.localdate())
    return _shown(request, "dashboards/indicator.html", page, rights)


@_previewed
def chart(
    request: HttpRequest, plan: Plan, rights: Rights, code: str, image_format: charts.Format
) -> HttpResponse:
    """The image of an indicator's chart."""
    found = coded(shown_indicator(Indicator.objects.all()), plan, code)
    drawn, width = chart_asked(request, found)
    try:
        image = charts.render(drawn, image_format, width)
    except charts.ChartUnavailableError:
        return HttpResponse(status=503)
    return image_answer(image)


@_previewed
def sources(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """The sources and notes."""
    page = sources_page(plan, on=timezone.localdate())
    return _shown(request, "dashboards/sources.html", page, rights)


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.MANAGE)
def make_public(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """Ask, with what remains to be said, then show the plan to everyone."""
    if request.method == "POST":
        if not plan.is_public:
            plan.is_public = True
            plan.save(update_fields=["is_public", "updated_at"])
            messages.success(request, _("« %(plan)s » est public.") % {"plan": plan})
        return redirect(reverse("agent:editing", args=[plan.slug]))
    return render(
        request,
        "agent/editing/make_public.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "editing",
            "advice": advice_on(plan) if not plan.is_public else [],
        },
    )
