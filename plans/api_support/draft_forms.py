"""The staff pages' forms, fed by a program: figures are exact, sources are named by their code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from plans.models import Source

if TYPE_CHECKING:
    from plans.contribution_forms import ContributionForm

    Base = ContributionForm
else:
    Base = object


class ExactNumber(forms.Field):
    """A decimal that the body's own reader has understood."""

    def to_python(self, value: Any) -> Any:
        """Leave it."""
        return value


class SourceOfCode(forms.Field):
    """One of the plan's sources."""

    def __init__(self, sources: Mapping[str, Source], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.sources = sources

    def to_python(self, value: Any) -> Source | None:
        """Return the source of a code; raises ValidationError where the plan has none."""
        if not value:
            return None
        if value not in self.sources:
            raise ValidationError(f"The plan has no source “{value}”.")
        return self.sources[value]


def _unasked(exclude: Any = None) -> None:
    """Stands for the constraints where they are not asked."""


class SentForm(Base):
    """What the form of a program has otherwise: no query for each source of each row."""

    def __init__(self, *args: Any, sources: Mapping[str, Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"] = SourceOfCode(sources)

    def _post_clean(self) -> None:
        """Leave the constraints to the database, which checks them when the draft is saved.

        Asked one by one, as a page does for its single value, they would cost queries for each row.
        """
        self.instance.validate_constraints = _unasked  # type: ignore[method-assign]
        try:
            super()._post_clean()  # type: ignore[misc] # private, and meant to be extended
        finally:
            del self.instance.validate_constraints

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the source out: it was found among those of the plan."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return {*excluded, "source"}
