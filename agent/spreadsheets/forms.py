"""What is downloaded, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from exchange.spreadsheets.columns import Kind
from exchange.spreadsheets.selection import Selection
from exchange.spreadsheets.writing_csv import DIALECTS
from measures.models import Measure
from objectives.models import Objective
from plans.models import Role
from plans.permissions import Rights

EVERYTHING, MINE = "tout", "miennes"
_OBJECTIVE, _MEASURE = "objectif:", "mesure:"
XLSX = "xlsx"

FORMATS = [
    (
        XLSX,
        gettext_lazy("Classeur .xlsx — Excel, LibreOffice : mode d’emploi, listes, deux feuilles"),
    ),
    ("csv", gettext_lazy("CSV, point-virgule — tableurs en français : 2,5 et 31/12/2026")),
    ("csv-virgule", gettext_lazy("CSV, virgule — programmes : 2.5 et 2026-12-31")),
]
KINDS = [(Kind.VALUES, gettext_lazy("les valeurs")), (Kind.MILESTONES, gettext_lazy("les jalons"))]

MOST_YEARS = 60


class DownloadForm(forms.Form):
    """Which part of the plan, over which days, in which format."""

    part = forms.ChoiceField(label=gettext_lazy("Partie du plan"))
    start = forms.DateField(
        label=gettext_lazy("Du"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    end = forms.DateField(
        label=gettext_lazy("Au"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=FORMATS, initial=XLSX, widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Contenu d’un CSV"),
        choices=KINDS,
        initial=Kind.VALUES,
        required=False,
        help_text=gettext_lazy("Un classeur .xlsx contient les deux."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, rights: Rights, on: date) -> None:
        self._plan = rights.plan
        self._user = rights.user
        super().__init__(
            data,
            prefix="choix",
            initial={
                "part": MINE if rights.role == Role.CONTRIBUTOR else EVERYTHING,
                "start": date(on.year - 1, 1, 1),
                "end": date(on.year, 12, 31),
            },
        )
        self._objectives = {
            f"{_OBJECTIVE}{row.code}": row
            for row in Objective.objects.filter(plan=self._plan)
            .annotate(place=Coalesce("parent__position", "position"))
            .order_by("place", "parent_id", "position", "code")
        }
        self._measures = {
            f"{_MEASURE}{row.code}": row
            for row in Measure.objects.filter(plan=self._plan).order_by(
                "objective__position", "objective__code", "position", "code"
            )
        }
        part = self.fields["part"]
        assert isinstance(part, forms.ChoiceField)
        part.choices = [
            (EVERYTHING, _("Tout le plan")),
            (MINE, _("Les mesures qui me sont confiées")),
            (_("Un objectif"), [(key, row.title) for key, row in self._objectives.items()]),
            (_("Une mesure"), [(key, row.title) for key, row in self._measures.items()]),
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order, and a span that no plan has."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = data.get("start"), data.get("end")
        if start and end:
            if end < start:
                self.add_error("end", ValidationError(_("La fin précède le début.")))
            elif end.year - start.year > MOST_YEARS:
                self.add_error(
                    "end",
                    ValidationError(
                        _("%(count)s ans au plus par fichier.") % {"count": MOST_YEARS}
                    ),
                )
        return data

    @property
    def selection(self) -> Selection:
        """What a valid form chooses."""
        part = self.cleaned_data["part"]
        measure = self._measures.get(part)
        return Selection(
            plan=self._plan,
            start=self.cleaned_data["start"],
            end=self.cleaned_data["end"],
            objective=self._objectives.get(part),
            measures=() if measure is None else (measure,),
            assigned_to=self._user if part == MINE and isinstance(self._user, User) else None,
        )

    @property
    def dialect_name(self) -> str | None:
        """The CSV that is asked for; None for a workbook."""
        chosen: str = self.cleaned_data["format"]
        return chosen if chosen in DIALECTS else None

    @property
    def csv_kind(self) -> Kind:
        """What a CSV holds."""
        return Kind(self.cleaned_data["kind"] or Kind.VALUES)


class UploadForm(forms.Form):
    """The file to check."""

    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy(
            "Classeur .xlsx, ou CSV à point-virgules ou à virgules, en UTF-8 ou Windows-1252."
        ),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )


class ConfirmForm(forms.Form):
    """What becomes of the rows."""

    submits = forms.ChoiceField(
        label=gettext_lazy("Une fois enregistrées, les saisies"),
        choices=[
            ("non", gettext_lazy("restent des brouillons, à relire et à soumettre plus tard")),
            ("oui", gettext_lazy("sont soumises à la relecture")),
        ],
        initial="non",
        widget=forms.RadioSelect,
    )
