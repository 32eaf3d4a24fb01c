"""From a contribution back to the page where it is entered: to correct it, or to go on with it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agent.access import plan_page
from agent.entry import milestone, value
from agent.review.nouns import contribution_at
from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans import workflow
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights


def _entry_address(row: Contribution) -> str:
    if isinstance(row, Observation):
        return value.entry_address(row.indicator, (row.period_start, row.period_end))
    assert isinstance(row, MilestoneUpdate)
    return milestone.entry_address(row.milestone, row.as_of)


@require_safe
@plan_page(Action.CONTRIBUTE)
def correct(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Lead to the entry page, open at this version: what is saved there corrects what is public."""
    row = contribution_at(plan, noun, number)
    rights.require(Action.CONTRIBUTE, row)
    return redirect(_entry_address(row))


@require_POST
@plan_page(Action.CONTRIBUTE)
def take_back(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> HttpResponse:
    """Make a draft again of what one handed in, and open it."""
    row = contribution_at(plan, noun, number)
    if not rights.may_take_back(row):
        raise PermissionDenied(_("Seul l’auteur d’une saisie la reprend en brouillon."))
    try:
        workflow.take_back(row, at=timezone.now())
    except workflow.WorkflowError as refusal:
        messages.error(request, str(refusal))
        return redirect(row)
    messages.success(request, _("Reprise en brouillon : plus personne n’est invité à la relire."))
    return redirect(_entry_address(row))
