"""What a plan holds, loaded once for a page: objectives, measures, deliverables, indicator lines.

The number of queries is the same whatever the number of objectives, measures and values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from django.utils.translation import gettext as _

from dashboards.facts import ActorFacts
from dashboards.lines import IndicatorLine, lines_of
from dashboards.milestones import MilestoneEntry, milestones_of
from dashboards.tallies import MilestoneCount, StatusCount, count_milestones, count_statuses
from measures.models import Measure, MeasureOrganisation
from objectives.models import Objective
from plans.alphabet import alphabetical
from plans.models import OrganisationRole
from plans.prepared import KEY, Prepared, Row

Numbers = tuple[int, ...]
ORGANISATION = ("organisation__code", "organisation__short_name", "organisation__name")


class Part(Protocol):
    """An objective as far as its place in the plan goes: a stored one, or its facts."""

    @property
    def pk(self) -> int: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...


PartT = TypeVar("PartT", bound=Part)


class ObjectiveFacts(NamedTuple):
    """An axis or an objective."""

    pk: int
    parent_id: int | None
    kind: str
    code: str
    title: str


class MeasureFacts(NamedTuple):
    """A measure."""

    pk: int
    objective_id: int
    code: str
    title: str
    state: str | None


class MeasureEntry(NamedTuple):
    """A measure with who leads it, its indicators and its deliverables."""

    measure: MeasureFacts
    leads: tuple[ActorFacts, ...]
    sectors: tuple[ActorFacts, ...]
    lines: tuple[IndicatorLine, ...]
    milestones: tuple[MilestoneEntry, ...]


class ObjectiveEntry(NamedTuple):
    """An objective, its own lines and measures, and the counts of all that is part of it."""

    objective: ObjectiveFacts
    label: str
    counts: tuple[StatusCount, ...]
    milestone_counts: tuple[MilestoneCount, ...]
    lines: tuple[IndicatorLine, ...]
    measures: tuple[MeasureEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Objectives in the order of the plan, each part right after the one it is part of."""

    objectives: tuple[ObjectiveEntry, ...]
    plan_lines: tuple[IndicatorLine, ...]

    @property
    def measures(self) -> tuple[MeasureEntry, ...]:
        """Every measure, in order."""
        return tuple(entry for objective in self.objectives for entry in objective.measures)

    @property
    def lines(self) -> tuple[IndicatorLine, ...]:
        """Every line: the plan's own, the objectives', the measures'."""
        return (
            *self.plan_lines,
            *(line for objective in self.objectives for line in objective.lines),
            *(line for entry in self.measures for line in entry.lines),
        )

    @property
    def milestone_states(self) -> Counter[str]:
        """How many deliverables are in each state."""
        return Counter(milestone.state for entry in self.measures for milestone in entry.milestones)


def in_order(objectives: Iterable[PartT]) -> list[PartT]:
    """Return objectives, sorted among their likes, each part right after what it is part of."""
    children: dict[int | None, list[PartT]] = defaultdict(list)
    for objective in objectives:
        children[objective.parent_id].append(objective)

    def descend(parent: int | None) -> Iterable[PartT]:
        for objective in children[parent]:
            yield objective
            yield from descend(objective.pk)

    return list(descend(None))


def objectives_of(plan: int) -> list[ObjectiveFacts]:
    """Return the objectives of a plan (its id), each part right after what it is part of."""
    return in_order(ObjectiveFacts(*row) for row in OBJECTIVES.rows(key=plan))


OBJECTIVES = Prepared(
    lambda: (
        Objective.objects.filter(plan=KEY)
        .order_by("position", "code")
        .values_list(*ObjectiveFacts._fields)
    )
)
MEASURES = Prepared(
    lambda: (
        Measure.objects.filter(plan=KEY)
        .order_by("position", "code")
        .values_list(*MeasureFacts._fields)
    )
)
LEADS = Prepared(
    lambda: (
        MeasureOrganisation.objects.filter(measure__plan=KEY, role=OrganisationRole.LEAD)
        .order_by("position", "id")
        .values_list("measure_id", *ORGANISATION)
    )
)
SECTORS = Prepared(
    lambda: (
        Measure.sectors.through.objects.filter(measure__plan=KEY)
        .order_by(alphabetical("sector__name"))
        .values_list("measure_id", "sector__code", "sector__name")
    )
)


