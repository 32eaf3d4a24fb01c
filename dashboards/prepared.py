"""Queries that the object-relational mapper writes once.

A page asks the same dozen questions each time, of another plan or on another day. Writing their
SQL anew took longer than PostgreSQL took to answer: so each is written at its first use, with the
phrases of the querysets, and its text is kept. What differs between two pages is `Given`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connections, router
from django.db.models import BigIntegerField, DateField, Model, QuerySet
from django.db.models.expressions import Expression
from django.db.models.fields import Field

Row = tuple[Any, ...]


class Given(Expression):
    """A value that each asking of a prepared query gives."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(  # type: ignore[override] # the parameter comes later
        self, compiler: Any, connection: Any
    ) -> tuple[str, list[Given]]:
        """Leave the place open: the parameter is this very expression."""
        return "%s", [self]


KEY = Given("key", BigIntegerField())
"""The id of what the page is about: a plan, a measure, an indicator."""
DAY = Given("day", DateField())
"""The day of the page."""


class Prepared:
    """A query in plain columns, whose text is written at its first use."""

    def __init__(self, write: Callable[[], QuerySet[Any, Any]]) -> None:
        self._write = write
        self._text: tuple[type[Model], str, tuple[Any, ...]] | None = None

    def rows(self, **given: int | date) -> list[Row]:
        """Ask with these values; return the rows as the database has them.

        Raises KeyError when a value that the query needs is not given.
        """
        model, text, parameters = self._text or self._written()
        # Which database answers is chosen each time, as for any queryset.
        with connections[router.db_for_read(model)].cursor() as cursor:
            cursor.execute(
                text, [given[one.name] if isinstance(one, Given) else one for one in parameters]
            )
            return list(cursor.fetchall())

    def _written(self) -> tuple[type[Model], str, tuple[Any, ...]]:
        asked = self._write()
        compiler = asked.query.get_compiler(asked.db)
        text, parameters = compiler.as_sql()
        # Both would be a page that shows something else than the queryset: refused on first use.
        assert not any(
            hasattr(expression.output_field, "from_db_value") for expression, *_ in compiler.select
        ), "a column that its field converts is not read as the database has it"
        assert not any(isinstance(one, date) for one in parameters), (
            "a day in the text of a query would be that of its first use"
        )
        self._text = (asked.model, text, tuple(parameters))
        return self._text
