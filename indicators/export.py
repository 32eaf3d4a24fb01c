"""All the observations of a selection as one table, in the memory of a few lines."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from indicators.api import ObservationFilter, Observations
from indicators.export_table import table
from plans.api_support.parameters import filtered
from plans.api_support.renderers import CsvRenderer, FrenchCsvRenderer
from plans.api_support.revisions import Tag
from plans.api_support.throttling import ExportsPerCaller
from plans.api_support.transfers import FinishedFile, Transfer
from plans.api_support.views import ListView

TYPE = "text/csv; charset=utf-8"
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class ObservationExport(Observations, ListView):
    """Stream every published value of a selection as one CSV file."""

    renderer_classes = (CsvRenderer, FrenchCsvRenderer)
    throttle_classes = (ExportsPerCaller,)
    filters = ObservationFilter
    pagination_class = None

    @extend_schema(
        operation_id="observations_export",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "The table.")},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        # The rows are not read to be compared: the tag is that of the edition, hence a weak one.
        key = f"{self.edition.key}:{self.shape(request)}"
        tag = Tag(f'W/"{sha256(key.encode()).hexdigest()[:32]}"', self.edition.changed_at)
        unchanged = self.conditional(request, tag, None)
        if unchanged is not None:
            return unchanged
        rows = filtered(self.filters, self.get_queryset().select_related(None), request)
        renderer: Any = request.accepted_renderer
        packs = _GZIP.search(request.headers.get("Accept-Encoding", "")) is not None
        if request.method == "HEAD":  # who asks for the headers only starts no reading
            answer = FinishedFile((), content_type=TYPE)
        else:
            whole = Transfer(table(rows, renderer.dialect))
            answer = FinishedFile(whole.read(packed=packs), content_type=TYPE)
            answer["Content-Length"] = str(whole.packed_size if packs else whole.size)
        if packs:
            answer["Content-Encoding"] = "gzip"
        patch_vary_headers(answer, ["Accept-Encoding"])
        answer["ETag"] = tag.etag
        answer["Content-Disposition"] = 'attachment; filename="observations.csv"'
        return answer

    def known_parameters(self) -> list[str]:
        return [name for name in super().known_parameters() if name != "fields"]
