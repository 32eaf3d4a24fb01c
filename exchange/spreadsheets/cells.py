"""A cell as a file gives it, and what its number means.

A spreadsheet keeps dates, percentages and amounts as plain numbers and says by the cell's format
what they are: the two are told apart here, before anything is understood of them.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple


class CellType(IntEnum):
    """What a file says a cell holds."""

    TEXT = 0
    NUMBER = 1
    PERCENT = 2
    """A number shown as a percentage: 0.025 that reads 2,5 %."""
    DATE = 3
    """A day: ISO text."""
    TIME = 4
    """An hour or a duration."""
    BOOLEAN = 5
    ERROR = 6
    """#N/A, #DIV/0! …"""
    UNCALCULATED = 7
    """A formula whose result is not in the file."""


class Cell(NamedTuple):
    """One cell that holds something."""

    type: CellType
    text: str

    @property
    def shown(self) -> str:
        """The cell much as the person saw it, for messages."""
        if self.type == CellType.DATE:
            return date.fromisoformat(self.text).strftime("%d/%m/%Y")
        if self.type == CellType.PERCENT:
            return f"{plain_number(number_of(self.text) * 100)} %"
        if self.type == CellType.NUMBER:
            return plain_number(number_of(self.text))
        return self.text


class Row(NamedTuple):
    """One row of a sheet that holds something."""

    number: int
    """As the spreadsheet numbers it, from 1."""
    cells: dict[int, Cell]
    """Place (from 0) → cell; empty cells are not there."""
    hidden: bool = False


_SIGNIFICANT = 15
"""Digits that a spreadsheet shows; the seventeen it stores end in noise: 0.30000000000000004."""


def number_of(text: str) -> Decimal:
    """Return a stored number without the noise of its binary form."""
    value = Decimal(text)
    digits = value.as_tuple().digits
    if len(digits) <= _SIGNIFICANT or not value.is_finite():
        return value
    return value.quantize(Decimal(1).scaleb(value.adjusted() - _SIGNIFICANT + 1))


def fits_a_number(value: Decimal) -> bool:
    """Whether a spreadsheet's binary numbers hold the value exactly enough to give it back."""
    return len(value.normalize().as_tuple().digits) <= _SIGNIFICANT


def plain_number(value: Decimal, mark: str = ",") -> str:
    """Return a number in digits, without grouping, so that it is read back as it is.

    Three decimals after one to three digits could be thousands (2,012): a zero after them settles
    it.
    """
    text = f"{value.normalize():f}"
    whole, point, fraction = text.partition(".")
    if len(fraction) == 3:
        fraction += "0"
    return f"{whole}{mark}{fraction}" if point else whole


# 1900 is no leap year, but spreadsheets have a 29 February 1900: days before it are one off.
_FALSE_LEAP_DAY = 60
_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_LAST_SERIAL = 2_958_465  # 31 December 9999


def date_of_serial(serial: Decimal, *, from_1904: bool) -> date | None:
    """Return the day that a stored number stands for; None when it stands for none."""
    if not serial.is_finite() or not 0 <= serial <= _LAST_SERIAL:
        return None
    days = int(serial)
    if from_1904:
        return _EPOCH_1904 + timedelta(days=days) if days <= _LAST_SERIAL - 1462 else None
    if days in (0, _FALSE_LEAP_DAY):
        return None
    return _EPOCH_1900 + timedelta(days=days + (1 if days < _FALSE_LEAP_DAY else 0))


_BUILT_IN: dict[int, CellType] = {
    **dict.fromkeys((9, 10), CellType.PERCENT),
    **dict.fromkeys((*range(14, 18), 22, *range(27, 37), *range(50, 59)), CellType.DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 46, 47), CellType.TIME),
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")


def type_of_format(number: int, code: str | None) -> CellType:
    """Return what a number format shows a number as: number, percentage, date or time."""
    if code is None:
        return _BUILT_IN.get(number, CellType.NUMBER)
    bare = _LITERAL.sub("", code)
    elapsed = _ELAPSED.search(bare) is not None
    bare = _BRACKETS.sub("", bare).split(";")[0].casefold()
    if bare.strip() in ("general", "standard", "@"):
        return CellType.NUMBER
    if "%" in bare:
        return CellType.PERCENT
    if elapsed:
        return CellType.TIME
    if re.search(r"[dyj]|a{2,}", bare) or re.fullmatch(r"[^hs]*m[^hs]*", bare):
        return CellType.DATE
    return CellType.TIME if re.search(r"[hs]", bare) else CellType.NUMBER
