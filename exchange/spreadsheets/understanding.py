"""From a cell to what it says: numbers, days, words of a list, codes, texts.

Each function returns the value or raises CellError with what is wrong and what is allowed. Nothing
that can be read in two ways is read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django.utils.translation import gettext as _

from exchange.spreadsheets.cells import Cell, CellType, number_of, plain_number
from exchange.spreadsheets.columns import NO, YES, plain
from exchange.spreadsheets.formulas import restore
from indicators.models import Unit
from indicators.models.indicator import VALUE_DECIMALS, VALUE_DIGITS
from indicators.numbers import NumberError, parse_number
from plans.days import is_reckoned_with


class CellError(ValueError):
    """A cell that cannot be understood; the message says what is wrong and what is allowed."""


SHOWN: Final = 60
"""Characters of a cell that a message repeats."""

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_DATE_LIKE = re.compile(
    r"\d{1,2}\s*[/.-]\s*\d{1,2}(?:\s*[/.-]\s*\d{2,4})?"
    r"|\d{1,4}[ /.-]?(?:janv|févr|fevr|mars|avr|mai|juin|juil|août|aout|sept|oct|nov|déc|dec)"
    r"[a-zéû]*\.?(?:[ /.-]?\d{2,4})?",
    re.IGNORECASE,
)


# A file may hold them; a page does not show the first ones, the database keeps none of the others.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def short(text: str) -> str:
    """Return a text as messages repeat it."""
    text = " ".join(_UNSHOWABLE.sub("\ufffd", text[: 4 * SHOWN]).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def suggestion(given: str, known: Iterable[str]) -> str:
    """Return ` Vouliez-vous dire « … » ?`, or nothing when nothing looks alike."""
    close = difflib.get_close_matches(given.casefold(), list(known), n=1)
    return _(" Vouliez-vous dire « %(close)s » ?") % {"close": close[0]} if close else ""


def refuse_unreadable(cell: Cell) -> None:
    """Refuse what no column takes: a formula's error, a formula without its result."""
    if cell.type == CellType.ERROR:
        raise CellError(
            _("La formule donne l’erreur %(error)s. Corrigez-la ou écrivez la valeur.")
            % {"error": short(cell.text)}
        )
    if cell.type == CellType.UNCALCULATED:
        raise CellError(
            _(
                "Le résultat de cette formule n’est pas dans le fichier. Ouvrez-le dans votre "
                "tableur et enregistrez-le, ou écrivez la valeur à la place de la formule."
            )
        )


def _as_date(cell: Cell) -> CellError:
    return CellError(
        _(
            "« %(text)s » est une date, pas un nombre : le tableur a sans doute transformé ce "
            "qui a été tapé (1/2, 3-4…). Mettez la cellule au format Nombre et retapez la valeur."
        )
        % {"text": short(cell.shown)}
    )


def read_number(cell: Cell, unit: Unit) -> Decimal:
    """Return the number in the indicator's unit."""
    refuse_unreadable(cell)
    match cell.type:
        case CellType.DATE:
            raise _as_date(cell)
        case CellType.TIME:
            raise CellError(_("Cette cellule est au format Heure : mettez-la au format Nombre."))
        case CellType.BOOLEAN:
            raise CellError(_("VRAI ou FAUX n’est pas un nombre. Écrivez par exemple 35 000."))
        case CellType.TEXT:
            return _typed_number(cell, unit)
    value = number_of(cell.text)
    if cell.type == CellType.PERCENT:
        if unit.symbol != "%":
            raise CellError(
                _(
                    "« %(text)s » est un pourcentage, et cet indicateur se compte en %(unit)s. "
                    "Mettez la cellule au format Nombre."
                )
                % {"text": short(cell.shown), "unit": unit.name_plural}
            )
        value *= 100
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > VALUE_DECIMALS:
        raise CellError(
            _(
                "%(value)s a plus de %(decimals)s décimales. Arrondissez, par exemple avec la "
                "formule ARRONDI(…;%(decimals)s)."
            )
            % {"value": short(_abridged(value)), "decimals": VALUE_DECIMALS}
        )
    if value.adjusted() >= VALUE_DIGITS - VALUE_DECIMALS:
        raise CellError(
            _("%(value)s dépasse les %(digits)s chiffres qui se conservent.")
            % {"value": short(_abridged(value)), "digits": VALUE_DIGITS - VALUE_DECIMALS}
        )
    return value + 0


