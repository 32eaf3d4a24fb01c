"""The filters of a plan's page: objective, sector, lead, status; kept in the address."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from dashboards.contents import Contents, MeasureEntry
from dashboards.tallies import ADVANCEMENTS, SERIOUSNESS
from indicators.formats import NO_BREAK
from indicators.models import Status
from measures.models import Advancement, Measure
from plans.alphabet import in_alphabetical_order
from plans.models import OrganisationRole

MILESTONE = "livrable-"
"""What stands before the state of a deliverable among the statuses to choose from."""

_UNKNOWN = _lazy(
    "« %(value)s » n’est pas un choix possible ; ce filtre est ignoré. Choisissez dans la liste."
)

Choices = Sequence[tuple[str, str]]


def milestone_code(state: str) -> str:
    """The code of a deliverable's state among the statuses to choose from."""
    return f"{MILESTONE}{state or Status.NOT_REPORTED.value}"


class MeasureFilter(django_filters.FilterSet):  # type: ignore[misc] # untyped package
    """Measures of one plan. The choices are those of its contents, already loaded."""

    objectif = django_filters.ChoiceFilter(
        label=_lazy("Objectif"), field_name="objective__code", empty_label=_lazy("Tous")
    )
    filiere = django_filters.ChoiceFilter(
        label=_lazy("Filière"), field_name="sectors__code", empty_label=_lazy("Toutes")
    )
    porteur = django_filters.ChoiceFilter(
        label=_lazy("Porteur"), method="led_by", empty_label=_lazy("Tous")
    )
    statut = django_filters.MultipleChoiceFilter(
        label=_lazy("Statut"), method="with_status", widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Measure
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, contents: Contents, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contents = contents
        asked = self.data.getlist("statut") if hasattr(self.data, "getlist") else []
        for name, choices in {
            "objectif": objective_choices(contents),
            "filiere": sector_choices(contents),
            "porteur": lead_choices(contents),
            "statut": status_choices(contents, asked),
        }.items():
            field = self.form.fields[name]
            field.choices = choices
            field.error_messages["invalid_choice"] = _UNKNOWN
            if not choices and name not in self.data:
                del self.form.fields[name]

    @property
    def active(self) -> bool:
        """Whether a valid filter is chosen."""
        return self.form.is_bound and any(self.chosen.values())

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, without what is not a possible choice."""
        self.form.is_valid()
        return dict(self.form.cleaned_data)

    def led_by(self, measures: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        """Keep the measures that an organisation leads."""
        return measures.filter(
            participations__organisation__code=value, participations__role=OrganisationRole.LEAD
        )

    def with_status(
        self, measures: QuerySet[Measure], name: str, values: Sequence[str]
    ) -> QuerySet[Measure]:
        """Keep the measures with a target or a deliverable in one of these states."""
        if not values:
            return measures
        return measures.filter(
            pk__in=[
                entry.measure.pk
                for entry in self.contents.measures
                if not statuses_of(entry).isdisjoint(values)
            ]
        )


def statuses_of(entry: MeasureEntry) -> set[str]:
    """The statuses of a measure's targets and the states of its deliverables."""
    return {
        *(line.progress.status for line in entry.lines),
        *(milestone_code(milestone.state) for milestone in entry.milestones),
    }


def objective_choices(contents: Contents) -> Choices:
    return [
        (entry.objective.code, f"{entry.label}{NO_BREAK}: {entry.objective.title}")
        for entry in contents.objectives
        if entry.measures
    ]


def sector_choices(contents: Contents) -> Choices:
    return in_alphabetical_order(
        {(sector.code, str(sector)) for entry in contents.measures for sector in entry.sectors},
        itemgetter(1),
    )


def lead_choices(contents: Contents) -> Choices:
    return in_alphabetical_order(
        {(lead.code, str(lead)) for entry in contents.measures for lead in entry.leads},
        itemgetter(1),
    )


def status_choices(contents: Contents, asked: Sequence[str]) -> Choices:
    """The statuses found in the plan, and those asked for that exist though not in this plan."""
    found = {line.progress.status for line in contents.lines}
    found.update(milestone_code(state) for state in contents.milestone_states)
    every = [(status.value, str(status.label)) for status in SERIOUSNESS]
    every += [
        (milestone_code(state), _("livrable %(state)s") % {"state": _state_label(state)})
        for state in ADVANCEMENTS
    ]
    return [choice for choice in every if choice[0] in found or choice[0] in asked]


def _state_label(state: str) -> str:
    return str(Advancement(state).label if state else Status.NOT_REPORTED.label)
