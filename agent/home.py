"""The staff home: what is due, and where a person may work."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agent.access import plan_page, staff_page
from plans.models import Plan
from plans.permissions import Action, Rights, plans_where


@staff_page
def home(request: HttpRequest) -> HttpResponse:
    """The plans a person works in."""
    plans = plans_where(request.user, Action.SEE_DRAFTS).select_related("region")
    return render(request, "agent/home.html", {"plans": plans, "section": "home"})


@plan_page(Action.SEE_DRAFTS)
def plan(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """One plan, for those who work on it."""
    return render(request, "agent/plan.html", {"plan": plan, "rights": rights, "section": "plan"})
