"""The person's own file, sent back with what the control says of it.

A workbook keeps everything it had: only the cells' colours, the comments and a last column are
added. A CSV has no place for that and comes back as a workbook of the same cells.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import xlsxwriter

from exchange.models import ImportJob
from exchange.spreadsheets.annotated_comments import (
    comments_part,
    drawing_part,
    has_other_objects,
    merged,
    own_comments,
)
from exchange.spreadsheets.annotated_sheet import RELATION_ID, SheetAnnotator
from exchange.spreadsheets.annotated_styles import FILLS, AnnotatedStyles
from exchange.spreadsheets.columns import RESULT_TITLE
from exchange.spreadsheets.csv_reading import CsvDocument
from exchange.spreadsheets.documents import Table
from exchange.spreadsheets.marks import AUTHOR, MAX_COMMENTS, RowMark, row_marks
from exchange.spreadsheets.xlsx_package import Package, relations_part, resolve
from exchange.spreadsheets.xlsx_parts import workbook_parts
from exchange.spreadsheets.xlsx_reading import XlsxDocument

CONTENT_TYPES = "[Content_Types].xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"

Alive = Callable[[], None]
"""Called now and then: says that the work goes on, and stops it when it should not."""

BEAT_EVERY = 2_000


def annotate(
    document: XlsxDocument | CsvDocument, source: Path, target: Path, job: ImportJob, alive: Alive
) -> None:
    """Write the annotated copy of a checked file."""
    if isinstance(document, CsvDocument):
        _annotate_csv(document, target, job, alive)
        return
    _AnnotatedPackage(document, job, alive).write(source, target)


def _marks(job: ImportJob, table: Table, alive: Alive) -> Iterator[RowMark]:
    titles = RowMark(table.header_row, RESULT_TITLE, None)
    for number, mark in enumerate(chain((titles,), row_marks(job, table))):
        if number % BEAT_EVERY == 0:
            alive()
        yield mark


class _AnnotatedPackage:
    def __init__(self, document: XlsxDocument, job: ImportJob, alive: Alive) -> None:
        self._document = document
        self._job = job
        self._alive = alive
        self._new: dict[str, bytes] = {}
        self._removed: set[str] = set()
        self._overrides: dict[str, str] = {}

    def write(self, source: Path, target: Path) -> None:
        package = Package(source)
        try:
            styles_name = workbook_parts(package).styles
            styles = AnnotatedStyles(None if styles_name is None else package.whole(styles_name))
            tables = {self._document.part_of(table): table for table in self._document.tables}
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as copy:
                for number, (part, table) in enumerate(tables.items(), start=1):
                    self._sheet(package, copy, part, table, styles, number)
                result = styles.result()
                if styles_name is not None and result is not None:
                    self._new[styles_name] = result
                self._content_types(package)
                for name, content in self._new.items():
                    copy.writestr(name, content)
                done = {*tables, *self._new, *self._removed}
                for name in package.parts():
                    if name not in done:
                        self._alive()
                        with copy.open(name, "w") as out:
                            for chunk in package.chunks(name):
                                out.write(chunk)
        finally:
            package.close()

    def _sheet(
        self,
        package: Package,
        copy: zipfile.ZipFile,
        part: str,
        table: Table,
        styles: AnnotatedStyles,
        number: int,
    ) -> None:
        relations = package.relations(part)
        drawings = [name for kind, name in relations.values() if kind == "vmlDrawing"]
        draws = not any(package.has(name) and has_other_objects(package, name) for name in drawings)
        earlier = table.place("result")
        with copy.open(part, "w", force_zip64=True) as out:
            annotator = SheetAnnotator(
                _marks(self._job, table, self._alive),
                styles,
                verdict_place=(
                    self._document.last_place(table) + 1 if earlier is None else earlier
                ),
                earlier_place=earlier,
                draws_comments=draws,
                write=out.write,
            )
            annotator.copy(package.chunks(part))
        if not draws:
            return
        own = [
            comment
            for kind, name in relations.values()
            if kind == "comments" and package.has(name)
            for comment in own_comments(package, name)
        ]
        comments = merged(own, annotator.comments)
        comments_name = f"xl/controle/comments{number}.xml"
        drawing_name = f"xl/controle/drawing{number}.vml"
        self._new[comments_name] = comments_part(comments)
        self._new[drawing_name] = drawing_part(comments)
        self._overrides[f"/{comments_name}"] = _COMMENTS_TYPE
        replaced = ("comments", "vmlDrawing", "threadedComment")
        self._removed |= {name for kind, name in relations.values() if kind in replaced}
        self._removed -= set(self._new)
        self._new[relations_part(part)] = self._relations(
            package, part, replaced, comments_name, drawing_name
        )

    def _relations(
        self,
        package: Package,
        part: str,
        replaced: tuple[str, ...],
        comments_name: str,
        drawing_name: str,
    ) -> bytes:
        kept: list[dict[str, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            kind = attributes.get("Type", "").rpartition("/")[2]
            if tag == "Relationship" and kind not in replaced:
                kept.append(attributes)

        if package.has(relations_part(part)):
            package.parse(relations_part(part), start)
        kept += [
            {"Id": RELATION_ID, "Type": f"{_OFFICE}/vmlDrawing", "Target": f"/{drawing_name}"},
            {
                "Id": f"{RELATION_ID}2",
                "Type": f"{_OFFICE}/comments",
                "Target": f"/{comments_name}",
            },
        ]
        return _part("Relationships", _RELATIONSHIPS, [("Relationship", one) for one in kept])

    def _content_types(self, package: Package) -> None:
        entries: list[tuple[str, dict[str, str]]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            name = resolve("", attributes.get("PartName", ""))
            vml = tag == "Default" and attributes.get("Extension", "").lower() == "vml"
            gone = name in self._removed or attributes.get("PartName") in self._overrides
            if tag in ("Default", "Override") and not vml and not gone:
                entries.append((tag, attributes))

        package.parse(CONTENT_TYPES, start)
        entries.append(("Default", {"Extension": "vml", "ContentType": _DRAWING_TYPE}))
        entries += [
            ("Override", {"PartName": name, "ContentType": kind})
            for name, kind in self._overrides.items()
        ]
        self._new[CONTENT_TYPES] = _part("Types", _TYPES, entries)


def _part(root: str, namespace: str, entries: list[tuple[str, dict[str, str]]]) -> bytes:
    lines = "".join(
        f"<{tag}" + "".join(f" {key}={quoteattr(value)}" for key, value in one.items()) + "/>"
        for tag, one in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<{root} xmlns="{namespace}">{lines}</{root}>'
    ).encode()


def _annotate_csv(document: CsvDocument, target: Path, job: ImportJob, alive: Alive) -> None:
    table = document.tables[0]
    earlier = table.place("result")
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as workbook:
        formats: dict[Any, Any] = {
            level: workbook.add_format({"bg_color": f"#{colour[2:]}"})
            for level, colour in FILLS.items()
        }
        sheet = workbook.add_worksheet("Import")
        sheet.freeze_panes(table.header_row, 0)
        sheet.set_column(0, 60, 16)
        verdict_place = table.last_title + 1 if earlier is None else earlier
        marks = _marks(job, table, alive)
        mark: RowMark | None = next(marks, None)
        comments = 0
        for row in document.all_rows():
            while mark is not None and mark.number < row.number:
                mark = next(marks, None)
            here = mark if mark is not None and mark.number == row.number else None
            cells = {} if here is None else here.cells
            for place in sorted({*row.cells, *cells, *([verdict_place] if here else [])}):
                if place == verdict_place and here is not None:
                    sheet.write_string(row.number - 1, place, here.verdict, formats.get(here.level))
                    continue
                found = cells.get(place)
                colour = None if found is None else formats[found.level]
                if place in row.cells:
                    sheet.write_string(row.number - 1, place, row.cells[place].text, colour)
                else:
                    sheet.write_blank(row.number - 1, place, None, colour)
                if found is not None and comments < MAX_COMMENTS:
                    comments += 1
                    sheet.write_comment(
                        row.number - 1, place, found.text, {"author": AUTHOR, "x_scale": 2}
                    )
