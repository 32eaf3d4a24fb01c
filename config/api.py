"""Addresses of the API, version 1: lists are flat, a row stands where its parents lead.

`/api/v1/indicators/?plan=grand-est-2019` lists, `/api/v1/plans/grand-est-2019/indicators/<code>/`
shows one.
"""

import re
from collections.abc import Callable
from functools import cache, wraps
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path, reverse
from django.views.decorators.http import require_safe
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.security import HEADER, content_policy
from indicators import api as indicators
from indicators import draft_api as drafts
from indicators.bulk_api import ObservationBulk
from indicators.export import ObservationExport
from measures import api as measures
from measures import draft_api as states
from objectives import api as objectives
from plans import api as plans
from plans.api_support.fields import Address, Addresses, address, site_address
from plans.api_support.problems import problem
from plans.api_support.views import PublicView
from plans.serializers import api_example

app_name = "api"

# Nothing of these two pages but the site's own files, although the packaged programs name hosts of
# others. Both draw their small pictures from `data:` addresses.
DRAWN = {"img_src": "'self' data:"}
SWAGGER_POLICY = content_policy(**DRAWN)
# Redoc adds style sheets: one with words, that of its scroll bars, and empty ones for the browser
# to fill rule by rule, which no policy forbids. Each is allowed by its digest, the latter by the
# digest of nothing. Its search runs in a worker that it makes itself.
REDOC_SHEETS = (
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc=' "
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
)
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
REDOC_POLICY = content_policy(**DRAWN, style_src=f"'self' {REDOC_SHEETS}", worker_src="blob:")

OF_PLAN = "v1/plans/<slug:plan>"
OF_INDICATOR = f"{OF_PLAN}/indicators/<slug:indicator>"
OF_MILESTONE = f"{OF_PLAN}/measures/<slug:measure>/milestones/<slug:milestone>"


