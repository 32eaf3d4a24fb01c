"""What lies on a person's desk: what is awaited, what came back, what they are to review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from agent.due import Due, Teams, When, due_in
from agent.entry import milestone, value
from agent.work import Pile, Work
from dashboards import wording
from indicators.formats import format_date, format_period
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights

RECENT = timedelta(days=30)
"""How long what has been published stays on the desk."""
MOST_PUBLISHED = 10

MINE, EVERYONE = "moi", "tous"
"""Whose desk is asked for, in the address."""

State = Contribution.State


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """Something awaited, and where the reader goes from there."""

    due: Due
    url: str
    """Empty where there is no page the reader may open."""
    how_far: str
    """``depuis 12 jours``, ``dans 3 mois``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLine:
    """A contribution, in a line."""

    contribution: Contribution
    title: str
    said: str
    """``41 entreprises``, ``fait``."""
    when: str
    """``2025``, ``30 août 2026``."""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A list of which the desk shows the first few lines."""

    total: int
    url: str
    """Where all of it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCounts:
    """A plan on the list of plans: how much of it waits."""

    rights: Rights
    overdue: int
    now: int
    to_review: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The lists of the home page."""

    overdue: tuple[DueLine, ...]
    now: tuple[DueLine, ...]
    later: tuple[DueLine, ...]
    returned: tuple[WorkLine, ...]
    to_review: tuple[WorkLine, ...]
    drafts: tuple[WorkLine, ...]
    published: tuple[WorkLine, ...]
    whole: Mapping[str, Whole]
    """All of what is returned, to review and drafted, by the name of the list above."""
    to_review_in: Mapping[int, int]
    """How much the reader has to review in each plan, by id."""

    @property
    def is_clear(self) -> bool:
        """Whether nothing waits for anybody."""
        return not (self.overdue or self.now or self.returned or self.to_review or self.drafts)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAssignment:
    """A part of a plan of which it is known who is assigned to it: no query to decide a right."""

    permission_plan: Plan
    pilots: frozenset[int]

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to it."""
        return user.pk in self.pilots


class DeskBuilder:
    """Asks the database once for some plans, then lays out desks and counts from what it has."""

    def __init__(self, user: User, all_rights: Collection[Rights], *, on: date) -> None:
        self.user = user
        self.on = on
        self.rights: Mapping[int, Rights] = {rights.plan.pk: rights for rights in all_rights}
        self.plans = [rights.plan for rights in all_rights]
        self.teams = Teams(self.plans)
        self.work = Work(user, all_rights)
        self.due: Sequence[Due] = due_in(self.plans, self.teams, on=on)

    @property
    def has_assignments(self) -> bool:
        """Whether the person is the pilot of anything here."""
        return self.teams.has_pilot(self.user.pk)

    def desk(self, *, mine: bool, only: Plan | None = None) -> Desk:
        """Lay out the lists, of one plan or of all; `mine` keeps what concerns the person alone.

        What waits for a review is always the person's: any of those who may publish it.
        """
        plans = self.plans if only is None else [only]
        kept = {plan.pk for plan in plans}
        due = [
            one
            for one in self.due
            if one.plan.pk in kept and (not mine or self.user.pk in one.people)
        ]
        counts = self.work.counts(mine=mine)
        totals = sum((counts[key] for key in kept), Counter[Pile]())
        work = self.work.begun([pile for pile in Pile if totals[pile]], plans, mine=mine)
        return Desk(
            overdue=self._due_lines(due, When.OVERDUE),
            now=self._due_lines(due, When.NOW),
            later=self._due_lines(due, When.LATER),
            returned=self._lines(work[Pile.RETURNED]),
            to_review=self._lines(work[Pile.TO_REVIEW]),
            drafts=self._lines(work[Pile.DRAFTS]),
            published=self._lines(self._published(plans, mine=mine)),
            whole={
                pile.name.lower(): Whole(
                    total=totals[pile], url=address_of_all(pile, plans, mine=mine)
                )
                for pile in Pile
            },
            to_review_in={plan.pk: counts[plan.pk][Pile.TO_REVIEW] for plan in self.plans},
        )

    def counts(self, desk: Desk) -> list[PlanCounts]:
        """Count what waits in each plan, everyone's; `desk` knows what is to review."""
        return [
            PlanCounts(
                rights=rights,
                overdue=self._count(rights.plan, When.OVERDUE),
                now=self._count(rights.plan, When.NOW),
                to_review=desk.to_review_in[rights.plan.pk],
            )
            for rights in self.rights.values()
        ]

    def _count(self, plan: Plan, when: When) -> int:
        return sum(one.plan.pk == plan.pk and one.when == when for one in self.due)

    def _lines(self, rows: Iterable[Contribution]) -> tuple[WorkLine, ...]:
        return tuple(work_line(row, self.user) for row in rows)

    def _due_lines(self, due: Iterable[Due], when: When) -> tuple[DueLine, ...]:
        return tuple(self._due_line(one) for one in due if one.when == when)

    def _due_line(self, due: Due) -> DueLine:
        part = KnownAssignment(
            permission_plan=due.plan,
            pilots=self.teams.pilots_of(due.measure.pk) if due.measure else frozenset(),
        )
        may_enter = self.rights[due.plan.pk].may(Action.CONTRIBUTE, part)
        if due.under_way is not None and (due.submitted or not may_enter):
            url = due.under_way.get_absolute_url()
        elif may_enter:
            url = due.entry_url
        else:
            url = _public_url(due)
        return DueLine(due=due, url=url, how_far=how_far(due.due_on, on=self.on))

    def _published(self, plans: Collection[Plan], *, mine: bool) -> list[Contribution]:
        """Return what people have published lately, the latest first. Two queries."""
        since = self.on - RECENT
        rows: list[Contribution] = []
        for versions in (
            Observation.objects.current().in_plans(plans),
            MilestoneUpdate.objects.current().in_plans(plans),
        ):
            signed = versions.filter(author__isnull=False, published_at__date__gte=since)
            if mine:
                signed = signed.filter(author=self.user)
            rows.extend(signed.order_by("-published_at", "-pk")[:MOST_PUBLISHED])
        return sorted(rows, key=attrgetter("published_at"), reverse=True)[:MOST_PUBLISHED]


