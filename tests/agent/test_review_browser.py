"""Reviewing in a real browser: by keyboard, at 320 px, and when a colleague was faster."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from indicators.models import Observation
from plans import contributing, workflow
from plans.models import Plan, Role
from tests.accessibility import faults, faults_at
from tests.agent.reviewing import at, reported_indicator, submit, submit_update, url
from tests.agent.staff import member
from tests.conftest import NARROW, WIDE

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]


@pytest.fixture
def seen() -> Observation:
    """A value that waits with 30 others."""
    indicator = reported_indicator()
    author = member(indicator.plan, Role.REVIEWER)
    first = submit(indicator, author=author, edited_by=author)
    for year in range(1990, 2019):
        submit(indicator, author=author, year=year)
    submit_update(indicator.plan)
    return first


@pytest.fixture
def plan(seen: Observation) -> Plan:
    found: Plan = seen.permission_plan
    return found


@pytest.fixture
def reviewer(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


@pytest.fixture
def open_signed_in(open_as: OpenPage, reviewer: User) -> OpenPage:
    """Open a page in which the reviewer of the plan is signed in."""
    return partial(open_as, reviewer)


def rewrite(row: Observation) -> None:
    """Return it, and have its author hand in another value."""
    now = timezone.now()
    assert row.author is not None
    plan = row.permission_plan
    back = workflow.send_back(
        row, reviewer=member(plan, Role.REVIEWER), reason="De quelle année ?", at=now
    )
    back.value = Decimal(300_000)
    back = contributing.save(back, plan, editor=row.author, revision=back.revision, at=now)
    contributing.submit(back, revision=back.revision, at=now)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, False), (WIDE, True)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_signed_in: OpenPage, plan: Plan, seen: Observation, width: int, dark: bool
) -> None:
    page = open_signed_in(width=width, dark=dark)
    page.goto("/agent/")
    found = [
        fault
        for address in (
            url(plan, "relecture/"),
            f"{url(plan, 'relecture/')}?page=2",
            at(seen),
            "/agent/en-cours/?etat=a-relire",
            "/agent/",
        )
        for fault in faults_at(page, address)
    ]
    page.goto(at(seen))
    rewrite(seen)
    page.get_by_label("Motif").fill("Quelle convention ?")
    page.get_by_role("button", name="Renvoyer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    page.goto(url(plan, "relecture/"))
    page.get_by_role("checkbox").nth(1).check()
    Observation.objects.filter(state="submitted").delete()
    page.get_by_role("button", name="Publier ce qui est coché").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += faults(page)
    assert found == []


@pytest.mark.parametrize("javascript", [True, False])
def test_who_was_slower_reads_what_changed_and_decides_again(
    open_signed_in: OpenPage, seen: Observation, javascript: bool
) -> None:
    page = open_signed_in(width=NARROW, javascript=javascript)
    page.goto(at(seen))
    rewrite(seen)

    page.get_by_label("Motif").fill("Quelle convention ?")
    page.get_by_role("button", name="Renvoyer").press("Enter")

    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert).to_contain_text("a réécrit cette contribution après que vous l’avez ouverte")
    expect(alert).to_contain_text("De quelle année ?")
    expect(page.get_by_label("Motif")).to_have_value("Quelle convention ?")

    page.get_by_role("button", name="Renvoyer").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Renvoyé à son auteur.")
    seen.refresh_from_db()
    assert (seen.state, seen.return_reason) == ("returned", "Quelle convention ?")


def test_a_page_of_the_queue_is_published_by_keyboard(open_signed_in: OpenPage, plan: Plan) -> None:
    page = open_signed_in(javascript=False)
    page.goto(url(plan, "relecture/"))
    page.get_by_role("link", name="Page suivante").press("Enter")

    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(6)
    for number in (0, 1):
        boxes.nth(number).press("Space")
    page.get_by_role("button", name="Publier ce qui est coché").press("Enter")

    expect(page.get_by_role("status")).to_contain_text("2 contributions publiées.")
    expect(page.get_by_text("Page 2 sur 2")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(4)
