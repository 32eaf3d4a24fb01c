"""The audit trail of a plan: which events there are, of what, and since which mark.

Only event tables are asked, so that what was deleted or renamed is found like the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db.models import CharField, Max, Model, OuterRef, Q, QuerySet, Subquery, Value

from exchange.models import WebhookSubscription
from indicators.models import (
    Checkpoint,
    Indicator,
    Observation,
    Target,
    TargetPeriod,
)
from indicators.models.indicator import IndicatorNote
from measures.models import (
    Measure,
    MeasureAssignment,
    MeasureNote,
    MeasureOrganisation,
    MeasureSector,
    Milestone,
    MilestoneUpdate,
)
from objectives.models import Objective, ObjectiveNote
from plans.models import Claim, Membership, Note, NoteCitation, Plan, PlanOrganisation, Source
from plans.models.plan import PlanSector

Kind = type[Model]

PARENT: Mapping[Kind, tuple[str, Kind]] = MappingProxyType(
    {
        PlanOrganisation: ("plan_id", Plan),
        PlanSector: ("plan_id", Plan),
        Membership: ("plan_id", Plan),
        WebhookSubscription: ("plan_id", Plan),
        Claim: ("plan_id", Plan),
        Source: ("plan_id", Plan),
        Note: ("plan_id", Plan),
        NoteCitation: ("note_id", Note),
        Objective: ("plan_id", Plan),
        ObjectiveNote: ("objective_id", Objective),
        Measure: ("plan_id", Plan),
        MeasureOrganisation: ("measure_id", Measure),
        MeasureSector: ("measure_id", Measure),
        MeasureNote: ("measure_id", Measure),
        MeasureAssignment: ("measure_id", Measure),
        Milestone: ("measure_id", Measure),
        MilestoneUpdate: ("milestone_id", Milestone),
        Indicator: ("plan_id", Plan),
        IndicatorNote: ("indicator_id", Indicator),
        Target: ("indicator_id", Indicator),
        TargetPeriod: ("target_id", Target),
        Checkpoint: ("target_id", Target),
        Observation: ("indicator_id", Indicator),
    }
)
"""What each kind of row is part of, and the column that says so."""

EVERY: tuple[Kind, ...] = (Plan, *PARENT)
"""All that has a history."""

OWNED: Mapping[Kind, tuple[Kind, ...]] = MappingProxyType(
    {
        Plan: (PlanOrganisation, PlanSector),
        Objective: (ObjectiveNote,),
        Measure: (MeasureOrganisation, MeasureSector, MeasureNote),
        Milestone: (),
        Indicator: (IndicatorNote,),
        Target: (TargetPeriod, Checkpoint),
        Source: (),
        Note: (NoteCitation,),
        Claim: (),
    }
)
"""The things that have a form, each with the rows that its form writes beside its own."""

STORY: Mapping[Kind, tuple[Kind, ...]] = MappingProxyType(
    {
        **OWNED,
        Plan: (*OWNED[Plan], Claim, Membership, WebhookSubscription),
        Measure: (*OWNED[Measure], MeasureAssignment),
        Milestone: (MilestoneUpdate,),
        Indicator: (*OWNED[Indicator], Target, TargetPeriod, Checkpoint, Observation),
    }
)
"""What else belongs to the history of a thing, beside its own row."""

PEOPLE: frozenset[Kind] = frozenset({Membership, MeasureAssignment, WebhookSubscription})
"""What only those who manage the members, and the partners, may read."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of a row, and how the row was before; None for a creation."""

    kind: Kind
    row: Any
    before: Any | None

    @property
    def part_of(self) -> tuple[Kind, int]:
        """The thing that the event is told under: itself, or the owner of a row."""
        for owner, rows in OWNED.items():
            if self.kind in rows:
                return owner, getattr(self.row, PARENT[self.kind][0])
        if self.kind is MeasureAssignment:
            return Measure, self.row.measure_id
        return self.kind, self.row.pgh_obj_id


def events_of(kind: Kind) -> QuerySet[Any]:
    """Return the events of a kind of row, those of every plan."""
    events: QuerySet[Any] = kind.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    return events


def _inside(kind: Kind, thing: Kind, keys: Any) -> Q:
    """Keep the rows of a kind that are, or are part of, these rows of another kind."""
    if kind is thing:
        return Q(pgh_obj_id__in=keys)
    column, parent = PARENT[kind]
    if parent is thing:
        return Q(**{f"{column}__in": keys})
    above = events_of(parent).filter(_inside(parent, thing, keys)).values("pgh_obj_id")
    return Q(**{f"{column}__in": above})


