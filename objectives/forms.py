"""Forms on axes and objectives."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from objectives.models import Objective
from plans.forms import FEW_LINES
from plans.part_forms import CodedForm, SourceChoice


class ObjectiveForm(CodedForm):
    """An axis or an objective, as its source words it."""

    source = SourceChoice(label=gettext_lazy("Source"), required=False)

    SECTIONS = (
        (gettext_lazy("L’objectif"), ("kind", "parent", "title", "code", "summary")),
        (gettext_lazy("D’où cela vient"), ("source", "locator")),
        (gettext_lazy("Notes à lire avec l’objectif"), ("notes",)),
    )
    LABELS = {"notes": gettext_lazy("Notes")}

    class Meta:
        model = Objective
        fields = ("kind", "parent", "title", "code", "summary", "source", "locator", "notes")
        widgets = {
            "summary": forms.Textarea(attrs=FEW_LINES),
            "notes": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [("", _("— choisir —")), *Objective.Kind.choices]
        parent = cast("forms.ModelChoiceField[Objective]", self.fields["parent"])
        parent.queryset = self.plan.objectives.exclude(pk__in=self._inside()).order_by(
            "position", "code"
        )
        parent.empty_label = _("— directement dans le plan —")

    def _inside(self) -> set[int]:
        """The objective itself and all that is part of it: it cannot become part of those."""
        inside = {self.instance.pk} if self.instance.pk else set()
        parents = dict(self.plan.objectives.values_list("pk", "parent_id"))
        found = True
        while found:
            more = {pk for pk, parent in parents.items() if parent in inside} - inside
            inside |= more
            found = bool(more)
        return inside
