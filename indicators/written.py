"""Published values as the list of the API shows them, made of columns rather than of models.

A page of a hundred values is asked for by programs, page after page: four models a row and a reader
for each field would take most of its time. `ObservationSerializer` stays the description of the
resource; a test holds that both say the same of every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Func, QuerySet, TextField

from indicators.evaluation import value_of
from indicators.models import Measurement, Observation, Qualifier
from indicators.serializers import ObservationSerializer
from plans.api_support.fields import address
from plans.api_support.representation import fields_of


class Plain(Func):
    """A decimal as `plans.api_support.fields.plain` writes it."""

    template = "trim_scale(%(expressions)s)::text"
    output_field = TextField()


class Moment(Func):
    """A moment as ISO 8601 writes it, in UTC; a fraction of a second only where there is one."""

    template = (
        "replace(to_char(%(expressions)s AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"
    )
    output_field = TextField()


COLUMNS = (
    "pk", "indicator__plan__slug", "indicator__code", "indicator__unit__code",
    "indicator__unit__ratio_scale", "source__code", "period_start", "period_end",
    "written_value", "written_numerator", "written_denominator", "qualifier", "provisional",
    "date_inferred", "comment", "evidence_url", "locator", "written_moment", "correction_reason",
)  # fmt: skip
NO_RATIO = {"numerator": "not_a_ratio", "denominator": "not_a_ratio"}


def columns_of(rows: QuerySet[Observation]) -> QuerySet[Any]:
    """Return the columns that the rows are written from."""
    plain = {f"written_{name}": Plain(name) for name in ("value", "numerator", "denominator")}
    return rows.annotate(written_moment=Moment("published_at"), **plain).values_list(*COLUMNS)


def column_of(row: tuple[Any, ...], name: str) -> Any:
    """Return one of the columns that pages are ordered by."""
    if name == "published_at":
        return datetime.fromisoformat(row[COLUMNS.index("written_moment")])
    return row[COLUMNS.index(name)]


def written(rows: Iterable[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return what an answer shows of rows of `columns_of`, as their serializer would."""
    whole = _writer()
    if len(names) == len(fields_of(ObservationSerializer)):
        return [whole(row) for row in rows]
    return [{name: one[name] for name in names} for one in map(whole, rows)]


def _writer() -> Callable[[tuple[Any, ...]], dict[str, Any]]:
    plans = address("plans").removesuffix("/")
    labels = {code: str(label) for code, label in Qualifier.choices}

    def write(row: tuple[Any, ...]) -> dict[str, Any]:
        (
            _key, plan, code, unit, scale, source, start, end,
            value, numerator, denominator, qualifier, provisional,
            inferred, comment, evidence, locator, published, reason,
        ) = row  # fmt: skip
        start, end = start.isoformat(), end.isoformat()
        indicator = f"{plans}/{plan}/indicators/{code}/"
        if numerator is not None:
            value = _ratio(numerator, denominator, scale)
        return {
            "id": f"{plan}/{code}/{start}--{end}",
            "plan": plan,
            "indicator": code,
            "indicator_url": indicator,
            "url": f"{indicator}observations/{start}--{end}/",
            "period_start": start,
            "period_end": end,
            "value": value,
            "numerator": numerator,
            "denominator": denominator,
            "missing_reason": NO_RATIO if numerator is None else {},
            "unit": unit,
            "qualifier": qualifier,
            "qualifier_label": labels[qualifier],
            "provisional": provisional,
            "date_inferred": inferred,
            "comment": comment,
            "evidence_url": evidence or None,
            "source": f"{plans}/{plan}/sources/{source}/",
            "locator": locator,
            "published_at": published,
            "correction_reason": reason,
        }

    return write


def _ratio(numerator: str, denominator: str, scale: Decimal) -> Any:
    value = value_of(Measurement.RATIO, None, Decimal(numerator), Decimal(denominator), scale)
    return fields_of(ObservationSerializer)["value"].to_representation(value)
