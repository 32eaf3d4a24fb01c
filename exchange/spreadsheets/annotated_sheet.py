"""One sheet of an annotated copy: cells coloured, a verdict at the end of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from exchange.spreadsheets.annotated_comments import Comment
from exchange.spreadsheets.annotated_styles import AnnotatedStyles
from exchange.spreadsheets.columns import cell_name
from exchange.spreadsheets.marks import AUTHOR, MAX_COMMENTS, CellMark, RowMark
from exchange.spreadsheets.splicing import Splicer, with_attribute, xml_text
from exchange.spreadsheets.xlsx_package import local
from exchange.spreadsheets.xlsx_reading import place_of

# What the schema puts after the drawing of comments.
_AFTER_COMMENTS: Final = frozenset(
    {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
     "tableParts", "extLst"}
)  # fmt: skip
RELATION_ID: Final = "rIdControle"
_STRICT: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATIONS: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"


class SheetAnnotator:
    """The copy of a sheet's part, marks written in on the way."""

    def __init__(
        self,
        marks: Iterator[RowMark],
        styles: AnnotatedStyles,
        *,
        verdict_place: int,
        earlier_place: int | None,
        draws_comments: bool,
        write: Callable[[bytes], Any],
    ) -> None:
        self._marks = marks
        self._next: RowMark | None = next(marks, None)
        self._styles = styles
        self._verdict_place = verdict_place
        self._earlier_place = earlier_place
        """Where an earlier control wrote its verdicts, to be left out."""
        self._draws_comments = draws_comments
        self.comments: list[Comment] = []
        self._splicer = Splicer(write)
        self._splicer.parser.StartElementHandler = self._start
        self._splicer.parser.EndElementHandler = self._end
        self._depth = 0
        self._prefix = ""
        self._relations = _RELATIONS
        self._has_drawing = False
        self._number = 0
        self._place = -1
        self._mark: RowMark | None = None
        self._pending: list[int] = []
        self._dropped_tag: bytes | None = None

    def copy(self, chunks: Iterator[bytes]) -> None:
        """Copy the part."""
        for chunk in chunks:
            self._splicer.feed(chunk)
        self._splicer.finish()

    def _start(self, tag: str, attributes: Any) -> None:
        self._depth += 1
        self._splicer.settle()
        name = local(tag)
        if self._depth == 1:
            self._prefix = tag.removesuffix(name)
            if _STRICT in attributes.values():
                self._relations = _STRICT_RELATIONS
        elif name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif self._depth == 2 and self._draws_comments:
            if name == "legacyDrawing":
                self._splicer.replace(self._splicer.tag(), self._drawing(closed=False).encode())
                self._has_drawing = True
            elif name in _AFTER_COMMENTS and not self._has_drawing:
                self._splicer.insert(self._drawing(), self._splicer.here)
                self._has_drawing = True

    def _end(self, tag: str) -> None:
        name = local(tag)
        if name == "c" and self._dropped_tag is not None:
            closed = self._dropped_tag.endswith(b"/>")
            self._splicer.drop_until(
                self._splicer.here if closed else self._splicer.end_of_closing_tag()
            )
            self._dropped_tag = None
        elif name == "row":
            self._insert_before(None, self._splicer.here)
            self._mark = None
        elif self._depth == 1 and self._draws_comments and not self._has_drawing:
            self._splicer.insert(self._drawing(), self._splicer.here)
        self._depth -= 1

    def _drawing(self, *, closed: bool = True) -> str:
        start = f'<{self._prefix}legacyDrawing xmlns:rc="{self._relations}" rc:id="{RELATION_ID}"'
        # One that stands in place of another keeps that one's end, whichever way it is written.
        was_empty = closed or self._splicer.tag().endswith(b"/>")
        return f"{start}/>" if was_empty else f"{start}>"

    def _start_row(self, attributes: Any) -> None:
        number = attributes.get("r")
        self._number = self._number + 1 if number is None else int(number)
        self._place = -1
        while self._next is not None and self._next.number < self._number:
            self._next = next(self._marks, None)
        self._mark = None
        self._pending = []
        if self._next is None or self._next.number != self._number:
            return
        tag = self._splicer.tag()
        if tag.endswith(b"/>"):
            return
        self._mark = self._next
        self._pending = sorted({*self._mark.cells, self._verdict_place})
        if "spans" in attributes:
            # It says how wide the row is, which is not true any more.
            self._splicer.replace(tag, with_attribute(tag, "spans", None))
        for place, mark in sorted(self._mark.cells.items()):
            if len(self.comments) < MAX_COMMENTS:
                self.comments.append(Comment(cell_name(place, self._number), AUTHOR, mark.text))

    def _start_cell(self, attributes: Any) -> None:
        reference = attributes.get("r")
        self._place = (
            self._place + 1 if reference is None else place_of(reference.rstrip("0123456789"))
        )
        self._insert_before(self._place, self._splicer.here)
        verdict_is_here = self._mark is not None and self._place == self._verdict_place
        if verdict_is_here or self._place == self._earlier_place:
            self._dropped_tag = self._splicer.tag()
            self._splicer.drop_from_here()
            return
        if self._pending and self._pending[0] == self._place:
            del self._pending[0]
        mark = None if self._mark is None else self._mark.cells.get(self._place)
        self._restyle(attributes.get("s", ""), mark)

    def _restyle(self, style: str, mark: CellMark | None) -> None:
        wanted = self._styles.marked(style, None if mark is None else mark.level)
        if wanted is not None:
            tag = self._splicer.tag()
            self._splicer.replace(tag, with_attribute(tag, "s", wanted))

    def _insert_before(self, place: int | None, at: int) -> None:
        """Write the cells to mark that the sheet does not have, and the verdict, in order."""
        while self._pending and (place is None or self._pending[0] < place):
            self._splicer.insert(self._new_cell(self._pending.pop(0)), at)
        if place is not None and self._pending and self._pending[0] == place == self._verdict_place:
            self._splicer.insert(self._new_cell(self._pending.pop(0)), at)

    def _new_cell(self, place: int) -> str:
        assert self._mark is not None
        name = f'r="{cell_name(place, self._number)}"'
        if place == self._verdict_place:
            style = self._styles.marked("", self._mark.level) if self._mark.level else None
            colour = "" if style is None else f' s="{style}"'
            p = self._prefix
            return (
                f'<{p}c {name}{colour} t="inlineStr"><{p}is><{p}t xml:space="preserve">'
                f"{xml_text(self._mark.verdict)}</{p}t></{p}is></{p}c>"
            )
        style = self._styles.marked("", self._mark.cells[place].level)
        return (
            f"<{self._prefix}c {name}/>"
            if style is None
            else (f'<{self._prefix}c {name} s="{style}"/>')
        )
