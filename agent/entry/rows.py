"""The rows of the grid: one per indicator that the person may contribute to, for one period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from agent.entry.value import entry_address
from dashboards import wording
from indicators.formats import format_exact, format_period
from indicators.known import Known, known_of
from indicators.models import Indicator, Observation
from indicators.number_fields import quantity_of
from indicators.observation_forms import RowForm, is_open_to_entry
from indicators.periods import Frequency, Span
from plans import contributing
from plans.contribution_forms import fingerprint
from plans.models import Contribution, Plan, Role, Source
from plans.permissions import Action, Rights
from plans.workflow import EditConflictError, WorkflowError

OF_A_YEAR = (None, Frequency.ONCE, Frequency.YEAR)
"""What the grid of a year holds: also what has no calendar of its own."""


@dataclass(slots=True)
class Row:
    """An indicator in the grid: what is known, what is typed, and what became of it."""

    known: Known
    period: Span
    form: RowForm
    stored: Observation | None
    """The contribution under way."""
    published: Observation | None
    errors: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    confirmed: str = ""
    saved: bool = False

    @property
    def indicator(self) -> Indicator:
        """The indicator of the row."""
        return self.known.indicator

    @property
    def is_editable(self) -> bool:
        """Whether a value may be typed: neither published nor in review."""
        return is_open_to_entry(self.stored) and (self.published is None or self.stored is not None)

    @property
    def place(self) -> str:
        """What the indicator hangs on."""
        return str(self.indicator.parent)

    @property
    def promise(self) -> str:
        """What is promised, target by target."""
        return " ; ".join(
            wording.promise(target, self.indicator.unit) for target in self.known.targets
        )

    @property
    def previous(self) -> Observation | None:
        """The value published for the latest period before this one."""
        earlier = [one for one in self.known.published if one.period_end < self.period[0]]
        return earlier[0] if earlier else None

    @property
    def previous_text(self) -> str:
        """That value, with its unit."""
        return "" if self.previous is None else wording.stated(self.previous, self.indicator.unit)

    @property
    def previous_period(self) -> str:
        """The period of that value."""
        previous = self.previous
        return "" if previous is None else format_period(previous.period_start, previous.period_end)

    @property
    def stored_text(self) -> str:
        """The value under way."""
        return "" if self.stored is None else quantity_of(self.stored)

    @property
    def published_text(self) -> str:
        """The value that the public reads for the period."""
        return "" if self.published is None else quantity_of(self.published)

    @property
    def state(self) -> str:
        """Where the row stands: a code of Contribution.State, or empty."""
        if self.stored is not None:
            return self.stored.state
        return Contribution.State.PUBLISHED if self.published is not None else ""

    @property
    def state_label(self) -> str:
        """The word for it; while nothing is entered, whether something is due."""
        if self.state:
            return str(Contribution.State(self.state).label)
        return self.known.awaiting(self.period, on=self.form.on)

    @property
    def address(self) -> str:
        """The page where everything else about the value is entered."""
        return entry_address(self.indicator, self.period)

    @property
    def anchor(self) -> str:
        """The id of the row's first input."""
        first = next(iter(self.form.fields))
        return self.form[first].auto_id

    @property
    def fingerprint(self) -> str:
        """What the box of the row confirms: these doubts about this value."""
        return "" if self.stored is None else fingerprint(self.doubts, self.stored)

    @property
    def is_confirmed(self) -> bool:
        """Whether the person has said that the value is right in spite of its doubts."""
        return self.confirmed == self.fingerprint

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What the form carries to tell, next time, whether a cell was touched."""
        return [
            (
                self.form[name].html_initial_name,
                "" if self.stored is None else format_exact(getattr(self.stored, name)),
            )
            for name in self.form.fields
        ]

    def show_stored(self) -> None:
        """Put what is stored into the cells, in the place of what was typed."""
        form = self.form
        self.form = RowForm(
            known=form.known,
            period=form.period,
            on=form.on,
            prefix=form.prefix,
            initial=_numbers(self.stored),
        )

    @property
    def lacks_source(self) -> bool:
        """Whether the draft cannot be handed in for want of a source."""
        return self.stored is not None and self.stored.source_id is None


def contributable(rights: Rights) -> list[Indicator]:
    """Return the indicators of a plan that the person may contribute to, in the plan's order.

    The same answer as `rights.may` gives for each, in one query.
    """
    if not rights.may(Action.CONTRIBUTE):
        return []
    indicators = Indicator.objects.filter(plan=rights.plan)
    if rights.role == Role.CONTRIBUTOR:
        indicators = indicators.filter(measure__assignments__user=rights.user.pk)
    return list(
        indicators.select_related("plan", "unit", "measure", "objective").order_by(
            Coalesce("measure__objective__position", "objective__position"),
            F("measure__position").asc(nulls_first=True),
            "position",
            "code",
        )
    )


def of_frequency(indicators: Sequence[Indicator], frequency: Frequency) -> list[Indicator]:
    """Keep the indicators that the grid of such a period holds."""
    wanted = OF_A_YEAR if frequency == Frequency.YEAR else (frequency,)
    return [one for one in indicators if (one.frequency or None) in wanted]


def frequencies(indicators: Sequence[Indicator]) -> Counter[Frequency]:
    """Return how many indicators each kind of grid holds."""
    return Counter(
        Frequency(one.frequency)
        if one.frequency and one.frequency not in OF_A_YEAR
        else Frequency.YEAR
        for one in indicators
    )


def rows_of(
    indicators: Sequence[Indicator], period: Span, data: QueryDict | None, *, on: date
) -> list[Row]:
    """Return the rows of the grid, filled with what is typed or stored."""
    known = known_of(indicators)
    return [_row(known[indicator.pk], period, data, on=on) for indicator in indicators]


def _row(known: Known, period: Span, data: Mapping[str, str] | None, *, on: date) -> Row:
    stored = known.open_for(period)
    prefix = f"i{known.indicator.pk}"
    typed = data if data is not None and _is_in(data, prefix) else None
    form = RowForm(
        typed, known=known, period=period, on=on, prefix=prefix, initial=_numbers(stored)
    )
    row = Row(
        known=known,
        period=period,
        form=form,
        stored=stored,
        published=known.published_for(period),
    )
    if stored is not None:
        row.doubts = known.doubts(stored, on=on)
    row.confirmed = "" if typed is None else typed.get(f"{prefix}-confirmed", "")
    return row


def _is_in(data: Mapping[str, str], prefix: str) -> bool:
    return any(f"{prefix}-{name}" in data for name in ("value", "numerator", "denominator"))


def _numbers(stored: Observation | None) -> dict[str, object]:
    if stored is None:
        return {}
    return {name: getattr(stored, name) for name in ("value", "numerator", "denominator")}


def save_row(
    row: Row, plan: Plan, *, editor: User, revision: int | None, source: Source | None, at: datetime
) -> None:
    """Save what was typed in a row as a draft; the row then says what became of it.

    Blank is no change, and so is what the person was shown. What cannot be read stays as typed.
    """
    if not row.form.is_bound or not row.is_editable or not row.form.is_touched:
        if row.form.is_bound and row.form.is_blank and row.stored is not None and row.is_editable:
            row.notices = [_("Case vidée : le brouillon est gardé.")]
        return
    if not row.form.is_valid():
        row.errors = [str(text) for texts in row.form.errors.values() for text in texts]
        return
    overlapped = row.known.overlapped_by(row.period)
    if overlapped is not None:
        row.errors = [
            _("Une valeur publiée couvre déjà des jours de cette période : %(value)s (%(period)s).")
            % {
                "value": quantity_of(overlapped),
                "period": format_period(overlapped.period_start, overlapped.period_end),
            }
        ]
        return
    before = None if row.stored is None else row.stored.revision
    draft = row.form.put_into(row.stored or row.form.observation)
    if draft.source_id is None:
        draft.source = source
    try:
        saved = contributing.save(draft, plan, editor=editor, revision=revision, at=at)
    except EditConflictError as conflict:
        _show_theirs(row, conflict, editor)
    except WorkflowError as refusal:
        row.errors = [str(refusal)]
    except ValidationError as refusal:
        row.errors = refusal.messages
    else:
        saved.indicator = row.indicator
        row.stored, row.saved = saved, saved.revision != before
        row.doubts = row.known.doubts(saved, on=row.form.on)


def _show_theirs(row: Row, conflict: EditConflictError, editor: User) -> None:
    """Keep the typed text, and say what was saved meanwhile: the next save chooses."""
    theirs = conflict.theirs
    assert isinstance(theirs, Observation)
    theirs.indicator = row.indicator
    row.stored = theirs
    row.doubts = []
    if conflict.is_with(editor):
        words = _(
            "%(conflict)s Valeur enregistrée : %(theirs)s. Enregistrez de nouveau pour la "
            "remplacer par celle-ci, ou videz la case pour la garder."
        )
    else:
        words = _(
            "%(conflict)s Sa valeur : %(theirs)s. Enregistrez de nouveau pour la remplacer par la "
            "vôtre, ou videz la case pour garder la sienne."
        )
    row.errors = [words % {"conflict": conflict.said_to(editor), "theirs": quantity_of(theirs)}]


def _is_own_draft(row: Row, editor: User) -> bool:
    stored = row.stored
    return (
        stored is not None
        and stored.state == Contribution.State.DRAFT
        and not row.errors
        and editor.pk in (stored.author_id, stored.edited_by_id)
    )


def give_source(
    row: Row, plan: Plan, *, editor: User, revision: int | None, source: Source, at: datetime
) -> None:
    """Give the source chosen for the whole grid to the person's own draft that has none."""
    stored = row.stored
    if stored is None or stored.source_id is not None or not _is_own_draft(row, editor):
        return
    stored.source = source
    try:
        row.stored = contributing.save(
            stored,
            plan,
            editor=editor,
            revision=stored.revision if row.saved else revision,
            at=at,
        )
    except EditConflictError as conflict:
        _show_theirs(row, conflict, editor)
    except WorkflowError as refusal:
        row.errors = [str(refusal)]
    else:
        row.stored.indicator = row.indicator
        row.saved = True


def submit_row(row: Row, *, editor: User, revision: int | None, at: datetime) -> bool:
    """Hand in the row's draft if it is the person's own and ready; whether it was.

    Returned drafts are answered on their own page, where the reviewer's reason stands.
    """
    stored = row.stored
    if stored is None or not _is_own_draft(row, editor):
        return False
    if stored.source_id is None:
        row.errors = [_("Sans source : choisissez-en une pour la grille, ou sur sa page.")]
        return False
    if row.doubts and not row.is_confirmed:
        row.errors = [_("Valeur à vérifier : cochez la confirmation, puis soumettez.")]
        return False
    try:
        row.stored = contributing.submit(
            stored, revision=stored.revision if row.saved else revision, at=at
        )
    except EditConflictError as conflict:
        _show_theirs(row, conflict, editor)
    except WorkflowError as refusal:
        row.errors = [str(refusal)]
    else:
        row.stored.indicator = row.indicator
    return not row.errors
