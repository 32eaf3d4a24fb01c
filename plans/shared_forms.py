"""Forms on what several plans share: made here, changed by superusers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.translation import gettext as _

from plans.codes import free_code
from plans.models import Organisation, Sector
from plans.part_forms import CODE_EXPECTED

if TYPE_CHECKING:
    # Generic for the type checker only.
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm


class SharedForm(_ModelForm):
    """An entry of a list that plans share; its code is made from its name where none is given."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].error_messages |= CODE_EXPECTED
        self.fields["code"].help_text = _(
            "Dans les fichiers de plan et les données ouvertes : lettres sans accent, chiffres et "
            "tirets. Laissez vide pour le tirer du nom."
        )

    def clean(self) -> dict[str, Any]:
        """Make a code where none is given; another row may have one that is."""
        data = super().clean() or self.cleaned_data
        if not data.get("code") and "code" not in self.errors:
            rows = self._meta.model._default_manager
            data["code"] = free_code(
                str(data.get("name") or ""),
                set(rows.values_list("code", flat=True)),
                longest=cast("forms.SlugField", self.fields["code"]).max_length or 40,
                empty="sans-nom",
            )
        return data


class OrganisationForm(SharedForm):
    """An organisation that several plans may name."""

    class Meta:
        model = Organisation
        fields = ("name", "short_name", "url", "code")


class SectorForm(SharedForm):
    """A sector that several plans may name."""

    class Meta:
        model = Sector
        fields = ("name", "code")
