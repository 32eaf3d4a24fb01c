"""The workbook that staff fill in: locked identifiers, lists to choose from, how to use it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exchange.spreadsheets.cells import fits_a_number, plain_number
from exchange.spreadsheets.columns import (
    ADVANCEMENTS,
    COLUMNS,
    INSTRUCTIONS_TITLE,
    NO,
    QUALIFIERS,
    SHEET_TITLES,
    SOURCES_TITLE,
    WITHDRAW,
    YES,
    Column,
    Kind,
)
from exchange.spreadsheets.contents import in_words
from exchange.spreadsheets.formulas import neutralise
from exchange.spreadsheets.selection import Line, Selection, lines_of
from indicators.formats import format_date
from plans.models import Source

_LISTS: Final[Mapping[str, list[str]]] = {
    "qualifier": list(QUALIFIERS),
    "advancement": list(ADVANCEMENTS),
    "provisional": [YES, NO],
    "withdrawal": [WITHDRAW],
}
_TEXTS: Final = frozenset({"source", "locator", "comment", "reason"})
_FIRST_FREE: Final = {Kind.VALUES: 6, Kind.MILESTONES: 4}
"""Columns that stay in sight when one scrolls to the right."""


def _steps() -> list[str]:
    """Return how the workbook is filled in, step by step."""
    return [
        _("Remplissez les colonnes aux titres verts ; les autres sont verrouillées."),
        _("Une cellule vide laisse ce qui est enregistré ; zéro est une valeur."),
        _("Une ligne que vous ne touchez pas, ou qui n’est pas dans le fichier, ne change pas."),
        _("Les nombres s’écrivent 35 000 ou 2,5 ; les jours 31/12/2026."),
        _("Une valeur déjà publiée se corrige en donnant un motif, qui est public."),
        _("Enregistrez au format .xlsx, puis envoyez le fichier sur la page Tableur du plan."),
        _("Rien ne s’écrit sans votre accord : un contrôle montre d’abord chaque ligne."),
    ]


def write_workbook(path: Path, selection: Selection, *, at: datetime) -> None:
    """Write the workbook of a selection."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        workbook.set_properties(
            {"title": selection.plan.title, "subject": selection.described(), "created": at}
        )
        writer = _Writer(workbook, selection)
        writer.instructions(at)
        for kind in Kind:
            writer.lines(kind)
        writer.sources()


