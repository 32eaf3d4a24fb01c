"""What a person chooses about their notifications."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PreferencesForm(forms.Form):
    """How often notifications are sent by mail."""

    digest = forms.ChoiceField(
        label=_("Recevoir mes notifications par courriel"),
        choices=(
            (User.Digest.IMMEDIATE, _("Au fil de l’eau, dès qu’il se passe quelque chose")),
            (User.Digest.DAILY, _("Chaque jour ouvré à 7 heures, en un seul courriel")),
            (User.Digest.WEEKLY, _("Chaque lundi à 7 heures, en un seul courriel")),
            (User.Digest.NEVER, _("Jamais")),
        ),
        widget=forms.RadioSelect,
        help_text=_(
            "Échéances proches et passées, saisies à relire ou renvoyées, mentions. Ce que vous "
            "avez déjà lu ici n’est pas envoyé, et rien ne part quand il n’y a rien à dire."
        ),
    )
