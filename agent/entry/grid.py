"""Many values at once: the indicators of a plan for a period, in a grid.

An ordinary form that saves what can be read and keeps the rest as typed. A script of the page
posts one row at a time, as the person leaves it, and gets back that row's state.
"""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from agent.access import plan_page
from agent.entry.rows import (
    Row,
    contributable,
    frequencies,
    give_source,
    of_frequency,
    rows_of,
    save_row,
    submit_row,
)
from agent.typed_text import is_fragment, posted
from indicators.entry_periods import period_code, period_named, recent_periods
from indicators.formats import format_of_period, format_period
from indicators.models import Indicator
from indicators.periods import ONE_DAY, Frequency, Span, calendar_period
from plans.alphabet import alphabetical
from plans.models import Plan, Role, Source
from plans.permissions import Action, Rights

_MOST_LISTED = 8
_KINDS = {
    Frequency.YEAR: gettext_lazy("Années"),
    Frequency.HALF_YEAR: gettext_lazy("Semestres"),
    Frequency.QUARTER: gettext_lazy("Trimestres"),
    Frequency.MONTH: gettext_lazy("Mois"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.CONTRIBUTE)
def grid(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """Enter the values of a period: save them as drafts, or hand in all one's own."""
    on = timezone.localdate()
    everything = contributable(rights)
    found = period_named(request.GET.get("periode", "")) or _latest_ended(everything, on=on)
    frequency, period = found
    if period[0] > on:
        messages.warning(request, _("Cette période n’a pas commencé."))
        return redirect(_address(plan, *_latest_ended(everything, on=on)))
    data = posted(request)
    indicators = of_frequency(everything, frequency)
    if request.method == "POST" and is_fragment(request):
        return _save_one(request, plan, indicators, period, on=on)
    rows = rows_of(indicators, period, data, on=on)
    source = _source(plan, data)
    if request.method == "POST":
        _save_all(request, plan, rows, source)
        if not any(row.errors for row in rows):
            return redirect(_address(plan, frequency, period))
        for row in rows:
            if not row.errors:
                row.show_stored()
    return render(
        request,
        "agent/entry/grid.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "entry",
            "rows": rows,
            "period": period,
            "period_name": format_period(*period),
            "of_period": format_of_period(*period),
            "address": _address(plan, frequency, period),
            "sources": plan.sources.order_by(alphabetical("title")),
            "source": source,
            "lines": [
                {
                    "anchor": row.anchor if row.is_editable else "",
                    "text": f"{row.indicator.title} : {error}",
                }
                for row in rows
                for error in row.errors
            ],
            "grids": _grids(plan, everything, frequency, period, on=on),
            "period_kinds": len(frequencies(everything)),
            "lacks": "" if rows else _lacking(rights, everything),
            "drafts": sum(1 for row in rows if row.state == "draft"),
        },
        status=422 if request.method == "POST" else 200,
    )


def _lacking(rights: Rights, everything: list[Indicator]) -> str:
    """Return why a grid is empty, as its page words it: for whom it is to mend that."""
    if everything:
        return "period"
    if rights.may(Action.MANAGE):
        return "indicator"
    return "assignment" if rights.role == Role.CONTRIBUTOR else "manager"


def _save_all(request: HttpRequest, plan: Plan, rows: list[Row], source: Source | None) -> None:
    """Save each row for itself: one that is refused does not hold back the others."""
    now = timezone.now()
    editor = cast("User", request.user)
    for row in rows:
        revision = _revision(request.POST, row)
        save_row(row, plan, editor=editor, revision=revision, source=source, at=now)
        if source is not None:
            give_source(row, plan, editor=editor, revision=revision, source=source, at=now)
    saved = sum(1 for row in rows if row.saved)
    if request.POST.get("action") != "submit":
        if saved:
            messages.success(
                request,
                ngettext(
                    "%(count)s brouillon enregistré.", "%(count)s brouillons enregistrés.", saved
                )
                % {"count": saved},
            )
        elif not any(row.errors for row in rows):
            messages.info(request, _("Rien de nouveau à enregistrer."))
        return
    done = sum(
        submit_row(row, editor=editor, revision=_revision(request.POST, row), at=now)
        for row in rows
    )
    if done:
        messages.success(
            request,
            ngettext(
                "%(count)s valeur soumise à la relecture.",
                "%(count)s valeurs soumises à la relecture.",
                done,
            )
            % {"count": done},
        )
    elif not any(row.errors for row in rows):
        messages.info(request, _("Aucun brouillon à vous pour cette période."))


def _save_one(
    request: HttpRequest, plan: Plan, indicators: list[Indicator], period: Span, *, on: date
) -> HttpResponse:
    """Save the one row that a script posts, and answer with its state."""
    asked = [one for one in indicators if f"i{one.pk}" == request.POST.get("row")]
    if not asked:
        raise Http404
    [row] = rows_of(asked, period, request.POST, on=on)
    save_row(
        row,
        plan,
        editor=cast("User", request.user),
        revision=_revision(request.POST, row),
        source=_source(plan, request.POST),
        at=timezone.now(),
    )
    return render(request, "agent/entry/grid_state.html", {"row": row, "plan": plan})


def _revision(data: QueryDict, row: Row) -> int | None:
    text = data.get(f"{row.form.prefix}-revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _source(plan: Plan, data: QueryDict | None) -> Source | None:
    """Return the source chosen for the values of the whole grid."""
    number = "" if data is None else data.get("source", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return plan.sources.filter(pk=number).first()


def _latest_ended(indicators: list[Indicator], *, on: date) -> tuple[Frequency, Span]:
    """Return the period to open with: the latest that ended, of the kind most indicators have."""
    counted = frequencies(indicators)
    frequency = counted.most_common(1)[0][0] if counted else Frequency.YEAR
    present = calendar_period(frequency, on)
    return frequency, calendar_period(frequency, present[0] - ONE_DAY)


def _address(plan: Plan, frequency: Frequency, period: Span) -> str:
    return f"{reverse('agent:grid', args=[plan.slug])}?periode={period_code(frequency, period)}"


def _grids(
    plan: Plan, indicators: list[Indicator], frequency: Frequency, period: Span, *, on: date
) -> list[dict[str, Any]]:
    """Return the other grids, kind by kind: how many indicators, and the latest periods."""
    counted = frequencies(indicators)
    return [
        {
            "label": label,
            "count": counted[kind],
            "periods": [
                {
                    "name": format_period(*one),
                    "address": _address(plan, kind, one),
                    "current": one == period and kind == frequency,
                }
                for one in recent_periods(kind, opening=None, on=on, most=_MOST_LISTED)
            ],
        }
        for kind, label in _KINDS.items()
        if counted[kind] or kind == frequency
    ]
