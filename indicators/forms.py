"""Forms on targets, held to the rules of `indicators.terms` like every other way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators import terms
from indicators.models import Checkpoint, Measurement, Target, TargetPeriod, Unit
from indicators.number_fields import NumberField
from indicators.term_words import COLUMNS, on_screen
from plans.forms import FEW_LINES
from plans.part_forms import CodedForm, DayInput, PlanPartForm, RowsFormSet, SourceChoice

if TYPE_CHECKING:
    # Generic for the type checker only.
    _InlineFormSet = BaseInlineFormSet[Any, Target, Any]
else:
    _InlineFormSet = BaseInlineFormSet


LIST_WORDS: Mapping[str, object] = {
    **dict(Target.Kind.choices),
    **dict(Target.Operator.choices),
    **dict(Measurement.choices),
}
"""The words of the lists, for what is wrong in terms of their codes."""


class _TermsFormSet(_InlineFormSet):
    """Rows of a target, checked together with the target they belong to."""

    field: str

    def rows_as_terms(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the rows as the rules take them, by the name they have there."""
        raise TypeError(f"{type(self).__name__} does not say what its rows are")

    def clean(self) -> None:
        """Refuse rows that the target's kind does not have, or that contradict each other."""
        super().clean()
        if any(self.errors) or self.instance.kind not in Target.Kind.values:
            return
        rows = [form.cleaned_data for form in self.forms if self._counts(form)]
        promise = terms.Target(
            kind=terms.TargetKind(self.instance.kind),
            value=self.instance.value,
            start=self.instance.starts_on,
            due=self.instance.due_on,
        )
        promise = replace(promise, **self.rows_as_terms(rows))
        measurement = terms.Measurement(self.instance.indicator.measurement)
        problems = [
            problem
            for problem in terms.check_target(measurement, promise)
            if problem.field == self.field
        ]
        if problems:
            raise ValidationError([on_screen(problem, LIST_WORDS) for problem in problems])

    def _counts(self, form: Any) -> bool:
        return bool(form.cleaned_data) and not form.cleaned_data.get("DELETE")


