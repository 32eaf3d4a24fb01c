"""What a row of a file says: which value or state it is about, and what its cells hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache, partial
from typing import Any

from django.utils.translation import gettext as _

from exchange.spreadsheets.cells import Cell
from exchange.spreadsheets.columns import (
    ADVANCEMENTS,
    QUALIFIERS,
    WITHDRAW,
    Kind,
    cell_name,
    content_keys,
    plain,
)
from exchange.spreadsheets.contents import read_mark, same
from exchange.spreadsheets.directory import Directory
from exchange.spreadsheets.documents import Merged
from exchange.spreadsheets.drafts import Draft
from exchange.spreadsheets.formulas import restore
from exchange.spreadsheets.problems import Level, Problem
from exchange.spreadsheets.understanding import (
    CellError,
    read_code,
    read_day,
    read_number,
    read_part_of_ratio,
    read_text,
    read_word,
    read_yes_or_no,
    short,
    suggestion,
)
from indicators.formats import format_date, format_period
from indicators.models import Indicator, Measurement
from measures.models import Measure
from plans.models import LOCATOR_LENGTH

REPEATED = frozenset({"qualifier", "advancement", "provisional", "source"})
"""Columns whose cells are words of a list or codes: a file repeats them from row to row."""
MOST_UNDERSTOOD = 10_000


class RowReader:
    """Reads the rows of one file, whose codes a plan's directory explains."""

    def __init__(self, directory: Directory, *, on: date) -> None:
        self.directory = directory
        self.on = on
        self._understood: dict[tuple[str, Cell], Any] = {}
        self._readers: Mapping[str, Callable[[Cell], Any]] = {
            "qualifier": lambda cell: read_word(cell, QUALIFIERS),
            "advancement": lambda cell: read_word(cell, ADVANCEMENTS),
            "provisional": read_yes_or_no,
            "source": self._read_source,
            "locator": lambda cell: read_text(cell, LOCATOR_LENGTH),
            "comment": read_text,
            "reason": read_text,
        }

    def read(self, draft: Draft) -> Draft:
        """Fill in what the row says, and note what cannot be understood."""
        self._read_content(draft)
        self._check_plan(draft)
        if draft.table.kind == Kind.VALUES:
            self._read_indicator(draft)
            self._read_period(draft)
        else:
            self._read_milestone(draft)
            self._read_day(draft)
        self._read_numbers(draft)
        if draft.blank:
            # It asks for nothing: that it names nothing either is no reason to stop the others.
            draft.problems = [
                Problem(problem.column, problem.message, Level.WARNING)
                for problem in draft.problems
            ]
        return draft

    def _read_content(self, draft: Draft) -> None:
        keys = content_keys(draft.table.kind)
        mark = draft.read("withdrawal", read_text)
        if mark is not None:
            if plain(mark) == plain(WITHDRAW):
                draft.withdraws = True
            else:
                draft.wrong(
                    "withdrawal",
                    _("« %(text)s » n’est pas admis ici ; admis : %(mark)s, ou rien.")
                    % {"text": short(mark), "mark": WITHDRAW},
                )
        # The day a milestone's state was found says something by itself: the state is then owed.
        said = (*keys, "as_of") if draft.table.kind == Kind.MILESTONES else keys
        draft.blank = mark is None and all(draft.cell(key) is None for key in said)
        version = draft.cell("version")
        draft.mark = None if version is None else read_mark(version.text)
        for key in keys:
            if key in self._readers:
                value = self._read_cell(draft, key)
                if value is not None and value != "":
                    draft.given[key] = value

    def _read_cell(self, draft: Draft, key: str) -> Any:
        """Read a cell; one that reads like an earlier one of its column is understood already."""
        cell = draft.cell(key)
        if cell is None:
            return None
        known = self._understood.get((key, cell))
        if known is not None:
            return known
        value = draft.read(key, self._readers[key])
        if value is not None and key in REPEATED and len(self._understood) < MOST_UNDERSTOOD:
            self._understood[key, cell] = value
        return value

    def _read_source(self, cell: Cell) -> str:
        code = read_code(cell)
        source = self.directory.sources.get(code)
        if source is None:
            raise CellError(
                _(
                    "« %(code)s » n’est pas une source de ce plan.%(close)s Les codes sont dans la "
                    "feuille Sources."
                )
                % {"code": short(code), "close": self.directory.sources.guess(code)}
            )
        return source.code

    def _check_plan(self, draft: Draft) -> None:
        given = draft.read("plan", read_code)
        plan = self.directory.plan
        if given is not None and given.casefold() not in (plan.slug, *plan.former_slugs):
            draft.wrong(
                "plan",
                _("Cette ligne est du plan « %(given)s » ; l’import est celui de « %(plan)s ».")
                % {"given": short(given), "plan": plan.slug},
            )

    def _read_indicator(self, draft: Draft) -> None:
        code = draft.read("indicator", read_code)
        draft.subject = "" if code is None else short(code)
        if code is None:
            if draft.cell("indicator") is None:
                draft.wrong("indicator", _("Le code de l’indicateur manque."))
            return
        indicator = self.directory.indicators.get(code)
        if indicator is None:
            draft.wrong(
                "indicator",
                _("« %(code)s » n’est pas un indicateur de ce plan.%(close)s%(elsewhere)s")
                % {
                    "code": short(code),
                    "close": self.directory.indicators.guess(code),
                    "elsewhere": self.directory.elsewhere(Indicator, code),
                },
            )
            return
        draft.indicator = indicator
        draft.subject = indicator.code
        _check_title(draft, indicator.title, indicator.code, self.directory.indicator_titles)
        _check_unit(draft, indicator)

    def _read_milestone(self, draft: Draft) -> None:
        measure_code = draft.read("measure", read_code)
        code = draft.read("milestone", read_code)
        draft.subject = short(f"{measure_code or ''} / {code or ''}")
        for key, given, message in (
            ("measure", measure_code, _("Le code de la mesure manque.")),
            ("milestone", code, _("Le code du jalon manque.")),
        ):
            if given is None and draft.cell(key) is None:
                draft.wrong(key, message)
        if measure_code is None or code is None:
            return
        measure = self.directory.measures.get(measure_code)
        if measure is None:
            draft.wrong(
                "measure",
                _("« %(code)s » n’est pas une mesure de ce plan.%(close)s%(elsewhere)s")
                % {
                    "code": short(measure_code),
                    "close": self.directory.measures.guess(measure_code),
                    "elsewhere": self.directory.elsewhere(Measure, measure_code),
                },
            )
            return
        milestones = self.directory.milestones_of(measure)
        draft.milestone = milestones.get(code)
        if draft.milestone is None:
            draft.wrong(
                "milestone",
                _("« %(code)s » n’est pas un jalon de la mesure « %(measure)s ».%(close)s")
                % {
                    "code": short(code),
                    "measure": measure.code,
                    "close": milestones.guess(code),
                },
            )
            return
        draft.subject = f"{measure.code} / {draft.milestone.code}"
        _check_title(
            draft, draft.milestone.title, draft.milestone.code, self.directory.milestone_titles
        )

    def _read_period(self, draft: Draft) -> None:
        start, end = (self._read_bound(draft, key) for key in ("start", "end"))
        if start is None or end is None:
            return
        if end < start:
            draft.wrong("end", _("La période s’achève avant de débuter."))
            return
        draft.start, draft.end = start, end
        draft.moment = _period_name(start, end)

    def _read_bound(self, draft: Draft, key: str) -> date | None:
        cell = draft.cell(key)
        if cell is None:
            draft.wrong(key, _("La date manque. Écrivez par exemple 31/12/2026."))
            return None
        day: date | None = draft.read(key, read_day)
        if day is None:
            draft.moment = " – ".join(filter(None, (draft.moment, short(cell.shown))))
        return day

    def _read_day(self, draft: Draft) -> None:
        cell = draft.cell("as_of")
        if cell is None:
            if not draft.blank:
                draft.wrong(
                    "as_of", _("La date du constat manque. Écrivez par exemple 31/12/2026.")
                )
            return
        day = draft.read("as_of", read_day)
        if day is None:
            draft.moment = short(cell.shown)
            return
        draft.start = draft.end = day
        draft.moment = format_date(day)
        if day > self.on and not draft.blank:
            draft.wrong("as_of", _("Un état ne se constate pas à une date à venir."))

    def _read_numbers(self, draft: Draft) -> None:
        """Read the numbers in the indicator's unit, and refuse those it does not have."""
        if draft.table.kind == Kind.MILESTONES or draft.indicator is None:
            return
        unit = draft.indicator.unit
        is_ratio = draft.indicator.measurement == Measurement.RATIO
        for key in ("value", "numerator", "denominator"):
            if draft.cell(key) is None:
                continue
            if is_ratio == (key == "value"):
                draft.wrong(
                    key,
                    _(
                        "Cet indicateur est un rapport : remplissez le numérateur et le "
                        "dénominateur, pas la valeur."
                    )
                    if is_ratio
                    else _("Cet indicateur n’est pas un rapport : remplissez la valeur seulement."),
                )
                continue
            reader = read_number if key == "value" else read_part_of_ratio
            value = draft.read(key, partial(reader, unit=unit))
            if value is not None:
                if key == "denominator" and value <= 0:
                    draft.wrong(key, _("Un dénominateur est strictement positif."))
                else:
                    draft.given[key] = value


