"""A row as an answer shows it: the fields of its serializer, bound once, read one after the other.

A serializer copies and binds its fields for each answer, which costs more than reading a hundred
rows. What is read holds no state: the fields bound at the first answer serve all the others. The
serializer stays the one description of a resource, for the schema and for what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, cast

from django.db.models import Manager
from rest_framework import serializers

Kind = type[serializers.Serializer[Any]]
Reader = Callable[[Any], Any]


@cache
def fields_of(kind: Kind) -> Mapping[str, serializers.Field[Any, Any, Any, Any]]:
    """Return the fields of a resource, in the order in which they are shown."""
    return dict(kind().fields)


@cache
def readers_of(kind: Kind) -> Mapping[str, Reader]:
    """Return what makes each field of a row, in the order in which they are shown."""
    return {name: _reader(field) for name, field in fields_of(kind).items()}


def _reader(field: Any) -> Reader:
    source: str = field.source
    if isinstance(field, serializers.ListSerializer):
        parts, child = attrgetter(source), cast("Kind", type(field.child))
        return lambda row: [represented(child, part) for part in _all(parts(row))]
    if isinstance(field, serializers.Serializer):
        inner, part = type(field), attrgetter(source)
        return _unless_missing(part, lambda value: represented(inner, value))
    of = getattr(field, "of", None) or attrgetter(source)
    return _unless_missing(of, field.to_representation)


def _all(rows: Any) -> Iterable[Any]:
    return rows.all() if isinstance(rows, Manager) else rows


def _unless_missing(of: Reader, written: Reader) -> Reader:
    def read(row: Any) -> Any:
        value = of(row)
        return None if value is None else written(value)

    return read


def represented(kind: Kind, row: Any, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return what an answer shows of a row: what the serializer's `data` holds, or some of it."""
    readers = readers_of(kind)
    if names is None:
        return {name: read(row) for name, read in readers.items()}
    return {name: readers[name](row) for name in names}
