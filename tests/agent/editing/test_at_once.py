"""Two people on one plan at the same moment, on a real database."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agent.editing import pages
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan, Role
from tests.agent.editing.forms import open_form, url
from tests.agent.staff import member, signed_in
from tests.at_once import Aside, at_once
from tests.factories import MeasureFactory, ObjectiveFactory, PlanFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan-ia", is_public=False)
    return made


def two_managers(plan: Plan) -> tuple[Client, Client]:
    return signed_in(member(plan, Role.MANAGER)), signed_in(member(plan, Role.MANAGER))


def test_of_two_who_save_one_measure_one_wins_and_the_other_is_told(plan: Plan) -> None:
    MeasureFactory.create(plan=plan, code="m", title="Avant")
    clients = two_managers(plan)
    address = url(plan, "mesures/m/")
    forms = [
        open_form(client, address, title=title)
        for client, title in zip(clients, ("Un", "Deux"), strict=True)
    ]

    answers = at_once(
        *(
            lambda client=client, data=data: client.post(address, data)
            for client, data in zip(clients, forms, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [302, 409]
    winner = [title for title, answer in zip(("Un", "Deux"), answers, strict=True)
              if answer.status_code == 302]  # fmt: skip
    assert [Measure.objects.get().title] == winner


def test_a_double_click_makes_one_objective(plan: Plan) -> None:
    client, _other = two_managers(plan)
    address = url(plan, "ajouter/objectifs/")
    data = open_form(client, address, kind="axis", title="Recherche")

    answers = at_once(*[lambda: client.post(address, data)] * 2)

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Objective.objects.count() == 1


def test_two_people_making_things_of_one_title_get_two_codes(plan: Plan) -> None:
    clients = two_managers(plan)
    address = url(plan, "ajouter/objectifs/")
    forms = [open_form(client, address, kind="axis", title="Recherche") for client in clients]

    answers = at_once(
        *(
            lambda client=client, data=data: client.post(address, data)
            for client, data in zip(clients, forms, strict=True)
        )
    )

    assert [answer.status_code for answer in answers] == [302, 302]
    assert sorted(Objective.objects.values_list("code", "position")) == [
        ("recherche", 1),
        ("recherche-2", 2),
    ]


def test_two_people_who_order_at_once_leave_one_order(plan: Plan) -> None:
    rows = [ObjectiveFactory.create(plan=plan, code=code, position=0) for code in "abc"]
    clients = two_managers(plan)
    step = {"pas": f"objectif:{rows[2].pk}:3:-1"}

    at_once(
        *(lambda client=client: client.post(url(plan, "rangement/"), step) for client in clients)
    )

    assert list(Objective.objects.order_by("position").values_list("code", flat=True)) == [
        "a",
        "c",
        "b",
    ]


def test_a_page_holds_up_nobody_before_its_commit(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it stores the progress that follows, who writes in another plan goes on."""
    MeasureFactory.create(plan=plan, code="m", title="Avant")
    elsewhere = PlanFactory.create()
    client = signed_in(member(plan, Role.MANAGER))
    form = open_form(client, url(plan, "mesures/m/"), title="Après")
    refresh, refusals = pages.refresh_progress, []

    def then_others(*args: Any, **kwargs: Any) -> int:
        other = Aside(lambda: ObjectiveFactory.create(plan=elsewhere))
        other.wait()
        refusals.append(other.refusal)
        return refresh(*args, **kwargs)

    monkeypatch.setattr(pages, "refresh_progress", then_others)
    answer = client.post(url(plan, "mesures/m/"), form)

    assert (answer.status_code, refusals) == (302, [None])
    assert Measure.objects.get().title == "Après"
    assert Objective.objects.filter(plan=elsewhere).count() == 1
