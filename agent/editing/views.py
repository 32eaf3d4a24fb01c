"""Adding, changing, giving up and deleting the parts of a plan."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from agent.access import plan_page, staff_page
from agent.editing import parts, trail
from agent.editing.pages import EditingPage, serve
from agent.editing.targets import RevisionPage, TargetPage
from agent.typed_text import posted
from indicators import promises
from indicators.indicator_forms import UnitForm
from indicators.models import Target
from indicators.removals import RemovalError, removal_of, remove
from indicators.services import refresh_progress
from measures.models import Advancement, Measure
from plans.models import Plan, Role
from plans.part_forms import DayInput
from plans.permissions import Action, Rights
from plans.shared_forms import OrganisationForm, SectorForm

_page_methods = require_http_methods(["GET", "HEAD", "POST"])


class PartConverter:
    """Accepts the nouns of the parts that one code names."""

    regex = "|".join(parts.PARTS)

    def to_python(self, value: str) -> str:
        """Return the noun as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Return the noun as it stands."""
        return value


# --- Making and changing ----------------------------------------------------------------------


@_page_methods
@staff_page
def create_plan(request: HttpRequest) -> HttpResponse:
    """Make a plan: superusers only."""
    user = cast("User", request.user)
    if not user.is_superuser:
        raise PermissionDenied(_("Seule l’administration du site crée un plan."))
    blank = Plan(is_public=False)
    rights = Rights(user=user, plan=blank, role=Role.MANAGER, lacks_second_factor=False)
    return serve(request, parts.PlanPage(blank, rights), None)


@_page_methods
@plan_page(Action.MANAGE)
def edit_plan(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """Change what a plan is."""
    return serve(request, parts.PlanPage(plan, rights), plan.slug)


@_page_methods
@plan_page(Action.MANAGE)
def add(request: HttpRequest, plan: Plan, rights: Rights, noun: str) -> HttpResponse:
    """Add a part to a plan."""
    return serve(request, parts.PARTS[noun](plan, rights), None)


@_page_methods
@plan_page(Action.MANAGE)
def edit(request: HttpRequest, plan: Plan, rights: Rights, noun: str, code: str) -> HttpResponse:
    """Change a part of a plan."""
    return serve(request, parts.PARTS[noun](plan, rights), code)


@_page_methods
@plan_page(Action.MANAGE)
def add_milestone(request: HttpRequest, plan: Plan, rights: Rights, measure: str) -> HttpResponse:
    """Add a deliverable to a measure."""
    return serve(request, parts.MilestonePage(plan, rights, measure=measure), None)


@_page_methods
@plan_page(Action.MANAGE)
def edit_milestone(
    request: HttpRequest, plan: Plan, rights: Rights, measure: str, code: str
) -> HttpResponse:
    """Change a deliverable."""
    return serve(request, parts.MilestonePage(plan, rights, measure=measure), code)


@_page_methods
@plan_page(Action.MANAGE)
def add_target(request: HttpRequest, plan: Plan, rights: Rights, indicator: str) -> HttpResponse:
    """Add a target to an indicator."""
    return serve(request, TargetPage(plan, rights, indicator=indicator), None)


@_page_methods
@plan_page(Action.MANAGE)
def edit_target(
    request: HttpRequest, plan: Plan, rights: Rights, indicator: str, code: str
) -> HttpResponse:
    """Change a target, or only how it is told once it is public."""
    return serve(request, TargetPage(plan, rights, indicator=indicator), code)


@_page_methods
@plan_page(Action.MANAGE)
def revise_target(
    request: HttpRequest, plan: Plan, rights: Rights, indicator: str, code: str
) -> HttpResponse:
    """Put a new target in the place of a public one, with the reason."""
    if not plan.is_public:
        # Nobody has read it yet: it is simply changed.
        return redirect("agent:target_edit", plan.slug, indicator, code)
    return serve(request, RevisionPage(plan, rights, indicator=indicator), code)


# --- What several plans share -----------------------------------------------------------------

SHARED: dict[str, tuple[Any, Any]] = {
    "organisations": (OrganisationForm, gettext_lazy("Nouvelle organisation")),
    "filieres": (SectorForm, gettext_lazy("Nouvelle filière")),
    "unites": (UnitForm, gettext_lazy("Nouvelle unité")),
}


class SharedConverter(PartConverter):
    """Accepts the nouns of what several plans share."""

    regex = "|".join(SHARED)


@_page_methods
@plan_page(Action.MANAGE)
def add_shared(request: HttpRequest, plan: Plan, rights: Rights, noun: str) -> HttpResponse:
    """Add an organisation, a sector or a unit; only superusers change those that are there."""
    form_class, title = SHARED[noun]
    form = form_class(posted(request))
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(
            request, _("« %(what)s » est maintenant dans les listes.") % {"what": made}
        )
        return redirect("agent:editing", plan.slug)
    return render(
        request,
        "agent/editing/shared.html",
        {"plan": plan, "rights": rights, "section": "editing", "title": title, "form": form},
        status=422 if request.method == "POST" else 200,
    )


# --- Giving up --------------------------------------------------------------------------------


class AbandonForm(forms.Form):
    """A public reason, and since when."""

    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Motif public"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Donnez le motif : il sera public.")},
    )
    on = forms.DateField(label=gettext_lazy("Abandonnée le"), widget=DayInput)

    def __init__(self, *args: Any, dated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not dated:
            del self.fields["on"]


@_page_methods
@plan_page(Action.MANAGE)
def abandon_target(
    request: HttpRequest, plan: Plan, rights: Rights, indicator: str, code: str
) -> HttpResponse:
    """Give a target up, with a public reason."""
    page = TargetPage(plan, rights, indicator=indicator)
    target = page.found(code)
    page.instance = target
    today = timezone.localdate()
    form = AbandonForm(posted(request), dated=True, initial={"on": today})
    if request.method == "POST" and form.is_valid():
        try:
            promises.abandon(
                target,
                reason=form.cleaned_data["reason"],
                on=form.cleaned_data["on"],
                today=today,
            )
        except promises.PromiseError as refusal:
            form.add_error("on", str(refusal))
        else:
            messages.success(request, _("La cible est abandonnée ; son motif est public."))
            return redirect(page.done(target))
    return _ask_reason(request, page, form, _("Abandonner la cible"), str(target))


@_page_methods
@plan_page(Action.MANAGE)
def abandon_measure(request: HttpRequest, plan: Plan, rights: Rights, code: str) -> HttpResponse:
    """Give a measure up, with a public reason; its indicators are no longer expected."""
    page = parts.MeasurePage(plan, rights)
    measure: Measure = page.found(code)
    page.instance = measure
    form = AbandonForm(posted(request), dated=False)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            row = page.locked(measure)
            row.state = Advancement.ABANDONED
            row.state_reason = form.cleaned_data["reason"]
            row.save(update_fields=["state", "state_reason"])
            refresh_progress(page.touched(row), on=timezone.localdate())
        messages.success(request, _("La mesure est abandonnée ; son motif est public."))
        return redirect(page.done(measure))
    return _ask_reason(request, page, form, _("Abandonner la mesure"), str(measure))


def _ask_reason(
    request: HttpRequest, page: EditingPage, form: AbandonForm, title: str, what: str
) -> HttpResponse:
    return render(
        request,
        "agent/editing/abandon.html",
        {
            "plan": page.plan,
            "rights": page.rights,
            "section": "editing",
            "title": title,
            "what": what,
            "form": form,
            "back": page.done(page.instance),
        },
        status=422 if request.method == "POST" else 200,
    )


# --- Deleting ---------------------------------------------------------------------------------


@_page_methods
@plan_page(Action.MANAGE)
def delete(request: HttpRequest, plan: Plan, rights: Rights, noun: str, code: str) -> HttpResponse:
    """Ask, then delete a part of a plan."""
    return _delete(request, parts.PARTS[noun](plan, rights), code)


@_page_methods
@plan_page(Action.MANAGE)
def delete_milestone(
    request: HttpRequest, plan: Plan, rights: Rights, measure: str, code: str
) -> HttpResponse:
    """Ask, then delete a deliverable."""
    return _delete(request, parts.MilestonePage(plan, rights, measure=measure), code)


@_page_methods
@plan_page(Action.MANAGE)
def delete_target(
    request: HttpRequest, plan: Plan, rights: Rights, indicator: str, code: str
) -> HttpResponse:
    """Ask, then delete a target that nobody has read."""
    return _delete(request, TargetPage(plan, rights, indicator=indicator), code)


def _delete(request: HttpRequest, page: EditingPage, code: str) -> HttpResponse:
    try:
        thing = page.found(code)
    except Http404:
        if request.method != "POST" or not trail.called(page.plan, page.kind, code):
            raise
        messages.info(request, _("C’était déjà supprimé."))
        return redirect("agent:editing", page.plan.slug)
    what = str(thing)
    refused = False
    if request.method == "POST":
        try:
            with transaction.atomic():
                touched = [thing.indicator_id] if isinstance(thing, Target) else []
                remove(page.locked(thing), page.user)
                refresh_progress(touched, on=timezone.localdate())
        except RemovalError:
            refused = True
        else:
            messages.success(request, _("Supprimé : %(what)s.") % {"what": what})
            return redirect("agent:editing", page.plan.slug)
    return render(
        request,
        "agent/editing/delete.html",
        {
            "plan": page.plan,
            "rights": page.rights,
            "section": "editing",
            "what": what,
            "noun": thing._meta.verbose_name,
            "removal": removal_of(thing, page.user),
            "back": reverse("agent:editing", args=[page.plan.slug]),
        },
        status=409 if refused else 200,
    )
