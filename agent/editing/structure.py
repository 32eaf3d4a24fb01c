"""The structure of a plan: its tree, the order of its parts, what hangs on what."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from agent.access import plan_page
from agent.editing.outline import IndicatorNode, ObjectiveNode, Outline, outline_of
from agent.typed_text import posted
from dashboards.notes import by_subject, claims_of
from indicators.indicator_forms import ON_PLAN
from indicators.models import Indicator
from indicators.services import refresh_progress
from measures.models import Measure, Milestone
from objectives.models import Objective
from plans.alphabet import alphabetical
from plans.models import Plan
from plans.ordering import next_position, number, rearranged, stepped
from plans.permissions import Action, Rights

RANK = "rang"
STEP = "pas"
SEEN = "vu"
MOVE_MEASURES, MOVE_INDICATORS = "deplacer_mesures", "deplacer_indicateurs"
MEASURES, INDICATORS = "mesure", "indicateur"
TO_OBJECTIVE, TO_PLACE = "vers_objectif", "vers"
_KINDS: Mapping[str, Any] = {
    "objectif": Objective,
    "mesure": Measure,
    "jalon": Milestone,
    "indicateur": Indicator,
}


@require_safe
@plan_page(Action.MANAGE)
def structure(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """The tree of the plan, with all that can be edited in it."""
    return render(
        request,
        "agent/editing/structure.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "editing",
            "outline": outline_of(plan),
            "subjects": by_subject(claims_of(plan.pk)),
            "sources": list(plan.sources.order_by(alphabetical("title"))),
            "notes": list(plan.notes.order_by("position", "code")),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.MANAGE)
def arrange(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """The order of the parts, and what hangs on what, several at a time."""
    data = posted(request)
    if request.method == "POST" and data is not None:
        with transaction.atomic():
            # One arrangement at a time: the second sees what the first did.
            Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
            done = _arranged(request, plan, data)
        if done:
            return redirect(f"{request.path}{_anchor(data)}")
    outline = outline_of(plan)
    return render(
        request,
        "agent/editing/arrange.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "editing",
            "outline": outline,
            "lines": list(_lines(outline, data)),
            "seen": _seen(_groups(outline)),
            "chosen_objective": data.get(TO_OBJECTIVE, "") if data else "",
            "chosen_place": data.get(TO_PLACE, "") if data else "",
            "on_plan": ON_PLAN,
        },
        status=422 if request.method == "POST" else 200,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of the page: a part of the plan, its place among those beside it."""

    kind: str
    row: Any
    label: str
    depth: int
    place: int
    last: bool
    rank: str
    """The rank typed, else the place."""
    ticked: bool


def _lines(outline: Outline, data: QueryDict | None) -> Iterator[_Line]:
    """The parts of the plan in the order of the page."""
    ticked = set(data.getlist(MEASURES) + data.getlist(INDICATORS)) if data else set()

    def lines(kind: str, rows: Sequence[Any], depth: int) -> Iterator[_Line]:
        for place, row in enumerate(rows, 1):
            typed = data.get(f"{RANK}-{kind}-{row.pk}") if data else None
            yield _Line(
                kind=kind,
                row=row,
                label=str(row._meta.verbose_name),
                depth=depth,
                place=place,
                last=place == len(rows),
                rank=str(place) if typed is None else typed,
                ticked=row.code in ticked,
            )

    def indicators(nodes: Sequence[IndicatorNode], depth: int) -> Iterator[_Line]:
        return lines("indicateur", [node.indicator for node in nodes], depth)

    def objectives(nodes: Sequence[ObjectiveNode], depth: int) -> Iterator[_Line]:
        for line, node in zip(
            lines("objectif", [one.objective for one in nodes], depth), nodes, strict=True
        ):
            yield line
            yield from indicators(node.indicators, depth + 1)
            measures = [one.measure for one in node.measures]
            for place, measure in zip(
                lines("mesure", measures, depth + 1), node.measures, strict=True
            ):
                yield place
                yield from lines("jalon", measure.milestones, depth + 2)
                yield from indicators(measure.indicators, depth + 2)
            yield from objectives(node.parts, depth + 1)

    yield from indicators(outline.plan_indicators, 0)
    yield from objectives(outline.objectives, 0)


def _anchor(data: QueryDict) -> str:
    """Return to the line that was moved."""
    kind, _colon, rest = data.get(STEP, "").partition(":")
    number_of = rest.partition(":")[0]
    return f"#{kind}-{number_of}" if kind in _KINDS and number_of.isdecimal() else ""


def _arranged(request: HttpRequest, plan: Plan, data: QueryDict) -> bool:
    """Do what a button asks; whether the page is to be loaded anew."""
    if MOVE_MEASURES in data:
        return _move_measures(request, plan, data)
    if MOVE_INDICATORS in data:
        return _move_indicators(request, plan, data)
    groups = _groups(outline_of(plan))
    if STEP in data:
        return _step(request, groups, data.get(STEP, ""))
    return _renumber(request, plan, groups, data)


# --- Order ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """What stands side by side, in its present order."""

    kind: str
    rows: Sequence[Any]


def _groups(outline: Outline) -> list[_Group]:
    groups = [_Group("objectif", [node.objective for node in outline.objectives])]
    groups.append(_Group("indicateur", [node.indicator for node in outline.plan_indicators]))
    for objective in outline.every:
        groups += [
            _Group("objectif", [part.objective for part in objective.parts]),
            _Group("indicateur", [node.indicator for node in objective.indicators]),
            _Group("mesure", [node.measure for node in objective.measures]),
        ]
        for node in objective.measures:
            groups += [
                _Group("jalon", list(node.milestones)),
                _Group("indicateur", [one.indicator for one in node.indicators]),
            ]
    return [group for group in groups if group.rows]


