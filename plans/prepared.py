"""Queries that the object-relational mapper writes once.

A page asks the same dozen questions each time, of another plan or on another day; a program asks
for page after page of one list. Writing their SQL anew took longer than PostgreSQL took to answer:
so each is written at its first use, with the phrases of the querysets, and its text is kept. What
differs between two askings is `Given`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import connections, router
from django.db.models import BigIntegerField, DateField, F, Lookup, Model, QuerySet
from django.db.models.expressions import Expression
from django.db.models.fields import Field

Row = tuple[Any, ...]


class Given(Expression):
    """Stands in a query for a value that each asking gives; `place` for one of a list of them."""

    def __init__(
        self, name: str, output_field: Field[Any, Any] | None = None, *, place: int | None = None
    ) -> None:
        super().__init__(output_field=output_field)
        self.name = name
        self.place = place

    def as_sql(  # type: ignore[override] # the parameter comes later
        self, compiler: Any, connection: Any
    ) -> tuple[str, list[Given]]:
        """Leave the place open: the parameter is this very expression."""
        return "%s", [self]

    def of(self, values: Mapping[str, Any]) -> Any:
        """Return what is given for it. Raises KeyError when nothing is."""
        value = values[self.name]
        return value if self.place is None else value[self.place]


KEY = Given("key", BigIntegerField())
"""The id of what is asked about: a plan, a measure, an indicator."""
DAY = Given("day", DateField())
"""The day that is asked about."""


class AnyOf(Lookup):
    """The condition that an id is one of those that each asking gives a list of."""

    prepare_rhs = False

    def __init__(self, column: str, name: str) -> None:
        super().__init__(F(column), Given(name, ArrayField(BigIntegerField())))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Write the condition; however many ids there are, its text is the same."""
        column, of_column = self.process_lhs(compiler, connection)
        ids, of_ids = compiler.compile(self.rhs)
        return f"{column} = ANY ({ids})", [*of_column, *of_ids]


@dataclass(frozen=True, slots=True)
class Statement:
    """The text of a query in plain columns."""

    model: type[Model]
    text: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, asked: QuerySet[Any, Any]) -> Statement:
        """Write a query.

        Refuses (AssertionError) what would answer otherwise than the queryset the second time: a
        column that its field converts, a day that is not given.
        """
        compiler = asked.query.get_compiler(asked.db)
        text, parameters = compiler.as_sql()
        assert not any(
            hasattr(expression.output_field, "from_db_value") for expression, *_ in compiler.select
        ), "a column that its field converts is not read as the database has it"
        assert not any(isinstance(one, date) for one in parameters), (
            "a day in the text of a query would be that of its first use"
        )
        return cls(asked.model, text, tuple(parameters))

    def rows(self, values: Mapping[str, Any], *, planned_once: bool = False) -> list[Row]:
        """Ask with these values; return the rows as the database has them.

        `planned_once` has PostgreSQL keep its plan too, which is right where it is the same for
        any value. Raises KeyError when a value that the query needs is not given.
        """
        filled = [one.of(values) if isinstance(one, Given) else one for one in self.parameters]
        # Which database answers is chosen each time, as for any queryset.
        connection = connections[router.db_for_read(self.model)]
        if not planned_once:
            with connection.cursor() as cursor:
                cursor.execute(self.text, filled)
                return list(cursor.fetchall())
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
                asked.execute(self.text, filled)
                return list(asked.fetchall())


class _PreparingCursor(psycopg.Cursor[Row]):
    """Sends the values beside the statement, which the database plans once."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        """Run a statement, prepared."""
        return super().execute(query, params, prepare=True)


class Prepared:
    """A query in plain columns, whose text is written at its first use."""

    def __init__(self, write: Callable[[], QuerySet[Any, Any]]) -> None:
        self._write = write
        self._statement: Statement | None = None

    def rows(self, **given: int | date | list[int]) -> list[Row]:
        """Ask with these values; return the rows as the database has them.

        Raises KeyError when a value that the query needs is not given.
        """
        if self._statement is None:
            self._statement = Statement.of(self._write())
        return self._statement.rows(given)