def plan_events(plan: Plan, *, people: bool) -> dict[Kind, QuerySet[Any]]:
    """Return all events of a plan, by kind of row."""
    return {
        kind: events_of(kind).filter(_inside(kind, Plan, [plan.pk]))
        for kind in EVERY
        if people or kind not in PEOPLE
    }


def events_about(thing: Kind, keys: Iterable[int], *, people: bool) -> dict[Kind, QuerySet[Any]]:
    """Return the events of some things and of what belongs to their history, by kind of row."""
    listed = list(keys)
    return {
        kind: events_of(kind).filter(_inside(kind, thing, listed))
        for kind in (thing, *STORY[thing])
        if people or kind not in PEOPLE
    }


def newest_first(events: Mapping[Kind, QuerySet[Any]]) -> QuerySet[Any]:
    """Return where each event is, the newest first: the name of its kind, its id."""
    keys = [
        rows.annotate(pgh_kind=Value(kind._meta.label, CharField())).values_list(
            "pgh_kind", "pgh_id", "pgh_created_at"
        )
        for kind, rows in events.items()
    ]
    first, *others = keys
    # Within one transaction, in the order of the kinds: a thing before what belongs to it.
    every: QuerySet[Any] = first.union(*others, all=True)
    return every.order_by("-pgh_created_at", "pgh_kind", "-pgh_id")


def fetch(places: Sequence[tuple[str, int, Any]]) -> list[Event]:
    """Return events with the state before each, in the order asked. Two queries by kind."""
    kinds = {kind._meta.label: kind for kind in EVERY}
    wanted: dict[str, list[int]] = defaultdict(list)
    for label, key, _at in places:
        wanted[label].append(key)
    found: dict[tuple[str, int], Event] = {}
    for label, keys in wanted.items():
        kind = kinds[label]
        previous = (
            events_of(kind)
            .filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
            .order_by("-pgh_id")
            .values("pgh_id")[:1]
        )
        rows = list(
            events_of(kind)
            .filter(pgh_id__in=keys)
            .select_related("pgh_context")
            .annotate(before_id=Subquery(previous))
        )
        before = events_of(kind).in_bulk([row.before_id for row in rows if row.before_id])
        for row in rows:
            found[label, row.pgh_id] = Event(kind, row, before.get(row.before_id))
    return [found[label, key] for label, key, _at in places]


def called(plan: Plan, thing: Kind, code: str, *, within: Sequence[int] | None = None) -> list[int]:
    """Return the ids of what has, or ever had, a code in a plan: what is deleted included."""
    rows = events_of(thing).filter(_inside(thing, Plan, [plan.pk]), code=code)
    if within is not None:
        rows = rows.filter(**{f"{PARENT[thing][0]}__in": within})
    return sorted(set(rows.values_list("pgh_obj_id", flat=True)))


# --- Marks: what a form had before its eyes ---------------------------------------------------


def _written_by_form(thing: Kind, key: int) -> dict[Kind, QuerySet[Any]]:
    return {
        kind: events_of(kind).filter(_inside(kind, thing, [key])) for kind in (thing, *OWNED[thing])
    }


def mark_of(thing: Kind, key: int) -> str:
    """Return the last event of a thing and of each kind of row that its form writes."""
    latest = (
        rows.aggregate(last=Max("pgh_id"))["last"] for rows in _written_by_form(thing, key).values()
    )
    return ".".join(str(last or 0) for last in latest)


def since(thing: Kind, key: int, mark: str) -> list[Event]:
    """Return what happened to a thing since a mark, the newest first; all of it for no mark."""
    rows = _written_by_form(thing, key)
    parts = mark.split(".")
    known = [int(part) if part.isascii() and part.isdecimal() else 0 for part in parts]
    known += [0] * (len(rows) - len(known))
    newer = {
        kind: events.filter(pgh_id__gt=min(last, 2**31 - 1))
        for (kind, events), last in zip(rows.items(), known, strict=False)
    }
    return fetch(list(newest_first(newer)))


def made_by(thing: Kind, plan: Plan | None, sending: str) -> int | None:
    """Return the id of what a form sent before has created; None when it is the first sending."""
    rows = events_of(thing).filter(pgh_label="insert", pgh_context__metadata__sending=sending)
    if plan is not None:
        rows = rows.filter(_inside(thing, Plan, [plan.pk]))
    made: int | None = rows.values_list("pgh_obj_id", flat=True).first()
    return made
