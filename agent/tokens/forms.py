"""Forms of the pages of partner systems."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from measures.models import Measure
from plans.models import PartnerSystem, Plan, Role, Scope

ROLES = [
    (Role.VIEWER, gettext_lazy("Lecture — lit les saisies en cours, n’écrit rien")),
    (
        Role.CONTRIBUTOR,
        gettext_lazy("Contribution — saisit et soumet pour les mesures qui lui sont confiées"),
    ),
    (
        Role.REVIEWER,
        gettext_lazy("Contribution partout — publie aussi ses saisies si le plan l’autorise"),
    ),
]
LIFETIMES = [
    ("30", gettext_lazy("30 jours")),
    ("90", gettext_lazy("90 jours")),
    ("180", gettext_lazy("six mois")),
    ("365", gettext_lazy("un an")),
]


class TokenForm(forms.Form):
    """What a token is good for, and how long."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Portée du jeton"),
        choices=[
            (Scope.CONTRIBUTE, gettext_lazy("Contribution — tout ce que permet le rôle")),
            (Scope.READ, gettext_lazy("Lecture — lit seulement, quel que soit le rôle")),
        ],
        initial=Scope.CONTRIBUTE,
        widget=forms.RadioSelect,
    )
    days = forms.ChoiceField(
        label=gettext_lazy("Valable"), choices=LIFETIMES, initial="90", widget=forms.RadioSelect
    )

    @property
    def lifetime(self) -> timedelta:
        """How long it is valid."""
        return timedelta(days=int(self.cleaned_data["days"]))

    def clean_scope(self) -> Scope:
        """Return the scope itself."""
        return Scope(self.cleaned_data["scope"])


class SystemForm(TokenForm):
    """A partner's system, and its first token."""

    name = forms.CharField(
        label=gettext_lazy("Nom du système partenaire"),
        max_length=PartnerSystem._meta.get_field("name").max_length,
        help_text=gettext_lazy(
            "Le partenaire et son outil, par exemple « Agence régionale, tableau de bord ». "
            "Ce nom signe ses saisies."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Rôle dans le plan"),
        choices=ROLES,
        initial=Role.CONTRIBUTOR,
        widget=forms.RadioSelect,
    )
    measures = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Mesures confiées"),
        queryset=Measure.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("name", "role", "measures", "scope", "days")

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["measures"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = (
            Measure.objects.filter(plan=plan)
            .select_related("objective")
            .order_by("objective__position", "objective__code", "position", "code")
        )

    def clean_role(self) -> Role:
        """Return the role itself."""
        return Role(self.cleaned_data["role"])
