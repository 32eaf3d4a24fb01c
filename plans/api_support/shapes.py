"""One statement for all requests of a list that name the same parameters.

Composing a query and planning it take several times as long as running it. Requests that name the
same parameters, with as many values each, ask with the same statement: only its values change. The
object-relational mapper composes it, from the same filters as ever, of `Given` values.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.db.models import QuerySet

from plans.prepared import Given, Row, Statement

MOST = 500
"""Shapes remembered by a process; what is asked otherwise is composed each time."""


class PreparedByShape:
    """The statements of one list: `compose` makes a query of what its requests give."""

    def __init__(self, compose: Callable[..., QuerySet[Any, Any]]) -> None:
        self.compose = compose
        self._statements: dict[Hashable, Statement] = {}

    def rows(self, values: Mapping[str, Any], **words: Hashable) -> list[Row]:
        """Return the rows of a request.

        A list of values counts by its length and a yes or no by what it is, as they change the
        statement; so does each of the words, which are given to `compose` as they are.
        """
        shape = (
            *((name, _shape_of(value)) for name, value in values.items()),
            *words.items(),
        )
        statement = self._statements.get(shape)
        if statement is None:
            given = {name: _given_for(name, value) for name, value in values.items()}
            statement = Statement.of(self.compose(given, **words))
            if len(self._statements) < MOST:
                self._statements[shape] = statement
        return statement.rows(values, planned_once=True)


def _shape_of(value: Any) -> Hashable:
    if isinstance(value, bool):
        return value
    return len(value) if isinstance(value, list) else None


def _given_for(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [Given(name, place=place) for place in range(len(value))]
    return Given(name)
