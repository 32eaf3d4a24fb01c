"""The public pages: each view unpacks the address, loads its page, answers.

The day is asked once, here, and passed down: no two parts of a page speak of different days.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from dashboards import charts
from dashboards.addresses import follows_moves, part_at, plan_at, plans_called_like
from dashboards.pages.changes import changes_page
from dashboards.pages.home import home_page
from dashboards.pages.indicator import chart_for, indicator_page, shown_indicator
from dashboards.pages.measure import measure_page, shown_measures
from dashboards.pages.methodology import methodology_page
from dashboards.pages.objective import objective_page
from dashboards.pages.open_data import open_data_page
from dashboards.pages.plan import plan_page
from dashboards.pages.sources import sources_page
from dashboards.search import SearchForm, find, patterns
from dashboards.structured_data import in_page, indicator_dataset, plan_dataset
from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.alphabet import alphabetical
from plans.models import Plan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RESULTS_A_PAGE = 20
CHART_SECONDS = 300
RETRY_SECONDS = 60


def _shown(
    request: HttpRequest,
    template: str,
    page: DataclassInstance,
    section: str = "plans",
    dataset: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer with a page: the template sees its fields, and not the dataclass."""
    context: dict[str, Any] = {field.name: getattr(page, field.name) for field in fields(page)}
    if dataset is not None:
        context["structured_data"] = in_page(dataset)
    return render(request, template, {**context, "section": section})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Regions, their plans, and what changed lately."""
    return _shown(request, "dashboards/home.html", home_page(on=timezone.localdate()))


@require_safe
@follows_moves
def plan(request: HttpRequest, plan: str) -> HttpResponse:
    """A plan, as filtered by the address."""
    page = plan_page(plan_at(plan), request.GET, on=timezone.localdate())
    return _shown(request, "dashboards/plan.html", page, dataset=plan_dataset(page.plan))


@require_safe
@follows_moves
def objective(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """An objective or an axis."""
    found = part_at(Objective.objects.select_related("source"), plan, code)
    page = objective_page(found, on=timezone.localdate())
    return _shown(request, "dashboards/objective.html", page)


@require_safe
@follows_moves
def measure(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """A measure."""
    found = part_at(shown_measures(Measure.objects.all()), plan, code)
    page = measure_page(found, on=timezone.localdate())
    return _shown(request, "dashboards/measure.html", page)


@require_safe
@follows_moves
def indicator(request: HttpRequest, plan: str, code: str) -> HttpResponse:
    """An indicator."""
    found = part_at(shown_indicator(Indicator.objects.all()), plan, code)
    page = indicator_page(found, on=timezone.localdate(), target_code=request.GET.get("cible", ""))
    return _shown(request, "dashboards/indicator.html", page, dataset=indicator_dataset(found))


@require_safe
@follows_moves
def indicator_chart(
    request: HttpRequest, plan: str, code: str, image_format: charts.Format
) -> HttpResponseBase:
    """The image of an indicator's chart: of the first target, or of the one the address names."""
    chart, width = chart_asked(
        request, part_at(shown_indicator(Indicator.objects.all()), plan, code)
    )
    etag = charts.chart_etag(chart, image_format, width)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            image = charts.render(chart, image_format, width)
        except charts.ChartUnavailableError:
            return HttpResponse(
                status=503, headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
            )
        response = image_answer(image)
    response.headers["ETag"] = etag
    # Short, because a correction must be seen soon; the entity tag makes asking again cheap.
    patch_cache_control(response, public=True, max_age=CHART_SECONDS)
    return response


def chart_asked(request: HttpRequest, indicator: Indicator) -> tuple[charts.Chart, charts.Width]:
    """Return the chart that a request asks for, and its width; raises Http404 without one."""
    try:
        chart = chart_for(indicator, request.GET.get("cible", ""), on=timezone.localdate())
    except LookupError as unknown:
        raise Http404 from unknown
    if chart is None:
        raise Http404
    narrow = request.GET.get("largeur") == "etroit"
    return chart, charts.Width.NARROW if narrow else charts.Width.WIDE


def image_answer(image: charts.RenderedChart) -> HttpResponse:
    """Answer with the image of a chart; one that is opened by itself keeps its own style sheet."""
    response = HttpResponse(image.content, content_type=image.content_type)
    if image.content_type == "image/svg+xml":
        response.headers["Content-Security-Policy"] = charts.svg_policy(image.content)
    return response


@require_safe
@follows_moves
def sources(request: HttpRequest, plan: str) -> HttpResponse:
    """The sources of a plan, what they claim, and our notes."""
    page = sources_page(plan_at(plan), on=timezone.localdate())
    return _shown(request, "dashboards/sources.html", page)


@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Everything that changed in the public plans."""
    return _changes(request, None)


@require_safe
@follows_moves
def plan_changes(request: HttpRequest, plan: str) -> HttpResponse:
    """Everything that changed in a plan."""
    return _changes(request, plan_at(plan))


def _changes(request: HttpRequest, plan: Plan | None) -> HttpResponse:
    try:
        page = changes_page(plan, request.GET.get("avant", ""))
    except ValueError as unknown:
        raise Http404 from unknown
    return _shown(request, "dashboards/changes.html", page)


@require_safe
def methodology(request: HttpRequest) -> HttpResponse:
    """How progress is reckoned."""
    page = methodology_page(on=timezone.localdate())
    return _shown(request, "dashboards/methodology.html", page, section="methodology")


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """What can be taken away, and how."""
    return _shown(request, "dashboards/open_data.html", open_data_page(), section="open_data")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Search in the public plans."""
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    results = find(words)
    try:
        page = Paginator(results, RESULTS_A_PAGE).page(request.GET.get("page", 1))
    except InvalidPage as unknown:
        raise Http404 from unknown
    context = {
        "typed": request.GET.get("q", ""),
        "errors": form["q"].errors,
        "query": words,
        "too_short": bool(words) and not patterns(words),
        "total": len(results),
        "page": page,
        "parameters": f"{urlencode({'q': words})}&",
        "as_of": timezone.localdate(),
    }
    return render(request, "dashboards/search.html", context)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "dashboards/accessibility.html")


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    """The legal notice."""
    return render(request, "dashboards/legal.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is done with personal data."""
    retention = {
        "account_months": settings.RETENTION_MONTHS,
        "session_months": settings.SESSION_MONTHS,
    }
    return render(request, "dashboards/privacy.html", {"retention": retention})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read: everything but the endless variants of one page."""
    lines = (
        "User-agent: *",
        f"Disallow: {reverse('dashboards:search')}",
        "Disallow: /plans/*?",
        f"Disallow: {reverse('dashboards:changes')}?",
        f"Sitemap: {request.build_absolute_uri(reverse('dashboards:sitemap'))}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def favicon(request: HttpRequest) -> HttpResponseRedirectBase:
    """Lead the browsers that ask for the address of old to the mark of the site."""
    return redirect(static("img/mark.svg"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing at this address: name the plans that resemble what was typed, and all of them."""
    plans = list(
        Plan.objects.public()
        .select_related("region")
        .order_by("region__fictitious", alphabetical("title"))
    )
    typed = request.path.removeprefix("/plans/").split("/")[0]
    context = {"close": plans_called_like(typed, plans), "plans": plans}
    return render(request, "404.html", context, status=404)
