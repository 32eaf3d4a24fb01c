"""All the observations of a selection as one table, in the memory of a few rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from indicators.api import ObservationFilter, Observations
from indicators.evaluation import value_of
from indicators.models import Indicator, Observation
from indicators.written import Moment, Plain
from plans.api_support.fields import plain
from plans.api_support.parameters import filtered
from plans.api_support.renderers import CsvRenderer, Dialect, FrenchCsvRenderer, cell
from plans.api_support.revisions import Tag
from plans.api_support.throttling import ExportsPerCaller
from plans.api_support.views import ListView
from plans.models import Source

CHUNK = 2000
"""Rows read, joined and sent at a time."""
# What all the values of an indicator have in common: read once for each, not once a row.
OF_INDICATOR = {
    "region": "plan__region__slug",
    "plan": "plan__slug",
    "indicator": "code",
    "title": "title",
    "common_code": "common_code",
    "unit": "unit__code",
    "measurement": "measurement",
}
OF_VALUE = ("period_start", "period_end", "qualifier", "provisional")
NAMES = (
    *OF_INDICATOR, *OF_VALUE, "source", "locator", "comment", "published_at",
    "value", "numerator", "denominator",
)  # fmt: skip


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
        rows = filtered(self.filters, self.get_queryset().select_related(None), request)
        renderer: Any = request.accepted_renderer
        answer = StreamingHttpResponse(
            table(rows, renderer.dialect), content_type="text/csv; charset=utf-8"
        )
        answer["ETag"] = tag.etag
        answer["Content-Disposition"] = 'attachment; filename="observations.csv"'
        return answer

    def known_parameters(self) -> list[str]:
        return [name for name in super().known_parameters() if name != "fields"]


def table(rows: QuerySet[Observation], dialect: Dialect) -> Iterator[str]:
    """Yield the lines, many at a time; a cursor of the database keeps the rows until then.

    The database writes what is the same in every program (days, moments, decimals); what is text
    is written here, once for each indicator and source.
    """
    mark = dialect.separator

    def texts(values: Iterable[Any]) -> str:
        return mark.join(
            quoted(cell(one, numeric=False, dialect=dialect), dialect) for one in values
        )

    sources: dict[int | None, str] = {None: ""}
    scales: dict[int, Decimal] = {}
    before: dict[int, str] = {}

    def learn(indicators: set[int], named: set[Any]) -> None:
        """Read the indicators and the sources that a batch is the first to name."""
        for key, scale, *values in Indicator.objects.filter(pk__in=indicators).values_list(
            "pk", "unit__ratio_scale", *OF_INDICATOR.values()
        ):
            before[key], scales[key] = texts(values), scale
        for key, code in Source.objects.filter(pk__in=named).values_list("pk", "code"):
            sources[key] = texts([code])

    def line(row: tuple[Any, ...]) -> str:
        (indicator, source, period, locator, comment, published, value, numerator, denominator) = (
            row
        )
        if numerator:
            value = plain(
                value_of("ratio", None, Decimal(numerator), Decimal(denominator), scales[indicator])
            )
        words = texts((locator, comment)) if locator or comment else mark
        figures = f"{value or ''}{mark}{numerator or ''}{mark}{denominator or ''}"
        if dialect.decimal_point != ".":
            figures = figures.replace(".", dialect.decimal_point)
        return (
            f"{before[indicator]}{mark}{period}{mark}{sources[source]}{mark}{words}{mark}"
            f"{published}{mark}{figures}\r\n"
        )

    yield f"{dialect.mark}{mark.join(NAMES)}\r\n"
    # No order: sorting a whole selection would hold it. Each row is whole by itself.
    found = (
        rows.order_by()
        .annotate(
            written_period=Joined(*(Cast(name, TextField()) for name in OF_VALUE), mark=mark),
            written_moment=Moment("published_at"),
            **{f"written_{name}": Plain(name) for name in ("value", "numerator", "denominator")},
        )
        .values_list(
            "indicator_id", "source_id", "written_period", "locator", "comment",
            "written_moment", "written_value", "written_numerator", "written_denominator",
        )
        .iterator(chunk_size=CHUNK)
    )  # fmt: skip
    while batch := list(islice(found, CHUNK)):
        learn({row[0] for row in batch} - before.keys(), {row[1] for row in batch} - set(sources))
        yield "".join(map(line, batch))


class Joined(Func):
    """Texts with a mark between them, as one."""

    function = "concat_ws"
    output_field = TextField()

    def __init__(self, *texts: Any, mark: str) -> None:
        super().__init__(Value(mark), *texts)


def quoted(text: str, dialect: Dialect) -> str:
    """Write a cell as `csv.writer` does: in quotes where what is in it calls for them."""
    if dialect.separator in text or '"' in text or "\n" in text or "\r" in text:
        escaped = text.replace('"', '""')
        return f'"{escaped}"'
    return text
