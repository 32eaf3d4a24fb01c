"""Rows of an .xlsx file, as a stream.

Written here rather than taken from a library because one pass must tell what none tells together:
a formula and whether its result is there, hidden rows, merged cells, and the format that makes a
number a date or a percentage; in memory that does not grow with the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.spreadsheets.cells import Cell, CellType, Row, date_of_serial
from exchange.spreadsheets.documents import Merged, Table, find_titles, table_of
from exchange.spreadsheets.problems import FileError
from exchange.spreadsheets.xlsx_package import Package, damaged, local, safe_parser
from exchange.spreadsheets.xlsx_parts import (
    SheetPart,
    cell_types,
    shared_texts,
    unescape,
    workbook_parts,
)

MAX_ROWS: Final = 1_048_576
"""The rows of the largest sheet there is: more is no spreadsheet's work."""
MAX_PLACE: Final = 16_384
MAX_CELL_TEXT: Final = 40_000

# Of a number longer than any row's, the start is enough; a piece may end within a number.
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']"
    rb"([A-Z]{1,3})(\d{1,8}+)\d*+:([A-Z]{1,3})(\d{1,8}+)[\d\"']"
)
_TAIL = 200
"""Bytes kept from one piece to the next, so that no tag is cut in two."""
MAX_MERGED = 100_000


@lru_cache(maxsize=MAX_PLACE)
def place_of(letters: str) -> int:
    """Return the place (from 0) of a column by its letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


class XlsxDocument:
    """An opened workbook."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        try:
            self._read_frame()
        except BaseException:
            self._package.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._package.close()

    def understood(self) -> list[str]:
        """Return what was understood of the workbook, one sentence each."""
        sentences = [
            ngettext(
                "Classeur Excel : %(count)s feuille lue.",
                "Classeur Excel : %(count)s feuilles lues.",
                len(self.tables),
            )
            % {"count": len(self.tables)}
        ]
        for table in self.tables:
            sentences += table.described()
        if self._ignored:
            sentences.append(
                ngettext(
                    "Feuille ignorée : %(names)s.",
                    "Feuilles ignorées : %(names)s.",
                    len(self._ignored),
                )
                % {"names": ", ".join(f"« {name} »" for name in self._ignored)}
            )
        if self._hidden:
            sentences.append(
                ngettext(
                    "Feuille masquée, non lue : %(names)s.",
                    "Feuilles masquées, non lues : %(names)s.",
                    len(self._hidden),
                )
                % {"names": ", ".join(f"« {name} »" for name in self._hidden)}
            )
        if self._from_1904:
            sentences.append(
                _("Les dates du classeur se comptent depuis 1904 : c’est pris en compte.")
            )
        return sentences

    def rows(self, table: Table) -> Iterator[Row]:
        """Return the rows under a table's titles that hold something."""
        sheet = self._parts[table.name]
        for row in self._sheet_rows(sheet.part, table.last_title):
            if row.number > table.header_row:
                yield row

    def share_read(self) -> float:
        """Return how much of the sheets was read, between 0 and 1."""
        return min(1.0, self._read / self._to_read) if self._to_read else 1.0

    def part_of(self, table: Table) -> str:
        """Return the part a table is in."""
        return self._parts[table.name].part

    def last_place(self, table: Table) -> int:
        """Return the last place used in a sheet that has been read, titled or not."""
        widest = max(self._widest.get(self.part_of(table), 0), table.last_title)
        return min(widest, MAX_PLACE - 2)

    def _read_frame(self) -> None:
        frame = workbook_parts(self._package)
        self._from_1904 = frame.from_1904
        self._texts = shared_texts(self._package, frame.shared_texts)
        self._types = cell_types(self._package, frame.styles)
        self._read = self._to_read = 0
        self._widest: dict[str, int] = {}
        self._ignored: list[str] = []
        self._hidden: list[str] = []
        self._parts: dict[str, SheetPart] = {}
        tables: list[Table] = []
        for sheet in frame.sheets:
            if sheet.hidden:
                self._hidden.append(sheet.name)
                continue
            # A stream that is not read to its end is closed at once.
            rows = self._sheet_rows(sheet.part, MAX_PLACE)
            try:
                found = find_titles(rows)
            finally:
                rows.close()
            if found is None:
                self._ignored.append(sheet.name)
                continue
            merged = self._merged(sheet.part)
            tables.append(table_of(sheet.name, found, merged=merged))
            self._parts[sheet.name] = sheet
        self._read = 0
        self._to_read = sum(self._package.size(sheet.part) for sheet in self._parts.values())
        if not tables:
            raise FileError(
                _(
                    "Aucune feuille de ce classeur n’a les titres attendus (par exemple "
                    "Indicateur, Début de période, Fin de période, Valeur). Partez du classeur "
                    "téléchargé ici."
                )
            )
        self.tables: Sequence[Table] = tables

    def _merged(self, part: str) -> list[Merged]:
        """Return the merged blocks: they are written after the rows they are about."""
        found: list[Merged] = []
        tail = b""
        for chunk in self._package.chunks(part):
            text = tail + chunk
            end = 0
            for match in _MERGED.finditer(text):
                first, first_row, last, last_row = match.groups()
                rows = int(first_row), int(last_row)
                if max(rows) > MAX_ROWS:
                    raise damaged()
                found.append(Merged(*rows, place_of(first.decode()), place_of(last.decode())))
                end = match.end()
            tail = text[max(end, len(text) - _TAIL) :]
            if len(found) > MAX_MERGED:
                raise FileError(_("Le classeur a trop de cellules fusionnées : défusionnez-les."))
        return found

    def _sheet_rows(self, part: str, last_place: int) -> Generator[Row]:
        scanner = _SheetScanner(self._cell, last_place)
        for chunk in self._package.chunks(part):
            self._read += len(chunk)
            yield from scanner.feed(chunk)
        yield from scanner.finish()
        self._widest[part] = scanner.widest

    def _cell(self, kind: str, style: str, text: str, formula: bool) -> Cell | None:  # noqa: PLR0911
        """Return what a cell holds; None for nothing."""
        match kind:
            case "s":
                text = self._texts[int(text)] if text.isdecimal() else ""
                return Cell(CellType.TEXT, text) if text.strip() else None
            case "inlineStr" | "str":
                text = unescape(text)
                return Cell(CellType.TEXT, text) if text.strip() else None
            case "b":
                return Cell(CellType.BOOLEAN, "1" if text.strip() in ("1", "true") else "0")
            case "e":
                return Cell(CellType.ERROR, text)
            case "d":
                return Cell(CellType.DATE, text[:10])
        if not text:
            return Cell(CellType.UNCALCULATED, "") if formula else None
        number = int(style) if style else 0
        shown_as = self._types[number] if number < len(self._types) else CellType.NUMBER
        return _number_cell(shown_as, text, from_1904=self._from_1904)


