"""The forms by which a value is entered: one with all that goes with it, or a row of a grid."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indicators.entry_periods import EARLIEST
from indicators.formats import format_date, format_period
from indicators.known import Known
from indicators.models import Observation, Qualifier
from indicators.number_fields import check_value, number_fields, observed_of, quantity_of
from indicators.periods import Span
from indicators.progress import Measurement, Observed
from plans.contribution_forms import CONTRIBUTION_FIELDS, CONTRIBUTION_LABELS, ContributionForm
from plans.days import LATEST
from plans.models import Contribution

OTHER = "autre"


def period_key(period: Span) -> str:
    """Return a period as a choice of a list carries it."""
    return f"{period[0]:%Y-%m-%d}/{period[1]:%Y-%m-%d}"


def period_problem(period: Span, *, on: date) -> str:
    """Return why a period cannot be reported on; empty when it can."""
    start, end = period
    if start < EARLIEST:
        return _("Vérifiez l’année : la période débute avant %(year)s.") % {"year": EARLIEST.year}
    if end > LATEST:
        return _("Vérifiez l’année : la période s’achève après %(year)s.") % {"year": LATEST.year}
    if end < start:
        return _("La période s’achève avant de débuter.")
    if start > on:
        return _("La période n’a pas commencé : elle débute le %(day)s.") % {
            "day": format_date(start)
        }
    return ""


class ObservationForm(ContributionForm):
    """A value of an indicator for a period, with its source and all that goes with it."""

    period = forms.ChoiceField(label=gettext_lazy("Période"))
    period_start = forms.DateField(
        label=gettext_lazy("Du"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    period_end = forms.DateField(
        label=gettext_lazy("au"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    class Meta:
        model = Observation
        fields = (
            "period_start",
            "period_end",
            "value",
            "numerator",
            "denominator",
            "qualifier",
            *CONTRIBUTION_FIELDS,
        )
        labels: ClassVar[dict[str, Any]] = CONTRIBUTION_LABELS | {
            "qualifier": gettext_lazy("Précision de la valeur"),
            "provisional": gettext_lazy("Valeur provisoire"),
            "date_inferred": gettext_lazy("La période est déduite"),
        }

    def __init__(self, *args: Any, known: Known, on: date, **kwargs: Any) -> None:
        super().__init__(*args, plan=known.indicator.plan, **kwargs)
        self.known = known
        self.on = on
        for name in ("value", "numerator", "denominator"):
            del self.fields[name]
        self.fields |= number_fields(known.indicator)
        instance: Observation = self.instance
        current = (instance.period_start, instance.period_end)
        listed = known.periods(on=on)
        self.fields["period"].choices = [  # type: ignore[attr-defined] # it is a ChoiceField
            *((period_key(period), self._choice(period)) for period in listed),
            (OTHER, _("Autre période…")),
        ]
        self.initial["period"] = period_key(current) if current in listed else OTHER
        if current in listed:
            self.initial["period_start"] = self.initial["period_end"] = None

    @property
    def is_nuanced(self) -> bool:
        """Whether something stands in the fold that says how exact the value is."""
        exact = self["qualifier"].value() in (None, "", Qualifier.EXACT)
        return not exact or self.holds("provisional", "date_inferred")

    def _choice(self, period: Span) -> str:
        """A period and where it stands, as the list of periods names it."""
        open_now, published = self.known.open_for(period), self.known.published_for(period)
        if open_now is not None:
            state = str(open_now.get_state_display())
        elif published is not None:
            state = _("publié : %(value)s") % {"value": quantity_of(published)}
        else:
            state = self.known.awaiting(period, on=self.on)
        return _("%(period)s — %(state)s") % {"period": format_period(*period), "state": state}

    def clean(self) -> dict[str, Any]:
        """Settle the period, then check the value in it."""
        data = super().clean()
        self._settle_period(data)
        start, end = data.get("period_start"), data.get("period_end")
        if start is None or end is None:
            return data
        problem = period_problem((start, end), on=self.on)
        if problem:
            self.add_error(self._period_field, problem)
            return data
        overlapped = self.known.overlapped_by((start, end))
        if overlapped is not None:
            self.add_error(
                self._period_field,
                _(
                    "Une valeur publiée couvre déjà des jours de cette période : %(value)s pour "
                    "%(period)s. Corrigez-la plutôt."
                )
                % {
                    "value": quantity_of(overlapped),
                    "period": format_period(overlapped.period_start, overlapped.period_end),
                },
            )
        return data

    @property
    def _period_field(self) -> str:
        return "period_end" if self.data.get(self.add_prefix("period")) == OTHER else "period"

    def _settle_period(self, data: dict[str, Any]) -> None:
        chosen = data.get("period")
        if chosen is None:
            return
        if chosen != OTHER:
            data["period_start"], data["period_end"] = map(date.fromisoformat, chosen.split("/"))
            return
        for name, words in (
            ("period_start", _("Donnez le premier jour de la période.")),
            ("period_end", _("Donnez le dernier jour de la période.")),
        ):
            if data.get(name) is None and name not in self.errors:
                self.add_error(name, words)

    def _post_clean(self) -> None:
        data, instance = self.cleaned_data, self.instance
        numbers = {name: data.get(name) for name in ("value", "numerator", "denominator")}
        for name, number in numbers.items():
            setattr(instance, name, number)
        start, end = data.get("period_start"), data.get("period_end")
        period = (start, end) if start and end and start <= end else (self.on, self.on)
        check_value(
            self,
            Observed(
                start=period[0],
                end=period[1],
                value=numbers["value"],
                numerator=numbers["numerator"],
                denominator=numbers["denominator"],
            ),
            Measurement(self.known.indicator.measurement),
        )
        super()._post_clean()
        if not self.errors:
            self.doubts = self.known.doubts(instance, on=self.on)

    def published_already(self) -> str:
        """Say what is published for the period, and that a correction has a reason."""
        corrects = self.corrects
        assert isinstance(corrects, Observation)
        corrects.indicator = self.known.indicator
        return _(
            "Une valeur est déjà publiée pour cette période : %(value)s. Pour la corriger, "
            "donnez un motif public."
        ) % {"value": quantity_of(corrects)}


class RowForm(forms.Form):
    """A value of an indicator for a period already settled: a row of the grid.

    `is_blank` is no change; `observation` is the value as understood, not saved.
    """

    def __init__(self, *args: Any, known: Known, period: Span, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self.period = period
        self.on = on
        self.fields |= number_fields(known.indicator)
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            field.widget.attrs["aria-label"] = _("%(field)s : %(indicator)s") % {
                "field": field.label,
                "indicator": known.indicator.title,
            }
            field.widget.attrs["data-cell"] = name
            field.widget.attrs["aria-describedby"] = f"{self.prefix}-message"

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed: no change is asked for."""
        return not any((self[name].data or "").strip() for name in self.fields)

    @property
    def is_touched(self) -> bool:
        """Whether another text stands there than the one the person was shown."""
        return not self.is_blank and self.has_changed()

    def clean(self) -> dict[str, Any]:
        """Check the value, once each number is read."""
        data = super().clean() or self.cleaned_data
        check_value(
            self, observed_of(self.observation), Measurement(self.known.indicator.measurement)
        )
        return data

    @property
    def observation(self) -> Observation:
        """The value as understood, for the period."""
        return Observation(
            indicator=self.known.indicator,
            period_start=self.period[0],
            period_end=self.period[1],
            **{name: self.cleaned_data.get(name) for name in self.fields},
        )

    def put_into(self, observation: Observation) -> Observation:
        """Give an observation the numbers that were typed."""
        for name in self.fields:
            setattr(observation, name, self.cleaned_data[name])
        return observation


def is_open_to_entry(contribution: Contribution | None) -> bool:
    """Whether a person may still type into a contribution, or start one."""
    return contribution is None or contribution.state in (
        Contribution.State.DRAFT,
        Contribution.State.RETURNED,
    )
