"""What the addresses of contributions under way take and answer, for values as for states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import BaseSerializer

from plans.api_support.draft_serializers import ConfirmationSerializer
from plans.api_support.writing import Act

Serializer = type[BaseSerializer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftActs:
    """The acts on one kind of contribution under way."""

    noun: str
    """Begins the identifier of each operation."""
    gives: Serializer
    at: Mapping[str, str]
    """The words of its address, as runtime expressions on an answer that shows it."""

    @property
    def seen(self) -> Mapping[str, str]:
        """Its address, and the state in which it was seen."""
        return {**self.at, "header.If-Match": "$response.header.ETag"}

    @property
    def next(self) -> Mapping[str, Mapping[str, str]]:
        """What can be done with it, but for reading it."""
        acts = ("replace", "submit", "publish", "discard")
        return {f"{self.noun}_{act}": self.seen for act in acts}

    @property
    def links(self) -> Mapping[str, Mapping[str, str]]:
        """Where an answer that shows it leads."""
        return {f"{self.noun}_read": self.at, **self.next}

    def create(self, summary: str, takes: Serializer) -> dict[str, Act]:
        """Draft it."""
        act = Act(
            name=f"{self.noun}_create",
            summary=summary,
            takes=takes,
            gives=self.gives,
            status=201,
            errors=(409, 413, 415, 422),
            repeatable=True,
            links=self.links,
        )
        return {"post": act}

    def detail(self, summary: str, takes: Serializer) -> dict[str, Act]:
        """Show it, replace its content, discard it."""
        return {
            "get": Act(
                name=f"{self.noun}_read",
                summary=summary,
                gives=self.gives,
                errors=(),
                links=self.next,
            ),
            "put": Act(
                name=f"{self.noun}_replace",
                summary="Replace the whole content of a draft, or of what was returned.",
                takes=takes,
                gives=self.gives,
                errors=(409, 412, 413, 415, 422, 428),
                conditional=True,
                links=self.links,
            ),
            "delete": Act(
                name=f"{self.noun}_discard",
                summary="Discard a draft.",
                status=204,
                errors=(409, 412, 428),
                conditional=True,
            ),
        }

    def submit(self) -> dict[str, Act]:
        """Hand it in."""
        act = Act(
            name=f"{self.noun}_submit",
            summary="Hand a draft to the reviewers.",
            takes=ConfirmationSerializer,
            takes_nothing_too=True,
            gives=self.gives,
            errors=(409, 412, 413, 415, 422, 428),
            conditional=True,
            repeatable=True,
            links=self.links,
        )
        return {"post": act}

    def publish(self) -> dict[str, Act]:
        """Publish it."""
        act = Act(
            name=f"{self.noun}_publish",
            summary="Publish what was handed in, where the plan trusts the system.",
            gives=self.gives,
            errors=(409, 412, 413, 422, 428),
            conditional=True,
            repeatable=True,
        )
        return {"post": act}

    def list(self, summary: str, gives: Serializer) -> dict[str, Act]:
        """List those of the plan."""
        act = Act(name=f"{self.noun}_list", summary=summary, gives=gives, errors=(), tagged=False)
        return {"get": act}
