"""What the control writes in the annotated copy: remarks on cells, one verdict per row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets.documents import Table
from exchange.spreadsheets.problems import Level
from exchange.spreadsheets.xlsx_reading import place_of

AUTHOR: Final = "Contrôle de l’import"
MAX_COMMENTS: Final = 2_000
"""Comments per sheet: spreadsheets become unusable with more. The verdicts say all the same."""
CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class CellMark:
    """Remarks on one cell."""

    level: Level
    messages: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the remarks, one a line."""
        return "\n".join(self.messages)


@dataclass(slots=True)
class RowMark:
    """What is written for one row."""

    number: int
    verdict: str
    level: Level | None
    cells: dict[int, CellMark] = field(default_factory=dict)


def row_marks(job: ImportJob, table: Table) -> Iterator[RowMark]:
    """Return the marks of a table's rows, in the order of the rows."""
    rows = ImportRow.objects.filter(job=job, sheet=table.name[:60], kind=table.kind.value).order_by(
        "position"
    )
    last = -1
    # Piece by piece rather than through a cursor of the server, which nobody would close when the
    # copy stops half-way.
    while chunk := list(
        rows.filter(position__gt=last).values_list(
            "position", "number", "outcome", "blank", "problems"
        )[:CHUNK]
    ):
        last = chunk[-1][0]
        for _position, number, outcome, blank, problems in chunk:
            yield RowMark(
                number,
                _verdict(outcome, blank, problems),
                _level(problems),
                _cell_marks(problems),
            )


def _cell_marks(problems: list[dict[str, str]]) -> dict[int, CellMark]:
    """Return the remarks by place; a cell with several has the gravest level."""
    marks: dict[int, CellMark] = {}
    for problem in problems:
        if not problem["cell"]:
            continue
        place = place_of(problem["cell"].rstrip("0123456789"))
        level = Level(problem["level"])
        messages: tuple[str, ...] = (problem["message"],)
        before = marks.get(place)
        if before is not None:
            messages = before.messages + messages
            level = Level.ERROR if Level.ERROR in (before.level, level) else level
        marks[place] = CellMark(level, messages)
    return marks


def _level(problems: list[dict[str, str]]) -> Level | None:
    levels = {problem["level"] for problem in problems}
    if Level.ERROR in levels:
        return Level.ERROR
    return Level.WARNING if levels else None


def _verdict(outcome: str, blank: bool, problems: list[dict[str, str]]) -> str:
    word = str(ImportRow.Outcome(outcome).label)
    if blank:
        word = _("vide : laissée telle quelle")
    remarks = " ; ".join(
        f"{problem['cell']} : {problem['message']}" if problem["cell"] else problem["message"]
        for problem in problems
    )
    return f"{word} — {remarks}" if remarks else word