def _seen(groups: Sequence[_Group]) -> str:
    """Return what stands for the order that a reader has before their eyes."""
    order = ";".join(f"{group.kind}:{[row.pk for row in group.rows]}" for group in groups)
    return hashlib.sha256(order.encode()).hexdigest()[:16]


def _step(request: HttpRequest, groups: Sequence[_Group], asked: str) -> bool:
    """Move one row by a step, from the place where the reader saw it: ``mesure:12:3:-1``."""
    kind, key, place, step = (*asked.split(":"), "", "", "", "")[:4]
    whole = key.isascii() and key.isdecimal() and place.isascii() and place.isdecimal()
    if kind in _KINDS and whole and step in ("-1", "1"):
        for group in groups:
            here = [row.pk for row in group.rows]
            if group.kind == kind and int(key) in here:
                if here.index(int(key)) + 1 != int(place):
                    # A double click, or someone else meanwhile.
                    messages.warning(request, _("L’ordre avait déjà changé : le voici."))
                else:
                    _write(number(stepped(group.rows, int(key), int(step))), group.kind)
                return True
    messages.error(request, _("Cette ligne n’est plus dans le plan."))
    return True


def _renumber(request: HttpRequest, plan: Plan, groups: Sequence[_Group], data: QueryDict) -> bool:
    """Put every group in the order of the ranks typed."""
    wrong: list[str] = []
    ranks: dict[str, dict[int, int]] = defaultdict(dict)
    for group in groups:
        for row in group.rows:
            typed = data.get(f"{RANK}-{group.kind}-{row.pk}", "").strip()
            if typed.isascii() and typed.isdecimal() and 0 < int(typed[:6]) < 10_000:
                ranks[group.kind][row.pk] = int(typed[:6])
            elif typed:
                wrong.append(str(row))
    if wrong:
        messages.error(
            request,
            _("Un rang est un nombre entier à partir de 1. À corriger : %(names)s.")
            % {"names": ", ".join(wrong)},
        )
        return False
    if data.get(SEEN) != _seen(groups):
        messages.error(
            request,
            _(
                "L’ordre a changé depuis que vous avez ouvert la page : rien n’est enregistré. Les "
                "rangs que vous aviez saisis sont dans les cases ; vérifiez-les, puis enregistrez."
            ),
        )
        return False
    moved = False
    for group in groups:
        ordered = rearranged(group.rows, ranks[group.kind])
        if ordered != list(group.rows):
            _write(number(ordered), group.kind)
            moved = True
    if moved:
        messages.success(request, _("L’ordre est enregistré."))
    else:
        messages.info(request, _("L’ordre n’a pas changé."))
    return True


def _write(changed: Sequence[Any], kind: str) -> None:
    if kind == "indicateur":
        # Any change of an indicator drops its stored progress.
        refresh_progress([row.pk for row in changed], on=timezone.localdate())


# --- What hangs on what -----------------------------------------------------------------------


def _ticked(plan: Plan, data: QueryDict, name: str, model: Any) -> list[Any]:
    """Return the rows of this plan that are ticked, in the order of the plan."""
    codes = data.getlist(name)
    return list(model.objects.filter(plan=plan, code__in=codes).order_by("position", "code"))


def _move_measures(request: HttpRequest, plan: Plan, data: QueryDict) -> bool:
    measures: list[Measure] = _ticked(plan, data, MEASURES, Measure)
    objective = plan.objectives.filter(code=data.get(TO_OBJECTIVE, "")).first()
    if not measures:
        messages.error(request, _("Cochez au moins une mesure à déplacer."))
        return False
    if objective is None:
        messages.error(request, _("Choisissez l’objectif où déplacer les mesures cochées."))
        return False
    moving = [measure for measure in measures if measure.objective_id != objective.pk]
    place = next_position(objective.measures.all())
    for position, measure in enumerate(moving, place):
        measure.objective = objective
        measure.position = position
    Measure.objects.bulk_update(moving, ["objective", "position"])
    messages.success(
        request,
        ngettext(
            "%(count)s mesure déplacée dans « %(where)s ».",
            "%(count)s mesures déplacées dans « %(where)s ».",
            len(moving),
        )
        % {"count": len(moving), "where": objective},
    )
    return True


def _move_indicators(request: HttpRequest, plan: Plan, data: QueryDict) -> bool:
    indicators: list[Indicator] = _ticked(plan, data, INDICATORS, Indicator)
    kind, _colon, code = data.get(TO_PLACE, "").partition(":")
    measure = plan.measures.filter(code=code).first() if kind == "mesure" else None
    objective = plan.objectives.filter(code=code).first() if kind == "objectif" else None
    if not indicators:
        messages.error(request, _("Cochez au moins un indicateur à déplacer."))
        return False
    if measure is None and objective is None and kind != ON_PLAN:
        messages.error(request, _("Choisissez où déplacer les indicateurs cochés."))
        return False
    there = {"measure": measure, "objective": objective}
    moving = [
        indicator
        for indicator in indicators
        if (indicator.measure_id, indicator.objective_id)
        != (measure and measure.pk, objective and objective.pk)
    ]
    for position, indicator in enumerate(moving, next_position(plan.indicators.filter(**there))):
        indicator.measure, indicator.objective = measure, objective
        indicator.position = position
    Indicator.objects.bulk_update(moving, ["measure", "objective", "position"])
    refresh_progress([indicator.pk for indicator in moving], on=timezone.localdate())
    messages.success(
        request,
        ngettext(
            "%(count)s indicateur déplacé vers « %(where)s ».",
            "%(count)s indicateurs déplacés vers « %(where)s ».",
            len(moving),
        )
        % {"count": len(moving), "where": measure or objective or plan},
    )
    return True
