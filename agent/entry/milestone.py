"""The state of a milestone, entered on its own page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from agent.access import plan_page
from agent.entry.pages import EntryPage, serve
from indicators.formats import format_date
from measures.models import Milestone, MilestoneUpdate
from measures.update_forms import MilestoneUpdateForm
from plans.contribution_forms import ContributionForm
from plans.models import OPEN, Contribution, Plan
from plans.permissions import Action, Rights

_COPIED = (
    "advancement",
    "provisional",
    "date_inferred",
    "source",
    "locator",
    "comment",
    "evidence_url",
    "evidence_file",
    "evidence_name",
)


class MilestonePage(EntryPage):
    """The entry of one state of a milestone."""

    template = "agent/entry/milestone.html"

    def __init__(self, rights: Rights, milestone: Milestone) -> None:
        super().__init__(rights)
        self.milestone = milestone
        versions = milestone.updates.select_related("source", "author", "edited_by")
        self.published = tuple(versions.current().order_by("-as_of"))
        self.open = tuple(versions.filter(OPEN).order_by("as_of"))

    def blank(self) -> MilestoneUpdate:
        """Return a new state of the milestone."""
        return MilestoneUpdate(milestone=self.milestone)

    def shown(self, asked: QueryDict) -> MilestoneUpdate:
        """Return the draft of the day asked for, else one under way, else a new state.

        Where a state is published for the day asked, a correction that starts from it.
        """
        day = _asked_day(asked, on=self.on)
        for one in self.open:
            if one.as_of == day or (day is None and one.state != Contribution.State.SUBMITTED):
                return one
        fresh = self.blank()
        if day is not None:
            fresh.as_of = day
            for published in self.published:
                if published.as_of == day:
                    for name in _COPIED:
                        setattr(fresh, name, getattr(published, name))
        return fresh

    def draft(self, number: int) -> MilestoneUpdate | None:
        """Return the contribution under way of this id."""
        return next((one for one in self.open if one.pk == number), None)

    def form(self, data: QueryDict | None, files: Any, instance: Any) -> ContributionForm:
        """Return the form of a state."""
        return MilestoneUpdateForm(
            data, files, instance=instance, milestone=self.milestone, on=self.on
        )

    def address_of(self, contribution: Contribution) -> str:
        """Return the address of the page, open at the contribution's day."""
        assert isinstance(contribution, MilestoneUpdate)
        return entry_address(self.milestone, contribution.as_of)

    def said(self, contribution: Contribution) -> str:
        """Return a state and its day."""
        assert isinstance(contribution, MilestoneUpdate)
        return f"{contribution.get_advancement_display()}, {format_date(contribution.as_of)}"

    def context(self, form: ContributionForm) -> dict[str, Any]:
        """Return the milestone and its previous states."""
        return {
            "milestone": self.milestone,
            "measure": self.milestone.measure,
            "previous": [
                {"update": one, "address": self.address_of(one)} for one in self.published
            ],
            "under_way": [
                {"update": one, "address": self.address_of(one)}
                for one in self.open
                if one.pk != form.instance.pk
            ],
            "kept_name": form.evidence_name,
        }


def entry_address(milestone: Milestone, day: date) -> str:
    """Return the address of the entry page of a milestone, open at a day."""
    measure = milestone.measure
    page = reverse("agent:milestone_entry", args=[measure.plan.slug, measure.code, milestone.code])
    return f"{page}?{urlencode({'date': day.isoformat()})}"


def _asked_day(asked: QueryDict, *, on: date) -> date | None:
    try:
        day = date.fromisoformat(asked.get("date", ""))
    except ValueError:
        return None
    return day if day <= on else None


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.CONTRIBUTE)
def milestone(
    request: HttpRequest, plan: Plan, rights: Rights, measure: str, milestone: str
) -> HttpResponse:
    """Enter a milestone's state: save it as a draft, or hand it in."""
    found = (
        Milestone.objects.filter(measure__plan=plan, measure__code=measure, code=milestone)
        .select_related("measure__plan__region")
        .first()
    )
    if found is None:
        raise Http404
    rights.require(Action.CONTRIBUTE, found)
    return serve(request, MilestonePage(rights, found))
