"""Addresses of the API where partners' systems write the states of milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
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
from plans.api_support.draft_forms import SentForm
from plans.api_support.draft_serializers import ConfirmationSerializer
from plans.api_support.drafts import (
    DraftCreation,
    DraftDetail,
    DraftList,
    DraftPublication,
    Drafts,
    DraftSubmission,
    form_data,
    list_parameters,
)
from plans.api_support.writing import Act
from plans.models import Source

WORDS = {
    "path.plan": "$response.body#/plan",
    "path.measure": "$response.body#/measure",
    "path.milestone": "$response.body#/milestone",
    "path.day": "$response.body#/as_of",
}
SEEN = {**WORDS, "header.If-Match": "$response.header.ETag"}
LEADS_TO = {
    "milestone_drafts_read": WORDS,
    "milestone_drafts_replace": SEEN,
    "milestone_drafts_submit": SEEN,
    "milestone_drafts_publish": SEEN,
    "milestone_drafts_discard": SEEN,
}


class SentUpdateForm(SentForm, MilestoneUpdateForm):
    """A state as a program sends it: the checks are those of the page."""


class MilestoneDrafts(Drafts):
    """States of milestones."""

    serializer_class = MilestoneDraftSerializer
    renamed = {"measure": Measure}
    identified_by: Sequence[str] = ("as_of",)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The plan's sources by code."""
        return {source.code: source for source in self.plan.sources.all()}

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

    def publish(self, row: MilestoneUpdate) -> MilestoneUpdate:
        return workflow.publish(row, self.plan, reviewer=self.system_user, at=timezone.now())


class MilestoneDraftCreation(MilestoneDrafts, DraftCreation):
    """Drafts of a milestone's states."""

    body = MilestoneUpdateInputSerializer
    acts = {
        "post": Act(
            name="milestone_drafts_create",
            summary="Draft the state of a milestone on a day.",
            takes=MilestoneUpdateInputSerializer,
            gives=MilestoneDraftSerializer,
            status=201,
            errors=(409, 413, 415, 422),
            repeatable=True,
            links=LEADS_TO,
        )
    }


class MilestoneDraftDetail(MilestoneDrafts, DraftDetail):
    """The state under way for a milestone and a day."""

    body = MilestoneStateSerializer
    acts = {
        "get": Act(
            name="milestone_drafts_read",
            summary="Show the state under way for a milestone and a day.",
            gives=MilestoneDraftSerializer,
            errors=(),
            links={name: words for name, words in LEADS_TO.items() if words is SEEN},
        ),
        "put": Act(
            name="milestone_drafts_replace",
            summary="Replace the whole content of a draft, or of what was returned.",
            takes=MilestoneStateSerializer,
            gives=MilestoneDraftSerializer,
            errors=(409, 412, 413, 415, 422, 428),
            conditional=True,
            links=LEADS_TO,
        ),
        "delete": Act(
            name="milestone_drafts_discard",
            summary="Discard a draft.",
            status=204,
            errors=(409, 412, 428),
            conditional=True,
        ),
    }


class MilestoneDraftSubmission(MilestoneDrafts, DraftSubmission):
    """Handing a state in."""

    acts = {
        "post": Act(
            name="milestone_drafts_submit",
            summary="Hand a draft to the reviewers.",
            takes=ConfirmationSerializer,
            takes_nothing_too=True,
            gives=MilestoneDraftSerializer,
            errors=(409, 412, 413, 415, 422, 428),
            conditional=True,
            repeatable=True,
            links=LEADS_TO,
        )
    }


class MilestoneDraftPublication(MilestoneDrafts, DraftPublication):
    """Publishing a state."""

    acts = {
        "post": Act(
            name="milestone_drafts_publish",
            summary="Publish what was handed in, where the plan trusts the system.",
            gives=MilestoneDraftSerializer,
            errors=(409, 412, 413, 422, 428),
            conditional=True,
            repeatable=True,
        )
    }


class MilestoneDraftList(MilestoneDrafts, DraftList):
    """States under way in the plan."""

    order = ("-as_of",)
    acts = {
        "get": Act(
            name="milestone_drafts_list",
            summary="List the states of milestones under way, those of its staff included.",
            gives=MilestoneDraftPageSerializer,
            errors=(),
            tagged=False,
        )
    }

    def query(self, method: str) -> list[dict[str, Any]]:
        """Describe the parameters after the question mark."""
        return list_parameters()
