"""Answers as bytes: JSON, or the rows as CSV, for programs and for a French spreadsheet.

A text that a spreadsheet would take for a formula is preceded by an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from rest_framework import renderers, serializers
from rest_framework.negotiation import DefaultContentNegotiation

from plans.api_support.fields import Number, Whole
from plans.api_support.representation import Kind, fields_of
from plans.formulas import harmless


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated, and numbers written."""

    separator: str
    decimal_point: str
    mark: str


PLAIN = Dialect(separator=",", decimal_point=".", mark="")
FRENCH = Dialect(separator=";", decimal_point=",", mark="\ufeff")


def cell(value: Any, *, numeric: bool, dialect: Dialect) -> str:  # noqa: PLR0911 - one line a kind
    """Write one value: nothing where it is missing, a number as it is, a text made safe."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str() if numeric:
            return value.replace(".", dialect.decimal_point)
        case str():
            return harmless(value)
        case list() if all(isinstance(one, str) for one in value):
            return harmless("|".join(value))
        case _:
            return "" if not value else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the path to its value in a row, and whether it holds numbers."""

    path: tuple[str, ...]
    numeric: bool

    @property
    def name(self) -> str:
        return "_".join(self.path)

    def of(self, row: Mapping[str, Any]) -> Any:
        value: Any = row
        for word in self.path:
            value = value.get(word) if isinstance(value, Mapping) else None
        return value


@cache
def columns_of(kind: Kind, *before: str) -> tuple[Column, ...]:
    """Return the columns of a resource; a part of a row has its own, with its name before."""
    found: list[Column] = []
    for name, field in fields_of(kind).items():
        if isinstance(field, serializers.Serializer):
            found += columns_of(type(field), *before, name)
        else:
            found.append(Column((*before, name), isinstance(field, Number | Whole)))
    return tuple(found)


def write_lines(rows: Iterable[Sequence[str]], dialect: Dialect) -> Iterator[str]:
    """Yield the lines of a table, one by one."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect.separator, lineterminator="\r\n")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


class JsonRenderer(renderers.JSONRenderer):
    """JSON, as the renderer of the framework writes it, in a tenth of its time."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        context = dict(renderer_context or {})
        if data is None or self.get_indent(accepted_media_type or "", context):
            return bytes(super().render(data, accepted_media_type, context))
        return json_of(data)


def json_of(data: Any) -> bytes:
    """Write JSON: UTF-8, nothing between its signs."""
    written: bytes = orjson.dumps(data)
    return written


class CsvRenderer(renderers.BaseRenderer):
    """Rows separated by commas, a point before the decimals, UTF-8."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"
    dialect = PLAIN

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        assert renderer_context is not None
        view = renderer_context["view"]
        rows = data.get("results", [data])
        names = set(view.shown())
        columns = [one for one in columns_of(view.serializer_class) if one.path[0] in names]
        lines = (
            [cell(c.of(row), numeric=c.numeric, dialect=self.dialect) for c in columns]
            for row in rows
        )
        table = [[column.name for column in columns], *lines]
        return (self.dialect.mark + "".join(write_lines(table, self.dialect))).encode()


class FrenchCsvRenderer(CsvRenderer):
    """Rows separated by semicolons, a comma before the decimals, and the mark Excel looks for."""

    format = "csv-fr"
    dialect = FRENCH


class ByParameterOrHeader(DefaultContentNegotiation):
    """The format that `format` names, else what `Accept` asks for.

    What `format` names in vain is a wrong parameter, told with those there are, and no address
    that nothing has: the view says so, once the request is counted.
    """

    def filter_renderers(
        self, offered: Iterable[renderers.BaseRenderer], wanted: str
    ) -> list[renderers.BaseRenderer]:
        """Return the renderers of a format; all of them where there is none."""
        listed = list(offered)
        return [one for one in listed if one.format == wanted] or listed
