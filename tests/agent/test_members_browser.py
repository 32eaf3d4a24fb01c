"""Members, in a real browser: a person is invited, opens an account, and is given work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from plans import invitations
from plans.models import Invitation, Membership, Role
from plans.permissions import rights_in
from tests.accessibility import faults, faults_at
from tests.accounts.people import PASSWORD, person, sign_in_on
from tests.conftest import NARROW, WIDE
from tests.factories import MeasureFactory, MembershipFactory, PlanFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager() -> Membership:
    plan = PlanFactory.create(slug="plan", title="Plan régional d’intelligence artificielle")
    MeasureFactory.create(plan=plan, title="Pack IA pour les entreprises")
    membership: Membership = MembershipFactory.create(
        plan=plan,
        role=Role.MANAGER,
        user=person(
            "dominique.roy@collectivite-au-nom-plutot-long.example.org", name="Dominique Roy"
        ),
    )
    return membership


def link() -> str:
    return f"/invitation/{invitations.token_of(Invitation.objects.get())}/"


def test_a_person_is_invited_joins_and_is_given_a_measure(
    open_page: Callable[..., Page], manager: Membership
) -> None:
    desk, telephone = open_page(), open_page(width=NARROW)
    sign_in_on(desk, manager.user)
    desk.goto("/agent/plans/plan/membres/")
    desk.get_by_label("Adresse électronique professionnelle").fill("camille@example.org")
    desk.get_by_label("Contribution — ").check()
    desk.get_by_role("button", name="Envoyer l’invitation", exact=True).click()
    desk.get_by_text("L’invitation part à camille@example.org.").wait_for()

    telephone.goto(link())
    telephone.get_by_label("Prénom et nom").fill("Camille Martin")
    telephone.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    telephone.get_by_label("Mot de passe, une seconde fois").fill(PASSWORD)
    telephone.get_by_role("button", name="Ouvrir mon compte").click()
    telephone.get_by_text("Votre compte est créé et vous êtes membre du plan").wait_for()
    assert telephone.url.endswith("/agent/plans/plan/")

    desk.reload()
    desk.get_by_role("link", name="Rôle et mesures de Camille Martin").click()
    desk.get_by_label("Pack IA pour les entreprises").check()
    desk.get_by_role("button", name="Enregistrer").click()
    row = desk.get_by_role("row", name="Camille Martin")
    assert "Pack IA pour les entreprises" in row.inner_text()

    desk.get_by_role("link", name="Retirer Camille Martin").click()
    desk.get_by_role("button", name="Retirer du plan").click()
    desk.get_by_text("Camille Martin n’est plus membre du plan.").wait_for()
    telephone.reload()
    assert telephone.get_by_role("heading", level=1).inner_text() != "Plan régional"
    assert not Membership.objects.filter(user__email="camille@example.org").exists()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_pages_are_accessible(
    open_page: Callable[..., Page], manager: Membership, width: int
) -> None:
    member = MembershipFactory.create(plan=manager.plan, user__name="Camille Martin")
    rights = rights_in(manager.user, manager.plan)
    for number in range(2):
        invitations.invite(
            manager.plan,
            f"invite{number}@example.org",
            Role.VIEWER,
            rights=rights,
            at=timezone.now(),
        )
    first, second = Invitation.objects.order_by("pk")
    Invitation.objects.filter(pk=second.pk).update(mail_error="[Errno 111] Connection refused")
    joining = f"/invitation/{invitations.token_of(first)}/"
    page = open_page(width=width)

    found = faults_at(page, joining)
    sign_in_on(page, manager.user)
    page.wait_for_url("**/agent/")
    base = "/agent/plans/plan/membres/"
    for address in (
        base,
        f"{base}{member.pk}/",
        f"{base}{member.pk}/retirer/",
        f"{base}reglages/",
        joining,  # as another person than the invited one
        "/invitation/unknown/",
    ):
        found += faults_at(page, address)
    page.goto(base)
    page.get_by_label("Adresse électronique professionnelle").fill("invite0@example.org")
    page.get_by_role("button", name="Envoyer l’invitation", exact=True).click()
    page.locator("#erreurs").wait_for()
    found += faults(page)

    assert found == []
