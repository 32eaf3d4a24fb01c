"""Numbers, quantities, dates and periods as a French reader writes them.

Everything that stands in a sentence, a table or a chart is written here, so that two places never
write one value in two ways. French is fixed; the few words go through gettext.

Spaces are no-break: U+202F between thousands, U+00A0 before a unit or a sign. What can break
across lines (dates, "du … au …") has ordinary spaces.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from indicators.progress import display_percent
from indicators.terms import Qualifier

THOUSANDS = "\u202f"
NO_BREAK = "\u00a0"
MINUS = "\u2212"

_MILLION = Decimal(1_000_000)
_BILLION = Decimal(1_000_000_000)

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_VOWELS = ("a", "o")
"""What the months begin with before which « de » is elided."""


class UnitWords(Protocol):
    """How a unit is written: a stored unit, or the facts of one."""

    @property
    def name(self) -> str: ...
    @property
    def name_plural(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def decimals(self) -> int: ...


def format_number(value: Decimal, decimals: int) -> str:
    """``35 000``, ``2,5``, ``−3``: at most so many decimals, half rounded up, no trailing zero.

    23 and 23.00 read the same, and nothing ever reads minus zero.
    """
    rounded = _rounded(value, decimals)
    whole, _point, fraction = f"{abs(rounded):,f}".partition(".")
    fraction = fraction.rstrip("0")
    sign = MINUS if rounded < 0 else ""
    text = sign + whole.replace(",", THOUSANDS)
    return f"{text},{fraction}" if fraction else text


def format_exact(value: Decimal) -> str:
    """The number with every decimal it has: what a rounded or shortened figure stands for."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return format_number(value, max(0, -exponent))


def format_quantity(value: Decimal, unit: UnitWords) -> str:
    """``35 entreprises``, ``1 entreprise``, ``2,5 %``, ``350 M€``.

    An amount of money from a million up is shortened: show `format_full_quantity` with it.
    """
    if unit.symbol.startswith("€"):
        return _shortened(value, unit)
    return _with_unit(format_value(value, unit), _rounded(value, unit.decimals), unit)


def format_stored(value: Decimal, unit: UnitWords) -> str:
    """A quantity for who enters it: ``1,5 prêt (affiché : 2 prêts)`` if digits are left out."""
    shown = format_quantity(value, unit)
    if not value % _shown_step(value, unit):
        return shown
    return _("%(exact)s (affiché : %(shown)s)") % {
        "exact": format_full_quantity(value, unit),
        "shown": shown,
    }


def _shown_step(value: Decimal, unit: UnitWords) -> Decimal:
    """What a quantity is shown a multiple of."""
    if unit.symbol.startswith("€") and abs(value) >= _MILLION:
        return (_BILLION if abs(value) >= _BILLION else _MILLION) / 100
    return Decimal(1).scaleb(-unit.decimals)


def format_expected(value: Decimal, unit: UnitWords) -> str:
    """A quantity computed, not counted: ``3,4 chaires``, where ``3`` would not give its pace."""
    if unit.symbol.startswith("€"):
        return _shortened(value, unit)
    finer = unit.decimals + extra_decimals(value)
    return _with_unit(_rounded_value(value, unit.symbol, finer), _rounded(value, finer), unit)


def extra_decimals(expected: Decimal) -> int:
    """How many decimals more than its unit an expected value has: of a few, the first matters."""
    return 1 if abs(expected) < 10 else 0


def format_full_quantity(value: Decimal, unit: UnitWords) -> str:
    """The quantity with every digit: ``350 000 000 €``."""
    return _with_unit(format_exact(value), value, unit)


def format_value(value: Decimal, unit: UnitWords) -> str:
    """The number alone, with the decimals of its unit.

    A percentage reads 0 or 100 only when it is exactly that: 999 of 1 000 is not "100 %".
    """
    return _rounded_value(value, unit.symbol, unit.decimals)


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _rounded_value(value: Decimal, symbol: str, decimals: int) -> str:
    if symbol != "%":
        return format_number(value, decimals)
    step = Decimal(1).scaleb(-decimals)
    rounded = _rounded(value, decimals)
    if rounded in (0, 100) and rounded != value:
        rounded += step if value > rounded else -step
    return format_number(rounded, decimals)


def format_money(euros: Decimal) -> str:
    """``350 M€``, ``1,25 Md€``, ``45 000 €``."""
    if abs(euros) >= _BILLION:
        return f"{format_number(euros / _BILLION, 2)}{NO_BREAK}Md€"
    if abs(euros) >= _MILLION:
        return f"{format_number(euros / _MILLION, 2)}{NO_BREAK}M€"
    return f"{format_number(euros, 2)}{NO_BREAK}€"


def format_full_money(euros: Decimal) -> str:
    """``350 000 000 €``."""
    return f"{format_exact(euros)}{NO_BREAK}€"


def format_percent(rate: Decimal) -> str:
    """A rate as a whole percentage: ``40 %``; 0 and 100 only when exact."""
    percent = display_percent(rate)
    return f"{format_number(Decimal(percent), 0)}{NO_BREAK}%"