def labels_of(objectives: Sequence[Part]) -> dict[int, str]:
    """Return how pages call each objective: ``Axe 1``, ``Objectif 2.1``, by objective id."""
    numbers: dict[int, Numbers] = {}
    taken: Counter[tuple[int | None, str]] = Counter()
    for objective in objectives:
        taken[objective.parent_id, objective.kind] += 1
        above = numbers.get(objective.parent_id, ()) if objective.parent_id else ()
        numbers[objective.pk] = (*above, taken[objective.parent_id, objective.kind])
    return {
        objective.pk: _label(
            objective,
            numbers[objective.pk],
            alone=taken[objective.parent_id, objective.kind] == 1,
        )
        for objective in objectives
    }


def _label(objective: Part, number: Numbers, *, alone: bool) -> str:
    name = str(Objective.Kind(objective.kind).label).capitalize()
    if alone and objective.kind == Objective.Kind.CROSS_CUTTING:
        return name
    return _("%(name)s %(number)s") % {"name": name, "number": ".".join(map(str, number))}


def subtree(objectives: Sequence[PartT], root: int) -> list[PartT]:
    """Return an objective (its id) and all that is part of it, from objectives in order."""
    inside = {root}
    kept = []
    for objective in objectives:
        if objective.pk in inside or objective.parent_id in inside:
            inside.add(objective.pk)
            kept.append(objective)
    return kept


def contents_of(plan: int, objectives: Sequence[ObjectiveFacts], *, on: date) -> Contents:
    """Load what hangs on a plan (its id) and on its objectives, all of them, as of a day."""
    leads = _actors(LEADS.rows(key=plan))
    sectors = _actors(SECTORS.rows(key=plan))
    milestones = milestones_of("plan", plan, on=on)

    plan_lines: list[IndicatorLine] = []
    objective_lines: dict[int, list[IndicatorLine]] = defaultdict(list)
    measure_lines: dict[int, list[IndicatorLine]] = defaultdict(list)
    for line in lines_of("plan", plan, on=on):
        if line.indicator.measure_id is not None:
            measure_lines[line.indicator.measure_id].append(line)
        elif line.indicator.objective_id is not None:
            objective_lines[line.indicator.objective_id].append(line)
        else:
            plan_lines.append(line)

    entries: dict[int, list[MeasureEntry]] = defaultdict(list)
    for row in MEASURES.rows(key=plan):
        measure = MeasureFacts(*row)
        entries[measure.objective_id].append(
            MeasureEntry(
                measure=measure,
                leads=tuple(leads[measure.pk]),
                sectors=tuple(sectors[measure.pk]),
                lines=tuple(measure_lines[measure.pk]),
                milestones=milestones.get(measure.pk, ()),
            )
        )
    labels = labels_of(objectives)
    return Contents(
        plan_lines=tuple(plan_lines),
        objectives=tuple(
            _objective_entry(
                objective,
                labels[objective.pk],
                subtree(objectives, objective.pk),
                objective_lines,
                entries,
            )
            for objective in objectives
        ),
    )


def _actors(rows: Iterable[Row]) -> dict[int, list[ActorFacts]]:
    """The actors of each measure, by measure id."""
    actors: dict[int, list[ActorFacts]] = defaultdict(list)
    for measure, code, *names in rows:
        actors[measure].append(ActorFacts(code, next(filter(None, names))))
    return actors


def _objective_entry(
    objective: ObjectiveFacts,
    label: str,
    parts: Sequence[ObjectiveFacts],
    lines: Mapping[int, Sequence[IndicatorLine]],
    entries: Mapping[int, Sequence[MeasureEntry]],
) -> ObjectiveEntry:
    inside = [entry for part in parts for entry in entries.get(part.pk, ())]
    counted = [
        *(line for part in parts for line in lines.get(part.pk, ())),
        *(line for entry in inside for line in entry.lines),
    ]
    states = Counter(milestone.state for entry in inside for milestone in entry.milestones)
    return ObjectiveEntry(
        objective=objective,
        label=label,
        counts=count_statuses(line.progress.status for line in counted),
        milestone_counts=count_milestones(states),
        lines=tuple(lines.get(objective.pk, ())),
        measures=tuple(entries.get(objective.pk, ())),
    )
