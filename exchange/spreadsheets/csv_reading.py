"""Rows of a CSV file, as a stream: its encoding and its separator told, never guessed.

A text with accents written in Windows-1252 is practically never valid UTF-8, and the titles must
still be recognised once decoded: a third encoding shows there. The separator is the one with which
the titles are recognised.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from exchange.spreadsheets.cells import Cell, CellType, Row
from exchange.spreadsheets.documents import Table, find_titles, table_of
from exchange.spreadsheets.problems import FileError

SEPARATORS: Final = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
CHUNK = 64 * 1024
MAX_LINE: Final = 100_000
"""Characters between two ends of line: more is a quotation mark that nothing closes."""
MAX_PLACES = 500


class CsvDocument:
    """An opened CSV file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._raw: io.BufferedReader | None = None
        self._encoding, self._encoding_name = _encoding(path)
        self._separator, table = self._titles()
        self.tables: Sequence[Table] = [table]

    def close(self) -> None:
        """Close the file."""
        if self._raw is not None:
            self._raw.close()

    @property
    def separator(self) -> str:
        """What stands between two cells."""
        return self._separator

    def understood(self) -> list[str]:
        """Return what was understood of the file, one sentence each."""
        return [
            _("Fichier CSV : séparateur « %(separator)s », encodage %(encoding)s.")
            % {"separator": SEPARATORS[self._separator], "encoding": self._encoding_name},
            *self.tables[0].described(),
        ]

    def rows(self, table: Table) -> Iterator[Row]:
        """Return the rows under the titles that hold something."""
        for row in self._records(self._separator):
            if row.number > table.header_row:
                yield row

    def all_rows(self) -> Iterator[Row]:
        """Return every row that holds something, what is above the titles included."""
        return self._records(self._separator)

    def share_read(self) -> float:
        """Return how much of the file was read, between 0 and 1."""
        if self._raw is None or self._raw.closed or not self._size:
            return 1.0
        return min(1.0, self._raw.tell() / self._size)

    def _titles(self) -> tuple[str, Table]:
        found = {}
        for separator in SEPARATORS:
            rows = self._records(separator)
            try:
                titles = find_titles(rows)
            finally:
                rows.close()
            if titles is not None:
                found[separator] = titles
        if not found:
            raise FileError(
                _(
                    "Les titres attendus (par exemple Indicateur, Début de période, Fin de "
                    "période, Valeur) ne se trouvent pas dans ce fichier, lu comme du texte "
                    "%(encoding)s. Enregistrez-le en CSV UTF-8 (séparateur « ; » ou « , »), ou en "
                    ".xlsx."
                )
                % {"encoding": self._encoding_name}
            )
        separator = max(found, key=lambda candidate: len(found[candidate][1].places))
        return separator, table_of("", found[separator])

    def _records(self, separator: str) -> Generator[Row]:
        with self._path.open("rb") as raw:
            self._raw = raw
            text = io.TextIOWrapper(raw, encoding=self._encoding, newline="")
            lines = _bounded_lines(text)
            reader = csv.reader(lines, delimiter=separator, strict=True)
            number = 0
            try:
                for record in reader:
                    number += 1
                    if number == 1 and len(record) <= 2 and "".join(record).startswith("sep="):
                        # Excel's own hint about the separator.
                        continue
                    cells = {
                        place: Cell(CellType.TEXT, value)
                        for place, value in enumerate(record[:MAX_PLACES])
                        if value.strip()
                    }
                    if cells:
                        yield Row(number, cells)
            except csv.Error as error:
                raise _unfinished(number + 1) from error


def _bounded_lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) >= MAX_LINE:
            raise _unfinished(number)
        if "\0" in line:
            raise _not_text()
        yield line


def _unfinished(number: int) -> FileError:
    return FileError(
        _(
            "Ligne %(row)s : un guillemet ouvert n’est pas refermé, ou la ligne est démesurée. "
            "Corrigez-la, puis renvoyez le fichier."
        )
        % {"row": number}
    )


def _not_text() -> FileError:
    return FileError(
        _(
            "Ce fichier n’est ni un classeur .xlsx ni du texte CSV. Envoyez le .xlsx ou le CSV "
            "enregistré par votre tableur."
        )
    )


def _encoding(path: Path) -> tuple[str, str]:
    """Return the encoding and its name for people."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError(
            _(
                "Ce fichier est du texte Unicode (UTF-16). Enregistrez-le en « CSV UTF-8 » ou en "
                ".xlsx."
            )
        )
    if start.startswith(codecs.BOM_UTF8):
        _decode_all(path, "utf-8-sig", _broken_utf8())
        return "utf-8-sig", _("UTF-8 (avec indicateur d’ordre)")
    try:
        _decode_all(path, "utf-8", UnicodeError())
    except UnicodeError:
        # cp1252 leaves five bytes without meaning: text in another encoding often holds one.
        _decode_all(path, "cp1252", _not_text())
        return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _broken_utf8() -> FileError:
    return FileError(
        _(
            "Ce fichier s’annonce en UTF-8 mais contient des caractères qui n’en sont pas. "
            "Enregistrez-le de nouveau depuis votre tableur."
        )
    )


def _decode_all(path: Path, encoding: str, error: Exception) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if b"\0" in chunk:
                    raise _not_text()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as failed:
        raise error from failed