@lru_cache(maxsize=4096)
def _period_name(start: date, end: date) -> str:
    return format_period(start, end)


def _check_title(draft: Draft, title: str, code: str, titles: Mapping[str, str]) -> None:
    """Note a title that goes with another code: one column sorted without the others."""
    cell = draft.cell("title")
    if cell is None or same(plain(cell.text), plain(title)):
        return
    other = titles.get(plain(cell.text))
    if other is not None and other != code:
        draft.wrong(
            "title",
            _(
                "Ce titre est celui de « %(other)s », alors que la ligne porte le code "
                "« %(code)s » : une colonne a-t-elle été triée sans les autres ?"
            )
            % {"other": other, "code": code},
        )
    else:
        draft.warn(
            "title",
            _("Le titre enregistré est « %(title)s » : vérifiez le code.") % {"title": title},
        )


def _check_unit(draft: Draft, indicator: Indicator) -> None:
    cell = draft.cell("unit")
    unit = indicator.unit
    if cell is None:
        return
    names = {name.casefold() for name in (unit.code, unit.name, unit.name_plural, unit.symbol)}
    if restore(cell.text).strip().casefold() not in names:
        draft.wrong(
            "unit",
            _("Cet indicateur se compte en %(unit)s, pas en « %(given)s ».%(close)s")
            % {
                "unit": unit.name_plural,
                "given": short(cell.text),
                "close": suggestion(cell.text.strip(), names),
            },
        )


def check_merged(draft: Draft, blocks: Iterable[Merged]) -> None:
    """Refuse rows that a merged block crosses: all its cells but the first are empty."""
    for block in blocks:
        if not block.first_row <= draft.row.number <= block.last_row:
            continue
        for key, place in draft.table.places.items():
            if block.first_place <= place <= block.last_place and key != "result":
                draft.blank = False
                draft.wrong(
                    key,
                    _("Cellules fusionnées %(block)s : défusionnez-les et remplissez chacune.")
                    % {
                        "block": f"{cell_name(block.first_place, block.first_row)}:"
                        f"{cell_name(block.last_place, block.last_row)}"
                    },
                )
                break
