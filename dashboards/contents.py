"""What a plan holds, loaded once for a page: objectives, measures, deliverables, indicator lines.

The number of queries is the same whatever the number of objectives, measures and values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from dashboards.lines import IndicatorLine, lines_of, shown_indicators
from dashboards.milestones import MilestoneEntry, milestones_of
from dashboards.tallies import MilestoneCount, StatusCount, count_milestones, count_statuses
from indicators.models import Indicator
from measures.models import Measure, MeasureOrganisation
from objectives.models import Objective
from plans.alphabet import in_alphabetical_order
from plans.models import Organisation, OrganisationRole, Plan, Sector
from plans.querysets import CodedQuerySet

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureEntry:
    """A measure with who acts in it, its indicators and its deliverables."""

    measure: Measure
    leads: tuple[Organisation, ...]
    partners: tuple[Organisation, ...]
    funders: tuple[Organisation, ...]
    sectors: tuple[Sector, ...]
    lines: tuple[IndicatorLine, ...]
    milestones: tuple[MilestoneEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveEntry:
    """An objective, its own lines and measures, and the counts of all that is part of it."""

    objective: Objective
    label: str
    measure_count: int
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


def shown_measures(measures: CodedQuerySet[Measure]) -> CodedQuerySet[Measure]:
    """Select what an entry needs of its measure, in the order of the pages."""
    return (
        measures.select_related("objective", "source")
        .prefetch_related(
            Prefetch(
                "participations",
                MeasureOrganisation.objects.select_related("organisation").order_by(
                    "position", "id"
                ),
            ),
            "sectors",
        )
        .order_by("position", "code")
    )


def measure_entry(
    measure: Measure,
    lines: Iterable[IndicatorLine],
    milestones: Iterable[MilestoneEntry],
) -> MeasureEntry:
    """Return a measure, selected by `shown_measures`, as pages show it."""
    by_role: dict[str, list[Organisation]] = defaultdict(list)
    for participation in measure.participations.all():
        by_role[participation.role].append(participation.organisation)
    return MeasureEntry(
        measure=measure,
        leads=tuple(by_role[OrganisationRole.LEAD]),
        partners=tuple(by_role[OrganisationRole.PARTNER]),
        funders=tuple(by_role[OrganisationRole.FUNDER]),
        sectors=tuple(in_alphabetical_order(measure.sectors.all())),
        lines=tuple(lines),
        milestones=tuple(milestones),
    )


def objectives_of(plan: Plan) -> list[Objective]:
    """Return the objectives of a plan, each part right after the one it is part of. One query."""
    children: dict[int | None, list[Objective]] = defaultdict(list)
    for objective in plan.objectives.select_related("source").order_by("position", "code"):
        objective.plan = plan
        children[objective.parent_id].append(objective)

    def descend(parent: int | None) -> Iterable[Objective]:
        for objective in children[parent]:
            yield objective
            yield from descend(objective.pk)

    return list(descend(None))


def labels_of(objectives: Sequence[Objective]) -> dict[int, str]:
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


def _label(objective: Objective, number: Numbers, *, alone: bool) -> str:
    name = objective.get_kind_display().capitalize()
    if alone and objective.kind == Objective.Kind.CROSS_CUTTING:
        return name
    return _("%(name)s %(number)s") % {"name": name, "number": ".".join(map(str, number))}


def subtree(objectives: Sequence[Objective], root: Objective) -> list[Objective]:
    """Return an objective and all that is part of it, from objectives in the order of the plan."""
    inside = {root.pk}
    kept = []
    for objective in objectives:
        if objective.pk in inside or objective.parent_id in inside:
            inside.add(objective.pk)
            kept.append(objective)
    return kept


def contents_of(
    plan: Plan,
    objectives: Sequence[Objective],
    labels: Mapping[int, str],
    *,
    on: date,
) -> Contents:
    """Load what hangs on these objectives, and on the plan itself, as of a day."""
    indicators = list(
        shown_indicators(
            Indicator.objects.filter(
                Q(objective__in=objectives)
                | Q(measure__objective__in=objectives)
                | Q(objective=None, measure=None),
                plan=plan,
            )
        )
    )
    measures = list(shown_measures(Measure.objects.filter(objective__in=objectives)))
    lines = lines_of(indicators, on=on)
    milestones = milestones_of(measures, on=on)

    plan_lines: list[IndicatorLine] = []
    objective_lines: dict[int, list[IndicatorLine]] = defaultdict(list)
    measure_lines: dict[int, list[IndicatorLine]] = defaultdict(list)
    for indicator in indicators:
        if indicator.measure_id is not None:
            measure_lines[indicator.measure_id].extend(lines[indicator.pk])
        elif indicator.objective_id is not None:
            objective_lines[indicator.objective_id].extend(lines[indicator.pk])
        else:
            plan_lines.extend(lines[indicator.pk])

    entries: dict[int, list[MeasureEntry]] = defaultdict(list)
    for measure in measures:
        entries[measure.objective_id].append(
            measure_entry(measure, measure_lines[measure.pk], milestones.get(measure.pk, ()))
        )
    return Contents(
        plan_lines=tuple(plan_lines),
        objectives=tuple(
            _objective_entry(
                objective,
                labels[objective.pk],
                subtree(objectives, objective),
                objective_lines,
                entries,
            )
            for objective in objectives
        ),
    )


def _objective_entry(
    objective: Objective,
    label: str,
    parts: Sequence[Objective],
    lines: Mapping[int, Sequence[IndicatorLine]],
    entries: Mapping[int, Sequence[MeasureEntry]],
) -> ObjectiveEntry:
    inside = [entry for part in parts for entry in entries.get(part.pk, ())]
    records = [
        *(line.progress for part in parts for line in lines.get(part.pk, ())),
        *(line.progress for entry in inside for line in entry.lines),
    ]
    states = Counter(milestone.state for entry in inside for milestone in entry.milestones)
    return ObjectiveEntry(
        objective=objective,
        label=label,
        measure_count=len(inside),
        counts=count_statuses(records),
        milestone_counts=count_milestones(states),
        lines=tuple(lines.get(objective.pk, ())),
        measures=tuple(entries.get(objective.pk, ())),
    )
