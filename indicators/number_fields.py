"""The form fields of an indicator's value: numbers as people type them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from indicators.formats import format_exact, format_quantity, format_stored
from indicators.models import Indicator, Measurement, Observation, Unit
from indicators.numbers import NumberError, parse_number
from indicators.progress import Measurement as Kind
from indicators.progress import Observed, aggregate, check_observed
from indicators.term_words import on_screen

_COUNT = Unit(name="unité", name_plural="unités")
"""What the two terms of a ratio are counted in: the unit is that of the ratio."""

_LONGEST = 60


class NumberField(forms.Field):
    """A number in a unit, typed or pasted the French way, read by `indicators.numbers`."""

    def __init__(self, unit: Unit, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        """Return the number; None when nothing is typed."""
        text = str(value or "").strip()
        if not text:
            return None
        if len(text) > _LONGEST:
            raise ValidationError(_("Ce texte est trop long pour un nombre."))
        try:
            return parse_number(text, self.unit).value
        except NumberError as refusal:
            raise ValidationError(str(refusal)) from None

    def prepare_value(self, value: Any) -> Any:
        """Write a stored number as a person would; leave alone what was typed."""
        return format_exact(value) if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another text stands there than the one that was shown."""
        return (self.prepare_value(initial) or "").strip() != (data or "").strip()


def number_unit(indicator: Indicator) -> Unit:
    """Return what the numbers that are typed are counted in: of a ratio, its two terms."""
    return _COUNT if indicator.measurement == Measurement.RATIO else indicator.unit


def number_fields(indicator: Indicator) -> dict[str, NumberField]:
    """Return the fields of an indicator's value: one number, or the two terms of a ratio.

    None is required by itself: `check_value` says what is missing.
    """
    if indicator.measurement == Measurement.RATIO:
        return {
            "numerator": NumberField(_COUNT, label=_("Numérateur"), required=False),
            "denominator": NumberField(_COUNT, label=_("Dénominateur"), required=False),
        }
    return {"value": NumberField(number_unit(indicator), label=_("Valeur"), required=False)}


def check_value(form: forms.BaseForm, observed: Observed, kind: Kind) -> None:
    """Refuse what the one validator of observations refuses, field by field, in French."""
    for problem in check_observed(kind, observed):
        field = {"start": "period_start", "end": "period_end"}.get(problem.field, problem.field)
        if field in form.fields and field not in form.errors:
            form.add_error(field, on_screen(problem))


def quantity_of(observation: Observation) -> str:
    """Return an observation's own value and unit, to the last digit; a ratio with its terms."""
    observed, unit = observed_of(observation), observation.indicator.unit
    value = aggregate(Kind(observation.indicator.measurement), [observed], unit.ratio_scale)
    assert value is not None, "an observation always has a value"
    if observed.numerator is None or observed.denominator is None:
        return format_stored(value, unit)
    return _("%(value)s (%(numerator)s sur %(denominator)s)") % {
        "value": format_quantity(value, unit),
        "numerator": format_exact(observed.numerator),
        "denominator": format_exact(observed.denominator),
    }


def observed_of(observation: Observation) -> Observed:
    """Return an observation, saved or not, as the rules take it."""
    return Observed(
        start=observation.period_start,
        end=observation.period_end,
        value=observation.value,
        numerator=observation.numerator,
        denominator=observation.denominator,
        sequence=observation.pk or 0,
    )
