"""Addresses of the API where partners' systems write values, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from indicators import services
from indicators.api import PERIOD
from indicators.draft_serializers import (
    ObservationContentSerializer,
    ObservationDraftPageSerializer,
    ObservationDraftSerializer,
    ObservationInputSerializer,
)
from indicators.known import Known, known_of
from indicators.models import Indicator, Observation
from indicators.observation_forms import OTHER, ObservationForm
from plans.api_support.draft_acts import DraftActs
from plans.api_support.draft_forms import ExactNumber, SentForm
from plans.api_support.drafts import (
    DraftCreation,
    DraftDetail,
    DraftList,
    DraftPublication,
    Drafts,
    DraftSubmission,
    form_data,
)
from plans.models import Contribution, Source

ACTS = DraftActs(
    noun="observation_drafts",
    gives=ObservationDraftSerializer,
    at={
        "path.plan": "$response.body#/plan",
        "path.indicator": "$response.body#/indicator",
        "path.period": "$response.body#/period",
    },
)


class SentObservationForm(SentForm, ObservationForm):
    """A value as a program sends it: the checks are those of the page."""

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        self.known = known
        super().__init__(*args, known=known, **kwargs)
        for name in ("value", "numerator", "denominator"):
            if name in self.fields:
                self.fields[name] = ExactNumber(required=False)

    def find_published(self) -> Contribution | None:
        """Return what is published for the period, of what was read once for all rows."""
        instance: Observation = self.instance
        return self.known.published_for((instance.period_start, instance.period_end))

    def clean(self) -> dict[str, Any]:
        """Refuse figures that the kind of indicator does not have, rather than drop them."""
        data = super().clean()
        for name in ("value", "numerator", "denominator"):
            if name not in self.fields and self.data.get(name) is not None:
                self.add_error(None, UNFIT[name])
        return data


UNFIT = {
    "value": "The values of this indicator are ratios: send numerator and denominator.",
    "numerator": "The values of this indicator are no ratios: send no numerator.",
    "denominator": "The values of this indicator are no ratios: send no denominator.",
}


def observation_form(
    known: Known,
    content: dict[str, Any],
    row: Observation,
    sources: Mapping[str, Source],
    *,
    on: date,
) -> SentObservationForm:
    """Return the form that checks a value sent by a program."""
    row.indicator = known.indicator
    data = {**form_data(content), "period": OTHER, "confirmed": content.get("confirmation", "")}
    return SentObservationForm(data, instance=row, known=known, sources=sources, on=on)


class ObservationDrafts(Drafts):
    """Values of indicators."""

    serializer_class = ObservationDraftSerializer
    renamed = {"indicator": Indicator}
    identified_by: Sequence[str] = ("period_start", "period_end")

    def subject_at(self, words: Mapping[str, str]) -> Indicator:
        found = (
            Indicator.objects.filter(plan=self.plan, code=words["indicator"])
            .select_related("plan__region", "unit", "measure")
            .first()
        )
        if found is None:
            raise self.missing()
        return found

    def subject_of(self, row: Observation) -> Indicator:
        return row.indicator

    def rows(self) -> QuerySet[Observation]:
        rows = Observation.objects.filter(indicator__plan=self.plan)
        return rows.select_related(
            "indicator__plan", "indicator__unit", "indicator__measure", "source"
        )

    def within(self, subject: Indicator) -> dict[str, Any]:
        return {"indicator": subject}

    def about(self, subject: Indicator, words: Mapping[str, str]) -> dict[str, Any]:
        period = PERIOD.fullmatch(words["period"])
        if period is None:
            raise Http404
        try:
            start, end = date.fromisoformat(period[1]), date.fromisoformat(period[2])
        except ValueError as error:  # 30 February
            raise Http404 from error
        return {"indicator": subject, "period_start": start, "period_end": end}

    def blank(self, subject: Indicator) -> Observation:
        return Observation(indicator=subject)

    def form(self, subject: Indicator, content: dict[str, Any], row: Observation) -> Any:
        known = known_of([subject])[subject.pk]
        return observation_form(known, content, row, self.sources, on=timezone.localdate())

    def doubts(self, row: Observation) -> list[str]:
        known = known_of([row.indicator])[row.indicator_id]
        return known.doubts(row, on=timezone.localdate())

    def lock(self, subject: Indicator) -> None:
        services.lock_indicators([subject.pk])

    def publish(self, row: Observation) -> Observation:
        return services.publish(row, reviewer=self.system_user, at=timezone.now())


class ObservationDraftCreation(ObservationDrafts, DraftCreation):
    """Drafts of an indicator's values."""

    body = ObservationInputSerializer
    acts = ACTS.create("Draft a value of an indicator for a period.", ObservationInputSerializer)


class ObservationDraftDetail(ObservationDrafts, DraftDetail):
    """The value under way for an indicator and a period."""

    body = ObservationContentSerializer
    acts = ACTS.detail(
        "Show the value under way for an indicator and a period.", ObservationContentSerializer
    )


class ObservationDraftSubmission(ObservationDrafts, DraftSubmission):
    """Handing a value in."""

    acts = ACTS.submit()


class ObservationDraftPublication(ObservationDrafts, DraftPublication):
    """Publishing a value."""

    acts = ACTS.publish()


class ObservationDraftList(ObservationDrafts, DraftList):
    """Values under way in the plan."""

    order = ("-period_end", "-period_start")
    acts = ACTS.list(
        "List the values under way in the plan, those of its staff included.",
        ObservationDraftPageSerializer,
    )
