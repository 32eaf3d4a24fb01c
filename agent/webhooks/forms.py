"""Forms of the pages about partner systems."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.models import WebhookSubscription
from exchange.webhooks.courier import rules_here
from exchange.webhooks.destinations import DestinationError, checked
from exchange.webhooks.models import EventKind
from exchange.webhooks.services import is_name_taken, name_taken_words
from exchange.webhooks.wording import refusal_words
from plans.contribution_forms import ADDRESS_EXPECTED
from plans.models import Plan


class WebhookForm(forms.ModelForm):
    """Who is told, where, and of what."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Changements annoncés"),
        choices=EventKind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=list(EventKind.values),
        error_messages={"required": gettext_lazy("Choisissez au moins un changement.")},
    )

    class Meta:
        model = WebhookSubscription
        fields = ("name", "url", "kinds")

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["name"].help_text = _(
            "Le nom du système ou de l’organisme, pas celui d’une personne."
        )
        self.fields["url"].error_messages |= ADDRESS_EXPECTED
        self.fields["url"].help_text = _(
            "Donnée par le partenaire ; elle commence par https:// et reçoit des requêtes POST."
        )

    def clean_name(self) -> str:
        """Refuse the name of another subscription of the plan."""
        name: str = self.cleaned_data["name"]
        if is_name_taken(self.plan, name, besides=self.instance.pk):
            raise forms.ValidationError(name_taken_words(name))
        return name

    def clean_url(self) -> str:
        """Refuse at once what would be refused at the time of sending, as far as one can tell."""
        url: str = self.cleaned_data["url"]
        try:
            checked(url, rules_here())
        except DestinationError as refusal:
            raise forms.ValidationError(refusal_words(refusal.code)) from refusal
        return url


class RotationForm(forms.Form):
    """Whether the secret to replace may still be used for a while."""

    leaked = forms.BooleanField(
        label=gettext_lazy("Le secret actuel a pu être lu par d’autres : ne plus s’en servir"),
        help_text=gettext_lazy(
            "Sans cela, les messages portent les deux signatures pendant vingt-quatre heures, "
            "le temps que le partenaire change de secret."
        ),
        required=False,
    )
