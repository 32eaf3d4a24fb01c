"""A client of the API in one file: Python 3.11 and its standard library, nothing to install.

Written from the schema alone (`/api/v1/openapi.yaml`). Copy it, or take what you need:

    python client.py https://plans.example.org grand-est-2019
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

TIMEOUT = 60  # seconds


class Plan(TypedDict):
    """Some of what the API says of a plan."""

    slug: str
    title: str
    region: str
    page_url: str


class Progress(TypedDict):
    """Some of what the API says of a target; figures are strings, or null with a reason."""

    indicator: str
    status: str
    status_label: str
    rate: str | None
    explanation: str
    missing_reason: dict[str, str]


class Row(TypedDict):
    """A value to send: figures are strings, so that none is rounded on its way."""

    indicator: str
    period_start: str
    period_end: str
    source: NotRequired[str]
    value: NotRequired[str]
    numerator: NotRequired[str]
    denominator: NotRequired[str]
    comment: NotRequired[str]
    correction_reason: NotRequired[str]
    confirmation: NotRequired[str]


class FieldError(TypedDict):
    """What is wrong with one part of what was sent."""

    pointer: str
    detail: str


class Result(TypedDict):
    """What became of a row."""

    row: int
    outcome: Literal["created", "updated", "unchanged", "refused"]
    state: str | None
    url: str | None
    errors: list[FieldError]


class Report(TypedDict):
    """What became of a bulk request."""

    dry_run: bool
    created: int
    updated: int
    unchanged: int
    refused: int
    results: list[Result]


class ApiError(Exception):
    """An answer that tells a problem (RFC 9457)."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['title']}: {problem['detail']}")
        self.status: int = problem["status"]
        self.errors: list[FieldError] = list(problem.get("errors", []))


@dataclass(slots=True)
class Answer:
    """The body of an answer, and the version it is."""

    body: Any
    etag: str | None


@dataclass(slots=True)
class Client:
    """The API of a site; with a token it writes too."""

    site: str
    token: str | None = None
    _headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._headers = {"Accept": "application/json"}
        if self.token is not None:
            self._headers["Authorization"] = f"Bearer {self.token}"

    def ask(
        self, method: str, address: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask once. Raises ApiError for an answer that is a problem."""
        sent = None if body is None else json.dumps(body).encode()
        kind = {} if sent is None else {"Content-Type": "application/json"}
        request = Request(  # noqa: S310 - the site is the caller's own choice
            urljoin(self.site, address),
            data=sent,
            method=method,
            headers={**self._headers, **kind, **(headers or {})},
        )
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                text = answer.read()
                return Answer(json.loads(text) if text else None, answer.headers["ETag"])
        except HTTPError as error:
            with error:
                raise ApiError(json.load(error)) from None

    def rows(self, name: str, **filters: str) -> Iterator[Any]:
        """Yield the rows of a list, page after page."""
        following: str | None = f"/api/v1/{name}/?{urlencode(filters)}"
        while following:
            page = self.ask("GET", following).body
            yield from page["results"]
            following = page["next"]

    def plans(self) -> Iterator[Plan]:
        """Yield the plans."""
        yield from self.rows("plans")

    def progress(self, plan: str) -> Iterator[Progress]:
        """Yield how far each target of a plan is, today."""
        yield from self.rows("progress", plan=plan)

    def send(
        self,
        plan: str,
        rows: Sequence[Row],
        *,
        then: Literal["draft", "submit", "publish"] = "submit",
        atomic: bool = True,
        dry_run: bool = False,
        key: str | None = None,
    ) -> Report:
        """Send at most 500 values. The same call with the same key is done once."""
        report: Report = self.ask(
            "POST",
            f"/api/v1/plans/{plan}/observations/bulk/",
            {"rows": list(rows), "then": then, "atomic": atomic, "dry_run": dry_run},
            {"Idempotency-Key": key or str(uuid.uuid4())},
        ).body
        return report

    def replace(self, draft_url: str, content: Mapping[str, Any]) -> Answer:
        """Replace the content of a draft as it is now; ApiError 412 if it changes in between."""
        seen = self.ask("GET", draft_url).etag
        return self.ask("PUT", draft_url, content, {"If-Match": seen or ""})


def main(site: str, plan: str) -> None:
    """Print how far the targets of a plan are."""
    for row in Client(site).progress(plan):
        if row["rate"] is None:
            rate = row["missing_reason"]["rate"]
        else:
            rate = f"{Decimal(row['rate']):.1%}"
        print(f"{row['indicator']}: {row['status']} ({rate})")


if __name__ == "__main__":
    main(*sys.argv[1:])
