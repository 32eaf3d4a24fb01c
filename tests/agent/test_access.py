"""Every staff address × everyone who may knock, another plan's objects guessed by address included.

The addresses come from the resolver: one that the table does not name fails the first test.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from plans.models import Role
from tests.agent.house import ADDRESSES, House
from tests.agent.staff import member, signed_in
from tests.factories import (
    MembershipFactory,
)

pytestmark = pytest.mark.django_db

ANYONE, PERSON, SEE, REVIEW, MANAGE = "anyone", "person", "see", "review", "manage"
CONTRIBUTE, CONTRIBUTE_HERE = "contribute", "contribute here"
SUPERUSER = "superuser"
SENDER = "sender"

# What each address asks of whoever opens it (GET) or acts through it (POST).
TABLE: dict[str, tuple[str, str]] = {
    "home": ("GET", PERSON),
    "work": ("GET", PERSON),
    "typed_text": ("POST", ANYONE),  # hands a visitor the text of a lost session back
    "notifications": ("GET", PERSON),
    "notifications_read": ("POST", PERSON),
    "preferences": ("GET", PERSON),
    "plan": ("GET", SEE),
    "grid": ("GET", CONTRIBUTE),
    "entry": ("GET", CONTRIBUTE_HERE),
    "entry_reading": ("GET", CONTRIBUTE_HERE),
    "milestone_entry": ("GET", CONTRIBUTE_HERE),
    "evidence": ("GET", SEE),
    "correct": ("GET", CONTRIBUTE_HERE),
    "take_back": ("POST", SENDER),  # and its author: see entry/test_taking_back
    "review": ("GET", REVIEW),
    "contribution": ("GET", SEE),
    "publish": ("POST", REVIEW),
    "send_back": ("POST", REVIEW),
    "withdraw": ("POST", REVIEW),
    "comment": ("POST", CONTRIBUTE_HERE),
    "spreadsheets": ("GET", CONTRIBUTE),
    "spreadsheet_download": ("GET", CONTRIBUTE),
    "import_job": ("GET", MANAGE),  # and its sender: see test_spreadsheets
    "import_progress": ("GET", MANAGE),
    "import_copy": ("GET", MANAGE),
    "import_confirm": ("POST", SENDER),
    "import_check_again": ("POST", MANAGE),
    "import_cancel": ("POST", MANAGE),
    "members": ("GET", MANAGE),
    "member_settings": ("POST", MANAGE),
    "member": ("POST", MANAGE),
    "member_remove": ("GET", MANAGE),
    "invitation_resend": ("POST", MANAGE),
    "invitation_revoke": ("POST", MANAGE),
    "plan_create": ("GET", SUPERUSER),
    "editing": ("GET", MANAGE),
    "arrange": ("GET", MANAGE),
    "editing_plan": ("GET", MANAGE),
    "editing_add": ("GET", MANAGE),
    "shared_add": ("GET", MANAGE),
    "milestone_add": ("GET", MANAGE),
    "target_add": ("GET", MANAGE),
    "editing_edit": ("GET", MANAGE),
    "editing_delete": ("GET", MANAGE),
    "measure_abandon": ("GET", MANAGE),
    "milestone_edit": ("GET", MANAGE),
    "milestone_delete": ("GET", MANAGE),
    "target_edit": ("GET", MANAGE),
    "target_revise": ("GET", MANAGE),
    "target_abandon": ("GET", MANAGE),
    "target_delete": ("GET", MANAGE),
    "history": ("GET", SEE),
    "preview": ("GET", SEE),
    "preview_objective": ("GET", SEE),
    "preview_measure": ("GET", SEE),
    "preview_indicator": ("GET", SEE),
    "preview_chart": ("GET", SEE),
    "preview_sources": ("GET", SEE),
    "make_public": ("GET", MANAGE),
    "tokens": ("GET", MANAGE),
    "token_renew": ("POST", MANAGE),
    "token_revoke": ("POST", MANAGE),
    "webhooks": ("GET", MANAGE),
    "webhook_create": ("GET", MANAGE),
    "webhook": ("GET", MANAGE),
    "webhook_edit": ("GET", MANAGE),
    "webhook_secret": ("POST", MANAGE),
    "webhook_test": ("POST", MANAGE),
    "webhook_pause": ("POST", MANAGE),
    "webhook_resume": ("POST", MANAGE),
    "webhook_delete": ("GET", MANAGE),
    "webhook_delivery": ("GET", MANAGE),
    "webhook_send_again": ("POST", MANAGE),
}

ALLOWED = {
    SEE: {"viewer", "contributor", "assigned", "reviewer", "manager", "superuser"},
    CONTRIBUTE: {"contributor", "assigned", "reviewer", "manager", "superuser"},
    CONTRIBUTE_HERE: {"assigned", "reviewer", "manager", "superuser"},
    REVIEW: {"reviewer", "manager", "superuser"},
    MANAGE: {"manager", "superuser"},
    SENDER: set(),  # nobody here sent the file, or wrote the value
}
MEMBERS = ("viewer", "contributor", "assigned", "reviewer", "manager", "superuser")


def actor(house: House, who: str) -> User:
    """Make the person who knocks."""
    if who == "superuser":
        user: User = MembershipFactory.create().user
        user.is_superuser = True
        user.save()
        return user
    if who == "assigned":
        return member(house.plan, Role.CONTRIBUTOR, assigned_to=house.indicator.measure)
    return member(house.plan, Role(who))


def knock(client: Client, name: str, arguments: dict[str, Any]) -> int:
    """Open the address, or act through it with an empty form."""
    method, _right = TABLE[name]
    address = reverse(f"agent:{name}", kwargs=arguments)
    answer = client.post(address) if method == "POST" else client.get(address)
    return answer.status_code


def test_every_staff_address_is_in_the_table() -> None:
    assert sorted(ADDRESSES) == sorted(TABLE)


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name][1] != ANYONE])
def test_visitors_are_asked_to_sign_in(name: str) -> None:
    house = House()
    method, _right = TABLE[name]
    address = reverse(f"agent:{name}", kwargs=house.arguments(name))

    answer = Client().post(address) if method == "POST" else Client().get(address)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/comptes/login/?")
    assert "no-store" in answer["Cache-Control"]


PLAN_PAGES = [
    name for name, (_method, right) in TABLE.items() if right not in (ANYONE, PERSON, SUPERUSER)
]


@pytest.mark.parametrize("name", PLAN_PAGES)
def test_a_page_opens_for_the_roles_that_may_and_for_no_other(name: str) -> None:
    method, right = TABLE[name]
    house = House()
    answers = {}
    for who in MEMBERS:
        if method == "POST":
            house = House()  # an act may change what it acts on
        client = signed_in(actor(house, who))
        answers[who] = knock(client, name, house.arguments(name))

    opened = {who for who, status in answers.items() if status != 403}
    assert opened == ALLOWED[right]
    # A file that was never given does not exist, whoever asks.
    fitting = {404} if name in ("evidence", "import_copy") else {200, 302, 400, 409, 422}
    assert {answers[who] for who in opened} <= fitting


@pytest.mark.parametrize("name", PLAN_PAGES)
def test_the_manager_of_another_plan_learns_nothing(name: str) -> None:
    house = House()
    stranger = signed_in(MembershipFactory.create(role=Role.MANAGER).user)

    assert knock(stranger, name, house.arguments(name)) == 404


# The noun of what is added names no object.
GUESSABLE = [name for name in PLAN_PAGES if set(ADDRESSES[name]) - {"plan", "noun"}]


@pytest.mark.parametrize("name", GUESSABLE)
def test_another_plans_objects_are_not_reached_through_ones_own(name: str) -> None:
    mine, theirs = House(), House()
    manager = signed_in(member(mine.plan, Role.MANAGER))
    guessed = theirs.arguments(name) | {"plan": mine.plan.slug}

    assert knock(manager, name, guessed) == 404


@pytest.mark.parametrize("name", PLAN_PAGES)
def test_a_plan_that_asks_for_two_factors_leads_to_their_setting(name: str) -> None:
    house = House(requires_two_factor=True)
    method, _right = TABLE[name]
    client = signed_in(member(house.plan, Role.MANAGER))
    address = reverse(f"agent:{name}", kwargs=house.arguments(name))

    answer = client.post(address) if method == "POST" else client.get(address)

    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))


def test_only_superusers_make_plans() -> None:
    house = House()
    answers = {who: knock(signed_in(actor(house, who)), "plan_create", {}) for who in MEMBERS}

    assert answers == dict.fromkeys(MEMBERS, 403) | {"superuser": 200}


OWN_PAGES = [name for name, (_method, right) in TABLE.items() if right in (ANYONE, PERSON)]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_persons_own_pages_are_open_to_whoever_is_signed_in(name: str) -> None:
    client = signed_in(MembershipFactory.create().user)

    assert knock(client, name, {}) in {200, 302, 400, 404}
