"""Numbers as people type or paste them in French, read without guessing.

One reader serves the entry form, the grid and the spreadsheets. What could be read in two ways is
refused, with both ways to write it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from indicators.formats import NO_BREAK, format_number
from indicators.models.indicator import VALUE_DECIMALS, VALUE_DIGITS

if TYPE_CHECKING:
    from indicators.models import Unit

# Ordinary, no-break, narrow no-break, thin and figure spaces, and the tab a paste brings along.
_SPACES = " \u00a0\u202f\u2009\u2007\t"
_LAST_OF_A_NUMBER = tuple("0123456789.,")
_MINUS = {"-", "−", "–"}
_NUMBER = re.compile(
    rf"""
    (?P<sign>[-+−–]?)[{_SPACES}]*
    (?P<whole>\d+(?:[{_SPACES}]\d+)*)?
    (?:(?P<mark>[.,])(?P<fraction>\d*))?
    [{_SPACES}]*(?P<suffix>%|k?€|M€|Md€)?
    """,
    re.VERBOSE | re.ASCII,
)
_SPACE_RUN = re.compile(rf"[{_SPACES}]+")
_SCALE = {"k€": 1_000, "M€": 1_000_000, "Md€": 1_000_000_000}


class NumberError(ValueError):
    """A text that is no number, or could be two; says in French what is wrong and allowed."""


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number and how it was understood, to be shown back when it is not as typed."""

    value: Decimal
    understood: str


def number_examples(unit: Unit) -> list[str]:
    """Return how a number may be typed in a unit; the first without it."""
    if unit.symbol == "%":
        shown = ["80", "2,5", "2,5 %"]
    elif unit.symbol.startswith("€"):
        shown = ["35 000", "1 200,50", f"1,2 M{unit.symbol}"]
    else:
        decimals = ["2,5"] if unit.decimals else []
        shown = ["35 000", *decimals, f"35 {unit.symbol or unit.name_plural}"]
    return [example.replace(" ", NO_BREAK) for example in shown]


def parse_number(text: str, unit: Unit) -> ParsedNumber:
    """Read "35 000", "2,5 %", "1,2 M€", "35 entreprises" in a unit; no other unit than its own.

    Raises NumberError on anything else, on what is ambiguous (2.012 for a unit without decimals)
    and on more digits than are kept.
    """
    typed = text.strip(_SPACES + "\n\r")
    match = _NUMBER.fullmatch(_without_unit(typed, unit))
    if not typed or match is None or not (match["whole"] or match["fraction"]):
        raise NumberError(
            _("« %(text)s » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5.")
            % {"text": typed}
        )
    whole = _without_spaces(match["whole"] or "0", typed)
    fraction = match["fraction"] or ""
    _refuse_ambiguous(whole, match["mark"], fraction, unit, typed)
    _refuse_other_unit(match["suffix"], unit, typed)
    value = Decimal(f"{whole}.{fraction or 0}") * _SCALE.get(match["suffix"] or "", 1)
    if match["sign"] in _MINUS:
        value = -value
    exponent = value.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    if decimals > VALUE_DECIMALS or abs(value) >= 10 ** (VALUE_DIGITS - VALUE_DECIMALS):
        raise NumberError(
            _(
                "« %(text)s » dépasse ce qui se conserve : %(whole)s chiffres et %(decimals)s "
                "décimales."
            )
            % {
                "text": typed,
                "whole": VALUE_DIGITS - VALUE_DECIMALS,
                "decimals": VALUE_DECIMALS,
            }
        )
    # Minus zero is zero: nothing should ever read "−0".
    value = value + 0
    return ParsedNumber(value=value, understood=format_number(value, VALUE_DECIMALS))


def _without_unit(typed: str, unit: Unit) -> str:
    """Leave out the unit's own words after the digits: "35 entreprises", "12 k€" counted in k€.

    Of an amount "1,2 M€/an" only what follows the currency: the rest says how many zeros.
    """
    flat = _SPACE_RUN.sub(" ", typed)
    for words in filter(None, (unit.symbol, unit.name_plural, unit.name)):
        number = flat[: -len(words)].rstrip()
        if number[-1:] in _LAST_OF_A_NUMBER and flat.casefold().endswith(words.casefold()):
            return number
    return flat.removesuffix(unit.symbol[1:]) if unit.symbol.startswith("€") else typed


def _without_spaces(whole: str, typed: str) -> str:
    """Return the digits; spaces stand between groups of three only."""
    first, *groups = re.split(rf"[{_SPACES}]", whole)
    if groups and (len(first) > 3 or any(len(group) != 3 for group in groups)):
        raise NumberError(
            _("« %(text)s » : les espaces séparent des groupes de trois chiffres, comme 35 000.")
            % {"text": typed}
        )
    return first + "".join(groups)


def _refuse_ambiguous(whole: str, mark: str | None, fraction: str, unit: Unit, typed: str) -> None:
    """Refuse three digits after a mark where they could be thousands.

    After a point always (2.012 is 2012 to some and 2,012 to others); after a comma only in a unit
    that is not shown with three decimals.
    """
    grouped = mark is not None and len(fraction) == 3 and len(whole) <= 3 and whole != "0"
    if grouped and (mark == "." or unit.decimals < 3):
        raise NumberError(
            _("« %(text)s » se lit de deux façons : écrivez %(thousands)s ou %(decimal)s.")
            % {
                "text": typed,
                "thousands": format_number(Decimal(whole + fraction), 0),
                "decimal": f"{whole},{fraction}0",
            }
        )


def _refuse_other_unit(suffix: str | None, unit: Unit, typed: str) -> None:
    allowed = unit.symbol[:1] if unit.symbol == "%" or unit.symbol.startswith("€") else ""
    if suffix and (not allowed or not suffix.endswith(allowed)):
        raise NumberError(
            _("« %(text)s » : cet indicateur se compte en %(unit)s.")
            % {"text": typed, "unit": unit.name_plural}
        )
