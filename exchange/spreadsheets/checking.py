"""What each row of a file would do: nothing is written, nothing stops at the first error.

A blank cell leaves what there is; zero is zero; a row whose cells are as they were downloaded is
left alone, whatever happened since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from exchange.models import ImportRow
from exchange.spreadsheets.cells import Row
from exchange.spreadsheets.columns import ADVANCEMENTS, Kind, content_keys
from exchange.spreadsheets.contents import LABELS, Content, fingerprint, on_page, same
from exchange.spreadsheets.directory import Directory
from exchange.spreadsheets.documents import Table
from exchange.spreadsheets.doubting import doubt_values
from exchange.spreadsheets.drafts import Draft
from exchange.spreadsheets.problems import Level
from exchange.spreadsheets.row_reading import RowReader, check_merged
from exchange.spreadsheets.stored import Key, Stored, stored_for
from exchange.spreadsheets.understanding import short
from indicators.formats import format_date
from indicators.models import Measurement
from indicators.observation_forms import period_problem
from indicators.periods import Span
from measures.update_forms import EARLIEST_DAY

Outcome = ImportRow.Outcome


class Checker:
    """The check of one file for one plan and one person."""

    def __init__(self, directory: Directory, user: User, *, on: date) -> None:
        self.directory = directory
        self.user = user
        self.on = on
        self._reader = RowReader(directory, on=on)
        self._names: dict[int, str] = {}

    def check(self, table: Table, rows: Sequence[Row]) -> list[Draft]:
        """Return what these rows would do: a fixed number of queries, whatever their number."""
        keys = {place: key for key, place in table.places.items()}
        drafts = [
            self._reader.read(
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
                check_merged(draft, near)
        named = [draft.key for draft in drafts if draft.key is not None]
        stored = stored_for(table.kind, named, self.directory.source_codes)
        for draft in drafts:
            self._decide(draft, stored)
        doubt_values(drafts, on=self.on)
        return drafts

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
        given = draft.given
        if stored.current is None:
            # A reason says why what is public is corrected: here there is nothing to correct.
            given = {key: value for key, value in given.items() if key != "reason"}
        content = draft.content = before.overlaid(given)
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
        if draft.start is not None and draft.end is not None:
            self._check_days(draft, (draft.start, draft.end), is_new=base is None)
        if not content.source and not any(one.column == "source" for one in draft.problems):
            draft.warn("source", _("Sans source, cette saisie s’enregistre mais ne se publie pas."))

    def _check_days(self, draft: Draft, days: Span, *, is_new: bool) -> None:
        """Refuse the days that the entry pages refuse; what stands there already may stay."""
        if draft.indicator is None:
            if days[0] < EARLIEST_DAY:
                draft.wrong("as_of", _("Vérifiez l’année."))
            return
        if problem := period_problem(days, on=self.on):
            draft.wrong("start", problem)
        elif is_new and not self.directory.calendars[draft.indicator.pk].has(*days):
            draft.wrong(
                "start",
                _(
                    "Cet indicateur est de périodicité %(frequency)s : la période du "
                    "%(start)s au %(end)s n’en est pas une."
                )
                % {
                    "frequency": draft.indicator.get_frequency_display(),
                    "start": format_date(days[0]),
                    "end": format_date(days[1]),
                },
            )

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
                    "du plan : demandez-le à l’un d’eux."
                ),
            )
        if stored.current is None:
            draft.wrong("withdrawal", _("Rien n’est publié ici : il n’y a rien à retirer."))
        elif stored.open is not None:
            draft.wrong(
                "withdrawal",
                _("Une correction est en cours ici : elle doit être traitée avant le retrait."),
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
                _("La mesure « %(measure)s » ne vous est pas attribuée.")
                % {"measure": measure.code}
                if measure is not None
                else _(
                    "Cet indicateur ne dépend d’aucune mesure : seuls les relecteurs et les "
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
                    _("L’état manque ; admis : %(words)s.") % {"words": ", ".join(ADVANCEMENTS)},
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
                "value", _("La valeur manque : la ligne est remplie, mais pas cette cellule.")
            )

    def _check_state(self, draft: Draft, stored: Stored, content: Content) -> None:
        if stored.open is not None and stored.open.state == "submitted":
            draft.wrong(
                "",
                _(
                    "Une saisie est déjà soumise à la relecture ici : elle doit être publiée "
                    "ou renvoyée avant d’être modifiée."
                ),
            )
        elif stored.current is not None and not content.reason:
            draft.wrong(
                "reason",
                _("Une valeur est déjà publiée ici : donnez le motif de la correction."),
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
                "%(who)s a enregistré autre chose ici depuis le téléchargement : %(what)s. "
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


def _differences(kind: Kind, before: Content, after: Content) -> list[dict[str, str]]:
    return [
        {
            "label": str(LABELS[key]),
            "old": _shown(key, getattr(before, key)),
            "new": _shown(key, getattr(after, key)),
        }
        for key in content_keys(kind)
        if not same(getattr(before, key), getattr(after, key))
    ]


def _shown(key: str, value: Any) -> str:
    words = on_page(key, value)
    # The spaces of a number stay what they are.
    return words if isinstance(value, Decimal) else short(words)


def _in_short(kind: Kind, content: Content) -> str:
    if kind == Kind.MILESTONES:
        return on_page("advancement", content.advancement)
    if content.value is not None:
        return on_page("value", content.value)
    return " / ".join(on_page(key, getattr(content, key)) for key in ("numerator", "denominator"))
