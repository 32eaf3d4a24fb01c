"""The order of what stands side by side: objectives, measures, deliverables, indicators, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from django.db import models


class Placed(Protocol):
    """Something that has a place among others."""

    pk: Any
    position: int


PlacedT = TypeVar("PlacedT", bound=Placed)


def rearranged(rows: Sequence[PlacedT], ranks: Mapping[int, int]) -> list[PlacedT]:
    """Return rows, given in their present order, in the order of the ranks typed, by id.

    Ranks count from 1; a row without one keeps its own. Whoever types a rank wants that very
    place: a row that goes up passes before the one it meets there, one that goes down after it.
    """

    def key(item: tuple[int, PlacedT]) -> tuple[int, int]:
        present, row = item
        wanted = ranks.get(row.pk, present)
        return wanted, (wanted > present) - (wanted < present)

    return [row for _present, row in sorted(enumerate(rows, 1), key=key)]


def stepped(rows: Sequence[PlacedT], pk: int, step: int) -> list[PlacedT]:
    """Return rows with one moved by a step, up (-1) or down (1); at the end nothing moves."""
    ordered = list(rows)
    here = next(index for index, row in enumerate(ordered) if row.pk == pk)
    there = here + step
    if 0 <= there < len(ordered):
        ordered[here], ordered[there] = ordered[there], ordered[here]
    return ordered


def number(rows: Sequence[Any]) -> list[Any]:
    """Write the order of rows as positions; return those that changed.

    The positions they have are dealt out anew where they differ, so that few rows change.
    """
    positions = sorted(row.position for row in rows)
    if len(set(positions)) < len(positions):
        positions = list(range(1, len(positions) + 1))
    changed = []
    for position, row in zip(positions, rows, strict=True):
        if row.position != position:
            row.position = position
            changed.append(row)
    if changed:
        type(changed[0])._default_manager.bulk_update(changed, ["position"])
    return changed


def next_position(rows: models.QuerySet[Any]) -> int:
    """Return the place after the last."""
    last = rows.aggregate(last=models.Max("position"))["last"]
    return int(last or 0) + 1