def under(policy: str, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a page a content policy of its own."""

    @wraps(view)
    def restricted(request: HttpRequest) -> HttpResponse:
        answer = view(request)
        answer[HEADER] = policy
        return answer

    return restricted


@cache
def redoc_program() -> str:
    """Return Redoc without its maker's logo, which it would ask another host for.

    It has no option for that. An image without an address is none: Redoc then shows nothing.
    """
    program = files("drf_spectacular_sidecar").joinpath(
        "static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
    )
    return program.read_text().replace(f'"{REDOC_LOGO}"', '""')


@require_safe
def redoc_script(_request: HttpRequest) -> HttpResponse:
    """Give the program of the page; kept, compressed, as every public answer."""
    return HttpResponse(redoc_program(), content_type="text/javascript; charset=utf-8")


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Tell a program that the address is wrong, without the page a person is shown."""
    return problem(404, "No resource has this address: /api/ describes those there are.")


def lists_of_all(_row: None) -> dict[str, str]:
    """Return the address of each list, by its name: one noun after the version."""
    words = (re.fullmatch(r"v1/([a-z]+)/", str(one.pattern)) for one in urlpatterns)
    return {word[1]: address(word[1]) for word in words if word is not None}


def address_on_site(text: str, name: str, path: str) -> Address:
    """Return the field that leads to a page of the site, by the name of its address."""
    return Address(
        text,
        of=lambda _row: site_address(reverse(name)),
        example=f"https://plans.example.org{path}",
    )


class IndexSerializer(serializers.Serializer[Any]):
    """Where everything is."""

    site = address_on_site("The public pages.", "dashboards:home", "/")
    documentation = address_on_site(
        "What each address takes and answers, to be read.", "api:documentation", "/api/"
    )
    schema = address_on_site(
        "The same as OpenAPI 3.1, for programs.", "api:schema", "/api/v1/openapi.yaml"
    )
    files = address_on_site("Whole plans as files.", "dashboards:open_data", "/donnees/")
    lists = Addresses(
        "The address of each list, by its name.",
        of=lists_of_all,
        example={"plans": api_example("plans")},
    )


class Index(PublicView):
    """Lead to every list, to the documentation and to the schema."""

    serializer_class = IndexSerializer

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return Response(self.written([None])[0])


urlpatterns = [
    path(
        "",
        under(
            SWAGGER_POLICY,
            SpectacularSwaggerSplitView.as_view(
                url_name="api:schema", template_name="api/swagger.html"
            ),
        ),
        name="documentation",
    ),
    path(
        "redoc/",
        under(
            REDOC_POLICY,
            SpectacularRedocView.as_view(url_name="api:schema", template_name="api/redoc.html"),
        ),
        name="redoc",
    ),
    path("redoc/redoc.js", redoc_script, name="redoc_script"),
    path("v1/openapi.yaml", SpectacularAPIView.as_view(), name="schema"),
    path("v1/", Index.as_view(), name="index"),
    path("v1/regions/", plans.RegionList.as_view()),
    path("v1/regions/<slug:slug>/", plans.RegionDetail.as_view()),
    path("v1/organisations/", plans.OrganisationList.as_view()),
    path("v1/organisations/<slug:code>/", plans.OrganisationDetail.as_view()),
    path("v1/sectors/", plans.SectorList.as_view()),
    path("v1/sectors/<slug:code>/", plans.SectorDetail.as_view()),
    path("v1/units/", indicators.UnitList.as_view()),
    path("v1/units/<slug:code>/", indicators.UnitDetail.as_view()),
    path("v1/plans/", plans.PlanList.as_view()),
    path(f"{OF_PLAN}/", plans.PlanDetail.as_view()),
    path("v1/sources/", plans.SourceList.as_view()),
    path(f"{OF_PLAN}/sources/<slug:code>/", plans.SourceDetail.as_view()),
    path("v1/claims/", plans.ClaimList.as_view()),
    path(f"{OF_PLAN}/claims/<slug:code>/", plans.ClaimDetail.as_view()),
    path("v1/notes/", plans.NoteList.as_view()),
    path(f"{OF_PLAN}/notes/<slug:code>/", plans.NoteDetail.as_view()),
    path("v1/objectives/", objectives.ObjectiveList.as_view()),
    path(f"{OF_PLAN}/objectives/<slug:code>/", objectives.ObjectiveDetail.as_view()),
    path("v1/measures/", measures.MeasureList.as_view()),
    path(f"{OF_PLAN}/measures/<slug:code>/", measures.MeasureDetail.as_view()),
    path("v1/milestones/", measures.MilestoneList.as_view()),
    path(
        f"{OF_PLAN}/measures/<slug:measure>/milestones/<slug:code>/",
        measures.MilestoneDetail.as_view(),
    ),
    path("v1/indicators/", indicators.IndicatorList.as_view()),
    path(f"{OF_PLAN}/indicators/<slug:code>/", indicators.IndicatorDetail.as_view()),
    path("v1/targets/", indicators.TargetList.as_view()),
    path(f"{OF_INDICATOR}/targets/<slug:code>/", indicators.TargetDetail.as_view()),
    path("v1/observations/", indicators.ObservationList.as_view()),
    path("v1/observations/export.csv", ObservationExport.as_view()),
    path(f"{OF_INDICATOR}/observations/<slug:period>/", indicators.ObservationDetail.as_view()),
    path("v1/progress/", indicators.ProgressList.as_view()),
    path(f"{OF_PLAN}/observation-drafts/", drafts.ObservationDraftList.as_view()),
    path(f"{OF_PLAN}/observations/bulk/", ObservationBulk.as_view()),
    path(f"{OF_INDICATOR}/drafts/", drafts.ObservationDraftCreation.as_view()),
    path(f"{OF_INDICATOR}/drafts/<slug:period>/", drafts.ObservationDraftDetail.as_view()),
    path(
        f"{OF_INDICATOR}/drafts/<slug:period>/submit/",
        drafts.ObservationDraftSubmission.as_view(),
    ),
    path(
        f"{OF_INDICATOR}/drafts/<slug:period>/publish/",
        drafts.ObservationDraftPublication.as_view(),
    ),
    path(f"{OF_PLAN}/milestone-drafts/", states.MilestoneDraftList.as_view()),
    path(f"{OF_MILESTONE}/drafts/", states.MilestoneDraftCreation.as_view()),
    path(f"{OF_MILESTONE}/drafts/<slug:day>/", states.MilestoneDraftDetail.as_view()),
    path(f"{OF_MILESTONE}/drafts/<slug:day>/submit/", states.MilestoneDraftSubmission.as_view()),
    path(f"{OF_MILESTONE}/drafts/<slug:day>/publish/", states.MilestoneDraftPublication.as_view()),
    re_path(r"^.*/$", nothing_here),
]
