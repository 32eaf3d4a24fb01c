"""The review queue, and a contribution's page: weigh it, discuss it, publish or return it."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agent.access import plan_page
from agent.review.comments import add_comment, handle, members_of
from agent.review.forms import CommentForm, ReasonForm
from agent.review.nouns import contribution_at, observations_of, updates_of
from agent.review.onward import onward_from
from agent.review.proposals import may_publish, proposals
from indicators import services
from indicators.models import Observation
from plans import workflow
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights


def _publish_one(row: Contribution, request: HttpRequest) -> None:
    """Publish one contribution by the service of its kind."""
    now = timezone.now()
    reviewer: Any = request.user
    if isinstance(row, Observation):
        services.publish(row, reviewer=reviewer, at=now)
    else:
        workflow.publish(row, row.permission_plan, reviewer=reviewer, at=now)


def _why(refusal: workflow.WorkflowError | ValidationError) -> str:
    return " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.REVIEW)
def queue(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """What waits for a review, oldest first; POST publishes what is ticked."""
    if request.method == "POST":
        return _publish_ticked(request, plan)
    waiting = sorted(
        chain(
            observations_of(plan)
            .filter(state=Contribution.State.SUBMITTED)
            .annotate(comments_count=Count("comments")),
            updates_of(plan)
            .filter(state=Contribution.State.SUBMITTED)
            .annotate(comments_count=Count("comments")),
        ),
        key=lambda row: (row.submitted_at, row.noun, row.pk),
    )
    listed = proposals(waiting, rights, on=timezone.localdate())
    return render(
        request,
        "agent/review/queue.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "review",
            "proposals": listed,
            "publishable": sum(1 for proposal in listed if proposal.publishable),
        },
    )


def _publish_ticked(request: HttpRequest, plan: Plan) -> HttpResponse:
    """Publish each ticked contribution for itself: one refused does not hold back the others."""
    done = 0
    ticked = request.POST.getlist("contribution")
    for reference in ticked:
        noun, _dash, number = reference.partition("-")
        if not number.isdecimal():
            continue
        row = contribution_at(plan, noun, int(number))
        try:
            _publish_one(row, request)
            done += 1
        except (workflow.WorkflowError, ValidationError) as refusal:
            messages.error(request, f"{row} : {_why(refusal)}")
    if done:
        messages.success(
            request,
            ngettext("%(count)s contribution publiée.", "%(count)s contributions publiées.", done)
            % {"count": done},
        )
    elif not ticked:
        messages.warning(request, _("Cochez au moins une contribution à publier."))
    return redirect("agent:review", plan.slug)


def _shown(
    request: HttpRequest,
    plan: Plan,
    rights: Rights,
    row: Contribution,
    *,
    status: int = 200,
    **forms: Any,
) -> HttpResponse:
    """Answer with a contribution's page, the forms as they were typed."""
    [proposal] = proposals([row], rights, on=timezone.localdate())
    members = members_of(plan)
    reviewing = rights.may(Action.REVIEW)
    return render(
        request,
        "agent/review/contribution.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "review",
            "contribution": row,
            "proposal": proposal,
            "is_observation": isinstance(row, Observation),
            "comments": row.comments.select_related("author"),  # type: ignore[attr-defined]
            "handles": [(member, handle(member)) for member in members],
            "onward": onward_from(row, rights),
            "may_comment": rights.may(Action.CONTRIBUTE, row),
            "may_publish": may_publish(row, rights),
            "may_send_back": reviewing and row.state == Contribution.State.SUBMITTED,
            "may_withdraw": reviewing and row.is_current,
            "send_back_form": ReasonForm(prefix="renvoi"),
            "withdraw_form": ReasonForm(prefix="retrait"),
            "comment_form": CommentForm(),
            **forms,
        },
        status=status,
    )


@require_safe
@plan_page(Action.SEE_DRAFTS)
def contribution(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """A version: its content, what it would change, its comments, what may be done with it."""
    return _shown(request, plan, rights, contribution_at(plan, noun, number))


@require_POST
@plan_page(Action.REVIEW)
def publish(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Publish a contribution."""
    row = contribution_at(plan, noun, number)
    try:
        _publish_one(row, request)
    except (workflow.WorkflowError, ValidationError) as refusal:
        messages.error(request, _why(refusal))
        return redirect(row)
    messages.success(request, _("Publié : la page publique est à jour."))
    return redirect("agent:review", plan.slug)


@require_POST
@plan_page(Action.REVIEW)
def send_back(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Return a contribution to its author, with a reason."""
    row = contribution_at(plan, noun, number)
    form = ReasonForm(request.POST, prefix="renvoi")
    if not form.is_valid():
        return _shown(request, plan, rights, row, status=422, send_back_form=form)
    reviewer: Any = request.user
    try:
        workflow.send_back(
            row, reviewer=reviewer, reason=form.cleaned_data["reason"], at=timezone.now()
        )
    except workflow.WorkflowError as refusal:
        messages.error(request, str(refusal))
        return redirect(row)
    messages.success(request, _("Renvoyé à son auteur."))
    return redirect("agent:review", plan.slug)


@require_POST
@plan_page(Action.REVIEW)
def withdraw(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Take a published version back, with a public reason."""
    row = contribution_at(plan, noun, number)
    form = ReasonForm(request.POST, prefix="retrait")
    if not form.is_valid():
        return _shown(request, plan, rights, row, status=422, withdraw_form=form)
    reason = form.cleaned_data["reason"]
    try:
        if isinstance(row, Observation):
            services.withdraw(row, reason=reason, at=timezone.now())
        else:
            workflow.withdraw(row, reason=reason, at=timezone.now())
    except workflow.WorkflowError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Retiré : le motif est public."))
    return redirect(row)


@require_POST
@plan_page(Action.SEE_DRAFTS)
def comment(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Comment a contribution."""
    row = contribution_at(plan, noun, number)
    rights.require(Action.CONTRIBUTE, row)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _shown(request, plan, rights, row, status=422, comment_form=form)
    author: Any = request.user
    add_comment(row, author=author, text=form.cleaned_data["text"], at=timezone.now())
    return redirect(f"{row.get_absolute_url()}#commentaires")
