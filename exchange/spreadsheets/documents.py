"""What was understood of a file before any of its rows is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.spreadsheets.cells import Row
from exchange.spreadsheets.columns import COLUMNS, Headers, Kind, best_headers, letters_of
from exchange.spreadsheets.problems import FileError

HEADER_WITHIN = 20
"""The titles are looked for in the first rows that hold something."""
MAX_MERGED = 500
ENOUGH_TITLES = 3
"""A row with fewer known titles is not taken for the titles of a table."""


class Merged(NamedTuple):
    """A block of merged cells: rows from 1, places from 0, all included."""

    first_row: int
    last_row: int
    first_place: int
    last_place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet, or a CSV file, whose titles were recognised."""

    name: str
    """The sheet's name; empty for a CSV."""
    kind: Kind
    places: Mapping[str, int]
    header_row: int
    last_title: int
    """The place of the last title, known or not: what is after it belongs to nothing."""
    ignored: Sequence[str]
    merged: Sequence[Merged] = ()

    def place(self, key: str) -> int | None:
        """Return where a column is."""
        return self.places.get(key)

    def described(self) -> Iterator[str]:
        """Return what was understood of it, one sentence each."""
        name = f"« {self.name} »" if self.name else _("Le fichier")
        titles = [column.title for column in COLUMNS[self.kind] if column.key in self.places]
        yield _("%(table)s : titres lus à la ligne %(row)s, colonnes reconnues : %(titles)s.") % {
            "table": name,
            "row": self.header_row,
            "titles": ", ".join(titles),
        }
        if self.ignored:
            yield ngettext(
                "%(table)s : colonne ignorée, son titre n’est pas connu : %(titles)s.",
                "%(table)s : colonnes ignorées, leurs titres ne sont pas connus : %(titles)s.",
                len(self.ignored),
            ) % {"table": name, "titles": ", ".join(self.ignored)}


class Document(Protocol):
    """A file that can be read: its tables, then their rows one by one."""

    tables: Sequence[Table]

    def understood(self) -> list[str]:
        """Return what was understood of the file, one sentence each."""

    def rows(self, table: Table) -> Iterator[Row]:
        """Return the rows under a table's titles that hold something."""

    def share_read(self) -> float:
        """Return how much of the file was read, between 0 and 1."""


def find_titles(rows: Iterator[Row]) -> tuple[Row, Headers] | None:
    """Return the row that holds the titles, the first rows being searched; None without any."""
    best: tuple[Row, Headers] | None = None
    for number, row in enumerate(rows):
        if number == HEADER_WITHIN:
            break
        titles = [(place, cell.text) for place, cell in sorted(row.cells.items())]
        headers = best_headers(titles)
        if best is None or len(headers.places) > len(best[1].places):
            best = (row, headers)
        if not headers.missing:
            break
    if best is None or len(best[1].places) < ENOUGH_TITLES:
        return None
    return best


def table_of(name: str, found: tuple[Row, Headers], *, merged: Sequence[Merged] = ()) -> Table:
    """Return the table under these titles, or say what is wrong with them."""
    row, headers = found
    where = _("Feuille « %(name)s »") % {"name": name} if name else _("Ce fichier")
    if headers.missing:
        raise FileError(
            _(
                "%(where)s : il manque la colonne %(missing)s. Titres trouvés à la ligne "
                "%(row)s : %(found)s."
            )
            % {
                "where": where,
                "missing": ", ".join(f"« {column.title} »" for column in headers.missing),
                "row": row.number,
                "found": ", ".join(cell.text for _place, cell in sorted(row.cells.items())),
            }
        )
    if headers.repeated:
        raise FileError(
            _("%(where)s : deux colonnes portent le titre %(titles)s ; gardez-en une.")
            % {"where": where, "titles": ", ".join(f"« {title} »" for title in headers.repeated)}
        )
    crossing = [
        block
        for block in merged
        if block.last_row > row.number
        and any(block.first_place <= place <= block.last_place for place in headers.places.values())
    ]
    if len(crossing) > MAX_MERGED:
        raise FileError(
            _("%(where)s : trop de cellules fusionnées. Défusionnez-les.") % {"where": where}
        )
    return Table(
        name=name,
        kind=headers.kind,
        places=headers.places,
        header_row=row.number,
        last_title=max(row.cells),
        ignored=tuple(
            f"« {title.strip()} » ({letters_of(place)})" for place, title in headers.ignored
        ),
        merged=tuple(crossing),
    )
