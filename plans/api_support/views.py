"""The base of every resource: read only, filtered, ordered, cut to fields, dated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import BasePagination
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from plans.alphabet import folded, holds
from plans.api_support.authentication import BearerToken
from plans.api_support.moves import follow_former
from plans.api_support.pagination import NumberedPages
from plans.api_support.parameters import asked_among, filtered, refuse_other, refuse_unknown
from plans.api_support.renderers import (
    ByParameterOrHeader,
    CsvRenderer,
    FrenchCsvRenderer,
    JsonRenderer,
)
from plans.api_support.representation import Kind, readers_of, represented
from plans.api_support.revisions import Edition, Tag, remember, remembered
from plans.api_support.schema import DescribedSchema
from plans.api_support.throttling import PerCaller
from plans.models import Plan

COMMON = ("fields", "format")
MOST_WORDS = 10
"""Words of a search that are looked for."""


def with_update_time(rows: QuerySet[Any], name: str = "updated_at") -> QuerySet[Any]:
    """Annotate each row with when it last changed, as the audit trail tells."""
    events = rows.model.pgh_event_model.objects.filter(pgh_obj=OuterRef("pk"))
    latest = events.order_by("-pgh_created_at").values("pgh_created_at")[:1]
    dated: QuerySet[Any] = rows.annotate(**{name: Subquery(latest)})
    return dated


class PublicView(GenericAPIView[Any]):
    """What everyone may read, the same for everyone, dated and limited in number."""

    authentication_classes: Sequence[Any] = (BearerToken,)
    permission_classes = (AllowAny,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JsonRenderer, CsvRenderer, FrenchCsvRenderer)
    content_negotiation_class = ByParameterOrHeader
    throttle_classes: Sequence[Any] = (PerCaller,)
    http_method_names = ["get", "head"]
    schema = DescribedSchema()
    filters: ClassVar[type[django_filters.FilterSet] | None] = None
    orderings: ClassVar[Mapping[str, str]] = {}
    search_in: ClassVar[Sequence[str]] = ()
    dates: ClassVar[Sequence[str]] = ()
    serializer_class: Kind
    is_list = False
    edition: Edition
    not_changed: HttpResponseBase | None = None

    def known_parameters(self) -> list[str]:
        """Name every parameter that this address reads."""
        known = [*COMMON, *self.dates]
        if self.is_list:
            known += [*(self.filters.base_filters if self.filters else ()), *self.paging_names]
            known += ["ordering"] if self.orderings else []
            known += ["search"] if self.search_in else []
        return known

    @property
    def paging_names(self) -> Sequence[str]:
        return getattr(self.pagination_class, "names", ())

    def perform_authentication(self, request: Request) -> None:
        """Know who asks; a token that is refused counts as a request of its address."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            self.check_throttles(request)
            raise

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.known_parameters())
        formats = [one.format for one in self.renderer_classes]
        refuse_other(request, "format", formats, "“{}” is not a format of this address.")
        self.edition = Edition.current(request)

    def shown(self) -> list[str]:
        """Name the fields to show, in their order; raises WrongParameters."""
        names = readers_of(self.serializer_class)
        kept = asked_among(self.request, "fields", names)
        return [name for name in names if name in kept] if kept else list(names)

    def written(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        """Return what the answer holds of rows."""
        names = self.shown()
        return [represented(self.serializer_class, row, names) for row in rows]

    def unchanged(self, request: Request) -> HttpResponseBase | None:
        """Return a 304 when the reader holds what this address still answers."""
        if not request.headers.keys() & {"If-None-Match", "If-Modified-Since"}:
            return None
        tag = remembered(request, self.shape(request), self.edition)
        return None if tag is None else self.conditional(request, tag, None)

    def conditional(self, request: Request, tag: Tag, response: Any) -> HttpResponseBase | None:
        """Return the 304 that the request's conditions call for, else the response given."""
        answer: HttpResponseBase | None = get_conditional_response(
            request._request, tag.etag, int(tag.modified.timestamp()), response
        )
        if answer is not None and answer.status_code == HTTPStatus.NOT_MODIFIED:
            answer["ETag"] = tag.etag
            answer["Last-Modified"] = http_date(tag.modified.timestamp())
        return answer

    def shape(self, request: Request) -> str:
        return str(request.accepted_renderer.format)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer: Any = super().finalize_response(request, response, *args, **kwargs)
        if answer.status_code == 200 and isinstance(answer, Response):
            answer = self.dated(request, answer)
        if answer.status_code < 400:
            answer["Cache-Control"] = self.cache_control(request)
        patch_vary_headers(answer, ["Accept", "Authorization", "Cookie"])
        for name, value in getattr(request._request, "rate_limit", {}).items():
            answer[name] = value
        return answer

    def dated(self, request: Request, answer: Response) -> HttpResponseBase:
        answer.render()
        tag = remember(request, self.shape(request), self.edition, answer.content)
        answer["ETag"] = tag.etag
        answer["Last-Modified"] = http_date(tag.modified.timestamp())
        return self.conditional(request, tag, answer) or answer

    def cache_control(self, request: Request) -> str:
        """Everyone may keep what anyone may read; what a known reader asked stays theirs."""
        known = (
            "Authorization" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES
        )
        return "private, no-cache" if known else "public, max-age=60"


class ListView(PublicView):
    """The rows of a resource that a selection names."""

    is_list = True
    pagination_class: type[BasePagination] | None = NumberedPages
    order: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.orderings:
            allowed = [*self.orderings, *(f"-{name}" for name in self.orderings)]
            refuse_other(request, "ordering", allowed, "“{}” is not an ordering.")
            asked = request.query_params.get("ordering", allowed[0])
            column = self.orderings[asked.removeprefix("-")]
            self.order = f"-{column}" if asked.startswith("-") else column

    def selected(self) -> Any:
        """Return the rows that pass the filters and the search, in the order asked for."""
        rows = self.get_queryset()
        if self.filters is not None:
            rows = filtered(self.filters, rows, self.request)
        words = folded(self.request.query_params.get("search", "")).split()
        for word in words[:MOST_WORDS]:
            rows = rows.filter(holds(word, self.search_in))
        return rows.order_by(self.order, *self.ties) if self.orderings else rows

    ties: ClassVar[Sequence[str]] = ("pk",)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        unchanged = self.unchanged(request)
        if unchanged is not None:
            return unchanged
        return self.get_paginated_response(self.page())

    def page(self) -> list[dict[str, Any]]:
        """Return what the answer holds of the rows of the page that is asked for."""
        rows = self.paginate_queryset(self.selected())
        assert rows is not None
        return self.written(self.complete(rows))

    def complete(self, rows: list[Any]) -> list[Any]:
        """Add to the rows of a page what no join brings."""
        return rows


class DetailView(PublicView):
    """One row, named by the words of its address."""

    lookups: ClassVar[Mapping[str, str]] = {}
    renamed: ClassVar[Mapping[str, Any]] = {}
    """Words of the address that name a part of the plan whose code may have changed."""

    def get(self, request: Request, *args: Any, **words: str) -> Any:
        unchanged = self.unchanged(request)
        if unchanged is not None:
            return unchanged
        return Response(self.written([self.found(words)])[0])

    def found(self, words: Mapping[str, str]) -> Model:
        lookups = {self.lookups[name]: value for name, value in words.items()}
        row: Model | None = self.get_queryset().filter(**lookups).first()
        if row is None:
            follow_former(self.request, self.renamed, Plan.objects.public())
            raise Http404
        complete: Model = self.complete(row)
        return complete

    def complete(self, row: Any) -> Any:
        """Add to the row what no join brings."""
        return row
