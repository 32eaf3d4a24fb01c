"""What is fictitious is never mixed with what is real, in the lists that plans share either.

Nothing marks an organisation or a sector as fictitious: the plans that name it tell. One that only
fictitious plans name is fictitious, one that a real plan names is real, and one that no plan names
yet is what the first one makes of it.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from plans.models import Organisation, Plan, Sector

SharedT = TypeVar("SharedT", Organisation, Sector)


def plans_like(*, fictitious: bool) -> QuerySet[Plan]:
    """Return the plans that may be linked to a real plan, or to a fictitious one."""
    return Plan.objects.filter(region__fictitious=fictitious)


def offered_to(
    rows: QuerySet[SharedT], plan: Plan | None, *, fictitious: bool
) -> QuerySet[SharedT]:
    """Keep what may be named in a plan: what is of its kind, and what it names already.

    `plan` is None for one that is being made.
    """
    real = _named(rows.model, region__fictitious=False)
    if not fictitious:
        return rows.filter(real | ~_named(rows.model, region__fictitious=True))
    return rows.filter(~real if plan is None else ~real | _named(rows.model, pk=plan.pk))


def _named(kind: type[Organisation | Sector], **plan: object) -> Q:
    """Whether a plan such as this names the row, or one of its measures does."""
    row = {str(kind._meta.model_name): OuterRef("pk")}
    in_plans = {f"plan__{key}": value for key, value in plan.items()}
    in_measures = {f"measure__plan__{key}": value for key, value in plan.items()}
    return Q(Exists(kind.plans.through.objects.filter(**row, **in_plans))) | Q(
        Exists(kind.measures.through.objects.filter(**row, **in_measures))
    )
