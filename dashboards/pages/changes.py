"""The pages of everything that changed, in all public plans or in one, from a place on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.events import AT_MOST, Place, latest_events
from dashboards.news import Change
from plans.models import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """Everything such a page shows."""

    plan: Plan | None
    """None for every public plan."""
    changes: tuple[Change, ...]
    is_latest: bool
    """Whether it begins with the latest change."""
    older: Place | None
    """Where the next page begins; None on the last."""
    skipped_day: date | None
    """The day that fills the whole page and may fill others: a reader may go past it."""


def changes_page(plan: Plan | None, place: str) -> ChangesPage:
    """Load what changed before a place that the address names, or the latest where it names none.

    Raises ValueError for what is no place.
    """
    public = Plan.objects.public()
    events = latest_events(
        public if plan is None else public.filter(pk=plan.pk),
        before=Place.asked(place) if place else None,
        limit=AT_MOST + 1,
    )
    shown = events[:AT_MOST]
    older = shown[-1].place if len(events) > AT_MOST else None
    days = {event.change.at for event in shown}
    return ChangesPage(
        plan=plan,
        changes=tuple(event.change for event in shown),
        is_latest=not place,
        older=older,
        skipped_day=days.pop() if older and len(days) == 1 else None,
    )
