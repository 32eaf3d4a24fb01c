"""What became of a contribution while a person had its page open, as the audit trail tells it."""

from __future__ import annotations

from django.db.models import Max

from agent.editing.story import Entry, tell
from agent.editing.trail import events_of, fetch, newest_first
from plans.models import Contribution


def changes_since(row: Contribution, *, seen: int, state: str) -> list[Entry]:
    """Return what was done to it since it last stood at a revision and a state, the newest first.

    Empty where it never stood there: the form was not one of ours.
    """
    kind = type(row)
    events = events_of(kind).filter(pgh_obj_id=row.pk)
    last = events.filter(revision=seen, state=state, superseded_at__isnull=True).aggregate(
        last=Max("pgh_id")
    )["last"]
    if last is None:
        return []
    return tell(fetch(list(newest_first({kind: events.filter(pgh_id__gt=last)}))))
