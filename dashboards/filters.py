"""The filters of a plan's page: objective, sector, lead, status; kept in the address.

The page holds the whole plan already: what is chosen is chosen from it, without another query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from dashboards.contents import Contents, MeasureEntry, ObjectiveEntry
from dashboards.facts import ActorFacts
from dashboards.lines import IndicatorLine
from dashboards.tallies import ADVANCEMENTS, SERIOUSNESS
from indicators.formats import NO_BREAK
from indicators.models import Status
from measures.models import Advancement
from plans.alphabet import in_alphabetical_order

MILESTONE = "livrable-"
"""What stands before the state of a deliverable among the statuses to choose from."""

_UNKNOWN = _lazy(
    "« %(value)s » n’est pas un choix possible ; ce filtre est ignoré. Choisissez dans la liste."
)
_FIELDS = (
    ("objectif", _lazy("Objectif"), _lazy("Tous")),
    ("filiere", _lazy("Filière"), _lazy("Toutes")),
    ("porteur", _lazy("Porteur"), _lazy("Tous")),
)

Choices = tuple[tuple[str, str], ...]


def milestone_code(state: str) -> str:
    """The code of a deliverable's state among the statuses to choose from."""
    return f"{MILESTONE}{state or Status.NOT_REPORTED.value}"


class FilterForm(forms.Form):
    """What can be chosen in one plan; a list with nothing to choose from is left out."""

    def __init__(self, asked: QueryDict | None, choices: dict[str, Choices]) -> None:
        super().__init__(asked)
        for name, label, every in _FIELDS:
            if choices[name] or name in self.data:
                self.fields[name] = forms.ChoiceField(
                    label=label,
                    choices=[("", every), *choices[name]],
                    required=False,
                    error_messages={"invalid_choice": _UNKNOWN},
                )
        if choices["statut"] or "statut" in self.data:
            self.fields["statut"] = forms.MultipleChoiceField(
                label=_lazy("Statut"),
                choices=choices["statut"],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _UNKNOWN},
            )


# Without slots: the form is made when it is asked for.
@dataclass(frozen=True, kw_only=True)
class MeasureFilter:
    """What the address asks for, among what the plan holds.

    Two filters are equal when both are: the form and what is chosen follow from them.
    """

    asked: str
    """The query string."""
    objectives: Choices
    sectors: Choices
    leads: Choices
    statuses: Choices

    @cached_property
    def form(self) -> FilterForm:
        """The form, filled in as the address asks."""
        return FilterForm(
            QueryDict(self.asked) if self.asked else None,
            {
                "objectif": self.objectives,
                "filiere": self.sectors,
                "porteur": self.leads,
                "statut": self.statuses,
            },
        )

    @property
    def active(self) -> bool:
        """Whether a valid filter is chosen."""
        return any(self.chosen.values())

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What was chosen, without what is not a possible choice."""
        if not self.asked:
            return {}
        self.form.is_valid()
        return dict(self.form.cleaned_data)


def filter_of(contents: Contents, query: QueryDict) -> MeasureFilter:
    """Return the filter that an address asks for, with the choices of a plan's contents."""
    return MeasureFilter(
        asked=query.urlencode(),
        objectives=objective_choices(contents),
        sectors=_named(sector for entry in contents.measures for sector in entry.sectors),
        leads=_named(lead for entry in contents.measures for lead in entry.leads),
        statuses=status_choices(contents, query.getlist("statut")),
    )


def filtered(contents: Contents, measures: MeasureFilter) -> Contents:
    """Keep what the filters keep; an objective with nothing left goes.

    Lines that hang on the plan or on an objective have no sector and no lead: a filter on either
    leaves them out.
    """
    chosen = measures.chosen
    statuses = set(chosen.get("statut") or ())
    sector, lead = chosen.get("filiere"), chosen.get("porteur")
    objective = chosen.get("objectif")

    def keep_lines(lines: tuple[IndicatorLine, ...]) -> tuple[IndicatorLine, ...]:
        if sector or lead:
            return ()
        return tuple(line for line in lines if not statuses or line.progress.status in statuses)

    def kept(entry: ObjectiveEntry) -> ObjectiveEntry:
        if objective and objective != entry.objective.code:
            return entry._replace(lines=(), measures=())
        return entry._replace(
            lines=keep_lines(entry.lines),
            measures=tuple(
                measure
                for measure in entry.measures
                if (not sector or sector in {one.code for one in measure.sectors})
                and (not lead or lead in {one.code for one in measure.leads})
                and (not statuses or not statuses.isdisjoint(statuses_of(measure)))
            ),
        )

    return Contents(
        plan_lines=() if objective else keep_lines(contents.plan_lines),
        objectives=tuple(
            entry for entry in map(kept, contents.objectives) if entry.lines or entry.measures
        ),
    )


def statuses_of(entry: MeasureEntry) -> set[str]:
    """The statuses of a measure's targets and the states of its deliverables."""
    return {
        *(line.progress.status for line in entry.lines),
        *(milestone_code(milestone.state) for milestone in entry.milestones),
    }


def objective_choices(contents: Contents) -> Choices:
    """The objectives that have measures."""
    return tuple(
        (entry.objective.code, f"{entry.label}{NO_BREAK}: {entry.objective.title}")
        for entry in contents.objectives
        if entry.measures
    )


def _named(actors: Iterable[ActorFacts]) -> Choices:
    return tuple(in_alphabetical_order(sorted(set(actors))))


def status_choices(contents: Contents, asked: Sequence[str]) -> Choices:
    """The statuses found in the plan, and those asked for that exist though not in this plan."""
    found = {line.progress.status for line in contents.lines}
    found.update(milestone_code(state) for state in contents.milestone_states)
    every = [(status.value, str(status.label)) for status in SERIOUSNESS]
    every += [
        (milestone_code(state), _("livrable %(state)s") % {"state": _state_label(state)})
        for state in ADVANCEMENTS
    ]
    return tuple(choice for choice in every if choice[0] in found or choice[0] in asked)


def _state_label(state: str) -> str:
    return str(Advancement(state).label if state else Status.NOT_REPORTED.label)