def format_qualified(text: str, qualifier: Qualifier | str) -> str:
    """A value as exactly as its source states it: ``au moins 300``, ``environ 50``."""
    match Qualifier(qualifier):
        case Qualifier.AT_LEAST:
            return _("au moins %(value)s") % {"value": text}
        case Qualifier.ABOUT:
            return _("environ %(value)s") % {"value": text}
        case Qualifier.AT_MOST:
            return _("au plus %(value)s") % {"value": text}
        case Qualifier.EXACT:
            return text


def format_of(text: str, qualifier: Qualifier | str) -> str:
    """The same after "de", elided before a qualifier: ``de 300``, ``d’au moins 300``."""
    match Qualifier(qualifier):
        case Qualifier.AT_LEAST:
            return _("d’au moins %(value)s") % {"value": text}
        case Qualifier.ABOUT:
            return _("d’environ %(value)s") % {"value": text}
        case Qualifier.AT_MOST:
            return _("d’au plus %(value)s") % {"value": text}
        case Qualifier.EXACT:
            return _("de %(value)s") % {"value": text}


def format_date(on: date) -> str:
    """``20 juin 2019``, ``1er juin 2019``."""
    return f"{_day_and_month(on)} {on.year}"


def dated(when: str, *, inferred: bool) -> str:
    """A day or a period in a sentence; ``janvier 2020 (date déduite)`` where no source gives it."""
    return _("%(when)s (date déduite)") % {"when": when} if inferred else when


def format_month(on: date) -> str:
    """``juin 2019``."""
    return f"{_MONTHS[on.month - 1]} {on.year}"


def format_period(start: date, end: date) -> str:
    """The name of a calendar period, else its two days.

    ``2020``, ``1er semestre 2020``, ``T1 2020``, ``juin 2020``, ``2020–2024``, ``20 juin 2019``,
    ``du 3 au 7 juin 2020``, ``du 3 mai au 7 juin 2020``.
    """
    if start == end:
        return format_date(start)
    return _calendar_name(start, end) or _("du %(start)s au %(end)s") % {
        "start": _without_what_follows(start, end),
        "end": format_date(end),
    }


def format_of_period(start: date, end: date) -> str:
    """A period after a noun: ``de 2020``, ``du 1er semestre 2020``, ``d’avril 2020``.

    ``du 20 juin 2019``, ``de la période du 3 au 7 juin 2020``.
    """
    name = format_period(start, end)
    months = whole_months(start, end)
    if start != end and _calendar_name(start, end) is None:
        return _("de la période %(period)s") % {"period": name}
    if start == end or months in (3, 6):
        return _("du %(period)s") % {"period": name}
    if months == 1 and name.startswith(_VOWELS):
        return _("d’%(period)s") % {"period": name}
    return _("de %(period)s") % {"period": name}


def whole_months(start: date, end: date) -> int | None:
    """How many calendar months a period is made of; None when it cuts one."""
    if start.day != 1 or end.day != monthrange(end.year, end.month)[1]:
        return None
    return (end.year - start.year) * 12 + end.month - start.month + 1


def _calendar_name(start: date, end: date) -> str | None:
    """The name of whole months that make one calendar period; None for any other span."""
    months = whole_months(start, end)
    if months is None:
        return None
    name: str | None = None
    if months == 1:
        name = format_month(start)
    elif months == 3 and start.month % 3 == 1:
        name = _("T%(quarter)s %(year)s") % {
            "quarter": (start.month + 2) // 3,
            "year": start.year,
        }
    elif months == 6 and start.month in (1, 7):
        half = _("1er semestre %(year)s") if start.month == 1 else _("2e semestre %(year)s")
        name = half % {"year": start.year}
    elif months == 12 and start.month == 1:
        name = str(start.year)
    elif months % 12 == 0 and start.month == 1:
        name = f"{start.year}–{end.year}"
    return name


def _without_what_follows(start: date, end: date) -> str:
    if start.year != end.year:
        return format_date(start)
    if start.month != end.month:
        return _day_and_month(start)
    return _ordinal(start.day)


def _day_and_month(on: date) -> str:
    return f"{_ordinal(on.day)} {_MONTHS[on.month - 1]}"


def _ordinal(day: int) -> str:
    return "1er" if day == 1 else str(day)


def _shortened(value: Decimal, unit: UnitWords) -> str:
    """Money in the unit's own symbol, which may say more than the currency: ``5,8 M€/an``."""
    if abs(value) < _MILLION:
        return _with_unit(format_value(value, unit), value, unit)
    return format_money(value) + unit.symbol.removeprefix("€")


def _with_unit(text: str, shown: Decimal, unit: UnitWords) -> str:
    """The number and its unit, which agrees with the number shown: 1.5 rounded is ``2 prêts``."""
    return f"{text}{NO_BREAK}{unit.symbol or unit_name(shown, unit)}"


def unit_name(value: Decimal, unit: UnitWords) -> str:
    """The name in the number that French asks for: singular below two."""
    return unit.name if abs(value) < 2 else unit.name_plural


def plural_form(count: int) -> int:
    """The number to choose a plural by: in French 0 is singular.

    The source text is French, so no catalogue is asked for it and gettext would apply English.
    """
    is_french = (get_language() or "fr").startswith("fr")
    return 1 if is_french and abs(count) < 2 else count
