"""One row of a file on its way through the check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exchange.models import ImportRow
from exchange.spreadsheets.cells import Cell, Row
from exchange.spreadsheets.columns import cell_name
from exchange.spreadsheets.contents import Content, Mark
from exchange.spreadsheets.documents import Table
from exchange.spreadsheets.problems import Level, Problem
from exchange.spreadsheets.stored import Key, Stored
from exchange.spreadsheets.understanding import CellError
from indicators.models import Indicator
from measures.models import Milestone

Outcome = ImportRow.Outcome


@dataclass(slots=True)
class Draft:
    """One row on its way through the check."""

    table: Table
    row: Row
    cells: Mapping[str, Cell]
    """Column → cell; blank cells are not there."""
    problems: list[Problem] = field(default_factory=list)
    subject: str = ""
    moment: str = ""
    indicator: Indicator | None = None
    milestone: Milestone | None = None
    start: date | None = None
    end: date | None = None
    given: dict[str, Any] = field(default_factory=dict)
    blank: bool = True
    withdraws: bool = False
    mark: Mark | None = None
    outcome: Outcome = Outcome.ERROR
    content: Content | None = None
    stored: Stored | None = None
    differences: list[dict[str, str]] = field(default_factory=list)

    def cell(self, key: str) -> Cell | None:
        """Return the cell of a column; None when it is blank or the column is not there."""
        return self.cells.get(key)

    def cell_name(self, key: str) -> str:
        """Return the name of a column's cell in the file."""
        place = self.table.place(key)
        return "" if place is None else cell_name(place, self.row.number)

    def wrong(self, key: str, message: str) -> None:
        """Note an error."""
        self.problems.append(Problem(key, message))

    def warn(self, key: str, message: str) -> None:
        """Note a remark that refuses nothing."""
        self.problems.append(Problem(key, message, Level.WARNING))

    @property
    def has_error(self) -> bool:
        """Whether something is wrong."""
        return any(problem.level == Level.ERROR for problem in self.problems)

    @property
    def key(self) -> Key | None:
        """What the row is about, once everything that says so is understood."""
        subject = self.indicator or self.milestone
        if subject is None or self.start is None or self.end is None:
            return None
        return (subject.pk, self.start, self.end)

    def read(self, key: str, reader: Callable[[Cell], Any]) -> Any:
        """Return what a column's cell says, or None when it is blank or wrong, which is noted."""
        cell = self.cells.get(key)
        if cell is None:
            return None
        try:
            return reader(cell)
        except CellError as error:
            self.wrong(key, str(error))
            return None
