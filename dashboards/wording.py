"""What was promised, what was observed and how complete it is, as phrases of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from dashboards.facts import ProgressFacts
from indicators import evaluation
from indicators.formats import (
    NO_BREAK,
    UnitWords,
    dated,
    format_date,
    format_exact,
    format_month,
    format_period,
    format_qualified,
    format_quantity,
    format_value,
    whole_months,
)
from indicators.models import Observation, Qualifier, Target, Unit
from measures.models import MilestoneUpdate
from plans.models import Source


class Promise(Protocol):
    """What the words of a promise say: a stored target, or the facts of one."""

    @property
    def kind(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def tolerance(self) -> Decimal: ...
    @property
    def due_on(self) -> date | None: ...


class PromisedPeriod(Protocol):
    """What a quota asks of one period."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def value(self) -> Decimal: ...


def promise(target: Target, unit: Unit) -> str:
    """What a stored target promises; the periods of a quota come prefetched."""
    periods = target.periods.all() if target.kind == Target.Kind.QUOTA else ()
    return promised(target, periods, unit)


def promised(target: Promise, periods: Iterable[PromisedPeriod], unit: UnitWords) -> str:
    """What a target promises: ``35 entreprises par an, de 2020 à 2024``."""
    if target.kind == Target.Kind.QUOTA:
        return _quota_promise(target, periods, unit)
    value = target.value
    assert value is not None, "the database gives a value to every target but a quota"
    quantity = _bounded(format_quantity(value, unit), target)
    if target.kind == Target.Kind.THRESHOLD:
        if target.operator == Target.Operator.AT_LEAST and not target.tolerance:
            quantity = format_qualified(quantity, Qualifier.AT_LEAST)
        return _("%(quantity)s à chaque relevé") % {"quantity": quantity}
    if target.due_on is None:
        return _("%(quantity)s, échéance inconnue") % {"quantity": quantity}
    return _("%(quantity)s d’ici au %(date)s") % {
        "quantity": quantity,
        "date": format_date(target.due_on),
    }


def _quota_promise(target: Promise, asked: Iterable[PromisedPeriod], unit: UnitWords) -> str:
    periods = sorted(asked, key=lambda period: period.starts_on)
    values = sorted({period.value for period in periods})
    quantity = format_quantity(values[-1], unit)
    if len(values) > 1:
        quantity = _("de %(least)s à %(most)s") % {
            "least": format_value(values[0], unit),
            "most": quantity,
        }
    return _("%(quantity)s %(rhythm)s, %(span)s") % {
        "quantity": _bounded(quantity, target),
        "rhythm": _rhythm(periods),
        "span": span(periods[0].starts_on, periods[-1].ends_on),
    }


def _rhythm(periods: Sequence[PromisedPeriod]) -> str:
    lengths = {whole_months(period.starts_on, period.ends_on) for period in periods}
    words = {
        1: _("par mois"),
        3: _("par trimestre"),
        6: _("par semestre"),
        12: _("par an"),
    }
    length = lengths.pop()
    return _("par période") if lengths or length is None else words.get(length, _("par période"))


def _bounded(quantity: str, target: Promise) -> str:
    if target.operator == Target.Operator.AT_MOST:
        return format_qualified(quantity, Qualifier.AT_MOST)
    return format_qualified(quantity, Qualifier.ABOUT) if target.tolerance else quantity


def span(start: date, end: date) -> str:
    """A stretch of time inside a sentence: ``de 2020 à 2024``, ``en 2020``, ``du … au …``."""
    months = whole_months(start, end)
    if months == 12 and start.month == 1:
        return _("en %(year)s") % {"year": start.year}
    if months is not None and months % 12 == 0 and start.month == 1:
        return _("de %(first)s à %(last)s") % {"first": start.year, "last": end.year}
    return _("du %(start)s au %(end)s") % {"start": format_date(start), "end": format_date(end)}


def during(start: date, end: date) -> str:
    """A stretch of time after a value: ``en 2020``, ``au 30 août 2022``, ``au T1 2020``."""
    if start == end:
        return _("au %(date)s") % {"date": format_date(end)}
    months = whole_months(start, end)
    name = format_period(start, end)
    if months == 1 or (months is not None and months == 12 and start.month == 1):
        return _("en %(period)s") % {"period": name}
    if months in (3, 6) and not name.startswith(_("du")):
        return _("au %(period)s") % {"period": name}
    return span(start, end)


