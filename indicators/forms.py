"""Forms on targets, held to the rules of `indicators.terms` like every other way in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet

from indicators import terms
from indicators.models import Checkpoint, Target, TargetPeriod
from indicators.term_words import in_french

if TYPE_CHECKING:
    # Generic for the type checker only.
    _InlineFormSet = BaseInlineFormSet[Any, Target, Any]
else:
    _InlineFormSet = BaseInlineFormSet


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
            raise ValidationError(
                [in_french(problem, dict(Target.Kind.choices)) for problem in problems]
            )

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
