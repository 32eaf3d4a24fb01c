"""A statement that is composed once for all requests of a shape, and prepared by the database.

Composing a query and planning it take several times as long as running it. Requests that name the
same parameters, with as many values each, ask with the same statement: only its values change. The
object-relational mapper composes it, from the same filters as ever, with slots for the values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connections, router
from django.db.models import Expression, Model, QuerySet

MOST = 500
"""Shapes remembered by a process; what is asked otherwise is composed each time."""

Values = Mapping[str, Any]
Rows = list[tuple[Any, ...]]


class Slot(Expression):
    """Stands in a query for a value that each request brings."""

    def __init__(self, name: str, place: int | None = None) -> None:
        super().__init__()
        self.name = name
        self.place = place

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, list[Any]]:
        """Return the slot as the parameter that is filled later."""
        return "%s", [self]

    def of(self, values: Values) -> Any:
        """Return the value of a request."""
        value = values[self.name]
        return value if self.place is None else value[self.place]


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    parameters: tuple[Any, ...]

    def run(self, alias: str, values: Values) -> Rows:
        filled = [one.of(values) if isinstance(one, Slot) else one for one in self.parameters]
        connection = connections[alias]
        with connection.cursor() as cursor:
            # Django's own cursors prepare nothing, whatever this says.
            cursor.connection.prepare_threshold = 0
            raw: Any = _PreparingCursor(cursor.connection)
            wrapped = (
                connection.make_debug_cursor(raw)
                if connection.queries_logged
                else connection.make_cursor(raw)
            )
            with wrapped as asked:
                asked.execute(self.sql, filled)
                rows: Rows = asked.fetchall()
        return rows


class _PreparingCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Sends the values beside the statement, which the database plans once."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        """Run a statement, prepared."""
        return super().execute(query, params, prepare=True)


class Prepared:
    """The statements of one list: `compose` makes a query of the slots of its values."""

    def __init__(self, model: type[Model], compose: Callable[..., QuerySet[Any, Any]]) -> None:
        self.model = model
        self.compose = compose
        self._statements: dict[Hashable, _Statement] = {}

    def rows(self, values: Values, **words: Hashable) -> Rows:
        """Return the rows of a request.

        A list of values counts by its length and a yes or no by what it is, as they change the
        statement; so does each of the words, which are given to `compose` as they are.
        """
        shape = (
            *((name, _shape_of(value)) for name, value in values.items()),
            *words.items(),
        )
        alias = router.db_for_read(self.model)
        statement = self._statements.get(shape)
        if statement is None:
            slots = {name: _slots_for(name, value) for name, value in values.items()}
            query = self.compose(slots, **words).query
            sql, parameters = query.get_compiler(alias).as_sql()
            statement = _Statement(sql, tuple(parameters))
            if len(self._statements) < MOST:
                self._statements[shape] = statement
        return statement.run(alias, values)


def _shape_of(value: Any) -> Hashable:
    if isinstance(value, bool):
        return value
    return len(value) if isinstance(value, list) else None


def _slots_for(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [Slot(name, place) for place in range(len(value))]
    return Slot(name)
