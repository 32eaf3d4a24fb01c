"""What became of a contribution, and where its reader goes from its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min
from django.urls import reverse

from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans.contributing import published_twin
from plans.models import Contribution
from plans.permissions import Action, Rights

State = Contribution.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """The ways on from a contribution's page; an address is empty where there is no way."""

    entry_url: str
    """Where it is taken up again (a draft, what was returned) or corrected (what is public)."""
    may_take_back: bool
    """Whether the reader may make a draft of it again: it is theirs, and waits for a review."""
    public_url: str
    """The page of its indicator or measure: the public one, or the preview of a hidden plan."""
    newer: Contribution | None
    """What the public reads now in the place of this version."""
    returned_at: datetime | None
    """When it was sent back, as the audit trail has it."""


def onward_from(row: Contribution, rights: Rights) -> Onward:
    """Return the ways on from a contribution's page, for a reader. Three queries at most."""
    waits_for_its_author = row.state in (State.DRAFT, State.RETURNED)
    reopens = (waits_for_its_author or row.is_current) and rights.may(Action.CONTRIBUTE, row)
    words = [row.permission_plan.slug, row.noun, row.pk]
    return Onward(
        entry_url=reverse("agent:correct", args=words) if reopens else "",
        may_take_back=row.state == State.SUBMITTED and rights.may_take_back(row),
        public_url=_public_url(row) if row.state == State.PUBLISHED else "",
        newer=published_twin(row) if row.superseded_at is not None else None,
        returned_at=_returned_at(row) if row.state == State.RETURNED else None,
    )


def _public_url(row: Contribution) -> str:
    assert isinstance(row, Observation | MilestoneUpdate)
    subject = row.indicator if isinstance(row, Observation) else row.milestone.measure
    plan = row.permission_plan
    if plan.is_public:
        return subject.get_absolute_url()
    page = "preview_indicator" if isinstance(row, Observation) else "preview_measure"
    return reverse(f"agent:{page}", args=[plan.slug, subject.code])


def _returned_at(row: Contribution) -> datetime | None:
    """When this submission was sent back: its author may have saved it again since."""
    events = row.events.filter(  # type: ignore[attr-defined] # of the audit trail
        state=State.RETURNED, submitted_at=row.submitted_at
    )
    found: datetime | None = events.aggregate(at=Min("pgh_created_at"))["at"]
    return found
