"""Values and states of deliverables in one list, of which the database hands out a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import CharField, QuerySet, Value

from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans.models import Contribution

Place = tuple[Any, ...]
"""Where a contribution is: its noun, its id, then what it is sorted by."""


def in_order(
    observations: QuerySet[Observation], updates: QuerySet[MilestoneUpdate], *order: str
) -> QuerySet[Any, Place]:
    """Return the place of each, sorted by columns that both have, the ties by noun and id."""
    columns = [name.lstrip("-") for name in order]
    first, second = (
        rows.order_by()
        .annotate(place=Value(rows.model.noun, CharField()))
        .values_list("place", "id", *columns)
        for rows in (observations, updates)
    )
    return first.union(second, all=True).order_by(*order, "place", "id")


def fetch(
    places: Sequence[Place],
    observations: QuerySet[Observation],
    updates: QuerySet[MilestoneUpdate],
) -> list[Contribution]:
    """Return the contributions of these places, in that order. A query for each kind there is."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for noun, key, *_sorted_by in places:
        wanted[noun].append(key)
    found: dict[tuple[str, int], Contribution] = {
        (rows.model.noun, row.pk): row
        for rows in (observations, updates)
        if rows.model.noun in wanted
        for row in rows.filter(pk__in=wanted[rows.model.noun])
    }
    # One that was discarded between the two questions is left out.
    return [found[noun, key] for noun, key, *_sorted_by in places if (noun, key) in found]
