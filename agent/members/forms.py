"""Forms of the members' pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.two_factor import has_two_factor
from measures.models import Measure
from plans.models import Membership, Plan, Role

ROLES = [
    (Role.VIEWER, gettext_lazy("Lecture — voit les brouillons, n’écrit rien")),
    (
        Role.CONTRIBUTOR,
        gettext_lazy("Contribution — saisit et soumet pour les mesures qui lui sont confiées"),
    ),
    (Role.REVIEWER, gettext_lazy("Relecture — saisit partout, publie, renvoie et retire")),
    (
        Role.MANAGER,
        gettext_lazy("Gestion — modifie aussi le plan, ses membres et ses réglages"),
    ),
]


class InvitationForm(forms.Form):
    """Whom to invite, and to do what."""

    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique professionnelle"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Rôle"),
        choices=ROLES,
        initial=Role.CONTRIBUTOR,
        widget=forms.RadioSelect,
    )

    def clean_role(self) -> Role:
        """Return the role itself."""
        return Role(self.cleaned_data["role"])


class MemberForm(forms.Form):
    """A member's role and the measures they report on."""

    role = forms.ChoiceField(label=gettext_lazy("Rôle"), choices=ROLES, widget=forms.RadioSelect)
    measures = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Mesures confiées"),
        queryset=Measure.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Mapping[str, Any] | None, *, membership: Membership) -> None:
        measures = Measure.objects.filter(plan=membership.plan)
        initial = {
            "role": membership.role,
            "measures": list(measures.filter(assignments__user=membership.user)),
        }
        super().__init__(data, initial=initial)
        field = self.fields["measures"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = measures.select_related("objective").order_by(
            "objective__position", "objective__code", "position", "code"
        )

    def clean_role(self) -> Role:
        """Return the role itself."""
        return Role(self.cleaned_data["role"])


class PlanSettingsForm(forms.ModelForm):
    """How members of a plan work: the second factor, publishing one's own contributions."""

    class Meta:
        model = Plan
        fields = ("requires_two_factor", "allows_self_publication")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["requires_two_factor"].label = _("Exiger une double authentification")
        self.fields["allows_self_publication"].label = _(
            "Autoriser chacun à publier ses propres saisies"
        )

    def clean_requires_two_factor(self) -> bool:
        """Refuse to lock out whoever asks for it."""
        required: bool = self.cleaned_data["requires_two_factor"]
        if required and not self.instance.requires_two_factor and not has_two_factor(self.user):
            raise forms.ValidationError(
                _(
                    "Activez d’abord la double authentification sur votre propre compte : "
                    "sans elle, ce réglage vous fermerait le plan."
                )
            )
        return required

    def save(self, commit: bool = True) -> Plan:
        """Write these two columns and no other: someone else may be editing the plan."""
        assert commit
        plan: Plan = self.instance
        plan.save(update_fields=("requires_two_factor", "allows_self_publication", "updated_at"))
        return plan
