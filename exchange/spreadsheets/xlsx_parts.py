"""The parts of a workbook that its sheets refer to: their list, shared texts, cell formats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from exchange.spreadsheets.cells import CellType, type_of_format
from exchange.spreadsheets.problems import FileError
from exchange.spreadsheets.xlsx_package import MEGABYTE, Package, damaged, local, safe_parser

MAX_SHARED_TEXT = 96 * MEGABYTE
MAX_SHARED_TEXTS = 2_000_000


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of the workbook."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class WorkbookParts:
    """What the workbook part says."""

    sheets: tuple[SheetPart, ...]
    from_1904: bool
    shared_texts: str | None
    styles: str | None


def workbook_parts(package: Package) -> WorkbookParts:
    """Read the list of sheets and where the rest is."""
    relations = package.relations(package.workbook)
    sheets: list[SheetPart] = []
    from_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if tag == "workbookPr":
            from_1904 = attributes.get("date1904", "0").lower() in ("1", "true")
        elif tag == "sheet":
            kind, part = relations.get(attributes.get("id", ""), ("", ""))
            if kind == "worksheet" and package.has(part):
                hidden = attributes.get("state", "visible") != "visible"
                sheets.append(SheetPart(attributes.get("name", ""), part, hidden))

    package.parse(package.workbook, start)
    parts = {kind: part for kind, part in relations.values() if package.has(part)}
    return WorkbookParts(tuple(sheets), from_1904, parts.get("sharedStrings"), parts.get("styles"))


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """Return a text whose control characters are written _x000D_ as spreadsheets write them."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class _SharedTexts:
    """The state of one pass over the shared texts."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._size = 0
        self._pieces: list[str] = []
        self._in_text = self._in_phonetic = False
        parser = safe_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self.parser = parser

    def _start(self, tag: str, _attributes: Any) -> None:
        match local(tag):
            case "si":
                self._pieces = []
            case "rPh":
                self._in_phonetic = True
            case "t":
                self._in_text = not self._in_phonetic

    def _end(self, tag: str) -> None:
        match local(tag):
            case "si":
                self._add(unescape("".join(self._pieces)))
            case "rPh":
                self._in_phonetic = False
            case "t":
                self._in_text = False

    def _characters(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_SHARED_TEXT or len(self.texts) >= MAX_SHARED_TEXTS:
            raise FileError(
                _("Le classeur contient trop de texte. Envoyez un CSV, ou plusieurs fichiers.")
            )
        self.texts.append(text)


def shared_texts(package: Package, part: str | None) -> list[str]:
    """Return the texts that cells refer to by their rank."""
    if part is None:
        return []
    found = _SharedTexts()
    try:
        for chunk in package.chunks(part):
            found.parser.Parse(chunk, False)
        found.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged() from error
    return found.texts


def cell_types(package: Package, part: str | None) -> list[CellType]:
    """Return, for each cell format, what it shows a number as."""
    if part is None:
        return []
    codes: dict[int, str] = {}
    numbers: list[int] = []
    inside = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag in ("numFmts", "cellXfs", "cellStyleXfs", "dxfs"):
            inside = tag
        elif tag == "numFmt" and inside == "numFmts":
            codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif tag == "xf" and inside == "cellXfs":
            numbers.append(_whole(attributes.get("numFmtId")))

    package.parse(part, start)
    return [type_of_format(number, codes.get(number)) for number in numbers]


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