class _Writer:
    def __init__(self, workbook: xlsxwriter.Workbook, selection: Selection) -> None:
        self._workbook = workbook
        self._selection = selection
        edge: dict[str, Any] = {"bottom": 1, "bottom_color": "#D5DBDB"}
        title: dict[str, Any] = {"bold": True, "text_wrap": True, "bottom": 2}
        fixed = {"bg_color": "#F4F6F6", "font_color": "#3D4A4A", **edge}
        day = {"num_format": "dd/mm/yyyy", "align": "left"}
        looks: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 15},
            "heading": {"bold": True, "top": 1, "top_color": "#5F7A78"},
            "plain": {"text_wrap": True},
            "warning": {"bold": True, "font_color": "#9A3412", "text_wrap": True},
            "fixed_title": {"bg_color": "#E4EBEA", **title},
            "free_title": {"bg_color": "#CFE3DF", **title},
            "fixed": {"text_wrap": True, **fixed},
            "fixed_date": {**day, **fixed},
            # General, so that a percentage or a date typed here shows itself as one.
            "free": {"locked": False, **edge},
            "free_text": {"locked": False, "num_format": "@", "text_wrap": True, **edge},
            "free_date": {"locked": False, **day, **edge},
        }
        self._formats: dict[str, Format] = {
            name: workbook.add_format({"valign": "top", **properties})
            for name, properties in looks.items()
        }
        self._source_count = Source.objects.filter(plan=selection.plan).count()

    def instructions(self, at: datetime) -> None:
        """Say what the workbook holds and how it is read."""
        selection, plan = self._selection, self._selection.plan
        sheet = self._workbook.add_worksheet(INSTRUCTIONS_TITLE)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 92)
        rows: list[tuple[str, str, str]] = [("title", plan.title, "")]
        if plan.region.fictitious:
            rows.append(("warning", _("PLAN FICTIF : ces données sont inventées."), ""))
        rows += [
            ("plain", _("Région"), str(plan.region)),
            ("plain", _("Sélection"), selection.described()),
            (
                "plain",
                _("Période"),
                _("du %(start)s au %(end)s")
                % {"start": format_date(selection.start), "end": format_date(selection.end)},
            ),
            ("plain", _("Téléchargé le"), format_date(timezone.localdate(at))),
            ("heading", _("Comment remplir"), ""),
            *(("plain", str(number), step) for number, step in enumerate(_steps(), start=1)),
            ("heading", _("Colonnes à remplir"), ""),
        ]
        helps: dict[str, str] = {}
        for kind in Kind:
            for column in COLUMNS[kind]:
                if column.filled:
                    helps.setdefault(column.title, column.help)
        rows += [("plain", title, text) for title, text in helps.items()]
        for number, (style, first, second) in enumerate(rows):
            sheet.write_string(number, 0, neutralise(first), self._formats[style])
            if second or style == "heading":
                look = self._formats["heading" if style == "heading" else "plain"]
                sheet.write_string(number, 1, neutralise(second), look)
        self._finish(sheet)

    def lines(self, kind: Kind) -> None:
        """Write a sheet to fill in."""
        sheet = self._workbook.add_worksheet(SHEET_TITLES[kind])
        columns = [column for column in COLUMNS[kind] if column.key != "result"]
        sheet.freeze_panes(1, _FIRST_FREE[kind])
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            look = self._formats["free_title" if column.filled else "fixed_title"]
            sheet.write_string(0, place, column.title, look)
        number = 0
        for number, line in enumerate(lines_of(kind, self._selection), start=1):
            for place, column in enumerate(columns):
                self._cell(sheet, number, place, column, line)
        if number:
            sheet.autofilter(0, 0, number, len(columns) - 1)
            for place, column in enumerate(columns):
                self._list(sheet, number, place, column)
        self._finish(sheet)

    def _cell(self, sheet: Worksheet, row: int, place: int, column: Column, line: Line) -> None:
        key = column.key
        value: Any = (
            str(line.mark) if key == "version" else line.fixed.get(key, line.cells.get(key))
        )
        look = self._look(column, value)
        if value is None or value == "":
            sheet.write_blank(row, place, None, look)
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, look)
        elif isinstance(value, Decimal):
            if fits_a_number(value):
                sheet.write_number(row, place, float(value), look)
            else:
                sheet.write_string(row, place, plain_number(value), look)
        else:
            sheet.write_string(row, place, neutralise(in_words(key, value)), look)

    def _look(self, column: Column, value: Any) -> Format:
        if not column.filled:
            return self._formats["fixed_date" if isinstance(value, date) else "fixed"]
        if column.key == "as_of":
            return self._formats["free_date"]
        return self._formats["free_text" if column.key in _TEXTS else "free"]

    def _list(self, sheet: Worksheet, last_row: int, place: int, column: Column) -> None:
        """Give a column its list of choices."""
        choices: Any = _LISTS.get(column.key)
        if column.key == "source" and self._source_count:
            choices = f"='{SOURCES_TITLE}'!$A$2:$A${self._source_count + 1}"
        if choices:
            sheet.data_validation(
                1,
                place,
                last_row,
                place,
                {
                    "validate": "list",
                    "source": choices,
                    "error_title": column.title,
                    "error_message": _("Choisissez dans la liste, ou laissez vide."),
                },
            )

    def sources(self) -> None:
        """List the plan's sources, whose codes the column Source takes."""
        sheet = self._workbook.add_worksheet(SOURCES_TITLE)
        titles = ((_("Code"), 26), (_("Titre"), 70), (_("Éditeur"), 30), (_("Date"), 12))
        for place, (title, width) in enumerate(titles):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, title, self._formats["fixed_title"])
        sheet.freeze_panes(1, 1)
        sources = Source.objects.filter(plan=self._selection.plan).order_by("code")
        for number, source in enumerate(sources, start=1):
            texts = (source.code, source.title, source.publisher)
            for place, text in enumerate(texts):
                sheet.write_string(number, place, neutralise(text), self._formats["fixed"])
            if source.published_on is not None and source.published_on.year >= 1900:
                sheet.write_datetime(number, 3, source.published_on, self._formats["fixed_date"])
            else:
                sheet.write_blank(number, 3, None, self._formats["fixed"])
        self._finish(sheet)

    def _finish(self, sheet: Worksheet) -> None:
        plan = self._selection.plan
        fictitious = _("PLAN FICTIF — ") if plan.region.fictitious else ""
        # "&" commands the layout of a printed header.
        sheet.set_header(f"&L{fictitious}{plan.title.replace('&', '&&')}"[:250] + "&RPage &P/&N")
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        # Without a password: it keeps hands from slipping, not people from working.
        sheet.protect(
            "",
            {
                "autofilter": True,
                "format_cells": True,
                "format_columns": True,
                "format_rows": True,
            },
        )