def _number_cell(shown_as: CellType, text: str, *, from_1904: bool) -> Cell:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Cell(CellType.TEXT, text)
    if not value.is_finite() or abs(value.adjusted()) > 300:
        return Cell(CellType.TEXT, text)
    if shown_as == CellType.DATE:
        day = date_of_serial(value, from_1904=from_1904)
        if day is not None:
            return Cell(CellType.DATE, day.isoformat())
        return Cell(CellType.NUMBER, text)
    return Cell(shown_as, text)


class _SheetScanner:
    """The state of one pass over a sheet's XML."""

    def __init__(self, make: Callable[[str, str, str, bool], Cell | None], last_place: int) -> None:
        self._make = make
        self._last_place = last_place
        self._ready: list[Row] = []
        self._number = 0
        self._hidden = False
        self._cells: dict[int, Cell] = {}
        self._place = -1
        self._kind = self._style = ""
        self._formula = False
        self._pieces: list[str] = []
        self._collects = self._skips = False
        parser = safe_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parser = parser
        self.widest = 0
        self._names: dict[str, str] = {}

    def feed(self, chunk: bytes) -> list[Row]:
        """Return the rows that a piece completes."""
        return self._parse(chunk, last=False)

    def finish(self) -> list[Row]:
        """Return what the end completes."""
        return self._parse(b"", last=True)

    def _parse(self, chunk: bytes, *, last: bool) -> list[Row]:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise damaged() from error
        except (ValueError, IndexError) as error:
            # A row, a place or a shared text by a number that is none.
            raise damaged() from error
        ready, self._ready = self._ready, []
        return ready

    def _name(self, tag: str) -> str:
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = local(tag)
        return name

    def _start(self, tag: str, attributes: Any) -> None:
        name = self._name(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t"):
            self._collects = not self._skips
        elif name == "f":
            self._formula = True
        elif name == "row":
            number = attributes.get("r")
            self._number = self._number + 1 if number is None else int(number)
            if not 0 < self._number <= MAX_ROWS:
                raise damaged()
            self._hidden = attributes.get("hidden") in ("1", "true")
            self._cells = {}
            self._place = -1
        elif name == "rPh":
            self._skips = True

    def _start_cell(self, attributes: Any) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._place += 1
        else:
            self._place = place_of(reference.rstrip("0123456789"))
        if not 0 <= self._place < MAX_PLACE:
            raise damaged()
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._formula = False
        self._pieces = []

    def _characters(self, text: str) -> None:
        if self._collects:
            self._pieces.append(text)
            if len(self._pieces) > 1 and sum(map(len, self._pieces)) > MAX_CELL_TEXT:
                raise FileError(
                    _("Ligne %(row)s : une cellule contient un texte démesuré.")
                    % {"row": self._number}
                )

    def _end(self, tag: str) -> None:
        name = self._name(tag)
        if name in ("v", "t"):
            self._collects = False
        elif name == "c":
            if self._place <= self._last_place:
                text = "".join(self._pieces)
                cell = self._make(self._kind, self._style, text, self._formula)
                if cell is not None:
                    self._cells[self._place] = cell
            elif self._pieces:
                self.widest = max(self.widest, self._place)
        elif name == "row":
            if self._cells:
                self._ready.append(Row(self._number, self._cells, self._hidden))
                self._cells = {}
        elif name == "rPh":
            self._skips = False
