"""The values of a plan file, checked as the column they go to is.

A column of the model says what kind of value is expected and how long, precise or large it may
be, so a plan file, a form and the database never disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models
from django.utils.translation import gettext as _
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from exchange.plan_files.problems import unknown_value
from plans.days import EARLIEST, LATEST, is_reckoned_with
from plans.models import Source

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
WHOLE = re.compile(r"[0-9]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date as precisely as a document shows it: the day, the month or the year."""

    on: date
    precision: str = Source.Precision.DAY

    @classmethod
    def of(cls, on: date, precision: str) -> PartialDate:
        """Return the date with nothing more precise than its precision."""
        month = 1 if precision == Source.Precision.YEAR else on.month
        day = on.day if precision == Source.Precision.DAY else 1
        return cls(date(on.year, month, day), precision)

    def __str__(self) -> str:
        length = {Source.Precision.DAY: 10, Source.Precision.MONTH: 7}.get(
            Source.Precision(self.precision), 4
        )
        return self.on.isoformat()[:length]


def column(model: type[models.Model], name: str) -> BeforeValidator:
    """Return the check of a value that goes to this column."""
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    convert = _converter(field)

    def check(value: object) -> object:
        if value is None:
            if field.null:
                return None
            if field.blank and isinstance(field, models.CharField | models.TextField):
                return ""
            raise _wrong(_("valeur manquante ; une valeur est attendue"))
        return _run_validators(field, convert(_typed(value)))

    return BeforeValidator(check)


def reference(*, optional: bool = False) -> BeforeValidator:
    """Return the check of a code that names something else; null names nothing."""

    def check(value: object) -> str | None:
        if value is None and optional:
            return None
        code = _typed(value).strip()
        try:
            validate_slug(code)
        except ValidationError as error:
            raise _wrong(
                _("« %(code)s » n’est pas un code ; admis : lettres sans accent, chiffres, - et _")
                % {"code": code}
            ) from error
        return code

    return BeforeValidator(check)


def partial_date() -> BeforeValidator:
    """Return the check of a date written 2019-06-20, 2019-06 or 2019."""

    def check(value: object) -> PartialDate | None:
        if value is None:
            return None
        given = _typed(value)
        for pattern, rest, precision in (
            (DAY, "", Source.Precision.DAY),
            (MONTH, "-01", Source.Precision.MONTH),
            (YEAR, "-01-01", Source.Precision.YEAR),
        ):
            if pattern.fullmatch(given):
                return PartialDate(_iso_day(given + rest, given), precision)
        raise _wrong(
            _("« %(given)s » n’est pas une date ; admis : 2019-06-20, 2019-06 ou 2019")
            % {"given": given}
        )

    return BeforeValidator(check)


def exactly(expected: int) -> BeforeValidator:
    """Return the check of a value of which there is only one."""

    def check(value: object) -> int:
        if value != str(expected):
            raise _wrong(unknown_value(_shown(value), [str(expected)]))
        return expected

    return BeforeValidator(check)


def empty_when_null() -> BeforeValidator:
    """Return the reading of `key:` with nothing behind it as an empty list."""
    return BeforeValidator(lambda value: [] if value is None else value)


def _converter(field: models.Field[Any, Any]) -> Callable[[str], object]:
    if field.choices:
        return _choice([str(value) for value, _label in field.flatchoices if value])
    return next(convert for kind, convert in _CONVERTERS if isinstance(field, kind))


def _typed(value: object) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(
        _("une liste ou des clés ; une seule valeur est attendue")
        if isinstance(value, list | dict)
        else _("valeur manquante ; une valeur est attendue")
    )


def normal(text: str) -> str:
    """Return a text without blank ends and with plain line ends: what plan files compare."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _lines(text: str) -> str:
    return normal(text)


def _line(text: str) -> str:
    text = normal(text)
    if "\n" in text:
        raise _wrong(_("plusieurs lignes ; une seule ligne est attendue"))
    return text


def _choice(allowed: list[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in allowed:
            raise _wrong(unknown_value(text, allowed))
        return text

    return check


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise _wrong(unknown_value(text, ["true", "false"]))
    return text == "true"


def _day(text: str) -> date:
    if not DAY.fullmatch(text):
        raise _wrong(
            _("« %(given)s » n’est pas une date ; attendu : année-mois-jour, comme 2019-06-20")
            % {"given": text}
        )
    return _iso_day(text, text)


def _iso_day(text: str, given: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(
            _("« %(given)s » n’existe pas au calendrier ; attendu : une date qui existe")
            % {"given": given}
        ) from error
    if not is_reckoned_with(day):
        raise _wrong(
            _("« %(given)s » n’est pas vraisemblable ; attendu : de %(first)s à %(last)s")
            % {"given": given, "first": EARLIEST.year, "last": LATEST.year}
        )
    return day


def _number(text: str) -> Decimal:
    if not NUMBER.fullmatch(text):
        raise _wrong(
            _(
                "« %(given)s » n’est pas un nombre ; attendu : des chiffres, avec un point pour "
                "les décimales et sans espace, comme 35000 ou 2.5"
            )
            % {"given": text}
        )
    return Decimal(text)


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise _wrong(_("« %(given)s » n’est pas un nombre entier, 0 ou plus") % {"given": text})
    return int(text)


_CONVERTERS: tuple[tuple[type[models.Field[Any, Any]], Callable[[str], object]], ...] = (
    (models.TextField, _lines),
    (models.CharField, _line),
    (models.BooleanField, _boolean),
    (models.DateField, _day),
    (models.DecimalField, _number),
    (models.IntegerField, _whole),
)


def _run_validators(field: models.Field[Any, Any], value: object) -> object:
    if value == "" and not field.blank:
        raise _wrong(_("texte vide ; un texte est attendu"))
    try:
        field.run_validators(value)
    except ValidationError as error:
        shown = "" if isinstance(field, models.TextField) else f"« {_shown(value)} » : "
        raise _wrong(shown + " ".join(error.messages)) from error
    return value


def _shown(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _wrong(message: str) -> PydanticCustomError:
    # The message stands as it is: braces in what was typed are no placeholders.
    return PydanticCustomError("plan_file", "{message}", {"message": message})
