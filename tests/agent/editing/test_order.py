"""The order of the parts of a plan, and moves between them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from indicators.models import ProgressRecord
from indicators.services import refresh_progress
from measures.models import Measure
from plans.models import Plan
from tests.agent.editing.forms import furnish, text_of, url
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    PlanFactory,
    TargetFactory,
)

pytestmark = pytest.mark.django_db


def codes(rows: Any) -> list[str]:
    return list(rows.order_by("position", "code").values_list("code", flat=True))


@pytest.fixture
def measures(plan: Plan) -> list[Measure]:
    objective = ObjectiveFactory.create(plan=plan, code="o1")
    return [
        MeasureFactory.create(plan=plan, objective=objective, code=code, position=place)
        for place, code in enumerate(("a", "b", "c", "d"), 1)
    ]


def test_a_row_steps_up_and_down_once_however_often_one_clicks(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    address = url(plan, "rangement/")
    up = {"pas": f"mesure:{measures[2].pk}:3:-1"}

    first = manager.post(address, up)
    second = manager.post(address, up)

    assert first.url == f"{address}#mesure-{measures[2].pk}"
    assert codes(plan.measures) == ["a", "c", "b", "d"]
    assert "L’ordre avait déjà changé" in text_of(manager.get(second.url))
    manager.post(address, {"pas": f"mesure:{measures[0].pk}:1:1"})
    assert codes(plan.measures) == ["c", "a", "b", "d"]


@pytest.mark.parametrize(
    "step", ["", "mesure", "mesure:x:1:1", "plan:1:1:1", "mesure:0:1:1", "mesure:1:1:5"]
)
def test_nonsense_steps_move_nothing(
    plan: Plan, manager: Any, measures: list[Measure], step: str
) -> None:
    assert manager.post(url(plan, "rangement/"), {"pas": step}).status_code == 302
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def ranks(client: Client, plan: Plan, typed: dict[Measure, str]) -> Any:
    page = client.get(url(plan, "rangement/"))
    seen = page.context["seen"]
    return client.post(
        url(plan, "rangement/"),
        {"vu": seen} | {f"rang-mesure-{row.pk}": rank for row, rank in typed.items()},
    )


def test_typed_ranks_put_a_row_where_one_says(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    a, b, c, d = measures

    ranks(manager, plan, {a: "1", b: "2", c: "3", d: "2"})
    assert codes(plan.measures) == ["a", "d", "b", "c"]
    ranks(manager, plan, {a: "3"})
    assert codes(plan.measures) == ["d", "b", "a", "c"]


@pytest.mark.parametrize("rank", ["0", "-1", "deux", "1,5", "99999999"])
def test_a_rank_that_is_none_is_told_and_kept(
    plan: Plan, manager: Any, measures: list[Measure], rank: str
) -> None:
    answer = ranks(manager, plan, {measures[1]: rank})

    assert answer.status_code == 422
    assert f'value="{rank}"' in text_of(answer)
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def test_ranks_typed_on_another_order_are_not_applied(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    seen = manager.get(url(plan, "rangement/")).context["seen"]
    manager.post(url(plan, "rangement/"), {"pas": f"mesure:{measures[3].pk}:4:-1"})

    answer = manager.post(
        url(plan, "rangement/"), {"vu": seen, f"rang-mesure-{measures[0].pk}": "4"}
    )

    assert answer.status_code == 422
    assert "L’ordre a changé depuis" in text_of(answer)
    assert codes(plan.measures) == ["a", "b", "d", "c"]


def test_several_measures_move_to_another_objective(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    other = ObjectiveFactory.create(plan=plan, code="o2")
    MeasureFactory.create(plan=plan, objective=other, code="z", position=8)
    stranger = furnish(PlanFactory.create())

    manager.post(
        url(plan, "rangement/"),
        {"deplacer_mesures": "1", "mesure": ["c", "a", "m"], "vers_objectif": "o2"},
    )

    assert codes(other.measures) == ["z", "a", "c"]
    assert codes(plan.objectives.get(code="o1").measures) == ["b", "d"]
    assert stranger.measures.get().objective.code == "o"


@pytest.mark.parametrize(
    "typed",
    [
        {"deplacer_mesures": "1", "vers_objectif": "o1"},
        {"deplacer_mesures": "1", "mesure": ["a"], "vers_objectif": "ailleurs"},
        {"deplacer_mesures": "1", "mesure": ["a"]},
        {"deplacer_indicateurs": "1", "vers": "plan"},
        {"deplacer_indicateurs": "1", "indicateur": ["i"], "vers": "mesure:inconnue"},
    ],
)
def test_a_move_that_says_too_little_keeps_what_is_ticked(
    plan: Plan, manager: Any, measures: list[Measure], typed: dict[str, Any]
) -> None:
    IndicatorFactory.create(plan=plan, measure=measures[0], code="i")

    answer = manager.post(url(plan, "rangement/"), typed)

    assert answer.status_code == 422
    ticked = text_of(answer).count(" checked")
    assert ticked == len(typed.get("mesure", [])) + len(typed.get("indicateur", []))
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def test_several_indicators_move_to_a_measure_an_objective_or_the_plan(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    moved = [IndicatorFactory.create(plan=plan, measure=measures[0], code=c) for c in ("i1", "i2")]
    for indicator in moved:
        TargetFactory.create(indicator=indicator)
    refresh_progress([row.pk for row in moved], on=timezone.localdate())
    address = url(plan, "rangement/")

    for place, expected in (
        ("mesure:b", (measures[1].pk, None)),
        ("objectif:o1", (None, measures[0].objective_id)),
        ("plan", (None, None)),
    ):
        manager.post(
            address, {"deplacer_indicateurs": "1", "indicateur": ["i1", "i2"], "vers": place}
        )
        assert set(plan.indicators.values_list("measure", "objective")) == {expected}
    assert ProgressRecord.objects.count() == 2


def test_stored_progress_survives_a_new_order(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    first, second = (
        IndicatorFactory.create(plan=plan, measure=measures[0], position=place) for place in (1, 2)
    )
    refresh_progress([first.pk, second.pk], on=timezone.localdate())

    manager.post(url(plan, "rangement/"), {"pas": f"indicateur:{second.pk}:2:-1"})

    assert ProgressRecord.objects.count() == 2
