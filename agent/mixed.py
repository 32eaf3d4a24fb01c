"""Values and states of deliverables in one list, of which the database hands out a part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


def rows_at(
    places: Iterable[Place],
    observations: QuerySet[Observation],
    updates: QuerySet[MilestoneUpdate],
) -> dict[tuple[str, int], Contribution]:
    """Return the contributions of these places, by noun and id. A query for each kind there is."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for noun, key, *_sorted_by in places:
        wanted[noun].add(key)
    return {
        (rows.model.noun, row.pk): row
        for rows in (observations, updates)
        if rows.model.noun in wanted
        for row in rows.filter(pk__in=wanted[rows.model.noun])
    }


def in_places(
    places: Sequence[Place], found: dict[tuple[str, int], Contribution]
) -> list[Contribution]:
    """Return the contributions in the order of their places.

    One that was discarded between the two questions is left out.
    """
    return [found[noun, key] for noun, key, *_sorted_by in places if (noun, key) in found]
