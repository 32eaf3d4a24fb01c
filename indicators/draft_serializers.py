"""Values under way, as a partner's system sends them and is shown them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from indicators.models import Observation, Qualifier
from indicators.serializers import (
    INDICATOR,
    indicator_address,
    indicator_example,
    of_indicator,
    period_of,
    unit_of_indicator,
)
from plans.api_support.draft_serializers import (
    ContentSerializer,
    ContributionSerializer,
    SentChoice,
    SentDay,
    SentFlag,
    SentText,
    missing_of,
    number,
    text,
)
from plans.api_support.fields import (
    Address,
    Choice,
    Day,
    Flag,
    Listed,
    Number,
    Reasons,
    Text,
    Whole,
)
from plans.api_support.problems import FieldErrorSerializer
from plans.api_support.writing import Strict
from plans.serializers import PLAN, api_example, label

MOST_ROWS = 500


def missing_of_draft(row: Observation) -> dict[str, str]:
    """Name what a value lacks: the figures that its kind of indicator has not."""
    if row.numerator is None:
        return missing_of(row, numerator="not_a_ratio", denominator="not_a_ratio")
    return missing_of(row, value="ratio_has_terms")


class ObservationContentSerializer(ContentSerializer):
    """A value, without its period: what replaces a draft."""

    value = number("The value in the unit; left out for a ratio.", "30")
    numerator = number("Of a ratio.", "45")
    denominator = number("Of a ratio.", "60")
    qualifier = SentChoice(
        "How exactly the source states it.",
        choices=Qualifier.choices,
        default=Qualifier.EXACT,
        example="exact",
    )


class ObservationInputSerializer(ObservationContentSerializer):
    """A value and its period."""

    period_start = SentDay("The first day of the period.", example="2020-01-01")
    period_end = SentDay("The last day of the period.", example="2020-12-31")


class ObservationDraftSerializer(ContributionSerializer):
    """A value under way, or just published."""

    plan, indicator, indicator_url = of_indicator()
    period = Text(
        "Its period as the address has it.", of=period_of, example="2020-01-01--2020-12-31"
    )
    url = Address(
        "This resource, while it is under way.",
        of=lambda row: indicator_address(row.indicator, "drafts", period_of(row)),
        example=indicator_example("drafts", "2020-01-01--2020-12-31"),
    )
    published_url = Address(
        "Where everyone reads it once it is published.",
        of=lambda row: indicator_address(row.indicator, "observations", period_of(row)),
        example=indicator_example("observations", "2020-01-01--2020-12-31"),
    )
    period_start = Day("The first day of the period.", example="2020-01-01")
    period_end = Day("The last day of the period.", example="2020-12-31")
    value = Number("The value in the unit; null for a ratio.", allow_null=True, example="30")
    numerator = Number("Of a ratio only.", allow_null=True, example="45")
    denominator = Number("Of a ratio only.", allow_null=True, example="60")
    unit = unit_of_indicator()
    qualifier = Choice("How exactly the source states it.", Qualifier)
    qualifier_label = label("qualifier", "The precision", "valeur exacte")
    missing_reason = Reasons(of=missing_of_draft, example={"numerator": "not_a_ratio"})


class BulkRowSerializer(ObservationInputSerializer):
    """One value of a bulk request."""

    indicator = SentText("The code of the indicator.", example=INDICATOR, max_length=60)
    confirmation = text(
        "The code that a refusal gave for a surprising value, once it is checked.",
        "5f2d1c0a9b8e7f66",
    )
    if_match = text(
        "The ETag of the draft that the row replaces: refused when it changed since.",
        '"9f86d081884c7d659a2feaa0c55ad015"',
    )


THEN = ("draft", "submit", "publish")
OUTCOMES = ("created", "updated", "unchanged", "refused")


def atomic() -> SentFlag:
    """Whether one refused row stops all."""
    return SentFlag(
        "All or nothing. If false, each row is written for itself.", example=True, default=True
    )


def dry_run() -> SentFlag:
    """Whether it is a rehearsal."""
    return SentFlag("Do it, report, and undo it: nothing is written.", example=False, default=False)


def then() -> SentChoice:
    """What follows for each row."""
    return SentChoice(
        "What follows for each row: `draft` leaves it so; `submit` hands it in; `publish` "
        "publishes it too, where the plan trusts the system.",
        choices=THEN,
        default="draft",
        example="submit",
    )


class BulkSettingsSerializer(Strict):
    """A bulk request, its rows not read yet: each is judged for itself."""

    atomic = atomic()
    dry_run = dry_run()
    then = then()
    rows = serializers.ListField(
        child=serializers.JSONField(), allow_empty=False, max_length=MOST_ROWS
    )


class BulkSerializer(Strict):
    """Values to draft, each named by its indicator and its period; no other is touched."""

    atomic = atomic()
    dry_run = dry_run()
    then = then()
    rows = BulkRowSerializer(
        many=True, min_length=1, max_length=MOST_ROWS, help_text="The values, 500 at most."
    )


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of a row."""

    row = Whole("Its place in the request, from 0.", example=0)
    indicator = Text(
        "The indicator it named; null when unreadable.", allow_null=True, example=INDICATOR
    )
    period = Text(
        "The period it named; null when unreadable.",
        allow_null=True,
        example="2020-01-01--2020-12-31",
    )
    outcome = Text(
        f"What became of it: {', '.join(OUTCOMES)}; under dry_run, what would.", example="created"
    )
    state = Text("Where the value stands; null when refused.", allow_null=True, example="submitted")
    url = Text(
        "The contribution, or what is published; null when refused.",
        allow_null=True,
        example=indicator_example("drafts", "2020-01-01--2020-12-31"),
    )
    etag = Text(
        "The version written; null when none is under way.",
        allow_null=True,
        example='"9f86d081884c7d659a2feaa0c55ad015"',
    )
    errors = FieldErrorSerializer(
        many=True, help_text="Why it is refused; pointers start at the row."
    )
    doubts = Listed("Why the value surprises; a refusal only where it is handed in.", example=[])
    confirmation = Text(
        "What to send with the row to hand it in in spite of doubts; empty without any.", example=""
    )


class BulkReportSerializer(serializers.Serializer[Any]):
    """What became of a bulk request."""

    plan = Text("The slug of the plan.", example=PLAN)
    atomic = Flag("Whether it was all or nothing.", example=True)
    dry_run = Flag("Whether nothing was written, by request.", example=False)
    then = Text("What was asked to follow.", example="submit")
    created = Whole("Rows that made a draft or a correction.", example=493)
    updated = Whole("Rows that replaced the content of a draft.", example=0)
    unchanged = Whole("Rows that were there already, word for word.", example=0)
    refused = Whole("Rows refused; when all or nothing, one is enough to write none.", example=7)
    results = BulkResultSerializer(many=True, help_text="Row by row, in the order sent.")


class ObservationDraftPageSerializer(serializers.Serializer[Any]):
    """A page of the values under way."""

    count = Whole("How many there are, all pages together.", example=42)
    next = Address(
        "The page after this one; null when there is none.",
        allow_null=True,
        example=api_example(f"plans/{PLAN}/observation-drafts") + "?page=3",
    )
    previous = Address(
        "The page before this one; null when there is none.",
        allow_null=True,
        example=api_example(f"plans/{PLAN}/observation-drafts") + "?page=1",
    )
    results = ObservationDraftSerializer(many=True, help_text="The rows of this page.")
