"""Two people on one plan at the same moment, on a real database."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from indicators import services
from indicators.models import Observation
from measures.models import Measure
from objectives.models import Objective
from plans import workflow
from plans.models import Plan, Role
from tests.agent.editing.forms import open_form, url
from tests.agent.staff import member, signed_in
from tests.at_once import Aside, at_once, until_somebody_waits
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)

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


@pytest.mark.parametrize("page", ["plan/", "mesures/m/"])
def test_a_page_that_is_saved_and_a_publication_that_ends(page: str) -> None:
    """The publication has the indicator in hand, and its commit gives the plan an edition."""
    measure = MeasureFactory.create(code="m")
    plan = measure.plan
    indicator = IndicatorFactory.create(plan=plan, measure=measure)
    client = signed_in(member(plan, Role.MANAGER))
    reviewer, author = member(plan, Role.REVIEWER), member(plan, Role.CONTRIBUTOR)
    handed_in = workflow.submit(
        ObservationFactory.create(
            indicator=indicator, author=author, source=SourceFactory.create(plan=plan)
        ),
        at=timezone.now(),
    )
    form = open_form(client, url(plan, page), title="Autre titre")
    answers = []

    with transaction.atomic():
        services.publish(handed_in, reviewer=reviewer, at=timezone.now())
        saving = Aside(lambda: answers.append(client.post(url(plan, page), form)))
        until_somebody_waits()
    saving.wait()

    assert saving.refusal is None
    assert [answer.status_code for answer in answers] == [302]
    plan.refresh_from_db()
    assert "Autre titre" in (plan.title, Measure.objects.get().title)
    assert Observation.objects.get().state == "published"
