"""Forms on indicators and their units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.models import Indicator, Measurement, Unit
from indicators.number_fields import NumberField
from measures.models import Measure
from objectives.models import Objective
from plans.alphabet import alphabetical
from plans.forms import FEW_LINES
from plans.part_forms import CodedForm, DayInput, SourceChoice
from plans.shared_forms import SharedForm


class UnitForm(SharedForm):
    """A unit that several plans may count in."""

    class Meta:
        model = Unit
        fields = ("name", "name_plural", "symbol", "decimals", "code")

    def save(self, commit: bool = True) -> Unit:
        """Reckon ratios in hundredths where the unit is a percentage."""
        if self.instance.symbol == "%":
            self.instance.ratio_scale = 100
        unit: Unit = super().save(commit=commit)
        return unit


ON_PLAN = "plan"


class IndicatorForm(CodedForm):
    """What is followed, how it is counted, and from where it starts."""

    hangs_on = forms.ChoiceField(label=gettext_lazy("Rattaché à"))
    source = SourceChoice(label=gettext_lazy("Source de la définition"), required=False)
    baseline_source = SourceChoice(
        label=gettext_lazy("Source de la valeur initiale"), required=False
    )

    SECTIONS = (
        (
            gettext_lazy("L’indicateur"),
            ("hangs_on", "title", "code", "definition", "kind", "common_code"),
        ),
        (
            gettext_lazy("Comment il se mesure"),
            ("measurement", "unit", "frequency", "availability_lag_days", "method"),
        ),
        (
            gettext_lazy("Valeur initiale"),
            (
                "baseline",
                "baseline_on",
                "baseline_qualifier",
                "baseline_source",
                "baseline_locator",
            ),
        ),
        (gettext_lazy("D’où vient la définition"), ("source", "locator")),
        (gettext_lazy("Notes à lire avec l’indicateur"), ("notes",)),
    )
    LABELS = {"notes": gettext_lazy("Notes")}

    class Meta:
        model = Indicator
        fields = (
            "title",
            "code",
            "definition",
            "kind",
            "common_code",
            "measurement",
            "unit",
            "frequency",
            "availability_lag_days",
            "method",
            "baseline",
            "baseline_on",
            "baseline_qualifier",
            "baseline_source",
            "baseline_locator",
            "source",
            "locator",
            "notes",
        )
        widgets = {
            "definition": forms.Textarea(attrs=FEW_LINES),
            "method": forms.Textarea(attrs=FEW_LINES),
            "baseline_on": DayInput,
            "notes": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hangs_on = cast("forms.ChoiceField", self.fields["hangs_on"])
        hangs_on.choices = list(_places_in(self))
        self.initial.setdefault("hangs_on", place_of(self.instance))
        for name, choices, empty in (
            ("kind", Indicator.Kind.choices, _("— choisir —")),
            ("measurement", Measurement.choices, _("— choisir —")),
            ("frequency", Indicator.Frequency.choices, _("— non précisée —")),
        ):
            cast("forms.ChoiceField", self.fields[name]).choices = [("", empty), *choices]
        unit = cast("forms.ModelChoiceField[Unit]", self.fields["unit"])
        unit.queryset = Unit.objects.order_by(alphabetical("name"))
        unit.empty_label = _("— choisir —")
        unit.label_from_instance = _unit_name  # type: ignore[method-assign, assignment]
        self.fields["baseline"] = NumberField(
            self._unit_typed(), label=_("Valeur initiale"), required=False
        )
        self._settle()

    def _unit_typed(self) -> Unit:
        """The unit in which the baseline is read: the one chosen in the form."""
        chosen = self.data.get(self.add_prefix("unit")) if self.is_bound else None
        if chosen and chosen.isascii() and chosen.isdecimal() and len(chosen) < 18:
            unit = Unit.objects.filter(pk=int(chosen)).first()
            if unit is not None:
                return unit
        return self.instance.unit if self.instance.unit_id else Unit(name_plural=_("nombre"))

    def _settle(self) -> None:
        """Close what would change the meaning of what is there already."""
        if self.instance.pk is None:
            return
        counted = self.instance.observations.exists()
        if counted or self.instance.targets.exists():
            self.fields["measurement"].disabled = True
            self.fields["measurement"].help_text = _(
                "Ne change plus : des cibles ou des valeurs en dépendent."
            )
        if counted:
            self.fields["unit"].disabled = True
            self.fields["unit"].help_text = _(
                "Ne change plus : des valeurs sont saisies dans cette unité. Pour compter autre "
                "chose, créez un autre indicateur."
            )

    def clean(self) -> dict[str, Any]:
        """Find what the indicator hangs on."""
        data = super().clean()
        unsourced = data.get("baseline") is not None and data.get("baseline_source") is None
        if unsourced and "baseline_source" not in self.errors:
            self.add_error("baseline_source", _("Une valeur initiale a une source."))
        return data

    def _post_clean(self) -> None:
        kind, _colon, number = str(self.cleaned_data.get("hangs_on") or ON_PLAN).partition(":")
        self.instance.objective_id = int(number) if kind == "objectif" else None
        self.instance.measure_id = int(number) if kind == "mesure" else None
        super()._post_clean()  # type: ignore[misc] # private, and meant to be extended


def _unit_name(unit: Unit) -> str:
    return f"{unit.name_plural} ({unit.symbol})" if unit.symbol else unit.name_plural


def place_of(indicator: Indicator) -> str:
    """Return what an indicator hangs on, as its form writes it."""
    if indicator.measure_id is not None:
        return f"mesure:{indicator.measure_id}"
    if indicator.objective_id is not None:
        return f"objectif:{indicator.objective_id}"
    return ON_PLAN


def _places_in(form: CodedForm) -> Iterator[tuple[str, Any]]:
    """Offer the plan, then each objective with its measures."""
    yield ON_PLAN, _("Le plan entier")
    measures: dict[int, list[tuple[str, str]]] = {}
    for measure in Measure.objects.filter(plan=form.plan).order_by("position", "code"):
        place = (f"mesure:{measure.pk}", _("Mesure : %(title)s") % {"title": measure.title})
        measures.setdefault(measure.objective_id, []).append(place)
    for objective in Objective.objects.filter(plan=form.plan).order_by("position", "code"):
        own = (f"objectif:{objective.pk}", _("L’objectif lui-même"))
        yield objective.title, [own, *measures.get(objective.pk, ())]
