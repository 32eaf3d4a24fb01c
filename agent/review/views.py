"""A contribution's page: weigh it, discuss it, publish or return it.

What is decided is decided of the version the person had before their eyes: each form says which,
and one that says another is answered 409, with what changed, what now stands and what was typed.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agent.access import plan_page
from agent.review.acts import publish_seen, why, withdraw_seen
from agent.review.comments import add_comment, handle, members_of
from agent.review.forms import CommentForm, ReasonForm
from agent.review.nouns import contribution_at
from agent.review.onward import onward_from
from agent.review.proposals import proposals
from agent.review.since import changes_since
from indicators.models import Observation
from plans import workflow
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights

State = Contribution.State

_REVISION = re.compile(r"[0-9]{1,9}", re.ASCII)


def _shown(
    request: HttpRequest,
    plan: Plan,
    rights: Rights,
    row: Contribution,
    *,
    status: int = 200,
    **said: Any,
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
            "may_publish": proposal.publishable,
            "may_send_back": reviewing and row.state == State.SUBMITTED,
            "may_withdraw": reviewing and row.is_current,
            "send_back_form": ReasonForm(prefix="renvoi"),
            "withdraw_form": ReasonForm(prefix="retrait"),
            "comment_form": CommentForm(),
            **said,
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


def _seen(request: HttpRequest) -> int:
    """Return the revision that the form showed; 0, which no version has, where it says none."""
    said = request.POST.get("revision", "")
    return int(said) if _REVISION.fullmatch(said) else 0


def _refused(
    request: HttpRequest,
    plan: Plan,
    rights: Rights,
    row: Contribution,
    refusal: workflow.WorkflowError | ValidationError,
    **form: ReasonForm,
) -> HttpResponse:
    """Answer with what became of the contribution, as it now stands, and what was typed."""
    now = contribution_at(plan, row.noun, row.pk)
    state = State.PUBLISHED if "withdraw_form" in form else State.SUBMITTED
    return _shown(
        request,
        plan,
        rights,
        now,
        status=409,
        refusal=why(refusal),
        entries=changes_since(now, seen=_seen(request), state=state),
        typed="".join(one.cleaned_data["reason"] for one in form.values()),
        is_typed_kept=now.is_current if "withdraw_form" in form else now.state == State.SUBMITTED,
        **form,
    )


@require_POST
@plan_page(Action.REVIEW)
def publish(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Publish a contribution as it was read."""
    row = contribution_at(plan, noun, number)
    try:
        publish_seen(row, request, seen=_seen(request))
    except (workflow.WorkflowError, ValidationError) as refusal:
        return _refused(request, plan, rights, row, refusal)
    messages.success(request, _("Publié : la page publique est à jour."))
    return redirect("agent:review", plan.slug)


@require_POST
@plan_page(Action.REVIEW)
def send_back(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Return a contribution, as it was read, to its author, with a reason."""
    row = contribution_at(plan, noun, number)
    form = ReasonForm(request.POST, prefix="renvoi")
    if not form.is_valid():
        return _shown(request, plan, rights, row, status=422, send_back_form=form)
    reviewer: Any = request.user
    try:
        workflow.send_back(
            row,
            reviewer=reviewer,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            revision=_seen(request),
        )
    except workflow.WorkflowError as refusal:
        return _refused(request, plan, rights, row, refusal, send_back_form=form)
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
    try:
        withdraw_seen(row, reason=form.cleaned_data["reason"], seen=_seen(request))
    except workflow.WorkflowError as refusal:
        return _refused(request, plan, rights, row, refusal, withdraw_form=form)
    messages.success(request, _("Retiré : le motif est public."))
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
