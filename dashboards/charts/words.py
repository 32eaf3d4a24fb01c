"""The words and numbers of a chart: those of :mod:`indicators.formats`, shorter where a drawing has
less room than a sentence.

Everything a chart shows as text is made here or there, so that the drawing engine formats nothing
itself and no English month or decimal point can slip in.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators.formats import (
    NO_BREAK,
    format_number,
    format_qualified,
    format_value,
    whole_months,
)
from indicators.models import Unit
from indicators.terms import Operator, Qualifier

_MILLION = Decimal(1_000_000)
_BILLION = Decimal(1_000_000_000)

_SIGNS = {
    Qualifier.EXACT: "",
    Qualifier.AT_LEAST: f"≥{NO_BREAK}",
    Qualifier.ABOUT: f"≈{NO_BREAK}",
    Qualifier.AT_MOST: f"≤{NO_BREAK}",
}


def amount(value: Decimal, *, decimals: int, unit: str) -> str:
    """A number in its unit where the unit is a sign: ``80 %``. Other units are said once, apart."""
    # A percentage rounds by a rule of its own: 99,96 % is not 100 %.
    text = format_value(value, Unit(symbol=unit, decimals=decimals))
    return f"{text}{NO_BREAK}%" if unit == "%" else text


def short_amount(value: Decimal, *, decimals: int, unit: str) -> str:
    """An amount that fits beside a point: in millions or billions from ten million up."""
    if abs(value) < 10 * _MILLION:
        return amount(value, decimals=decimals, unit=unit)
    if abs(value) < 10 * _BILLION:
        return f"{format_number(value / _MILLION, 2)}{NO_BREAK}M"
    return f"{format_number(value / _BILLION, 2)}{NO_BREAK}Md"


def qualified(text: str, qualifier: Qualifier) -> str:
    """An amount with the sign of how its source states it: ``≥ 70``."""
    return _SIGNS[qualifier] + text


def bounded(text: str, operator: Operator, *, approximate: bool) -> str:
    """An amount promised: ``au plus 80``, ``environ 15``; a plain amount when at least."""
    if operator is Operator.AT_MOST:
        return format_qualified(text, Qualifier.AT_MOST)
    return format_qualified(text, Qualifier.ABOUT if approximate else Qualifier.EXACT)


def _month(month: int) -> str:
    return (
        _("janv."),
        _("févr."),
        _("mars"),
        _("avr."),
        _("mai"),
        _("juin"),
        _("juil."),
        _("août"),
        _("sept."),
        _("oct."),
        _("nov."),
        _("déc."),
    )[month - 1]


def short_day(on: date) -> str:
    """``31 déc. 2028``."""
    number = "1er" if on.day == 1 else str(on.day)
    return f"{number}{NO_BREAK}{_month(on.month)} {on.year}"


def period_cell(start: date, end: date) -> tuple[str, str]:
    """A period on an axis: what names it, and the year that groups it (``T2``, ``2020``)."""
    months = whole_months(start, end)
    year = str(start.year)
    if start.year != end.year:
        years = f"{start.year}-{end.year}"
        return (years, "") if months == 12 else (f"{_slashed(start)}–{_slashed(end)}", years)
    if months == 12:
        return year, ""
    if months == 6 and start.month in (1, 7):
        return (_("S1") if start.month == 1 else _("S2")), year
    if months == 3 and start.month in (1, 4, 7, 10):
        return (_("T1"), _("T2"), _("T3"), _("T4"))[start.month // 3], year
    if months == 1:
        return _month(start.month), year
    return f"{_slashed(start)}–{_slashed(end)}", year


def _slashed(on: date) -> str:
    return f"{on.day:02}/{on.month:02}"


def listing(names: list[str], *, at_most: int = 8) -> str:
    """``2020, 2021 et 2 autres``: a list that stays a sentence."""
    if len(names) <= at_most:
        return ", ".join(names)
    return _("%(names)s et %(count)s autres") % {
        "names": ", ".join(names[:at_most]),
        "count": len(names) - at_most,
    }
