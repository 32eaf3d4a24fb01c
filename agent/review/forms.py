"""Forms of a review: reasons that are public, and comments that are not."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

REASON_LENGTH = 1000


class ReasonForm(forms.Form):
    """A reason; white space is none."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Donnez un motif : il sera lu par d’autres.")},
    )


class CommentForm(forms.Form):
    """A remark to colleagues; @ and the beginning of an address calls one of them."""

    text = forms.CharField(
        label=_("Votre commentaire"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Visible des membres du plan. Pour prévenir quelqu’un : @ et son identifiant."),
        error_messages={"required": _("Écrivez un commentaire.")},
    )