def told_period(observation: Observation) -> str:
    """The time of a value after it, and that no source states it where none does."""
    when = during(observation.period_start, observation.period_end)
    return dated(when, inferred=observation.date_inferred)


def told_day(update: MilestoneUpdate) -> str:
    """The day of a state, and that no source states it where none does."""
    return dated(format_date(update.as_of), inferred=update.date_inferred)


def value_of(observation: Observation, unit: Unit) -> Decimal:
    """The observation's own value in the unit; a ratio is computed as the rules do."""
    value = evaluation.value_of(
        observation.measurement,
        observation.value,
        observation.numerator,
        observation.denominator,
        unit.ratio_scale,
    )
    assert value is not None, "an observation always has a value"
    return value


def stated(observation: Observation, unit: Unit) -> str:
    """An observed value as its source states it: ``au moins 300 entreprises``, ``45,2 %``."""
    return format_qualified(
        format_quantity(value_of(observation, unit), unit), observation.qualifier
    )


def in_table(observation: Observation, unit: Unit) -> str:
    """A value in a column headed by its unit, every digit published of it.

    A ratio is rounded, beside what it is the ratio of.
    """
    if observation.value is not None:
        return format_qualified(format_exact(observation.value), observation.qualifier)
    text = format_qualified(format_value(value_of(observation, unit), unit), observation.qualifier)
    assert observation.numerator is not None, "the database gives a ratio both"
    assert observation.denominator is not None, "the database gives a ratio both"
    return _("%(value)s (%(numerator)s sur %(denominator)s)") % {
        "value": f"{text}{NO_BREAK}{unit.symbol}" if unit.symbol else text,
        "numerator": format_exact(observation.numerator),
        "denominator": format_exact(observation.denominator),
    }


def observed(
    progress: ProgressFacts,
    target: Promise | None,
    unit: UnitWords,
    qualifier: str | None,
) -> str | None:
    """The value published, or None: with its unit where no target beside it says it in words."""
    if progress.value is None:
        return None
    alone = target is None or target.kind == Target.Kind.THRESHOLD
    write = format_quantity if alone or unit.symbol else format_value
    return format_qualified(write(progress.value, unit), qualifier or Qualifier.EXACT)


def until_inferred(progress: ProgressFacts) -> bool:
    """Whether the day that values reach is that of a period which no source states."""
    latest = progress.latest
    return (
        latest is not None and latest.date_inferred and latest.period_end == progress.reported_until
    )


def coverage(progress: ProgressFacts, frequency: str | None) -> str:
    """How many of the ended periods are reported: ``2 années sur 3 renseignées``."""
    ended, reported = progress.periods_ended, progress.periods_reported or 0
    if not ended:
        return ""
    none, one, several = _COVERED.get(frequency or "", _COVERED_PERIODS)
    words = {0: none, 1: one}.get(reported, several)
    return str(words) % {"reported": reported, "ended": ended}


_COVERED_PERIODS = (
    _lazy("aucune période sur %(ended)s renseignée"),
    _lazy("%(reported)s période sur %(ended)s renseignée"),
    _lazy("%(reported)s périodes sur %(ended)s renseignées"),
)
_COVERED = {
    "year": (
        _lazy("aucune année sur %(ended)s renseignée"),
        _lazy("%(reported)s année sur %(ended)s renseignée"),
        _lazy("%(reported)s années sur %(ended)s renseignées"),
    ),
    "half_year": (
        _lazy("aucun semestre sur %(ended)s renseigné"),
        _lazy("%(reported)s semestre sur %(ended)s renseigné"),
        _lazy("%(reported)s semestres sur %(ended)s renseignés"),
    ),
    "quarter": (
        _lazy("aucun trimestre sur %(ended)s renseigné"),
        _lazy("%(reported)s trimestre sur %(ended)s renseigné"),
        _lazy("%(reported)s trimestres sur %(ended)s renseignés"),
    ),
    "month": (
        _lazy("aucun mois sur %(ended)s renseigné"),
        _lazy("%(reported)s mois sur %(ended)s renseigné"),
        _lazy("%(reported)s mois sur %(ended)s renseignés"),
    ),
}


def published_on(source: Source) -> str:
    """The date of a source, as precise as the document shows it; empty when it shows none."""
    on = source.published_on
    if on is None:
        return ""
    match Source.Precision(source.published_precision):
        case Source.Precision.YEAR:
            return str(on.year)
        case Source.Precision.MONTH:
            return format_month(on)
        case Source.Precision.DAY:
            return format_date(on)
