"""The page of partner systems: a token is made, shown once, replaced, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from agent.due import Teams
from measures.models import Measure
from plans.models import ApiToken, Membership, PartnerSystem, Plan, Role
from plans.permissions import Action, rights_by
from tests.accessibility import faults
from tests.accounts.people import person, sign_in_on
from tests.agent.staff import signed_in
from tests.conftest import NARROW, WIDE
from tests.factories import MeasureFactory, MembershipFactory, PlanFactory
from tests.html import html_errors, inline_code
from tests.partner import Partner

PAGE = "/agent/plans/plan/jetons/"
NAME = "Agence régionale, tableau de bord"


@pytest.fixture
def plan(db: None) -> Plan:
    made: Plan = PlanFactory.create(slug="plan")
    return made


@pytest.fixture
def desk(plan: Plan) -> Client:
    """The browser of a manager of the plan."""
    return signed_in(MembershipFactory.create(plan=plan, role=Role.MANAGER).user)


def typed(**changed: Any) -> dict[str, Any]:
    return {"name": NAME, "role": "contributor", "scope": "contribute", "days": "90", **changed}


def secret_in(page: str) -> str:
    [found] = re.findall(r"pia_[\w-]{43}", page)
    return str(found)


def test_a_system_is_registered_and_its_token_shown_once(plan: Plan, desk: Client) -> None:
    measure: Measure = MeasureFactory.create(plan=plan)
    answer = desk.post(PAGE, typed(measures=[measure.pk]))

    page = answer.content.decode()
    assert answer.status_code == 201
    assert (html_errors(page), inline_code(page)) == ([], [])
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert secret_in(page).startswith(token.hint)
    assert rights_by(token, plan).may(Action.CONTRIBUTE, measure)
    again = desk.get(PAGE).content.decode()
    assert (html_errors(again), inline_code(again)) == ([], [])
    assert NAME in again
    assert not re.search(r"pia_[\w-]{43}", again)
    works = Client().get(
        "/api/v1/plans/plan/observation-drafts/",
        headers={"Authorization": f"Bearer {secret_in(page)}"},
    )
    assert works.status_code == 200
    assert "jamais" in again
    assert "jamais" not in desk.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"name": ""}, 422), ({"role": "manager"}, 422), ({"days": "4000"}, 422), ({}, 409)],
)
def test_a_wrong_form_makes_nothing(
    plan: Plan, desk: Client, changed: dict[str, Any], status: int
) -> None:
    Partner(plan, name=NAME)
    assert desk.post(PAGE, typed(**changed)).status_code == status
    assert (PartnerSystem.objects.count(), ApiToken.objects.count()) == (1, 1)


def test_the_measure_of_another_plan_is_not_assigned(plan: Plan, desk: Client) -> None:
    assert desk.post(PAGE, typed(measures=[MeasureFactory.create().pk])).status_code == 422


def test_a_token_is_replaced_without_a_gap_then_revoked_at_once(plan: Plan, desk: Client) -> None:
    partner = Partner(plan)
    renewed = desk.post(f"{PAGE}{partner.system.pk}/nouveau/", {"scope": "read", "days": "30"})
    new = secret_in(renewed.content.decode())
    assert partner.get("observation-drafts/").status_code == 200
    answer = desk.post(f"{PAGE}{partner.token.pk}/revoquer/", follow=True)
    assert "refusé dès maintenant" in answer.content.decode()
    assert partner.get("observation-drafts/").status_code == 401
    partner.text = new
    assert partner.get("observation-drafts/").status_code == 200
    assert partner.post("observations/bulk/", {}).status_code == 403
    again = desk.post(f"{PAGE}{partner.token.pk}/revoquer/", follow=True)
    assert "ne servait déjà plus" in again.content.decode()


def test_systems_are_not_among_the_people(plan: Plan, desk: Client) -> None:
    partner = Partner(plan)
    people = desk.get("/agent/plans/plan/membres/").content.decode()
    settings = desk.get("/agent/plans/plan/membres/reglages/").content.decode()
    assert partner.user.email not in people + settings
    assert partner.system.name not in people + settings


def test_what_a_program_is_to_provide_is_recalled_to_people(plan: Plan, desk: Client) -> None:
    measure: Measure = MeasureFactory.create(plan=plan)
    partner = Partner(plan, Role.CONTRIBUTOR, assigned_to=measure)
    managers = Membership.objects.filter(plan=plan, role=Role.MANAGER)
    awaited = Teams([plan]).of(plan.pk, measure.pk)
    assert awaited == set(managers.values_list("user", flat=True))
    assert partner.user.pk not in awaited


def test_a_system_taken_out_says_so(plan: Plan, desk: Client) -> None:
    partner = Partner(plan)
    member = Membership.objects.get(user=partner.user)
    desk.post(f"/agent/plans/plan/membres/{member.pk}/retirer/")
    page = desk.get(PAGE).content.decode()
    assert html_errors(page) == []
    assert "retiré du plan" in page


def test_the_page_costs_the_same_for_one_and_for_three_systems(plan: Plan, desk: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(PAGE).status_code == 200
        return len(asked)

    Partner(plan)
    cost()  # the session notes the browser once
    one = cost()
    for name in ("Deux", "Trois"):
        Partner(plan, name=name)
    assert cost() == one


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_manager_makes_and_revokes_a_token(open_page: Callable[..., Page], width: int) -> None:
    plan = PlanFactory.create(slug="plan")
    MeasureFactory.create(plan=plan, title="Pack IA")
    user = person("dominique@example.org", name="Dominique Roy")
    MembershipFactory.create(plan=plan, role=Role.MANAGER, user=user)
    page = open_page(width=width)
    sign_in_on(page, user)
    page.goto(PAGE)
    page.get_by_label("Nom du système partenaire").fill(NAME)
    page.get_by_label("Pack IA").check()
    page.get_by_role("button", name="Ajouter et créer son jeton").click()
    assert secret_in(page.locator(".secret").inner_text())
    assert faults(page) == []
    page.get_by_role("button", name="Révoquer").click()
    page.get_by_text("refusé dès maintenant").wait_for()
