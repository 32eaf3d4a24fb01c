"""The order of what stands side by side."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from objectives.models import Objective
from plans.ordering import next_position, number, rearranged, stepped
from tests.factories import ObjectiveFactory, PlanFactory


@dataclass
class Row:
    pk: int
    position: int = 0


ROWS = [Row(pk) for pk in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({5: 1}, [5, 1, 2, 3, 4]),
        ({1: 5}, [2, 3, 4, 5, 1]),
        ({2: 4}, [1, 3, 4, 2, 5]),
        ({4: 2}, [1, 4, 2, 3, 5]),
        ({1: 2, 2: 1}, [2, 1, 3, 4, 5]),
        ({3: 99}, [1, 2, 4, 5, 3]),
        ({1: 1, 2: 2, 3: 3, 4: 4, 5: 1}, [5, 1, 2, 3, 4]),
    ],
)
def test_a_typed_rank_is_the_very_place(ranks: dict[int, int], expected: list[int]) -> None:
    assert [row.pk for row in rearranged(ROWS, ranks)] == expected


@pytest.mark.parametrize(
    ("pk", "step", "expected"),
    [(3, -1, [1, 3, 2, 4, 5]), (3, 1, [1, 2, 4, 3, 5]), (1, -1, [1, 2, 3, 4, 5]),
     (5, 1, [1, 2, 3, 4, 5])],
)  # fmt: skip
def test_a_step_moves_one_place_and_stops_at_the_end(
    pk: int, step: int, expected: list[int]
) -> None:
    assert [row.pk for row in stepped(ROWS, pk, step)] == expected


@pytest.mark.django_db
def test_few_rows_change_when_two_trade_places() -> None:
    plan = PlanFactory.create()
    a, b, c = (ObjectiveFactory.create(plan=plan, position=place) for place in (3, 7, 9))

    changed = number([b, a, c])

    assert [(row.pk, row.position) for row in changed] == [(b.pk, 3), (a.pk, 7)]
    assert list(Objective.objects.order_by("position")) == [b, a, c]
    assert next_position(plan.objectives.all()) == 10


@pytest.mark.django_db
def test_rows_without_an_order_of_their_own_are_numbered_from_one() -> None:
    plan = PlanFactory.create()
    rows = [ObjectiveFactory.create(plan=plan, position=0) for _ in range(3)]

    number(rows)

    assert [row.position for row in rows] == [1, 2, 3]
    assert next_position(PlanFactory.create().objectives.all()) == 1
