"""What may stand after the question mark: filters, ordering, fields, dates.

What is not known is refused with the names that are; a wrong value with those allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django_filters.constants import EMPTY_VALUES
from rest_framework.request import Request

from plans.api_support.problems import WrongParameters, wrong
from plans.days import EARLIEST, LATEST, is_reckoned_with


class SeveralCodes(django_filters.BaseInFilter, django_filters.CharFilter):  # type: ignore[misc]
    """One or several codes, separated by commas; a code that nothing has selects nothing."""


class SeveralChoices(django_filters.BaseInFilter, django_filters.ChoiceFilter):  # type: ignore[misc]
    """One or several codes of an enumeration, separated by commas."""

    def __init__(self, choices: type[models.TextChoices], **kwargs: Any) -> None:
        self.allowed = choices.values
        super().__init__(choices=choices.choices, **kwargs)


DAYS = f"{EARLIEST}…{LATEST}"
"""What is allowed where a day is asked for."""


class Day(django_filters.DateFilter):  # type: ignore[misc]
    """A day, as ISO 8601 writes it, and in no other way."""

    span = (DAYS,)

    class field_class(forms.DateField):  # noqa: N801 - the name the package looks for
        input_formats = ["%Y-%m-%d"]

        def to_python(self, value: Any) -> date | None:
            return None if value in self.empty_values else _day(str(value))


class Moment(django_filters.DateTimeFilter):  # type: ignore[misc]
    """A moment or a day, as ISO 8601 writes it."""

    span = (DAYS,)

    class field_class(forms.DateTimeField):  # noqa: N801 - the name the package looks for
        def to_python(self, value: Any) -> datetime | None:
            return None if value in self.empty_values else _moment(str(value), time.min)


class Flag(django_filters.BooleanFilter):  # type: ignore[misc]
    """true or false."""

    class field_class(forms.NullBooleanField):  # noqa: N801 - the name the package looks for
        def to_python(self, value: Any) -> bool | None:  # type: ignore[override] # null: not asked
            if value in (None, ""):
                return None
            if str(value) not in ("true", "false"):
                raise forms.ValidationError(f"“{value}” is neither true nor false.")
            return str(value) == "true"

        widget = forms.TextInput


def _day(text: str) -> date:
    try:
        day = parse_date(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not is_reckoned_with(day):
        raise forms.ValidationError(
            f"“{text}” is not a day such as 2024-12-31, from {EARLIEST} to {LATEST}."
        )
    return day


def _moment(text: str, of_a_day: time) -> datetime:
    """Read a moment; a day alone counts from its first moment, or to its last, in Paris."""
    try:
        # A plus sign that was not escaped in the address arrives as a space.
        moment = parse_datetime(text.replace(" ", "+")) if len(text) > 10 else None
        if moment is None:
            moment = datetime.combine(_day(text), of_a_day)
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        if not is_reckoned_with(timezone.localdate(moment)):
            raise ValueError
    except (ValueError, OverflowError, forms.ValidationError) as error:
        raise forms.ValidationError(
            f"“{text}” is not a moment such as 2024-12-31 or 2024-12-31T23:59:59Z, "
            f"from {EARLIEST} to {LATEST}."
        ) from error
    return moment


def asked_day(request: Request, name: str) -> date | None:
    """Return a parameter that is a day."""
    text = request.query_params.get(name)
    return None if text is None else _or_wrong(name, _day, text)


def asked_moment(request: Request, name: str) -> datetime | None:
    """Return a parameter that is a moment, or the last of a day."""
    text = request.query_params.get(name)
    return None if text is None else _or_wrong(name, _moment, text, time.max)


def _or_wrong(name: str, read: Any, *words: Any) -> Any:
    try:
        return read(*words)
    except forms.ValidationError as error:
        raise WrongParameters([wrong(name, error.messages[0], [DAYS])]) from error


def asked_among(request: Request, name: str, allowed: Iterable[str]) -> list[str]:
    """Return the parts of a parameter that names several of the allowed words."""
    text = request.query_params.get(name)
    if text is None:
        return []
    asked, allowed = text.split(","), list(allowed)
    unknown = [word for word in asked if word not in allowed]
    if unknown:
        detail = f"“{', '.join(unknown)}” is not allowed here."
        raise WrongParameters([wrong(name, detail, allowed)])
    return asked


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Refuse parameters that nothing reads, those given twice, and characters no text holds."""
    errors = []
    for name in request.query_params:
        values = request.query_params.getlist(name)
        if name not in known:
            errors.append(wrong(name, f"“{name}” is not a parameter here.", sorted(known)))
        elif len(values) > 1:
            errors.append(wrong(name, "Give it once; separate several values by commas."))
        elif "\0" in values[0]:
            errors.append(wrong(name, "It holds a null character."))
    if errors:
        raise WrongParameters(errors)


def refuse_other(request: Request, name: str, allowed: Sequence[str], detail: str) -> None:
    """Refuse a parameter that is none of the allowed words; `detail` says so, of what was sent."""
    asked = request.query_params.get(name)
    if asked is not None and asked not in allowed:
        raise WrongParameters([wrong(name, detail.format(asked), allowed)])


@cache
def _ready(filters: Any, model: Any) -> Any:
    """Return the filters, made once: they hold nothing of a request."""
    return filters({}, queryset=model._default_manager.none()).filters


def understood(filters: Any, model: type[models.Model], request: Request) -> dict[str, Any]:
    """Return the value of each filter that is asked for, or say what is wrong with them."""
    values, errors = {}, []
    for name, one in _ready(filters, model).items():
        if name not in request.query_params:
            continue
        allowed = getattr(one, "allowed", ())
        sent = one.field.widget.value_from_datadict(request.query_params, {}, name)
        try:
            value = one.field.clean(sent)
        except forms.ValidationError as error:
            text = request.query_params.get(name, "")
            detail = f"“{text}” is not allowed here." if allowed else error.messages[0]
            errors.append(wrong(name, detail, allowed or getattr(one, "span", ())))
        else:
            if value not in EMPTY_VALUES:
                values[name] = value
    if errors:
        raise WrongParameters(errors)
    return values


def passing(filters: Any, rows: Any, values: Mapping[str, Any]) -> Any:
    """Return the rows that pass the filters of which there is a value."""
    ready = _ready(filters, rows.model)
    for name in (name for name in ready if name in values):
        rows = ready[name].filter(rows, values[name])
    return rows


def filtered(filters: type[django_filters.FilterSet], rows: Any, request: Request) -> Any:
    """Return the rows that pass the filters asked for, or say what is wrong with them."""
    return passing(filters, rows, understood(filters, rows.model, request))
