"""Open data as it is served: anyone may read it, from any site, and ask cheaply what changed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from exchange.catalogue.datasets import datasets
from exchange.catalogue.scdl import scdl
from exchange.models import PlanPackage
from exchange.packages.fields import Variant
from exchange.packages.services import NotReadyError, package_of
from exchange.packages.tables import TABLE_NAMES
from plans.models import Plan

if TYPE_CHECKING:
    from exchange.catalogue.dcat import Form

SECONDS = 300
RETRY_SECONDS = 60


@require_safe
def package(request: HttpRequest, plan: str) -> HttpResponse:
    """The whole data of a plan, as a zip."""

    def answer(kept: PlanPackage) -> HttpResponse:
        response = HttpResponse(bytes(kept.content), content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{kept.plan.slug}.zip"'
        return response

    return _of_package(request, plan, answer)


@require_safe
def table(request: HttpRequest, plan: str, variant: str, table: str) -> HttpResponse:
    """One table of a package, for whoever wants no archive."""
    if table not in TABLE_NAMES:
        raise Http404

    def answer(kept: PlanPackage) -> HttpResponse:
        with zipfile.ZipFile(BytesIO(bytes(kept.content))) as archive:
            content = archive.read(f"{Variant(variant).value}/{table}.csv")
        response = HttpResponse(content, content_type="text/csv; charset=utf-8; header=present")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="{kept.plan.slug}-{table}.csv"'
        )
        return response

    return _of_package(request, plan, answer)


def _of_package(
    request: HttpRequest, slug: str, answer: Callable[[PlanPackage], HttpResponse]
) -> HttpResponse:
    """Answer from the kept package; its content is read only for whoever has not got it yet."""
    plan = Plan.objects.public().known_as(slug).select_related("region", "related_to").first()
    if plan is None:
        raise Http404
    if plan.slug != slug:
        match = request.resolver_match
        assert match is not None
        return HttpResponsePermanentRedirect(
            reverse(match.view_name, kwargs={**match.kwargs, "plan": plan.slug})
        )
    try:
        kept = package_of(plan, at=timezone.now())
    except NotReadyError:
        return HttpResponse(
            "Le paquet est en préparation. Réessayez dans une minute.\n",
            content_type="text/plain; charset=utf-8",
            status=503,
            headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"},
        )
    kept.plan = plan
    etag = f'"{kept.digest}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = answer(kept)
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(int(kept.modified_at.timestamp()))
    return _shared(response)


@require_safe
def catalogue(request: HttpRequest, form: Form) -> HttpResponse:
    """The catalogue that data portals harvest (DCAT-AP)."""
    # The RDF library takes 17 MB of a web process, which most never need: answers are kept.
    from exchange.catalogue.dcat import MEDIA_TYPES, serialized  # noqa: PLC0415

    return _hashed(request, serialized(datasets(), form), MEDIA_TYPES[form])


@require_safe
def catalogue_csv(request: HttpRequest) -> HttpResponse:
    """The catalogue of the common base of local data (SCDL)."""
    return _hashed(request, scdl(datasets()), "text/csv; charset=utf-8; header=present")


def _hashed(request: HttpRequest, content: bytes, content_type: str) -> HttpResponse:
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    response: Any = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(content, content_type=content_type)
    response.headers["ETag"] = etag
    return _shared(response)


def _shared(response: Any) -> HttpResponse:
    """Let every site read it and every cache keep it for a while."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=SECONDS)
    answered: HttpResponse = response
    return answered