def _abridged(value: Decimal) -> str:
    if abs(value.adjusted()) > 20:
        return f"{value:.3E}".replace(".", ",")
    return plain_number(value)


def _typed_number(cell: Cell, unit: Unit) -> Decimal:
    try:
        return parse_number(cell.text, unit).value
    except NumberError as error:
        if _DATE_LIKE.fullmatch(cell.text.strip()):
            raise _as_date(cell) from error
        # What it says holds the text as typed, however long.
        raise CellError(str(error).replace(cell.text.strip(), short(cell.text))) from error


def read_part_of_ratio(cell: Cell, unit: Unit) -> Decimal:
    """Return a numerator or a denominator: a count, never a percentage."""
    if cell.type == CellType.PERCENT or (cell.type == CellType.TEXT and "%" in cell.text):
        raise CellError(
            _(
                "« %(text)s » est un pourcentage : un rapport se saisit par son numérateur et "
                "son dénominateur, dont le pourcentage se calcule."
            )
            % {"text": short(cell.shown)}
        )
    return read_number(cell, _counted(unit.name_plural, unit.decimals))


@lru_cache(maxsize=256)
def _counted(name: str, decimals: int) -> Unit:
    return Unit(name_plural=name, decimals=decimals, symbol="")


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date | None:
    """Return the day that a text names; None when it names none."""
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_day(cell: Cell) -> date:
    """Return the day: a spreadsheet's date, 31/12/2026 or 2026-12-31."""
    refuse_unreadable(cell)
    if cell.type in (CellType.NUMBER, CellType.PERCENT, CellType.TIME, CellType.BOOLEAN):
        raise CellError(
            _(
                "« %(text)s » est un nombre, pas une date. Mettez la cellule au format Date, ou "
                "écrivez le jour en entier : 31/12/2026."
            )
            % {"text": short(cell.shown)}
        )
    day = _day_of(cell.text.strip())
    if day is None:
        raise CellError(
            _(
                "« %(text)s » n’est pas une date. Écrivez le jour, le mois et l’année sur quatre "
                "chiffres : 31/12/2026 (ou 2026-12-31)."
            )
            % {"text": short(cell.text)}
        )
    if not is_reckoned_with(day):
        raise CellError(_("L’année %(year)s n’est pas vraisemblable.") % {"year": day.year})
    return day


_YES = frozenset({YES, "o", "vrai", "true", "x", "1", "yes"})
_NO = frozenset({NO, "n", "faux", "false", "0", "no"})


def read_yes_or_no(cell: Cell) -> bool:
    """Return whether the cell says yes."""
    refuse_unreadable(cell)
    word = plain(cell.text)
    if cell.type in (CellType.TEXT, CellType.BOOLEAN, CellType.NUMBER):
        if word in _YES:
            return True
        if word in _NO:
            return False
    raise CellError(
        _("« %(text)s » n’est pas admis ici ; admis : oui, non.") % {"text": short(cell.shown)}
    )


def read_word(cell: Cell, words: Mapping[str, str]) -> str:
    """Return what one of the allowed words stands for."""
    refuse_unreadable(cell)
    given = plain(cell.text)
    for word, code in words.items():
        if given in (plain(word), plain(code)):
            return code
    raise CellError(
        _("« %(text)s » n’est pas admis ici ; admis : %(words)s.%(close)s")
        % {
            "text": short(cell.shown),
            "words": ", ".join(words),
            "close": suggestion(cell.text.strip(), words),
        }
    )


def read_text(cell: Cell, longest: int | None = None) -> str:
    """Return a free text, without white space around it."""
    refuse_unreadable(cell)
    text = cell.shown
    if cell.type == CellType.TEXT:
        text = restore(text).replace("\r\n", "\n").replace("\r", "\n")
    text = text.strip()
    if _UNSTORABLE.search(text):
        raise CellError(_("Le texte contient un caractère qui ne se conserve pas."))
    if longest is not None and len(text) > longest:
        raise CellError(
            _("Ce texte a %(given)s caractères ; %(longest)s au plus.")
            % {"given": len(text), "longest": longest}
        )
    return text


def read_code(cell: Cell) -> str:
    """Return a code; one made of digits is a number to a spreadsheet."""
    refuse_unreadable(cell)
    if cell.type == CellType.NUMBER:
        return plain_number(number_of(cell.text))
    if cell.type != CellType.TEXT:
        raise CellError(_("« %(text)s » n’est pas un code.") % {"text": short(cell.shown)})
    return restore(cell.text).strip()