def address_of_all(pile: Pile, plans: Sequence[Plan], *, mine: bool) -> str:
    """Return where all of a pile is read; what is to review in one plan, where it is reviewed."""
    if pile == Pile.TO_REVIEW and len(plans) == 1:
        return reverse("agent:review", args=[plans[0].slug])
    asked = {"etat": pile.value, "pour": MINE if mine else EVERYONE}
    if len(plans) == 1:
        asked["plan"] = plans[0].slug
    return f"{reverse('agent:work')}?{urlencode(asked)}"


def how_far(day: date, *, on: date) -> str:
    """Say how long ago a day was, or in how long it comes: in days, then months, then years."""
    days = abs((day - on).days)
    if days == 0:
        return _("aujourd’hui")
    if days <= 60:
        span = ngettext("%(n)d jour", "%(n)d jours", days) % {"n": days}
    elif days < 730:
        span = _("%(n)d mois") % {"n": round(days / 30.44)}
    else:
        span = _("%(n)d ans") % {"n": days // 365}
    return (_("depuis %(span)s") if day < on else _("dans %(span)s")) % {"span": span}


def _public_url(due: Due) -> str:
    """The public page of what is awaited, where the plan is public."""
    if not due.plan.is_public:
        return ""
    if isinstance(due.subject, Indicator):
        return due.subject.get_absolute_url()
    return due.subject.measure.get_absolute_url()


def work_line(row: Contribution, reader: User) -> WorkLine:
    """Return a contribution as a line; the reader's own draft leads back to where it is entered."""
    to_edit = row.state in (State.DRAFT, State.RETURNED) and row.author_id == reader.pk
    if isinstance(row, Observation):
        period = (row.period_start, row.period_end)
        return WorkLine(
            contribution=row,
            title=row.indicator.title,
            said=wording.stated(row, row.indicator.unit),
            when=format_period(*period),
            url=value.entry_address(row.indicator, period) if to_edit else row.get_absolute_url(),
        )
    assert isinstance(row, MilestoneUpdate), "these are the two kinds of contributions"
    return WorkLine(
        contribution=row,
        title=row.milestone.title,
        said=row.get_advancement_display(),
        when=format_date(row.as_of),
        url=milestone.entry_address(row.milestone, row.as_of)
        if to_edit
        else row.get_absolute_url(),
    )
