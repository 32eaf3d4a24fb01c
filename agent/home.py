"""The staff home: what waits, in all plans or in one; everyone's or the reader's own."""

from __future__ import annotations

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from agent.access import plan_page, staff_page
from agent.desk import EVERYONE, MINE, DeskBuilder, work_line
from agent.work import Pile, Work
from plans.models import Plan
from plans.permissions import Action, Rights, all_rights

A_PAGE = 50
"""Lines of a pile on a page."""


@require_safe
@staff_page
def home(request: HttpRequest) -> HttpResponse:
    """What waits in every plan the person works in, or in the one that the address names."""
    user = cast("User", request.user)
    everywhere = all_rights(user)
    asked = request.GET.get("plan", "")
    chosen = [rights for rights in everywhere if rights.plan.slug == asked]
    builder = DeskBuilder(user, everywhere, on=timezone.localdate())
    mine = _only_mine(request, builder)
    desk = builder.desk(mine=mine, only=chosen[0].plan if chosen else None)
    return render(
        request,
        "agent/home.html",
        {
            "section": "home",
            "desk": desk,
            "counts": builder.counts(desk),
            "chosen": chosen[0].plan if chosen else None,
            "several": len(everywhere) > 1 and not chosen,
            "unknown_plan": bool(asked) and not chosen,
            "mine": mine,
        },
    )


@require_safe
@plan_page(Action.SEE_DRAFTS)
def plan(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """What waits in one plan."""
    user = cast("User", request.user)
    builder = DeskBuilder(user, [rights], on=timezone.localdate())
    mine = _only_mine(request, builder)
    return render(
        request,
        "agent/plan.html",
        {
            "section": "plan",
            "plan": plan,
            "rights": rights,
            "desk": builder.desk(mine=mine),
            "mine": mine,
        },
    )


@require_safe
@staff_page
def work(request: HttpRequest) -> HttpResponse:
    """All of what the desk shows the first few of, a page at a time."""
    user = cast("User", request.user)
    everywhere = all_rights(user)
    asked = request.GET.get("plan", "")
    chosen = [rights.plan for rights in everywhere if rights.plan.slug == asked]
    try:
        pile = Pile(request.GET.get("etat", ""))
    except ValueError:
        pile = Pile.TO_REVIEW
    mine = request.GET.get("pour") == MINE
    piles = Work(user, everywhere)
    places = piles.places(pile, chosen or piles.plans, mine=mine)
    page = Paginator(places, A_PAGE).get_page(request.GET.get("page"))
    shown = {"etat": pile.value, "pour": MINE if mine else EVERYONE}
    if chosen:
        shown["plan"] = chosen[0].slug
    return render(
        request,
        "agent/work.html",
        {
            "section": "home",
            "pile": pile,
            "mine": mine,
            "chosen": chosen[0] if chosen else None,
            "several": len(everywhere) > 1 and not chosen,
            "page": page,
            "query": f"{urlencode(shown)}&",
            "lines": [work_line(row, user) for row in piles.read(list(page))],
        },
    )


def _only_mine(request: HttpRequest, builder: DeskBuilder) -> bool:
    """Whether to keep the reader's own; unless told, so for whoever is assigned to something."""
    asked = request.GET.get("pour")
    if asked in (MINE, EVERYONE):
        return asked == MINE
    return builder.has_assignments
