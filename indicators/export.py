"""All the observations of a selection as one table, in the memory of a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from indicators.api import ObservationFilter, Observations
from indicators.evaluation import value_of
from plans.api_support.fields import plain
from plans.api_support.parameters import filtered
from plans.api_support.renderers import CsvRenderer, Dialect, FrenchCsvRenderer, cell, write_lines
from plans.api_support.revisions import Tag
from plans.api_support.throttling import ExportsPerCaller
from plans.api_support.views import ListView

CHUNK = 2000
TEXTS = {
    "region": "indicator__plan__region__slug",
    "plan": "indicator__plan__slug",
    "indicator": "indicator__code",
    "title": "indicator__title",
    "common_code": "indicator__common_code",
    "unit": "indicator__unit__code",
    "measurement": "measurement",
    "period_start": "period_start",
    "period_end": "period_end",
    "qualifier": "qualifier",
    "provisional": "provisional",
    "source": "source__code",
    "locator": "locator",
    "comment": "comment",
    "published_at": "published_at",
}
NUMBERS = {
    "value": "value",
    "numerator": "numerator",
    "denominator": "denominator",
    "ratio_scale": "indicator__unit__ratio_scale",
}


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
        tag = Tag(f'W/"{self.edition.key}:{self.shape(request)}"', self.edition.changed_at)
        unchanged = self.conditional(request, tag, None)
        if unchanged is not None:
            return unchanged
        rows = filtered(self.filters, self.get_queryset(), request)
        renderer: Any = request.accepted_renderer
        answer = StreamingHttpResponse(
            table(rows, renderer.dialect), content_type="text/csv; charset=utf-8"
        )
        answer["ETag"] = tag.etag
        answer["Content-Disposition"] = 'attachment; filename="observations.csv"'
        return answer

    def known_parameters(self) -> list[str]:
        return [name for name in super().known_parameters() if name != "fields"]


def table(rows: Any, dialect: Dialect) -> Iterator[str]:
    """Yield the lines; a cursor of the database keeps the rows until they are asked for."""
    names = [*TEXTS, *(name for name in NUMBERS if name != "ratio_scale")]

    def lines() -> Iterator[list[str]]:
        yield names
        # No order: sorting a whole selection would hold it. Each row is whole by itself.
        columns = rows.order_by().values_list(*TEXTS.values(), *NUMBERS.values())
        for row in columns.iterator(chunk_size=CHUNK):
            texts, (value, numerator, denominator, scale) = row[: len(TEXTS)], row[len(TEXTS) :]
            measurement = texts[6]
            figures = (
                value_of(measurement, value, numerator, denominator, scale),
                numerator,
                denominator,
            )
            yield [
                *(cell(written(one), numeric=False, dialect=dialect) for one in texts),
                *(cell(plain(one), numeric=True, dialect=dialect) for one in figures),
            ]

    yield dialect.mark
    yield from write_lines(lines(), dialect)


def written(value: Any) -> Any:
    """Write a day or a moment as ISO 8601 does; the rest stays."""
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value
