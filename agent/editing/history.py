"""The history of a plan, or of one thing of it: who did what, when, from the audit trail."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agent.access import plan_page
from agent.editing import trail
from agent.editing.story import WORDS, name_of, tell
from measures.models import Measure, Milestone
from plans.models import Plan
from plans.permissions import Action, Rights

EVENTS_A_PAGE = 30
_KINDS = {word: kind for kind, word in WORDS.items()}


@require_safe
@plan_page(Action.SEE_DRAFTS)
def history(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """All that happened to the plan, or to the thing that the address names."""
    asked = request.GET.get("objet", "")
    people = rights.may(Action.MANAGE)
    name = ""
    if asked:
        kind, keys = _asked(plan, asked)
        events = trail.events_about(kind, keys, people=people)
        name = _last_name(kind, keys)
    else:
        events = trail.plan_events(plan, people=people)
    page = Paginator(trail.newest_first(events), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "agent/editing/history.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "history",
            "name": name,
            "entries": tell(trail.fetch(list(page.object_list))),
            "page": page,
            "query": f"{urlencode({'objet': asked})}&" if asked else "",
        },
    )


def _asked(plan: Plan, asked: str) -> tuple[trail.Kind, list[int]]:
    """Return the things that an address names, ``mesure:pack-ia`` or ``jalon:pack-ia/livre``.

    Raises Http404 when nothing in this plan ever had that code.
    """
    word, _colon, code = asked.partition(":")
    kind = _KINDS.get(word)
    if kind is None:
        raise Http404
    if kind is Plan:
        return kind, [plan.pk]
    if kind is Milestone:
        measure, _slash, code = code.partition("/")
        keys = trail.called(plan, kind, code, within=trail.called(plan, Measure, measure))
    else:
        keys = trail.called(plan, kind, code)
    if not keys:
        raise Http404
    return kind, keys


def _last_name(kind: trail.Kind, keys: list[int]) -> str:
    latest = trail.events_of(kind).filter(pgh_obj_id__in=keys).order_by("-pgh_id").first()
    return name_of(kind, latest)