class PeriodsFormSet(_TermsFormSet):
    """The periods of a quota: at least one, none that overlap, and for a quota only."""

    model = TargetPeriod
    field = "periods"

    def rows_as_terms(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the periods."""
        return {
            "periods": tuple(
                terms.PeriodQuota(start=row["starts_on"], end=row["ends_on"], value=row["value"])
                for row in rows
            )
        }


class CheckpointsFormSet(_TermsFormSet):
    """The checkpoints of a level, between its start and its due date."""

    model = Checkpoint
    field = "checkpoints"

    def rows_as_terms(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the checkpoints."""
        return {
            "checkpoints": tuple(terms.Checkpoint(on=row["on"], value=row["value"]) for row in rows)
        }


WORDING = ("wording", "source", "locator", "derivation", "assumption")
TERMS = ("kind", "operator", "value", "tolerance", "starts_on", "due_on")


class TargetForm(CodedForm):
    """A number promised, with the words of its source.

    A target that the public has read keeps its terms: `with_terms=False` leaves how it is told.
    """

    source = SourceChoice(label=gettext_lazy("Source"), empty_label=gettext_lazy("— choisir —"))

    SECTIONS = (
        (gettext_lazy("Pourquoi la cible change"), ("revision_reason",)),
        (gettext_lazy("Ce qui est promis"), TERMS),
        (gettext_lazy("Ce que dit la source"), (*WORDING, "code")),
    )
    HELP = {
        "tolerance": gettext_lazy(
            "Fraction de la cible, entre 0 et 1 ; 0,1 quand la source dit « environ »."
        ),
        "wording": gettext_lazy("La phrase du document, entre guillemets."),
        "derivation": gettext_lazy(
            "Ce que la source n’énonce pas et que nous déduisons : valeur, échéance…"
        ),
        "assumption": gettext_lazy("Ce qu’il a fallu supposer ; affiché avec la cible."),
        "revision_reason": gettext_lazy("Public : la cible remplacée reste lisible avec ce motif."),
    }

    class Meta:
        model = Target
        fields = (*TERMS, *WORDING, "code", "revision_reason")
        widgets = {
            "starts_on": DayInput,
            "due_on": DayInput,
            "wording": forms.Textarea(attrs={"rows": 2}),
            "derivation": forms.Textarea(attrs={"rows": 2}),
            "assumption": forms.Textarea(attrs={"rows": 2}),
            "revision_reason": forms.Textarea(attrs=FEW_LINES),
        }
        localized_fields = ("tolerance",)
        error_messages = {
            "tolerance": dict.fromkeys(
                (
                    "invalid",
                    "min_value",
                    "max_value",
                    "max_digits",
                    "max_whole_digits",
                    "max_decimal_places",
                ),
                gettext_lazy("Un nombre de 0 à 1 ; 0,1 quand la source dit « environ »."),
            )
        }

    def __init__(
        self, *args: Any, with_terms: bool = True, revises: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        indicator = self.instance.indicator
        self.with_terms = with_terms
        if revises:
            self.fields["revision_reason"].required = True
            self.fields["revision_reason"].label = _("Motif public de la révision")
            del self.fields["code"]
        else:
            del self.fields["revision_reason"]
        if not with_terms:
            for name in TERMS:
                del self.fields[name]
            return
        allowed = terms.ALLOWED_KINDS[terms.Measurement(indicator.measurement)]
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [
            ("", _("— choisir —")),
            *(choice for choice in Target.Kind.choices if choice[0] in allowed),
        ]
        self.fields["value"] = NumberField(
            indicator.unit,
            label=_("Valeur"),
            required=False,
            help_text=(
                _(
                    "En %(unit)s. Laissez vide pour une « valeur à chaque période » : elle "
                    "s’écrit dans les périodes, plus bas."
                )
                if terms.TargetKind.QUOTA in allowed
                else _("En %(unit)s.")
            )
            % {"unit": indicator.unit.name_plural},
        )
        self.fields["tolerance"].required = False
        self.fields["tolerance"].widget.attrs["inputmode"] = "decimal"

    def code_help(self) -> str:
        """Say where the code is seen."""
        return _("Distingue les cibles d’un même indicateur. Laissez vide : « cible ».")

    def siblings(self) -> Any:
        """Return the other targets in force: those they replaced had the same code."""
        return Target.objects.in_force().filter(indicator_id=self.instance.indicator_id)

    def title_for_code(self) -> str:
        """Return what a target is called where nobody says otherwise."""
        return "cible"

    def clean_tolerance(self) -> Any:
        """Read nothing as none."""
        return self.cleaned_data["tolerance"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        """Hold the terms to the rules, whose words say what is allowed."""
        data = super().clean()
        if self.with_terms and not self.errors:
            if data["kind"] == Target.Kind.QUOTA:
                self._refuse_quota_value(data)
            promise = terms.Target(
                kind=terms.TargetKind(data["kind"]),
                operator=terms.Operator(data["operator"]),
                value=data.get("value"),
                tolerance=data["tolerance"],
                start=data["starts_on"],
                due=data["due_on"],
            )
            measurement = terms.Measurement(self.instance.indicator.measurement)
            for problem in terms.check_target(measurement, promise):
                name = COLUMNS.get(problem.field, problem.field)
                if name in self.fields:
                    self.add_error(name, on_screen(problem, LIST_WORDS))
        return data

    def _refuse_quota_value(self, data: dict[str, Any]) -> None:
        if data["value"] is not None:
            self.add_error(
                "value",
                _(
                    "Une « valeur à chaque période » s’écrit dans les périodes, plus bas : "
                    "laissez ce champ vide."
                ),
            )


class TargetPeriodForm(PlanPartForm):
    """What is promised for a period."""

    class Meta:
        model = TargetPeriod
        fields = ("starts_on", "ends_on", "value")
        widgets = {"starts_on": DayInput, "ends_on": DayInput}

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = NumberField(unit, label=_("Valeur"))

    def clean_value(self) -> Decimal:
        """Refuse here what the constraint of the row would refuse in the words of the model."""
        value: Decimal = self.cleaned_data["value"]
        if value <= 0:
            code = terms.ProblemCode.NOT_POSITIVE
            problem = terms.Problem(field="value", code=code, params={"value": value})
            raise ValidationError(on_screen(problem))
        return value


class CheckpointForm(PlanPartForm):
    """A level expected on the way."""

    class Meta:
        model = Checkpoint
        fields = ("on", "value")
        widgets = {"on": DayInput}

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = NumberField(unit, label=_("Niveau attendu"))


class _PeriodRows(PeriodsFormSet, RowsFormSet):
    title = gettext_lazy("Valeur à chaque période")
    intro = gettext_lazy("Pour une cible de cette nature seulement : une ligne par période.")
    ordered = False
    key = ("starts_on", "ends_on")


class _CheckpointRows(CheckpointsFormSet, RowsFormSet):
    title = gettext_lazy("Points de passage")
    intro = gettext_lazy("Pour un « niveau à atteindre » seulement : ce qui est attendu en chemin.")
    ordered = False
    key = ("on",)


TargetPeriodsFormSet = forms.inlineformset_factory(
    Target, TargetPeriod, form=TargetPeriodForm, formset=_PeriodRows, extra=1, max_num=200
)
TargetCheckpointsFormSet = forms.inlineformset_factory(
    Target, Checkpoint, form=CheckpointForm, formset=_CheckpointRows, extra=1, max_num=100
)

FIRST_YEAR, LAST_YEAR, MOST_YEARS = 1990, 2100, 60


class YearlyForm(forms.Form):
    """The same value every year: fills the periods, and saves nothing."""

    prefix = "par_an"
    use_required_attribute = False

    first = forms.IntegerField(
        label=gettext_lazy("De l’année"), min_value=FIRST_YEAR, max_value=LAST_YEAR
    )
    last = forms.IntegerField(
        label=gettext_lazy("à l’année"), min_value=FIRST_YEAR, max_value=LAST_YEAR
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = NumberField(unit, label=_("Valeur de chaque année"))

    def clean(self) -> dict[str, Any]:
        """Refuse years in the wrong order, or more than a plan can have."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first is not None and last is not None and not 0 <= last - first < MOST_YEARS:
            self.add_error(
                "last",
                _("La dernière année suit la première, %(most)s années au plus.")
                % {"most": MOST_YEARS},
            )
        return data

    @property
    def rows(self) -> list[tuple[date, date]]:
        """The years as periods."""
        years = range(self.cleaned_data["first"], self.cleaned_data["last"] + 1)
        return [(date(year, 1, 1), date(year, 12, 31)) for year in years]
