"""One value of an indicator, entered on its own page; and what is read in it while it is typed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from agent.access import plan_page
from agent.entry.pages import EntryPage, serve
from dashboards import wording
from indicators.formats import NO_BREAK, format_period
from indicators.known import Known, known_of
from indicators.models import Indicator, Observation
from indicators.number_fields import number_unit, quantity_of
from indicators.numbers import number_examples
from indicators.observation_forms import OTHER, ObservationForm, RowForm, period_problem
from indicators.periods import Span
from plans.contribution_forms import ContributionForm
from plans.models import OPEN, Contribution, Plan
from plans.permissions import Action, Rights

_MOST_PREVIOUS = 6
_COPIED = (
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "provisional",
    "date_inferred",
    "source",
    "locator",
    "comment",
    "evidence_url",
    "evidence_file",
    "evidence_name",
)


def indicator_for(plan: Plan, rights: Rights, code: str) -> Indicator:
    """Return an indicator of the plan that the person may contribute to, or refuse."""
    indicator = (
        Indicator.objects.known_as(plan, code)
        .select_related("plan__region", "unit", "measure")
        .first()
    )
    if indicator is None:
        raise Http404
    rights.require(Action.CONTRIBUTE, indicator)
    return indicator


class ValuePage(EntryPage):
    """The entry of one value of an indicator."""

    template = "agent/entry/value.html"

    def __init__(self, rights: Rights, known: Known) -> None:
        super().__init__(rights)
        self.known = known
        self.indicator = known.indicator

    def blank(self) -> Observation:
        """Return a new value of the indicator."""
        return Observation(indicator=self.indicator)

    def shown(self, asked: QueryDict) -> Observation:
        """Return the draft of the period asked for, else of the one to propose.

        Where a value is published and no draft is under way, a correction that starts from it.
        """
        period = _asked_period(asked, on=self.on) or self.known.proposed(on=self.on)
        found = self.known.open_for(period)
        if found is not None:
            return found
        fresh = Observation(indicator=self.indicator, period_start=period[0], period_end=period[1])
        published = self.known.published_for(period)
        if published is not None:
            for name in _COPIED:
                setattr(fresh, name, getattr(published, name))
        return fresh

    def draft(self, number: int) -> Observation | None:
        """Return the contribution under way of this id."""
        return (
            Observation.objects.filter(OPEN, pk=number, indicator=self.indicator)
            .select_related("source", "author", "edited_by")
            .first()
        )

    def form(self, data: QueryDict | None, files: Any, instance: Any) -> ContributionForm:
        """Return the form of a value."""
        initial = None
        if data is None:
            initial = {name: getattr(instance, name) for name in _COPIED[:3]}
        instance.indicator = self.indicator
        return ObservationForm(
            data, files, instance=instance, known=self.known, on=self.on, initial=initial
        )

    def address_of(self, contribution: Contribution) -> str:
        """Return the address of the page, open at the contribution's period."""
        assert isinstance(contribution, Observation)
        return entry_address(self.indicator, (contribution.period_start, contribution.period_end))

    def said(self, contribution: Contribution) -> str:
        """Return a value and its period."""
        assert isinstance(contribution, Observation)
        contribution.indicator = self.indicator
        return (
            f"{quantity_of(contribution)}, "
            f"{format_period(contribution.period_start, contribution.period_end)}"
        )

    def context(self, form: ContributionForm) -> dict[str, Any]:
        """Return the indicator, its targets and its previous values."""
        return {
            "indicator": self.indicator,
            "promises": [
                (target, wording.promise(target, self.indicator.unit))
                for target in self.known.targets
            ],
            "previous": [
                {
                    "period": format_period(one.period_start, one.period_end),
                    "text": wording.stated(one, self.indicator.unit),
                    "provisional": one.provisional,
                    "source": one.source,
                    "address": entry_address(self.indicator, (one.period_start, one.period_end)),
                }
                for one in self.known.published[:_MOST_PREVIOUS]
            ],
            "under_way": [
                {
                    "period": format_period(one.period_start, one.period_end),
                    "text": quantity_of(one),
                    "contribution": one,
                    "address": entry_address(self.indicator, (one.period_start, one.period_end)),
                }
                for one in self.known.open
                if one.pk != form.instance.pk
            ],
            "numbers": [
                form[name] for name in ("value", "numerator", "denominator") if name in form.fields
            ],
            "examples": f"{NO_BREAK}; ".join(number_examples(number_unit(self.indicator))),
            "kept_name": form.evidence_name,
        }


def entry_address(indicator: Indicator, period: Span) -> str:
    """Return the address of the entry page of an indicator, open at a period."""
    page = reverse("agent:entry", args=[indicator.plan.slug, indicator.code])
    query = urlencode({"debut": period[0].isoformat(), "fin": period[1].isoformat()})
    return f"{page}?{query}"


def _asked_period(asked: QueryDict, *, on: date) -> Span | None:
    """Return the period that the address asks for, if it is one that can be reported on."""
    try:
        period = (
            date.fromisoformat(asked.get("debut", "")),
            date.fromisoformat(asked.get("fin", "")),
        )
    except ValueError:
        return None
    return None if period_problem(period, on=on) else period


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.CONTRIBUTE)
def value(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """Enter a value: save it as a draft, or hand it in."""
    indicator = indicator_for(plan, rights, code)
    if indicator.code != code:
        return redirect("agent:entry", plan.slug, indicator.code)
    return serve(request, ValuePage(rights, known_of([indicator])[indicator.pk]))


@require_safe
@plan_page(Action.CONTRIBUTE)
def reading(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """Tell how what is being typed is understood, and what is doubtful in it: a fragment."""
    indicator = indicator_for(plan, rights, code)
    on = timezone.localdate()
    known = known_of([indicator])[indicator.pk]
    period = _typed_period(request.GET, on=on) or known.proposed(on=on)
    form = RowForm(request.GET, known=known, period=period, on=on)
    context: dict[str, Any] = {"refusals": [], "doubts": [], "understood": ""}
    if not form.is_blank:
        if form.is_valid():
            context["understood"] = quantity_of(form.observation)
            context["doubts"] = known.doubts(form.observation, on=on)
        elif all(form[name].data for name in form.fields):
            context["refusals"] = [text for texts in form.errors.values() for text in texts]
    return render(request, "agent/entry/reading.html", context)


def _typed_period(typed: QueryDict, *, on: date) -> Span | None:
    """Return the period chosen in the form as it stands."""
    chosen = typed.get("period", "")
    start, _slash, end = chosen.partition("/")
    if chosen == OTHER:
        start, end = typed.get("period_start", ""), typed.get("period_end", "")
    return _asked_period(QueryDict(urlencode({"debut": start, "fin": end})), on=on)
