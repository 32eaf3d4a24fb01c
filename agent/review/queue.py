"""The review queue: what waits, a page at a time; what is ticked on it is published together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from agent.access import plan_page
from agent.mixed import in_order, in_places, rows_at
from agent.review.acts import publish_seen, why
from agent.review.nouns import NounConverter, observations_of, stands_at, updates_of
from agent.review.proposals import proposals
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights
from plans.workflow import WorkflowError

A_PAGE = 25
"""Contributions on a page: as many as a person weighs in one go."""

_TICK = re.compile(rf"({NounConverter.regex})-([0-9]{{1,18}})(?:-([0-9]{{1,9}}))?", re.ASCII)
"""Noun, id, and the revision that stood on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedTick:
    """What was ticked and is not published."""

    row: Contribution | None
    """None where it is no longer there."""
    why: str


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.REVIEW)
def queue(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """What waits for a review, oldest first; POST publishes what is ticked."""
    refused: list[RefusedTick] = []
    if request.method == "POST":
        refused = _publish_ticked(request, plan)
        if not refused:
            return redirect(request.get_full_path())
    submitted = {"state": Contribution.State.SUBMITTED}
    observations = observations_of(plan).filter(**submitted)
    updates = updates_of(plan).filter(**submitted)
    page = Paginator(in_order(observations, updates, "submitted_at"), A_PAGE).get_page(
        request.GET.get("page")
    )
    places = list(page)
    found = rows_at(
        places,
        observations.annotate(comments_count=Count("comments")),
        updates.annotate(comments_count=Count("comments")),
    )
    listed = proposals(in_places(places, found), rights, on=timezone.localdate())
    return render(
        request,
        "agent/review/queue.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "review",
            "page": page,
            "proposals": listed,
            "publishable": any(proposal.publishable for proposal in listed),
            "refused": refused,
        },
        status=409 if refused else 200,
    )


def _ticks(request: HttpRequest) -> Iterator[tuple[str, int, int]]:
    """Yield noun, id and revision of what is ticked, each once; 0 where a tick says no revision."""
    for reference in dict.fromkeys(request.POST.getlist("contribution")):
        tick = _TICK.fullmatch(reference)
        if tick is not None:
            yield tick[1], int(tick[2]), int(tick[3] or 0)


def _publish_ticked(request: HttpRequest, plan: Plan) -> list[RefusedTick]:
    """Publish each ticked contribution for itself: one refused does not hold back the others."""
    done = 0
    refused = []
    for noun, number, seen in _ticks(request):
        row = stands_at(plan, noun, number)
        try:
            if row is None:
                raise WorkflowError(_("Elle n’existe plus : son auteur l’a supprimée."))
            publish_seen(row, request, seen=seen)
            done += 1
        except (WorkflowError, ValidationError) as refusal:
            refused.append(RefusedTick(row=row, why=why(refusal)))
    if done:
        messages.success(
            request,
            ngettext("%(count)s contribution publiée.", "%(count)s contributions publiées.", done)
            % {"count": done},
        )
    elif not request.POST.getlist("contribution"):
        messages.warning(request, _("Cochez au moins une contribution à publier."))
    return refused
