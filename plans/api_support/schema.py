"""What drf-spectacular does not see by itself: examples, parameters, errors, formats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import ListSerializer

from plans.api_support.parameters import DAYS
from plans.api_support.problems import (
    MEDIA_TYPE,
    TITLES,
    ProblemSerializer,
    RefusalSerializer,
)
from plans.api_support.representation import fields_of
from plans.api_support.throttling import WINDOW

ERRORS = (400, 401, 404, 405, 406, 429, 500, 503)
DATES = {
    "on": (
        "date",
        f"The day of the evaluation (today in Paris by default), as 2024-12-31; {DAYS}.",
    ),
    "known_at": (
        None,
        f"What was published then: 2024-12-31 (to its end) or 2024-12-31T23:59:59Z; {DAYS}.",
    ),
}
SEARCH = (
    "Words that all stand in the row’s texts: accents, capitals and hyphens do not count, as in "
    "the search of the site."
)
PATH_WORDS = {
    "plan": ("The slug of the plan.", "grand-est-2019"),
    "slug": ("The slug.", "grand-est"),
    "code": ("The code.", "pack-ia"),
    "measure": ("The code of the measure.", "pack-ia"),
    "indicator": ("The code of the indicator.", "entreprises-pack-ia"),
    "milestone": ("The code of the milestone.", "appel"),
    "period": ("First and last day, with two hyphens between.", "2020-01-01--2020-12-31"),
    "day": ("The day the state was found on.", "2022-12-31"),
}


class DescribedSchema(AutoSchema):
    """The description of a view of ours."""

    view: Any

    def get_tags(self) -> list[str]:
        """Name what the rows are: the last noun of the address; of none, the API itself."""
        return [re.findall(r"/([a-z]+)(?=/)", self.path)[-1]]

    def get_auth(self) -> list[dict[str, Any]]:
        """Ask for nothing: who shows a token all the same is counted by it, and may read on."""
        return []

    def get_summary(self) -> str:
        return " ".join(super().get_description().partition("\n\n")[0].split())

    def get_description(self) -> str:
        return super().get_description().partition("\n\n")[2]

    def described_path(self, described: dict[str, Any]) -> dict[str, Any]:
        """Say what a word of the address is."""
        schema = {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}
        text, example = PATH_WORDS[described["name"]]
        return {**described, "description": text, "schema": schema, "example": example}

    def refusals(self, statuses: Iterable[int]) -> dict[str, Any]:
        """Describe the errors, all in one shape; what is wrong with a body has pointers to it."""
        kinds = {422: RefusalSerializer}
        return {
            str(status): {
                "description": TITLES[status],
                "content": {
                    MEDIA_TYPE: {
                        "schema": self.resolve_serializer(
                            kinds.get(status, ProblemSerializer), "response"
                        ).ref
                    }
                },
                **({"headers": {"Retry-After": RETRY}} if status in LATER else {}),
            }
            for status in sorted(statuses)
        }

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        schema = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        example = getattr(field, "example", None)
        if example is not None:
            schema = {**schema, "examples": [example]}
        pattern = getattr(field, "pattern", None)
        if pattern is not None:
            schema = {**schema, "pattern": pattern}
        if isinstance(field, ListSerializer) and field.max_length is not None:
            schema = {**schema, "minItems": field.min_length, "maxItems": field.max_length}
        return schema

    def _is_list_view(self, serializer: Any = None) -> bool:
        return bool(self.view.is_list)

    def get_filter_backends(self) -> list[Any]:
        return []

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = []
        for described in super()._get_parameters():
            name = described["name"]
            if described["in"] == "path":
                described = self.described_path(described)  # noqa: PLW2901 - the same, said
            if name != "format":
                parameters.append(described)
        return parameters + self.query()

    def query(self) -> list[dict[str, Any]]:
        """Describe the parameters after the question mark."""
        view = self.view
        found = [parameter(name, DATES[name][1], form=DATES[name][0]) for name in view.dates]
        if view.is_list:
            if view.filters is not None:
                found += [filter_parameter(*item) for item in view.filters.base_filters.items()]
            if view.orderings:
                allowed = [*view.orderings, *(f"-{name}" for name in view.orderings)]
                found.append(
                    parameter("ordering", "What rows are ordered by; - for downwards.", allowed)
                )
            if view.search_in:
                found.append(parameter("search", SEARCH))
        names = list(fields_of(view.serializer_class))
        fields = parameter("fields", "The fields to keep, separated by commas.", names)
        fields["schema"] = {"type": "array", "items": fields["schema"], "minItems": 1}
        fields |= {"style": "form", "explode": False}
        formats = [renderer.format for renderer in view.renderer_classes]
        form = "The format: csv-fr is for a French spreadsheet (semicolons, decimal commas)."
        found += [parameter("format", form, formats)]
        known = view.known_parameters()
        return [one for one in (*found, fields) if one["name"] in known]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for media, content in bodies["200"]["content"].items():
            if media == "text/csv":
                content["schema"] = {"type": "string"}
        bodies["200"]["headers"] = HEADERS
        bodies["304"] = {"description": "What the reader holds is still right."}
        if "{plan}" in self.path:
            bodies["308"] = MOVED
        return bodies | self.refusals(ERRORS)


class WrittenSchema(DescribedSchema):
    """The description of a view that declares its acts."""

    @property
    def act(self) -> Any:
        return self.view.acts[self.method.lower()]

    def get_tags(self) -> list[str]:
        return ["drafts"]

    def get_auth(self) -> list[dict[str, Any]]:
        """Ask for a token."""
        found: list[dict[str, Any]] = AutoSchema.get_auth(self)  # type: ignore[no-untyped-call]
        return found

    def get_operation_id(self) -> str:
        return str(self.act.name)

    def get_summary(self) -> str:
        return str(self.act.summary)

    def get_request_serializer(self) -> Any:
        return self.act.takes

    def get_response_serializers(self) -> Any:
        return self.act.gives

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body is not None:
            body["required"] = not self.act.takes_nothing_too
        return body

    def _get_parameters(self) -> list[dict[str, Any]]:
        found = [
            self.described_path(one)
            for one in AutoSchema._get_parameters(self)
            if one["in"] == "path"
        ]
        found += self.view.query(self.method) if hasattr(self.view, "query") else []
        if self.act.conditional:
            found.append(IF_MATCH)
        if self.act.repeatable:
            found.append(IDEMPOTENCY_KEY)
        return found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        act = self.act
        done: dict[str, Any] = {"description": DONE[act.status], "headers": dict(LIMITS)}
        if act.gives is not None:
            schema = self.resolve_serializer(act.gives, "response").ref
            done["content"] = {"application/json": {"schema": schema}}
            if act.tagged:
                done["headers"] = {"ETag": TAG, **LIMITS}
        if act.status == 201:
            done["headers"]["Location"] = LOCATION
        if act.repeatable:
            done["headers"]["Idempotency-Replayed"] = REPLAYED
        if act.links:
            done["links"] = {
                name: {"operationId": name, "parameters": dict(words)}
                for name, words in act.links.items()
            }
        bodies = {str(act.status): done, "308": MOVED}
        if self.method == "GET" and act.tagged:
            bodies["304"] = {"description": "What the reader holds is still right."}
        return bodies | self.refusals({*ERRORS, 403, *act.errors})


def header(text: str, example: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string", "examples": [example]}}


TAG = header("Changes exactly when the answer does.", '"9f86d081884c7d659a2feaa0c55ad015"')
LIMITS = {
    "RateLimit-Limit": header(f"Requests allowed in {WINDOW} seconds.", "120"),
    "RateLimit-Remaining": header("Requests left in them.", "119"),
    "RateLimit-Reset": header("Seconds until they are counted anew.", "42"),
}
HEADERS = {
    "ETag": TAG,
    "Last-Modified": header("Since when it is the same.", "Fri, 20 Nov 2026 23:00:00 GMT"),
    **LIMITS,
}
RETRY = header("Seconds to wait before the same is asked again.", "30")
LATER = (429, 503)
"""What the same request may get past a while later."""
LOCATION = header(
    "Where it is.",
    "https://plans.example.org/api/v1/plans/grand-est-2019/indicators/entreprises-pack-ia/drafts/"
    "2020-01-01--2020-12-31/",
)
REPLAYED = header("“true” where the answer is that of the first request with this key.", "true")
MOVED = {
    "description": "The plan or the part has another slug or code now.",
    "headers": {"Location": LOCATION},
}
DONE = {200: "Done.", 201: "Made.", 204: "Deleted."}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the version you have seen; left out, the answer is 428.",
    "schema": {"type": "string", "examples": ['"9f86d081884c7d659a2feaa0c55ad015"']},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Chosen by you, for 24 hours: the same request sent again with it is done once "
    "and answered the same.",
    "schema": {
        "type": "string",
        "pattern": "^[!-~]{1,200}$",
        "examples": ["7f2c1f2e-5d0b-4a7e-9c55-0c9f6ad2b1b4"],
    },
}


def parameter(
    name: str, text: str, allowed: Any = None, *, form: str | None = None
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if allowed:
        schema["enum"] = list(allowed)
    if form:
        schema["format"] = form
    return {"name": name, "in": "query", "description": text, "schema": schema}


def filter_parameter(name: str, chosen: Any) -> dict[str, Any]:
    """Describe one filter: its label is its description."""
    described = parameter(name, str(chosen.label), getattr(chosen, "allowed", None))
    match type(chosen).__name__:
        case "SeveralCodes" | "SeveralChoices":
            items = described["schema"]
            described["schema"] = {"type": "array", "items": items, "minItems": 1}
            described |= {"style": "form", "explode": False}
        case "Day":
            described["schema"]["format"] = "date"
        case "Flag":
            described["schema"] = {"type": "boolean"}
    return described
