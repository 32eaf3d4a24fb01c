"""Every change in the public plans by itself, newest first: what feeds and pages of changes tell.

Events are read from five kinds of rows, each through the index that has it in this order, and only
as many as are shown: an answer costs the same whatever was published before and after it. So a page
begins at a place among the events, and not at a number that would have to be counted to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any, Generic, NamedTuple, Self

from django.db.models import DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.lookups import LessThan
from django.utils import timezone

from dashboards.news import (
    Change,
    ContributionT,
    changed_targets,
    state_published,
    state_withdrawn,
    states_of,
    target_changed,
    value_published,
    value_withdrawn,
    values_of,
)
from indicators.models import Target
from plans.models import Contribution, Plan

AT_MOST = 50
"""Events in a feed, or on a page."""
YEARS = range(1900, 3000)
"""The years that an address may name: each moment in them is one in every time zone."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLACE = re.compile(r"(\d{8}T\d{12})-(\d)-(\d{1,18})", re.ASCII)
_MOMENT = "%Y%m%dT%H%M%S%f"


class Place(NamedTuple):
    """Where an event stands among all: no two stand at the same place."""

    moment: datetime
    kind: int
    """The number of its kind of rows, for what happened at one moment; before any: -1."""
    pk: int

    @classmethod
    def asked(cls, words: str) -> Self:
        """Return the place that an address names: of an event, or the beginning of a day.

        Raises ValueError for anything else.
        """
        if _DAY.fullmatch(words):
            day = date.fromisoformat(words)
            if day.year in YEARS:
                return cls(_midnight(day), -1, 0)
        elif found := _PLACE.fullmatch(words):
            moment = datetime.strptime(found[1], _MOMENT).replace(tzinfo=UTC)
            if moment.year in YEARS:
                return cls(moment, int(found[2]), int(found[3]))
        raise ValueError(words)

    def __str__(self) -> str:
        return f"{self.moment.astimezone(UTC):{_MOMENT}}-{self.kind}-{self.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change by itself, never told together with others."""

    key: str
    """What names it for good: the row and what happened to it."""
    place: Place
    change: Change

    @property
    def moment(self) -> datetime:
        """When it happened."""
        return self.place.moment


@dataclass(frozen=True, slots=True)
class Kind(Generic[ContributionT]):
    """Contributions that something happened to, and how that is told."""

    rows: Callable[[QuerySet[Plan]], QuerySet[ContributionT]]
    condition: Q
    when: str
    what: str
    tell: Callable[[ContributionT], Change]


# What was published stays told when a later version supersedes it.
_PUBLISHED = (Q(state=Contribution.State.PUBLISHED), "published_at", "publication")
_WITHDRAWN = (~Q(withdrawal_reason=""), "superseded_at", "retrait")
TARGETS = 0
KINDS: tuple[Kind[Any], ...] = (
    Kind(states_of, *_PUBLISHED, state_published),
    Kind(states_of, *_WITHDRAWN, state_withdrawn),
    Kind(values_of, *_PUBLISHED, value_published),
    Kind(values_of, *_WITHDRAWN, value_withdrawn),
)
"""The kinds of contributions: their number is their place here, after that of the targets."""


def latest_events(
    plans: QuerySet[Plan], *, before: Place | None = None, limit: int = AT_MOST
) -> list[Event]:
    """Return the latest events in these plans, newest first: all, or those before a place.

    Six queries.
    """
    events = _target_events(plans, before, limit)
    for number, kind in enumerate(KINDS, start=TARGETS + 1):
        rows = kind.rows(plans).filter(kind.condition)
        if before is not None:
            rows = rows.filter(_earlier(kind.when, number, before))
        events += (
            Event(
                key=f"{row._meta.model_name}-{row.pk}-{kind.what}",
                place=Place(getattr(row, kind.when), number, row.pk),
                change=kind.tell(row),
            )
            for row in rows.order_by(f"-{kind.when}", "-pk")[:limit]
        )
    events.sort(key=attrgetter("place"), reverse=True)
    return events[:limit]


def _earlier(when: str, number: int, before: Place) -> Q | LessThan:
    """The rows of a kind that stand before a place."""
    if number < before.kind:
        return Q(**{f"{when}__lte": before.moment})
    if number > before.kind:
        return Q(**{f"{when}__lt": before.moment})
    # Compared together, as the index holds them: thousands may be published at one moment.
    return LessThan(
        _row(F(when), F("pk")), _row(Value(before.moment, DateTimeField()), Value(before.pk))
    )


def _row(*columns: F | Value) -> Func:
    return Func(*columns, function="ROW", output_field=DateTimeField())


def _target_events(plans: QuerySet[Plan], before: Place | None, limit: int) -> list[Event]:
    targets = changed_targets(plans)
    if before is not None:
        targets = targets.filter(_earlier_days(before))
    return [_target_event(target) for target in targets[:limit]]


def _earlier_days(before: Place) -> Q:
    """The targets that stand before a place: of a change of a target only the day is known."""
    day = timezone.localdate(before.moment)
    if before.kind > TARGETS or before.moment > _midnight(day):
        return Q(changed_on__lte=day)
    earlier = Q(changed_on__lt=day)
    return earlier | Q(changed_on=day, pk__lt=before.pk) if before.kind == TARGETS else earlier


def _target_event(target: Target) -> Event:
    change = target_changed(target)
    return Event(
        key=f"target-{target.pk}-{change.at}",
        place=Place(_midnight(change.at), TARGETS, target.pk),
        change=change,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
