"""The form by which a milestone's state is entered."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from measures.models import Advancement, Milestone, MilestoneUpdate
from plans.contribution_forms import CONTRIBUTION_FIELDS, CONTRIBUTION_LABELS, ContributionForm

EARLIEST_DAY = date(1950, 1, 1)
"""No state was found before: an earlier date is a slip of the keyboard."""


class MilestoneUpdateForm(ContributionForm):
    """What a source says of a milestone's state on a day."""

    as_of = forms.DateField(
        label=gettext_lazy("Constaté le"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Le jour dont parle la source."),
    )
    advancement = forms.ChoiceField(
        label=gettext_lazy("État du jalon"), choices=Advancement.choices, widget=forms.RadioSelect
    )

    class Meta:
        model = MilestoneUpdate
        fields = ("as_of", "advancement", *CONTRIBUTION_FIELDS)
        labels: ClassVar[dict[str, Any]] = CONTRIBUTION_LABELS | {
            "provisional": gettext_lazy("État provisoire")
        }

    def __init__(self, *args: Any, milestone: Milestone, on: date, **kwargs: Any) -> None:
        super().__init__(*args, plan=milestone.measure.plan, **kwargs)
        self.on = on
        self.fields["provisional"].help_text = _("L’état pourra encore changer.")

    def clean_as_of(self) -> date:
        """Refuse a day to come, and the slips of the keyboard."""
        day: date = self.cleaned_data["as_of"]
        if day > self.on:
            raise forms.ValidationError(_("Cette date est à venir : donnez le jour du constat."))
        if day < EARLIEST_DAY:
            raise forms.ValidationError(_("Vérifiez l’année."))
        return day

    def published_already(self) -> str:
        """Say what is published for the day, and that a correction has a reason."""
        assert isinstance(self.corrects, MilestoneUpdate)
        return _(
            "Un état est déjà publié à cette date : %(state)s. Pour le corriger, donnez un motif "
            "public."
        ) % {"state": self.corrects.get_advancement_display()}
