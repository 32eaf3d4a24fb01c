"""The staff home, the notifications and the preferences in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.letters import stop_token
from accounts.models import Notification, User
from accounts.services import notify
from agent import reminders
from indicators.models import Indicator, Observation
from measures.models import MeasureAssignment
from plans import workflow
from plans.models import Plan, Role
from tests.accessibility import faults_at
from tests.conftest import NARROW, WIDE
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    MilestoneFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]


@pytest.fixture
def plan() -> Plan:
    """A plan in which something lies in every list."""
    made: Plan = PlanFactory.create(
        slug="plan-ia", title="Plan régional d’intelligence artificielle du Grand Est"
    )
    author = MembershipFactory.create(plan=made, user__name="Agnès Martin").user
    reviewer = MembershipFactory.create(
        plan=made, role=Role.REVIEWER, user__name="Bruno Keller", user__email="bruno@example.org"
    ).user
    today = timezone.localdate()
    measure = MeasureFactory.create(
        plan=made, title="Accompagner les entreprises dans leur premier projet d’IA"
    )
    for user in (author, reviewer):
        MeasureAssignment.objects.create(measure=measure, user=user)
    late = IndicatorFactory.create(
        plan=made, measure=measure, title="Entreprises accompagnées par le Pack IA"
    )
    ObservationFactory.create(indicator=late, year=today.year - 3, published=True)
    soon = IndicatorFactory.create(
        plan=made, title="Étudiants formés", availability_lag_days=365, measure=measure
    )
    ObservationFactory.create(indicator=soon, year=today.year - 2, published=True)
    for title, days in (("Panorama des acteurs publié", -12), ("Charte signée", 6)):
        MilestoneFactory.create(measure=measure, title=title, due_on=today + timedelta(days=days))
    for number in range(13):
        MilestoneFactory.create(
            measure=measure,
            title=f"Atelier territorial numéro {number + 1}",
            due_on=today + timedelta(days=40 + 30 * number),
        )
    now = timezone.now()
    workflow.submit(observation(late, author, today.year - 2), at=now)
    observation(soon, reviewer, today.year - 1)
    workflow.send_back(
        workflow.submit(observation(late, reviewer, today.year - 5), at=now),
        reviewer=author,
        reason="De quelle convention vient ce chiffre ?",
        at=now,
    )
    workflow.publish(
        workflow.submit(observation(late, author, today.year - 4), at=now),
        made,
        reviewer=reviewer,
        at=now,
    )
    reminders.remind(made, at=now)
    notify(
        [reviewer],
        plan_id=made.pk,
        kind=Notification.Kind.MENTION,
        key="mention",
        text="Agnès Martin vous mentionne : Étudiants formés (2025)",
        url="/agent/plans/plan-ia/",
        at=now,
    )
    return made


def observation(indicator: Indicator, author: User, year: int) -> Observation:
    row: Observation = ObservationFactory.create(
        indicator=indicator,
        author=author,
        edited_by=author,
        edited_at=timezone.now(),
        year=year,
        value=Decimal(41),
        source=SourceFactory.create(plan=indicator.plan),
    )
    return row


@pytest.fixture
def open_signed_in(open_as: OpenPage, plan: Plan) -> OpenPage:
    """Open a page in which the reviewer of the plan is signed in."""
    return partial(open_as, User.objects.get(email="bruno@example.org"))


def addresses() -> list[str]:
    stop = stop_token(User.objects.get(email="bruno@example.org"))
    return [
        "/agent/",
        "/agent/?pour=tous",
        "/agent/plans/plan-ia/",
        "/agent/notifications/",
        "/agent/preferences/",
        f"/comptes/courriels/{stop}/arreter/",
    ]


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, False), (WIDE, True)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_signed_in: OpenPage, width: int, dark: bool
) -> None:
    page = open_signed_in(width=width, dark=dark)
    page.goto("/agent/")
    assert [fault for address in addresses() for fault in faults_at(page, address)] == []


def test_the_pages_are_valid_and_hold_no_inline_code(plan: Plan) -> None:
    client = Client()
    client.force_login(User.objects.get(email="bruno@example.org"))
    for address in addresses():
        text = client.get(address).content.decode()
        assert (address, html_errors(text), inline_code(text)) == (address, [], [])
        assert text.count("<h1") == 1


def test_from_a_line_to_its_entry_in_one_click(open_signed_in: OpenPage) -> None:
    page = open_signed_in(javascript=False)
    page.goto("/agent/")

    page.get_by_role("link", name="Charte signée").click()

    assert "/jalons/" in page.url
    assert page.url.endswith("/saisie/")


def test_the_filter_is_kept_in_the_address(open_signed_in: OpenPage) -> None:
    page = open_signed_in(javascript=False)
    page.goto("/agent/")

    page.get_by_label("Celles de tous").check()
    page.get_by_role("button", name="Afficher").click()

    assert page.url.endswith("?pour=tous")
    expect(page.get_by_label("Celles de tous")).to_be_checked()


def test_notifications_are_read_one_by_one_then_all(open_signed_in: OpenPage) -> None:
    page = open_signed_in(javascript=False)
    page.goto("/agent/notifications/")
    count = page.locator(".person-menu .count")
    before = int(count.inner_text().split()[0])

    page.get_by_role("button", name="Marquer comme lue").first.click()
    assert int(count.inner_text().split()[0]) == before - 1

    page.get_by_role("button", name="Tout marquer comme lu").click()
    expect(count).to_have_count(0)
    page.get_by_role("link", name="Non lues").click()
    expect(page.get_by_text("Tout est lu.")).to_be_visible()


def test_choosing_how_often_mails_come(open_signed_in: OpenPage) -> None:
    page = open_signed_in(javascript=False)
    page.goto("/agent/preferences/")

    page.get_by_label("Chaque lundi à 7 heures").check()
    page.get_by_role("button", name="Enregistrer").click()

    expect(page.get_by_role("status")).to_contain_text("Vos préférences sont enregistrées.")
    assert User.objects.get(email="bruno@example.org").digest == User.Digest.WEEKLY


def test_a_button_signs_out(open_signed_in: OpenPage) -> None:
    page = open_signed_in(javascript=False)
    page.goto("/agent/")

    page.get_by_role("button", name="Se déconnecter").click()
    page.goto("/agent/")

    assert "/comptes/login/" in page.url
