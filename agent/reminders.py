"""Reminders: a due date that comes near, and one that passes, are told once to each person.

Told to those of whom the thing is awaited (`agent.due.Teams`). What has been handed in is the
reviewers' turn, who have been told. What was due long ago stands on the staff home, without a
reminder: whoever joins a plan is not told its whole past.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services import notify
from agent.due import NOTICE, Due, Teams, due_in
from indicators.formats import format_date
from plans.models import Plan

Kind = Notification.Kind

MEMORY = timedelta(days=31)
"""How long after a due date its passing is still told: longer than an outage of the site."""

LONGEST_TITLE = 160
"""Characters: the date, which comes after the title, must not be cut off."""


def remind_everyone(*, at: datetime) -> None:
    """Remind people of the due dates of every plan."""
    for plan in Plan.objects.order_by("pk"):
        remind(plan, at=at)


@transaction.atomic
def remind(plan: Plan, *, at: datetime) -> None:
    """Tell each due date of a plan once to each person, and close the reminders that are moot.

    Done twice, or by two workers at once, it tells nothing twice: the database holds one
    notification of a key for each person.
    """
    on = timezone.localdate(at)
    awaited = [due for due in due_in([plan], Teams([plan]), on=on) if not due.submitted]
    _close_moot(plan, awaited, on=on, at=at)
    people = User.objects.in_bulk({person for due in awaited for person in due.people})
    for due in awaited:
        if _is_told(due.due_on, on=on):
            kind = _kind(due.due_on, on=on)
            notify(
                [people[person] for person in sorted(due.people)],
                plan_id=plan.pk,
                kind=kind,
                key=_key(kind, due),
                text=_text(kind, due),
                url=due.entry_url,
                at=at,
            )


def _kind(due_on: date, *, on: date) -> Notification.Kind:
    """What a due date is on a day; what is due today is not late."""
    return Kind.DUE_SOON if on <= due_on else Kind.OVERDUE


def _is_told(due_on: date, *, on: date) -> bool:
    """Whether a due date is near enough, before or after, to be told."""
    return -NOTICE <= on - due_on <= MEMORY


def _key(kind: Notification.Kind, due: Due) -> str:
    return f"{kind}:{due.key}"


def _text(kind: Notification.Kind, due: Due) -> str:
    what = Truncator(due.subject.title).chars(LONGEST_TITLE)
    if due.period is not None:
        what = _("%(title)s (%(period)s)") % {"title": what, "period": due.period_text}
    said = (
        _("À fournir avant le %(date)s : %(what)s")
        if kind == Kind.DUE_SOON
        else _("Attendu depuis le %(date)s : %(what)s")
    )
    return said % {"date": format_date(due.due_on), "what": what}


def _close_moot(plan: Plan, awaited: Iterable[Due], *, on: date, at: datetime) -> None:
    """Mark as read the reminders of what has been provided since, or has another date."""
    holding = {_key(_kind(due.due_on, on=on), due) for due in awaited}
    Notification.objects.unread().filter(
        plan_id=plan.pk, kind__in=(Kind.DUE_SOON, Kind.OVERDUE)
    ).exclude(key__in=holding).update(read_at=at)
