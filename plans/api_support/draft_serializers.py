"""What a partner's system sends and is shown of a contribution, whatever it is about."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from plans.api_support.fields import Address, Choice, Flag, Moment, Text, address
from plans.api_support.writing import Strict
from plans.days import EARLIEST, LATEST, is_reckoned_with
from plans.models import LOCATOR_LENGTH, Contribution, Source
from plans.serializers import PLAN, api_example

OPEN_STATES = ("draft", "submitted", "returned")

NUMBER = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,6})?", re.ASCII)


class Sent:
    """A field of a body: what it is and an example, for the schema too."""

    def __init__(self, help_text: str, *, example: Any = None, **kwargs: Any) -> None:
        self.example = example
        super().__init__(help_text=help_text, **kwargs)


class SentText(Sent, serializers.CharField):
    """A text."""


class SentDay(Sent, serializers.DateField):
    """A day, as ISO 8601 writes it."""

    default_error_messages = {
        "invalid": f"Write a day such as 2024-12-31, from {EARLIEST} to {LATEST}."
    }

    def __init__(self, help_text: str, **kwargs: Any) -> None:
        super().__init__(help_text, input_formats=["%Y-%m-%d"], **kwargs)

    def to_internal_value(self, data: Any) -> date:
        """Read a day, as the parameters of an address are read."""
        day: date = super().to_internal_value(data)
        if not is_reckoned_with(day):
            self.fail("invalid")
        return day


class SentFlag(Sent, serializers.BooleanField):
    """true or false."""


class SentChoice(Sent, serializers.ChoiceField):
    """One of the codes of an enumeration."""


class SentNumber(Sent, serializers.CharField):
    """A decimal, as a string: a number of JSON may have been rounded on its way."""

    pattern = f"^{NUMBER.pattern}$"
    default_error_messages = {
        "invalid": "Write the number as a string with a point, such as “40.57”: at most 14 digits "
        "before it and 6 behind."
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not NUMBER.fullmatch(data):
            self.fail("invalid")
        # Minus zero is zero: nothing should ever read "-0".
        return Decimal(data) + 0


def number(help_text: str, example: str) -> SentNumber:
    """Return a figure that may be left out."""
    return SentNumber(help_text, example=example, required=False, allow_null=True, default=None)


def text(help_text: str, example: str, **kwargs: Any) -> SentText:
    """Return a text that may be left out."""
    return SentText(
        help_text, example=example, required=False, allow_blank=True, default="", **kwargs
    )


class DocumentSerializer(Strict):
    """A document that the plan does not cite yet; one described alike is cited again."""

    kind = SentChoice(
        "What it is: "
        + "; ".join(f"`{code}`: {label}" for code, label in Source.Kind.choices)
        + ".",
        choices=Source.Kind.choices,
        example="official",
    )
    title = SentText("Its title.", example="Bilan 2024", max_length=250)
    publisher = text("Who published it.", "Agence régionale de l’innovation", max_length=150)
    url = text("Its address.", "https://example.org/bilan-2024.pdf", max_length=500)
    published_on = text(
        "When it was published, as precisely as it says: 2024, 2024-06 or 2024-06-20.",
        "2024-06",
        max_length=10,
    )


class ContentSerializer(Strict):
    """What goes with every contribution. What is left out is empty."""

    source = text("The code of one of the plan's sources.", "deliberation", max_length=60)
    document = DocumentSerializer(
        required=False,
        allow_null=True,
        default=None,
        help_text="A new document, instead of `source`.",
    )
    locator = text("Where in it: page, table.", "page 12", max_length=LOCATOR_LENGTH)
    provisional = SentFlag("Whether it may still change.", example=False, default=False)
    date_inferred = SentFlag(
        "Whether the period or the day is inferred.", example=False, default=False
    )
    comment = text("A public remark.", "Conventions signées au 31 décembre.")
    evidence_url = text(
        "A public document that proves it.", "https://example.org/conventions.pdf", max_length=500
    )
    correction_reason = text(
        "Why what is published for these days is corrected: asked for where something is.", ""
    )


class ConfirmationSerializer(Strict):
    """What a surprising value is handed in with."""

    confirmation = text(
        "The code that a refusal gave, once the value is checked.", "5f2d1c0a9b8e7f66"
    )


def source_of(row: Contribution, plan_slug: str) -> str | None:
    """Return the address of a contribution's source."""
    return None if row.source is None else address("plans", plan_slug, "sources", row.source.code)


class ContributionSerializer(serializers.Serializer[Any]):
    """What every contribution shows. Who wrote or reviewed it is not shown."""

    state = Choice("Where it stands.", Contribution.State)
    state_label = Text(
        "The same in French.", of=lambda row: row.get_state_display(), example="brouillon"
    )
    mine = Flag("Whether this system wrote it: it changes nothing else.", example=True)
    source = Address(
        "Its source; null while none is named.",
        of=lambda row: source_of(row, row.permission_plan.slug),
        allow_null=True,
        example=api_example(f"plans/{PLAN}/sources/bilan"),
    )
    locator = Text("Where in it.", example="page 12")
    provisional = Flag("Whether it may still change.", example=False)
    date_inferred = Flag("Whether the period or the day is inferred.", example=False)
    comment = Text("A public remark.", example="")
    evidence_url = Address(
        "A public document that proves it; null for none.",
        of=lambda row: row.evidence_url or None,
        allow_null=True,
        example="https://example.org/conventions.pdf",
    )
    is_correction = Flag(
        "Whether something is published for these days, which it replaces.",
        of=lambda row: row.supersedes_id is not None,
        example=False,
    )
    correction_reason = Text("Why; empty when it is no correction.", example="")
    return_reason = Text("Why a reviewer returned it; empty when none did.", example="")
    saved_at = Moment(
        "When it was last saved.",
        of=lambda row: row.edited_at or row.recorded_at,
        example="2026-11-20T23:00:00Z",
    )
    submitted_at = Moment(
        "When it was handed in; null while it was not.",
        allow_null=True,
        example="2026-11-20T23:00:00Z",
    )
    published_at = Moment(
        "When it was published; null while it is not.",
        allow_null=True,
        example="2026-11-20T23:00:00Z",
    )


def missing_of(row: Contribution, **more: str) -> dict[str, str]:
    """Name what a contribution lacks, with a code."""
    held = {
        "source": (row.source_id, "not_stated"),
        "evidence_url": (row.evidence_url or None, "not_stated"),
        "submitted_at": (row.submitted_at, "not_submitted"),
        "published_at": (row.published_at, "not_published"),
    }
    return more | {name: reason for name, (value, reason) in held.items() if value is None}
