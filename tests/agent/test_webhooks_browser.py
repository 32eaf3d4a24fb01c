"""Subscribing a partner's system, in a real browser, from a wide and from a narrow one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from exchange.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from exchange.webhooks import services
from exchange.webhooks.keys import keys_of
from plans.models import Membership, Role
from tests.accessibility import faults_at
from tests.accounts.people import person, sign_in_on
from tests.conftest import NARROW, WIDE
from tests.exchange.webhooks.changes import corrected, published, subscribed
from tests.factories import IndicatorFactory, MembershipFactory, PlanFactory

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = "/agent/plans/plan/abonnements/"


@pytest.fixture
def manager() -> Membership:
    plan = PlanFactory.create(slug="plan", title="Plan régional d’intelligence artificielle")
    membership: Membership = MembershipFactory.create(
        plan=plan, role=Role.MANAGER, user=person("dominique@example.org", name="Dominique Roy")
    )
    return membership


@pytest.mark.parametrize("javascript", [True, False])
def test_a_manager_subscribes_a_system_from_the_keyboard(
    open_page: Callable[..., Page], manager: Membership, javascript: bool
) -> None:
    page = open_page(width=NARROW, javascript=javascript)
    sign_in_on(page, manager.user)
    page.goto("/agent/plans/plan/")
    page.get_by_role("link", name="Abonnements", exact=True).click()
    page.get_by_role("link", name="Abonner un système").click()
    page.get_by_label("Système partenaire").fill("Observatoire")
    page.get_by_label("Adresse qui reçoit").fill("https://127.0.0.1/hooks")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_role("link", name="réseau privé").click()
    page.get_by_label("Adresse qui reçoit").fill("https://observatoire.example.org/hooks")
    page.get_by_label("Cible ajoutée").uncheck()
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Montrer le secret").press("Enter")
    subscription = WebhookSubscription.objects.get()
    [key] = keys_of(subscription, at=timezone.now())
    page.get_by_text(key).wait_for()
    assert "target.published" not in subscription.kinds
    page.get_by_role("link", name="Revenir à l’abonnement").click()
    page.get_by_role("button", name="Envoyer un essai").click()
    page.get_by_text("L’essai part.").wait_for()
    assert WebhookDelivery.objects.get().event.kind == "webhook.test"


def busy() -> tuple[WebhookSubscription, WebhookDelivery]:
    """A subscription with something of everything in its log."""
    plan = Membership.objects.get().plan
    subscription, _secret = subscribed(
        plan,
        "https://observatoire-des-politiques-publiques.example.org/api/v2/hooks/plans-ia",
        name="Observatoire régional des politiques publiques",
    )
    corrected(
        published(IndicatorFactory.create(plan=plan, title="Entreprises aidées"), value=30), 32
    )
    now = timezone.now()
    for number, delivery in enumerate(subscription.deliveries.order_by("id")):
        WebhookAttempt.objects.create(
            delivery=delivery,
            started_at=now - timedelta(minutes=3),
            ended_at=now,
            status=None if number else 503,
            error="tls: self-signed certificate" if number else "",
            excerpt="" if number else "<html>Service indisponible" + "é" * 300,
            duration_ms=1234,
        )
        WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=1)
    WebhookSubscription.objects.update(
        state="disabled", state_reason="Rien n’a été reçu depuis deux jours.", failing_since=now
    )
    services.send_test(subscription, at=now)
    return subscription, subscription.deliveries.earliest("id")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_are_accessible_and_as_wide_as_the_window(
    open_page: Callable[..., Page], manager: Membership, width: int, dark: bool
) -> None:
    subscription, delivery = busy()
    page = open_page(width=width, dark=dark)
    sign_in_on(page, manager.user)
    one = f"{PAGES}{subscription.pk}/"
    for address in (
        PAGES,
        f"{PAGES}nouveau/",
        one,
        f"{one}modifier/",
        f"{one}secret/",
        f"{one}supprimer/",
        f"{one}envois/{delivery.pk}/",
    ):
        assert faults_at(page, address) == []
        assert page.locator("h1").count() == 1
