"""The parts of a workbook that its sheets refer to: their list, shared texts, cell formats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from exchange.spreadsheets.cells import CellType, type_of_format
from exchange.spreadsheets.packages import MEGABYTE, Package, damaged, local, safe_parser
from exchange.spreadsheets.problems import FileError

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


def shared_texts(package: Package, part: str | None) -> list[str]:
    """Return the texts that cells refer to by their rank."""
    texts: list[str] = []
    if part is None:
        return texts
    size = 0
    pieces: list[str] = []
    in_text = in_phonetic = False

    def start(tag: str, _attributes: Any) -> None:
        nonlocal in_text, in_phonetic
        name = local(tag)
        if name == "si":
            pieces.clear()
        elif name == "rPh":
            in_phonetic = True
        elif name == "t":
            in_text = not in_phonetic

    def end(tag: str) -> None:
        nonlocal size, in_text, in_phonetic
        name = local(tag)
        if name == "si":
            text = unescape("".join(pieces))
            size += len(text)
            if size > MAX_SHARED_TEXT or len(texts) >= MAX_SHARED_TEXTS:
                raise FileError(
                    _("Le classeur contient trop de texte. Envoyez un CSV, ou plusieurs fichiers.")
                )
            texts.append(text)
        elif name == "rPh":
            in_phonetic = False
        elif name == "t":
            in_text = False

    def characters(text: str) -> None:
        if in_text:
            pieces.append(text)

    parser = safe_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        for chunk in package.chunks(part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise damaged() from error
    return texts


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
