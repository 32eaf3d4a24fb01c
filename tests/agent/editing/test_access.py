"""Who may edit a plan, and what nobody learns of another one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.editing.forms import furnish, url
from tests.agent.staff import member, signed_in
from tests.factories import PlanFactory, UserFactory
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db


EVERY_PAGE = (
    "structure/",
    "structure/rangement/",
    "structure/plan/",
    "structure/ajouter/objectifs/",
    "structure/ajouter/mesures/",
    "structure/ajouter/indicateurs/",
    "structure/ajouter/sources/",
    "structure/ajouter/notes/",
    "structure/ajouter/affirmations/",
    "structure/ajouter/organisations/",
    "structure/ajouter/filieres/",
    "structure/ajouter/unites/",
    "structure/ajouter/jalons/m/",
    "structure/ajouter/cibles/i/",
    "structure/objectifs/o/",
    "structure/objectifs/o/supprimer/",
    "structure/mesures/m/",
    "structure/mesures/m/supprimer/",
    "structure/mesures/m/abandonner/",
    "structure/indicateurs/i/",
    "structure/indicateurs/i/supprimer/",
    "structure/sources/s/",
    "structure/sources/s/supprimer/",
    "structure/notes/n/",
    "structure/notes/n/supprimer/",
    "structure/affirmations/a/",
    "structure/affirmations/a/supprimer/",
    "structure/jalons/m/j/",
    "structure/jalons/m/j/supprimer/",
    "structure/cibles/i/cible/",
    "structure/cibles/i/cible/reviser/",
    "structure/cibles/i/cible/abandonner/",
    "structure/cibles/i/cible/supprimer/",
    "publication/",
)


def people() -> dict[str, Callable[[Plan], Client]]:
    def role(role: Role) -> Callable[[Plan], Client]:
        return lambda plan: signed_in(
            member(plan, role, assigned_to=plan.measures.get() if plan.measures.count() else None)
        )

    return {
        "anonymous": lambda plan: Client(),
        "member of another plan": lambda plan: signed_in(
            member(PlanFactory.create(), Role.MANAGER)
        ),
        "viewer": role(Role.VIEWER),
        "contributor": role(Role.CONTRIBUTOR),
        "reviewer": role(Role.REVIEWER),
        "manager": role(Role.MANAGER),
        "superuser": lambda plan: signed_in(UserFactory.create(superuser=True)),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anonymous", 302),
        ("member of another plan", 404),
        ("viewer", 403),
        ("contributor", 403),
        ("reviewer", 403),
        ("manager", 200),
        ("superuser", 200),
    ],
)
def test_only_managers_edit(plan: Plan, who: str, status: int) -> None:
    Plan.objects.update(is_public=True)
    plan.refresh_from_db()
    client = people()[who](furnish(plan))

    answers = {page: client.get(f"/agent/plans/plan-ia/{page}") for page in EVERY_PAGE}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(
        EVERY_PAGE, status
    )
    assert {answer["Cache-Control"] for answer in answers.values()} == {
        "max-age=0, no-cache, no-store, must-revalidate, private"
    }


@pytest.mark.parametrize("who", ["member of another plan", "viewer", "contributor", "reviewer"])
def test_posting_without_the_right_changes_nothing(plan: Plan, who: str) -> None:
    client = people()[who](furnish(plan))
    before = list(Measure.objects.values())

    for page in EVERY_PAGE:
        answer = client.post(f"/agent/plans/plan-ia/{page}", {"title": "Changé", "reason": "Non"})
        assert answer.status_code in (403, 404, 405), page

    assert list(Measure.objects.values()) == before
    assert Plan.objects.get(pk=plan.pk).is_public is False


@pytest.mark.parametrize(
    "tail",
    [
        page.removeprefix("structure/")
        for page in EVERY_PAGE
        if re.search(r"/[a-z]/", page) and page.startswith("structure/")
    ],
)
def test_the_codes_of_another_plan_are_not_found(plan: Plan, manager: Any, tail: str) -> None:
    furnish(PlanFactory.create(is_public=True))
    Plan.objects.filter(pk=plan.pk).update(is_public=True)

    assert manager.get(url(plan, tail)).status_code == 404
    assert manager.post(url(plan, tail), {"title": "x"}).status_code == 404


def test_every_page_is_right_html_without_inline_code(plan: Plan, manager: Any) -> None:
    Plan.objects.update(is_public=True)
    furnish(plan)

    for page in EVERY_PAGE:
        text = manager.get(f"/agent/plans/plan-ia/{page}").content.decode()
        assert (page, html_errors(text), inline_code(text)) == (page, [], [])
