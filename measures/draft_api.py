"""Addresses of the API where partners' systems write the states of milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from measures.draft_serializers import (
    MilestoneDraftPageSerializer,
    MilestoneDraftSerializer,
    MilestoneStateSerializer,
    MilestoneUpdateInputSerializer,
)
from measures.models import Measure, Milestone, MilestoneUpdate
from measures.update_forms import MilestoneUpdateForm
from plans import workflow
from plans.api_support.draft_acts import DraftActs
from plans.api_support.draft_forms import SentForm
from plans.api_support.drafts import (
    DraftCreation,
    DraftDetail,
    DraftList,
    DraftPublication,
    Drafts,
    DraftSubmission,
    form_data,
)

ACTS = DraftActs(
    noun="milestone_drafts",
    gives=MilestoneDraftSerializer,
    at={
        "path.plan": "$response.body#/plan",
        "path.measure": "$response.body#/measure",
        "path.milestone": "$response.body#/milestone",
        "path.day": "$response.body#/as_of",
    },
)


class SentUpdateForm(SentForm, MilestoneUpdateForm):
    """A state as a program sends it: the checks are those of the page."""


class MilestoneDrafts(Drafts):
    """States of milestones."""

    serializer_class = MilestoneDraftSerializer
    renamed = {"measure": Measure}
    identified_by: Sequence[str] = ("as_of",)

    def subject_at(self, words: Mapping[str, str]) -> Milestone:
        found = (
            Milestone.objects.filter(
                measure__plan=self.plan, measure__code=words["measure"], code=words["milestone"]
            )
            .select_related("measure__plan__region")
            .first()
        )
        if found is None:
            raise self.missing()
        return found

    def subject_of(self, row: MilestoneUpdate) -> Milestone:
        return row.milestone

    def rows(self) -> QuerySet[MilestoneUpdate]:
        rows = MilestoneUpdate.objects.filter(milestone__measure__plan=self.plan)
        return rows.select_related("milestone__measure__plan", "source")

    def within(self, subject: Milestone) -> dict[str, Any]:
        return {"milestone": subject}

    def about(self, subject: Milestone, words: Mapping[str, str]) -> dict[str, Any]:
        try:
            day = date.fromisoformat(words["day"])
        except ValueError as error:
            raise Http404 from error
        if day.isoformat() != words["day"]:
            raise Http404
        return {"milestone": subject, "as_of": day}

    def blank(self, subject: Milestone) -> MilestoneUpdate:
        return MilestoneUpdate(milestone=subject)

    def form(self, subject: Milestone, content: dict[str, Any], row: MilestoneUpdate) -> Any:
        row.milestone = subject
        return SentUpdateForm(
            form_data(content),
            instance=row,
            milestone=subject,
            on=timezone.localdate(),
            sources=self.sources,
        )

    def doubts(self, row: MilestoneUpdate) -> list[str]:
        """A state surprises nobody: no rule says how."""
        return []

    def lock(self, subject: Milestone) -> None:
        """A milestone keeps nothing that follows from its states."""

    def publish(self, row: MilestoneUpdate) -> MilestoneUpdate:
        return workflow.publish(row, self.plan, reviewer=self.system_user, at=timezone.now())


class MilestoneDraftCreation(MilestoneDrafts, DraftCreation):
    """Drafts of a milestone's states."""

    body = MilestoneUpdateInputSerializer
    acts = ACTS.create("Draft the state of a milestone on a day.", MilestoneUpdateInputSerializer)


class MilestoneDraftDetail(MilestoneDrafts, DraftDetail):
    """The state under way for a milestone and a day."""

    body = MilestoneStateSerializer
    acts = ACTS.detail(
        "Show the state under way for a milestone and a day.", MilestoneStateSerializer
    )


class MilestoneDraftSubmission(MilestoneDrafts, DraftSubmission):
    """Handing a state in."""

    acts = ACTS.submit()


class MilestoneDraftPublication(MilestoneDrafts, DraftPublication):
    """Publishing a state."""

    acts = ACTS.publish()


class MilestoneDraftList(MilestoneDrafts, DraftList):
    """States under way in the plan."""

    order = ("-as_of",)
    acts = ACTS.list(
        "List the states of milestones under way, those of its staff included.",
        MilestoneDraftPageSerializer,
    )
