"""The tree of a plan for those who edit it, loaded in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch

from dashboards import wording
from dashboards.contents import in_order, labels_of
from indicators.models import Indicator, Target
from measures.models import Measure, MeasureOrganisation, Milestone
from objectives.models import Objective
from plans.models import OrganisationRole, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLine:
    """A target in force and what it promises."""

    target: Target
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorNode:
    """An indicator and its targets in force."""

    indicator: Indicator
    targets: tuple[TargetLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureNode:
    """A measure, its deliverables and indicators."""

    measure: Measure
    leads: tuple[str, ...]
    milestones: tuple[Milestone, ...]
    indicators: tuple[IndicatorNode, ...]


@dataclass(slots=True, kw_only=True)
class ObjectiveNode:
    """An objective, what hangs on it and what is part of it."""

    objective: Objective
    label: str
    indicators: tuple[IndicatorNode, ...]
    measures: tuple[MeasureNode, ...]
    parts: list[ObjectiveNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The whole tree."""

    plan_indicators: tuple[IndicatorNode, ...]
    objectives: tuple[ObjectiveNode, ...]

    @property
    def every(self) -> Iterator[ObjectiveNode]:
        """Every objective, each part after the one it is part of."""

        def descend(nodes: Any) -> Iterator[ObjectiveNode]:
            for node in nodes:
                yield node
                yield from descend(node.parts)

        return descend(self.objectives)

    @property
    def measures(self) -> Iterator[MeasureNode]:
        """Every measure, in order."""
        return (measure for node in self.every for measure in node.measures)

    @property
    def indicators(self) -> Iterator[IndicatorNode]:
        """Every indicator, in order."""
        yield from self.plan_indicators
        for node in self.every:
            yield from node.indicators
            for measure in node.measures:
                yield from measure.indicators


def outline_of(plan: Plan) -> Outline:
    """Load the tree of a plan. Seven queries, whatever its size."""
    objectives = in_order(plan.objectives.order_by("position", "code"))
    labels = labels_of(objectives)
    on_plan: list[IndicatorNode] = []
    on_objective: dict[int, list[IndicatorNode]] = defaultdict(list)
    on_measure: dict[int, list[IndicatorNode]] = defaultdict(list)
    for indicator in (
        Indicator.objects.of_plan(plan)
        .select_related("unit")
        .prefetch_related(
            Prefetch(
                "targets",
                Target.objects.in_force().prefetch_related("periods").order_by("position", "code"),
            )
        )
    ):
        node = IndicatorNode(
            indicator=indicator,
            targets=tuple(
                TargetLine(target=target, promise=wording.promise(target, indicator.unit))
                for target in indicator.targets.all()
            ),
        )
        if indicator.measure_id is not None:
            on_measure[indicator.measure_id].append(node)
        elif indicator.objective_id is not None:
            on_objective[indicator.objective_id].append(node)
        else:
            on_plan.append(node)
    measures: dict[int, list[MeasureNode]] = defaultdict(list)
    leading = MeasureOrganisation.objects.filter(role=OrganisationRole.LEAD)
    for measure in (
        Measure.objects.filter(plan=plan)
        .order_by("position", "code")
        .prefetch_related(
            Prefetch("milestones", Milestone.objects.order_by("position", "code")),
            Prefetch("participations", leading.select_related("organisation")),
        )
    ):
        measures[measure.objective_id].append(
            MeasureNode(
                measure=measure,
                leads=tuple(str(one.organisation) for one in measure.participations.all()),
                milestones=tuple(measure.milestones.all()),
                indicators=tuple(on_measure[measure.pk]),
            )
        )
    nodes = {
        objective.pk: ObjectiveNode(
            objective=objective,
            label=labels[objective.pk],
            indicators=tuple(on_objective[objective.pk]),
            measures=tuple(measures[objective.pk]),
        )
        for objective in objectives
    }
    top = []
    for objective in objectives:
        if objective.parent_id is None:
            top.append(nodes[objective.pk])
        else:
            nodes[objective.parent_id].parts.append(nodes[objective.pk])
    return Outline(plan_indicators=tuple(on_plan), objectives=tuple(top))
