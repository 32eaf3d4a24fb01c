"""Fields of an answer: each says what it holds and shows an example, so the schema can too.

A field reads the attribute of its name, or what `of` makes of the row. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from django.conf import settings
from django.db import models
from rest_framework import serializers

PREFIX = "/api/v1"
WIDE = Context(prec=60)


def address(*words: str) -> str:
    """Return the absolute address of a resource: `address("plans", "grand-est-2019")`."""
    return f"{settings.BASE_URL}{PREFIX}/{'/'.join(words)}/"


def site_address(path: str) -> str:
    """Return the absolute address of a path of the site."""
    return f"{settings.BASE_URL}{path}"


def plain(value: Decimal | None) -> str | None:
    """Write a decimal exactly, without exponent and without zeros that say nothing."""
    if value is None:
        return None
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


class Documented(serializers.Field):  # type: ignore[type-arg]
    """A read-only field with a description and an example."""

    numeric = False

    def __init__(
        self,
        help_text: str = "",
        *,
        example: Any = None,
        of: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.example = example
        self.of = of
        super().__init__(help_text=help_text, read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        if self.of is not None:
            return self.of(instance)
        return super().get_attribute(instance)


class Text(Documented, serializers.CharField):
    """A text; empty where nothing is said."""


class Address(Documented, serializers.URLField):
    """An absolute address."""


class Day(Documented, serializers.DateField):
    """A day, as ISO 8601 writes it."""

    def to_representation(self, value: date) -> str:
        return value.isoformat()


class Moment(Documented, serializers.DateTimeField):
    """A moment, as ISO 8601 writes it, in universal time."""

    def to_representation(self, value: datetime) -> str:
        return value.isoformat().replace("+00:00", "Z")


class Flag(Documented, serializers.BooleanField):
    """Yes or no."""


class Whole(Documented, serializers.IntegerField):
    """A whole number."""


class Number(Documented, serializers.CharField):
    """A decimal, as a string; a point separates the decimals.

    As many decimals as the database keeps, so that what is stored and what is reckoned now are
    written alike.
    """

    numeric = True

    def __init__(self, help_text: str = "", *, decimals: int = 6, **kwargs: Any) -> None:
        self.decimals = decimals
        super().__init__(help_text, **kwargs)

    def to_representation(self, value: Decimal) -> str:
        return plain(value.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP, WIDE)) or "0"


class Choice(Documented, serializers.ChoiceField):
    """One of the codes of an enumeration."""

    def __init__(self, help_text: str, choices: type[models.TextChoices], **kwargs: Any) -> None:
        labels = "; ".join(f"`{code}`: {label}" for code, label in choices.choices)
        kwargs.setdefault("example", choices.values[0])
        super().__init__(f"{help_text} {labels}.", choices=choices.choices, **kwargs)

    def to_representation(self, value: Any) -> str:
        return str(value)


class Listed(Documented, serializers.ListField):
    """Several codes."""

    child = serializers.CharField()


class Addresses(Documented, serializers.DictField):
    """Absolute addresses, each by a name."""

    child = serializers.URLField()


class Reasons(Documented, serializers.DictField):
    """Why a field that may hold a figure or a date is null: its name and a code."""

    child = serializers.CharField()

    def __init__(self, *names: str, of: Callable[[Any], Any] | None = None, **kwargs: Any) -> None:
        super().__init__(
            "Why the fields that are null hold nothing: the name of the field, and a code. "
            "Empty when nothing is missing.",
            example=kwargs.pop("example", dict.fromkeys(names[:1], "not_stated")),
            of=of or not_stated(*names),
            **kwargs,
        )


def not_stated(*names: str) -> Callable[[Any], dict[str, str]]:
    """Return what names each of these attributes that no source states."""

    def missing(row: Any) -> dict[str, str]:
        return {name: "not_stated" for name in names if getattr(row, name) is None}

    return missing
