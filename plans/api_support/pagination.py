"""Pages by number, and for observations by cursor: no page is skipped when rows arrive."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from plans.api_support.problems import WrongParameters, wrong

PAGE_SIZE = 50
LARGEST_PAGE = 500
LAST_PAGE = 100_000


def link_to(request: Request, **changed: Any) -> str:
    """Return the address of this request with other parameters."""
    asked = {name: request.query_params.getlist(name) for name in request.query_params}
    asked.update({name: [value] for name, value in changed.items()})
    return f"{settings.BASE_URL}{request.path}?{urlencode(asked, doseq=True)}"


def whole(request: Request, name: str, default: int, most: int) -> int:
    """Return a parameter that is a number from 1 to `most`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= most:
        raise WrongParameters(
            [wrong(name, f"“{text}” is not a whole number from 1 to {most}.", [f"1…{most}"])]
        )
    return int(text)


class NumberedPages(BasePagination):
    """Pages by number, of a bounded size."""

    names = ("page", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.size = whole(request, "page_size", PAGE_SIZE, LARGEST_PAGE)
        self.page = whole(request, "page", 1, LAST_PAGE)
        self.count = len(queryset) if isinstance(queryset, list) else queryset.count()
        start = (self.page - 1) * self.size
        return list(queryset[start : start + self.size])

    def get_paginated_response(self, data: Any) -> Response:
        more = self.page * self.size < self.count
        following = link_to(self.request, page=self.page + 1) if more else None
        previous = link_to(self.request, page=self.page - 1) if self.page > 1 else None
        return Response(
            {"count": self.count, "next": following, "previous": previous, "results": data},
            headers=link_header(next=following, prev=previous),
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return page_schema(
            schema,
            count={
                "type": "integer",
                "description": "How many rows the selection has, all pages together.",
                "examples": [42],
            },
            previous=link_schema("The page before this one"),
        )

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            query_number("page", "Which page, from 1.", 1, LAST_PAGE, 1),
            query_number("page_size", "Rows in a page.", 1, LARGEST_PAGE, PAGE_SIZE),
        ]


class CursorPages(BasePagination):
    """Pages that follow one another by the value they are ordered by, then by age of the row."""

    names = ("cursor", "page_size")

    def begin(self, request: Request, order: str) -> None:
        """Read where the page begins and how long it is."""
        self.request = request
        self.order = order
        self.size = whole(request, "page_size", PAGE_SIZE, LARGEST_PAGE)
        cursor = request.query_params.get("cursor")
        self.after = None if cursor is None else read_cursor(cursor, order)

    def end(self, rows: list[Any], of: Callable[[Any, str], Any] = getattr) -> list[Any]:
        """Keep the rows of the page, and where the next one begins; `of` reads a column."""
        self.following = None
        if len(rows) > self.size:
            rows = rows[: self.size]
            value, key = of(rows[-1], self.order.removeprefix("-")), of(rows[-1], "pk")
            self.following = link_to(self.request, cursor=write_cursor(self.order, value, key))
        return rows

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.begin(request, view.order)
        return self.end(list(cut(queryset, self.order, self.size, self.after)))

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self.following, "results": data}, headers=link_header(next=self.following)
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "Where the page begins: copy the link `next`, do not compose it.",
                "schema": {"type": "string"},
            },
            query_number("page_size", "Rows in a page.", 1, LARGEST_PAGE, PAGE_SIZE),
        ]


def cut(queryset: Any, order: str, size: int, after: tuple[Any, Any] | None) -> Any:
    """Return the rows of a page that begins after a value and a key, and one more if there is."""
    down, column = order.startswith("-"), order.removeprefix("-")
    if after is not None:
        value, key = after
        side = "lt" if down else "gt"
        queryset = queryset.filter(
            Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": key})
        )
    return queryset.order_by(order, "-pk" if down else "pk")[: size + 1]


def write_cursor(order: str, value: date | datetime, key: int) -> str:
    text = json.dumps([order, value.isoformat(), key])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, order: str) -> tuple[date | datetime, int]:
    """Return the value and the row after which the page begins."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        wanted, value, key = json.loads(text)
        if wanted != order or type(key) is not int or not 0 <= key < 2**63:
            raise ValueError
        return (datetime if "T" in value else date).fromisoformat(value), key
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise WrongParameters(
            [wrong("cursor", "This cursor is not one that `next` gave for this ordering.")]
        ) from error


def link_header(**links: str | None) -> dict[str, str]:
    """Return the header of RFC 8288, which a reader of CSV follows from page to page."""
    written = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
    return {"Link": written} if written else {}


def link_schema(description: str) -> dict[str, Any]:
    return {
        "type": ["string", "null"],
        "format": "uri",
        "description": f"{description}; null when there is none.",
        "examples": ["https://plans.example.org/api/v1/plans/?page=2"],
    }


def page_schema(results: dict[str, Any], **more: Any) -> dict[str, Any]:
    properties = {
        **more,
        "next": link_schema("The page after this one"),
        "results": {**results, "description": "The rows of this page."},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def query_number(name: str, text: str, least: int, most: int, default: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return {"name": name, "in": "query", "description": text, "schema": schema}
