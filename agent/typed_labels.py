"""What a person typed into a staff form, as that form words it: labels, choices, days.

For the page that gives back the text of a form that could not be verified, where no form can be
built: only the classes of the forms are asked. What has no label there is shown all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.urls import ResolverMatch
from django.utils.translation import gettext as _

from accounts.models import User
from agent.members.forms import InvitationForm
from agent.review.forms import CommentForm, ReasonForm
from indicators.formats import format_period
from indicators.forms import CheckpointForm, TargetForm, TargetPeriodForm, YearlyForm
from indicators.indicator_forms import IndicatorForm, UnitForm
from indicators.models import Indicator
from indicators.observation_forms import ObservationForm
from measures.forms import MeasureActorForm, MeasureForm, MilestoneForm
from measures.update_forms import MilestoneUpdateForm
from objectives.forms import ObjectiveForm
from plans.forms import (
    CitationForm,
    ClaimForm,
    NoteForm,
    PlanActorForm,
    PlanForm,
    SourceForm,
)
from plans.part_forms import DocumentForm
from plans.permissions import Action, plans_where
from plans.shared_forms import OrganisationForm, SectorForm

FormClass = type[forms.BaseForm]

_TARGET: tuple[FormClass, ...] = (TargetForm, TargetPeriodForm, CheckpointForm, YearlyForm)
_FORMS: Mapping[str, tuple[FormClass, ...]] = MappingProxyType(
    {
        # By the name of the address, else by the noun in it.
        "entry": (ObservationForm,),
        "grid": (ObservationForm,),
        "milestone_entry": (MilestoneUpdateForm,),
        "send_back": (ReasonForm,),
        "withdraw": (ReasonForm,),
        "comment": (CommentForm,),
        "members": (InvitationForm,),
        "plan_create": (PlanForm, PlanActorForm),
        "editing_plan": (PlanForm, PlanActorForm),
        "milestone_add": (MilestoneForm,),
        "milestone_edit": (MilestoneForm,),
        "target_add": _TARGET,
        "target_edit": _TARGET,
        "target_revise": _TARGET,
        "objectifs": (ObjectiveForm,),
        "mesures": (MeasureForm, MeasureActorForm),
        "indicateurs": (IndicatorForm,),
        "sources": (SourceForm,),
        "notes": (NoteForm, CitationForm),
        "affirmations": (ClaimForm,),
        "organisations": (OrganisationForm,),
        "filieres": (SectorForm,),
        "unites": (UnitForm,),
    }
)
_UNTYPED = re.compile(
    r"action|draft|evidence_ticket|initial-.*|row"
    r"|(.*-)?(confirmed|revision|[A-Z]+_FORMS|id|DELETE|ORDER)"
)
_ROW = re.compile(r"i(\d{1,18})-")
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)


def labelled(
    fields: Iterable[tuple[str, str]], match: ResolverMatch | None, person: User | AnonymousUser
) -> list[tuple[str, str]]:
    """Return what was typed at an address as pairs of a label and a text; buttons are left out."""
    typed = [(name, text) for name, text in fields if text and not _UNTYPED.fullmatch(name)]
    known = _fields_at(match)
    titles = _titles(typed, match, person)
    return [
        (_label(name, _field(name, known), titles), _text(text, _field(name, known)))
        for name, text in typed
    ]


def _fields_at(match: ResolverMatch | None) -> dict[str, forms.Field]:
    """Return the fields of the forms of an address, by name."""
    if match is None:
        return {}
    classes = _FORMS.get(match.url_name or "") or _FORMS.get(match.kwargs.get("noun", ""), ())
    found: dict[str, forms.Field] = {}
    for form in classes:
        # Those of the first form stand: the rest is what hangs on it.
        found = {**getattr(form, "base_fields", {}), **found}
    return found


def _field(name: str, known: Mapping[str, forms.Field]) -> forms.Field | None:
    """Return the field of a name, without what says in which row, or of which form, it is."""
    prefix, _dash, own = name.rpartition("-")
    among = DocumentForm.base_fields if prefix == DocumentForm.prefix else known
    return among.get(own)


def _label(name: str, field: forms.Field | None, titles: Mapping[str, str]) -> str:
    label = str(field.label) if field is not None and field.label else _("Autre champ")
    row = _ROW.match(name)
    if row is not None and row[1] in titles:
        return _("%(field)s : %(indicator)s") % {"field": label, "indicator": titles[row[1]]}
    return label


def _titles(
    typed: Iterable[tuple[str, str]], match: ResolverMatch | None, person: User | AnonymousUser
) -> dict[str, str]:
    """Return the titles of the indicators of a grid, of a plan that the person works in."""
    rows = {row[1] for row in (_ROW.match(name) for name, _text in typed) if row is not None}
    if not rows or match is None:
        return {}
    found = Indicator.objects.filter(
        pk__in=rows,
        plan__in=plans_where(person, Action.SEE_DRAFTS).filter(slug=match.kwargs.get("plan", "")),
    )
    return {str(number): title for number, title in found.values_list("pk", "title")}


def _text(text: str, field: forms.Field | None) -> str:
    """Return what was typed, or the words of what was chosen."""
    match field:
        case forms.ModelChoiceField():
            return _("choix dans la liste")  # its number says nothing
        case forms.BooleanField():
            return _("oui")
        case forms.ChoiceField() if text in (words := dict(field.choices)):  # type: ignore[arg-type]
            return str(words[text])
    return _days(text)


def _days(text: str) -> str:
    """Return a day or a period in words; any other text as it stands."""
    days = _DAYS.fullmatch(text)
    if days is None:
        return text
    try:
        start, end = (date.fromisoformat(day or days[1]) for day in days.groups())
    except ValueError:  # no such day
        return text
    return format_period(start, end)
