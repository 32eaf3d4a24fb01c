"""What each row of a file would do: nothing is written, nothing stops at the first error.

A blank cell leaves what there is; zero is zero; a row whose cells are as they were downloaded is
left alone, whatever happened since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from exchange.models import ImportRow
from exchange.spreadsheets.cells import Cell, Row
from exchange.spreadsheets.columns import (
    ADVANCEMENTS,
    QUALIFIERS,
    WITHDRAW,
    Kind,
    cell_name,
    content_keys,
    plain,
)
from exchange.spreadsheets.contents import (
    LABELS,
    Content,
    Mark,
    fingerprint,
    in_words,
    read_mark,
    same,
)
from exchange.spreadsheets.directory import Directory
from exchange.spreadsheets.documents import Merged, Table
from exchange.spreadsheets.formulas import restore
from exchange.spreadsheets.problems import Level, Problem
from exchange.spreadsheets.stored import Key, Stored, stored_for
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
from measures.models import Measure, Milestone
from plans.models import LOCATOR_LENGTH

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


class Checker:
    """The check of one file for one plan and one person."""

    def __init__(self, directory: Directory, user: User, *, on: date) -> None:
        self.directory = directory
        self.user = user
        self.on = on
        self._names: dict[int, str] = {}
        self._readers: Mapping[str, Callable[[Cell], Any]] = {
            "qualifier": lambda cell: read_word(cell, QUALIFIERS),
            "advancement": lambda cell: read_word(cell, ADVANCEMENTS),
            "provisional": read_yes_or_no,
            "source": self._read_source,
            "locator": lambda cell: read_text(cell, LOCATOR_LENGTH),
            "comment": read_text,
            "reason": read_text,
        }

    def check(self, table: Table, rows: Sequence[Row]) -> list[Draft]:
        """Return what these rows would do: a fixed number of queries, whatever their number."""
        keys = {place: key for key, place in table.places.items()}
        drafts = [
            self._read(
                Draft(
                    table,
                    row,
                    {keys[place]: cell for place, cell in row.cells.items() if place in keys},
                )
            )
            for row in rows
        ]
        if rows and table.merged:
            near = [
                block
                for block in table.merged
                if block.first_row <= rows[-1].number and block.last_row >= rows[0].number
            ]
            for draft in drafts:
                _check_merged(draft, near)
        named = [draft.key for draft in drafts if draft.key is not None]
        stored = stored_for(table.kind, named, self.directory.source_codes)
        for draft in drafts:
            self._decide(draft, stored)
        return drafts

    # --- Reading ---------------------------------------------------------------------------

    def _read(self, draft: Draft) -> Draft:
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
                    _("« %(text)s » n’est pas admis ici ; admis : %(mark)s, ou rien.")
                    % {"text": short(mark), "mark": WITHDRAW},
                )
        # The day a milestone's state was found says something by itself: the state is then owed.
        said = (*keys, "as_of") if draft.table.kind == Kind.MILESTONES else keys
        draft.blank = mark is None and all(draft.cell(key) is None for key in said)
        version = draft.cell("version")
        draft.mark = None if version is None else read_mark(version.text)
        for key in keys:
            if key in self._readers:
                value = draft.read(key, self._readers[key])
                if value is not None and value != "":
                    draft.given[key] = value

    def _read_source(self, cell: Cell) -> str:
        code = read_code(cell)
        source = self.directory.sources.get(code)
        if source is None:
            raise CellError(
                _(
                    "« %(code)s » n’est pas une source de ce plan.%(close)s Les codes sont dans la "
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
                _("Cette ligne est du plan « %(given)s » ; l’import est celui de « %(plan)s ».")
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
                _("« %(code)s » n’est pas un indicateur de ce plan.%(close)s%(elsewhere)s")
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
                _("« %(code)s » n’est pas une mesure de ce plan.%(close)s%(elsewhere)s")
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
                _("« %(code)s » n’est pas un jalon de la mesure « %(measure)s ».%(close)s")
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
        if draft.indicator is not None and end > self.on and not draft.blank:
            draft.warn("end", _("Cette période n’est pas encore achevée."))

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
                        "Cet indicateur est un rapport : remplissez le numérateur et le "
                        "dénominateur, pas la valeur."
                    )
                    if is_ratio
                    else _("Cet indicateur n’est pas un rapport : remplissez la valeur seulement."),
                )
                continue
            reader = read_number if key == "value" else read_part_of_ratio
            value = draft.read(key, lambda cell, reader=reader: reader(cell, unit))
            if value is not None:
                if key == "denominator" and value <= 0:
                    draft.wrong(key, _("Un dénominateur est strictement positif."))
                else:
                    draft.given[key] = value

    # --- Deciding --------------------------------------------------------------------------

    def _decide(self, draft: Draft, stored: Mapping[Key, Stored]) -> None:
        if draft.blank:
            draft.outcome = Outcome.SAME
            return
        if draft.key is not None:
            draft.stored = stored.get(draft.key) or Stored()
        untouched = (
            draft.mark is not None
            and not draft.withdraws
            and not draft.has_error
            and draft.mark.fingerprint == fingerprint(self._cells(draft))
        )
        if untouched and draft.stored is not None:
            draft.problems.clear()
            draft.outcome = Outcome.SAME
            return
        if draft.stored is not None:
            self._weigh(draft, draft.stored)
        if draft.has_error or draft.stored is None:
            draft.outcome = Outcome.ERROR

    def _cells(self, draft: Draft) -> dict[str, Any]:
        return {key: draft.given.get(key) for key in content_keys(draft.table.kind)}

    def _weigh(self, draft: Draft, stored: Stored) -> None:
        """Compare what the row says with what is stored, and say what it would do."""
        base = stored.base
        if draft.withdraws:
            self._weigh_withdrawal(draft, stored)
            return
        before = Content() if base is None else base.content
        content = draft.content = before.overlaid(draft.given)
        # A reason alone corrects nothing.
        is_base = content == before or (
            not base.is_open and replace(content, reason="") == before if base else False
        )
        if base is not None and is_base:
            draft.outcome = Outcome.SAME
            draft.problems = [problem for problem in draft.problems if problem.level == Level.ERROR]
            return
        draft.outcome = Outcome.NEW if base is None else Outcome.CHANGED
        if base is not None:
            draft.differences = _differences(draft.table.kind, before, content)
        self._check_rights(draft)
        self._check_complete(draft, content)
        self._check_state(draft, stored, content)
        self._check_version(draft, stored)
        if draft.indicator is not None and draft.start and draft.end and base is None:
            calendar = self.directory.calendars[draft.indicator.pk]
            if not calendar.has(draft.start, draft.end):
                draft.wrong(
                    "start",
                    _(
                        "Cet indicateur est de périodicité %(frequency)s : la période du "
                        "%(start)s au %(end)s n’en est pas une."
                    )
                    % {
                        "frequency": draft.indicator.get_frequency_display(),
                        "start": format_date(draft.start),
                        "end": format_date(draft.end),
                    },
                )
        if not content.source:
            draft.warn("source", _("Sans source, cette saisie s’enregistre mais ne se publie pas."))

    def _weigh_withdrawal(self, draft: Draft, stored: Stored) -> None:
        draft.outcome = Outcome.WITHDRAW
        draft.content = Content(reason=draft.given.get("reason", ""))
        draft.problems = [
            problem for problem in draft.problems if problem.column in _ABOUT_WITHDRAWAL
        ]
        if not self.directory.may_review:
            draft.wrong(
                "withdrawal",
                _(
                    "Le retrait d’une valeur publiée revient aux relecteurs et aux gestionnaires "
                    "du plan : demandez-le à l’un d’eux."
                ),
            )
        if stored.current is None:
            draft.wrong("withdrawal", _("Rien n’est publié ici : il n’y a rien à retirer."))
        elif stored.open is not None:
            draft.wrong(
                "withdrawal",
                _("Une correction est en cours ici : elle doit être traitée avant le retrait."),
            )
        if not draft.content.reason:
            draft.wrong("reason", _("Un retrait a un motif, qui sera public."))
        self._check_version(draft, stored)

    def _check_rights(self, draft: Draft) -> None:
        subject = draft.indicator or draft.milestone
        if subject is not None and not self.directory.may_contribute(subject):
            measure = subject.measure
            draft.wrong(
                "indicator" if draft.indicator else "milestone",
                _("La mesure « %(measure)s » ne vous est pas attribuée.")
                % {"measure": measure.code}
                if measure is not None
                else _(
                    "Cet indicateur ne dépend d’aucune mesure : seuls les relecteurs et les "
                    "gestionnaires le renseignent."
                ),
            )

    def _check_complete(self, draft: Draft, content: Content) -> None:
        """Note what is missing, but not beside a cell that is already said to be wrong."""
        told = {problem.column for problem in draft.problems if problem.level == Level.ERROR}
        if draft.milestone is not None:
            if not content.advancement and "advancement" not in told:
                draft.wrong(
                    "advancement",
                    _("L’état manque ; admis : %(words)s.") % {"words": ", ".join(ADVANCEMENTS)},
                )
            return
        if draft.indicator is None or told & {"value", "numerator", "denominator"}:
            return
        if draft.indicator.measurement == Measurement.RATIO:
            for key, message in (
                ("numerator", _("Le numérateur manque.")),
                ("denominator", _("Le dénominateur manque.")),
            ):
                if getattr(content, key) is None:
                    draft.wrong(key, message)
        elif content.value is None:
            draft.wrong(
                "value", _("La valeur manque : la ligne est remplie, mais pas cette cellule.")
            )

    def _check_state(self, draft: Draft, stored: Stored, content: Content) -> None:
        if stored.open is not None:
            if stored.open.state == "submitted":
                draft.wrong(
                    "",
                    _(
                        "Une saisie est déjà soumise à la relecture ici : elle doit être publiée "
                        "ou renvoyée avant d’être modifiée."
                    ),
                )
        elif stored.current is not None and not content.reason:
            draft.wrong(
                "reason",
                _("Une valeur est déjà publiée ici : donnez le motif de la correction."),
            )

    def _check_version(self, draft: Draft, stored: Stored) -> None:
        """Refuse a change that starts from a version which is not there any more."""
        if draft.mark is None or draft.mark.version == stored.version:
            return
        base = stored.base
        if base is None:
            draft.wrong(
                "version",
                _(
                    "Ce que cette ligne modifie a été retiré ou supprimé depuis le "
                    "téléchargement. Videz la cellule Version pour l’enregistrer quand même."
                ),
            )
            return
        if base.is_open and base.edited_by == self.user.pk:
            return
        draft.wrong(
            "version",
            _(
                "%(who)s a enregistré autre chose ici depuis le téléchargement : %(what)s. "
                "Téléchargez un nouveau classeur, ou videz la cellule Version pour imposer "
                "votre saisie."
            )
            % {
                "who": self._name(base.edited_by),
                "what": _in_short(draft.table.kind, base.content),
            },
        )

    def _name(self, pk: int | None) -> str:
        if pk is None:
            return _("Une autre personne")
        if pk not in self._names:
            self._names[pk] = str(User.objects.get(pk=pk))
        return self._names[pk]


_ABOUT_WITHDRAWAL = frozenset(
    {"", "plan", "indicator", "measure", "milestone", "start", "end", "as_of", "withdrawal",
     "reason", "title"}
)  # fmt: skip


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
                "Ce titre est celui de « %(other)s », alors que la ligne porte le code "
                "« %(code)s » : une colonne a-t-elle été triée sans les autres ?"
            )
            % {"other": other, "code": code},
        )
    else:
        draft.warn(
            "title",
            _("Le titre enregistré est « %(title)s » : vérifiez le code.") % {"title": title},
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
            _("Cet indicateur se compte en %(unit)s, pas en « %(given)s ».%(close)s")
            % {
                "unit": unit.name_plural,
                "given": short(cell.text),
                "close": suggestion(cell.text.strip(), names),
            },
        )


def _check_merged(draft: Draft, blocks: Iterable[Merged]) -> None:
    """Refuse rows that a merged block crosses: all its cells but the first are empty."""
    for block in blocks:
        if not block.first_row <= draft.row.number <= block.last_row:
            continue
        for key, place in draft.table.places.items():
            if block.first_place <= place <= block.last_place and key != "result":
                draft.blank = False
                draft.wrong(
                    key,
                    _("Cellules fusionnées %(block)s : défusionnez-les et remplissez chacune.")
                    % {
                        "block": f"{cell_name(block.first_place, block.first_row)}:"
                        f"{cell_name(block.last_place, block.last_row)}"
                    },
                )
                break


def _differences(kind: Kind, before: Content, after: Content) -> list[dict[str, str]]:
    return [
        {
            "label": str(LABELS[key]),
            "old": short(in_words(key, getattr(before, key))),
            "new": short(in_words(key, getattr(after, key))),
        }
        for key in content_keys(kind)
        if not same(getattr(before, key), getattr(after, key))
    ]


def _in_short(kind: Kind, content: Content) -> str:
    if kind == Kind.MILESTONES:
        return in_words("advancement", content.advancement)
    if content.value is not None:
        return in_words("value", content.value)
    return " / ".join(in_words(key, getattr(content, key)) for key in ("numerator", "denominator"))
