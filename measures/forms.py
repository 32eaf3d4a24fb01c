"""Forms on measures and their deliverables."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from measures.models import Advancement, Measure, MeasureOrganisation, Milestone
from objectives.models import Objective
from plans.alphabet import alphabetical
from plans.fiction import offered_to
from plans.forms import FEW_LINES, NOT_OF_ITS_KIND, ActorForm, ActorsFormSet
from plans.models import Sector
from plans.part_forms import CodedForm, DayInput, SourceChoice


class MeasureForm(CodedForm):
    """An action of a plan."""

    source = SourceChoice(label=gettext_lazy("Source"), required=False)

    SECTIONS = (
        (gettext_lazy("La mesure"), ("objective", "title", "code", "summary", "sectors")),
        (gettext_lazy("État et calendrier"), ("state", "state_reason", "starts_on", "ends_on")),
        (gettext_lazy("D’où cela vient"), ("source", "locator")),
        (gettext_lazy("Notes à lire avec la mesure"), ("notes",)),
    )
    LABELS = {"objective": gettext_lazy("Objectif"), "notes": gettext_lazy("Notes")}

    class Meta:
        model = Measure
        fields = (
            "objective",
            "title",
            "code",
            "summary",
            "sectors",
            "state",
            "state_reason",
            "starts_on",
            "ends_on",
            "source",
            "locator",
            "notes",
        )
        widgets = {
            "summary": forms.Textarea(attrs=FEW_LINES),
            "state_reason": forms.Textarea(attrs=FEW_LINES),
            "starts_on": DayInput,
            "ends_on": DayInput,
            "sectors": forms.CheckboxSelectMultiple,
            "notes": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        objective = cast("forms.ModelChoiceField[Objective]", self.fields["objective"])
        objective.queryset = self.plan.objectives.order_by("position", "code")
        objective.empty_label = _("— choisir —")
        sectors = cast("forms.ModelMultipleChoiceField[Sector]", self.fields["sectors"])
        sectors.queryset = offered_to(
            Sector.objects.order_by(alphabetical("name")),
            self.plan,
            fictitious=self.plan.region.fictitious,
        )
        sectors.error_messages["invalid_choice"] = NOT_OF_ITS_KIND
        state = cast("forms.ChoiceField", self.fields["state"])
        state.choices = [("", _("— non renseigné —")), *Advancement.choices]


class MeasureActorForm(ActorForm):
    """The part of an organisation in a measure."""

    class Meta:
        model = MeasureOrganisation
        fields = ("organisation", "role")


MeasureActorsFormSet = forms.inlineformset_factory(
    Measure,
    MeasureOrganisation,
    form=MeasureActorForm,
    formset=ActorsFormSet,
    extra=1,
    max_num=100,
)


class MilestoneForm(CodedForm):
    """A deliverable of a measure. Its state is what its published updates say."""

    source = SourceChoice(label=gettext_lazy("Source"), required=False)

    SECTIONS = (
        (gettext_lazy("Le jalon"), ("title", "code", "due_on")),
        (gettext_lazy("D’où cela vient"), ("source", "locator")),
    )

    class Meta:
        model = Milestone
        fields = ("title", "code", "due_on", "source", "locator")
        widgets = {"due_on": DayInput}

    def code_help(self) -> str:
        """Say where the code is seen."""
        return _("Désigne le jalon dans sa mesure. Laissez vide pour le tirer du titre.")

    def siblings(self) -> models.QuerySet[Any]:
        """Return the other deliverables of the measure."""
        return Milestone.objects.filter(measure_id=self.instance.measure_id)
