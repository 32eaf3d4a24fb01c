"""Signing in through an identity provider: whom it opens an account to, and what it cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from plans import invitations
from plans.models import Membership, Plan, Role
from plans.permissions import rights_in
from tests.accounts.conftest import with_provider
from tests.accounts.identity_server import IdentityServer, running
from tests.accounts.people import PASSWORD, code_of, person, sign_in, signed_in_as, with_generator
from tests.factories import MembershipFactory, PlanFactory
from tests.html import html_errors

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("attempts_counted_anew", "mails_go_at_once"),
]

CAMILLE = {
    "sub": "5f7c",
    "email": "agent@example.org",
    "email_verified": True,
    "given_name": "Camille",
    "usual_name": "Martin",
}
BUTTON = "S’identifier avec ProConnect"


@pytest.fixture
def provider(settings: Settings) -> Iterator[IdentityServer]:
    with running() as server:
        settings.SOCIALACCOUNT_PROVIDERS = with_provider(
            settings.SOCIALACCOUNT_PROVIDERS, server_url=server.url
        )
        server.claims = dict(CAMILLE)
        yield server


def enter(client: Client, *, next_page: str = "", process: str = "login") -> Any:
    """Press the button, go to the provider, come back; return the answer to that."""
    query = f"?process={process}" + (f"&next={next_page}" if next_page else "")
    leaving: Any = client.post(f"/comptes/oidc/connexion/login/{query}")
    back = requests.get(leaving.url, allow_redirects=False, timeout=5).headers["Location"]
    there = urlsplit(back)
    assert there.path == "/comptes/oidc/connexion/retour/"
    return client.get(f"{there.path}?{there.query}")


def invite(plan: Plan, email: str, role: Role = Role.REVIEWER) -> str:
    manager = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
    invitation = invitations.invite(
        plan, email, role, rights=rights_in(manager, plan), at=timezone.now()
    )
    return invitations.link_of(invitation).removeprefix("http://127.0.0.1:8000")


def test_the_button_is_there_only_where_a_provider_is_set(client: Client) -> None:
    assert BUTTON not in client.get("/comptes/login/").content.decode()


def test_the_button_bears_the_name_of_the_provider(
    client: Client, provider: IdentityServer
) -> None:
    page = client.get("/comptes/login/?next=/agent/notifications/").content.decode()
    assert BUTTON in page
    assert (
        "/comptes/oidc/connexion/login/?process=login&amp;next=%2Fagent%2Fnotifications%2F" in page
    )
    assert html_errors(page) == []


def test_it_is_asked_for_no_more_than_was_set(client: Client, provider: IdentityServer) -> None:
    person("agent@example.org")
    enter(client)

    (asked,) = provider.asked
    assert set(asked["scope"].split()) == {"openid", "given_name", "usual_name", "email"}
    assert asked["acr_values"] == "eidas1"
    assert len(asked["nonce"]) == 32


@pytest.mark.parametrize("signed", [False, True])
def test_a_verified_address_opens_the_account_that_has_it(
    client: Client, provider: IdentityServer, signed: bool
) -> None:
    provider.signed_userinfo = signed
    user = person("Agent@example.org")

    assert enter(client, next_page="/agent/notifications/").url == "/agent/notifications/"
    assert signed_in_as(client) == user.email
    assert SocialAccount.objects.get().user == user
    user.refresh_from_db()
    assert user.check_password(PASSWORD), "the password still works"


def test_a_linked_identity_opens_its_account_whatever_its_address_becomes(
    client: Client, provider: IdentityServer
) -> None:
    user = person("agent@example.org")
    enter(client)
    provider.claims["email"] = "c.martin@ailleurs.example"

    other = Client()
    enter(other)

    assert signed_in_as(other) == user.email


def test_the_second_factor_is_asked_for_all_the_same(
    client: Client, provider: IdentityServer
) -> None:
    user = person("agent@example.org")
    secret = with_generator(user)

    assert enter(client).url == "/comptes/2fa/authenticate/"
    assert signed_in_as(client) is None
    client.post("/comptes/2fa/authenticate/", {"code": code_of(secret)})
    assert signed_in_as(client) == user.email


def test_an_address_that_is_not_verified_opens_nothing(
    client: Client, provider: IdentityServer
) -> None:
    person("agent@example.org")
    provider.claims["email_verified"] = False

    refused = enter(client)

    assert refused.status_code == 403
    assert "sans garantir que c’est la vôtre" in refused.content.decode()
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()


def test_a_provider_that_is_trusted_need_not_say_verified(
    client: Client, provider: IdentityServer, settings: Settings
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = with_provider(
        settings.SOCIALACCOUNT_PROVIDERS, server_url=provider.url, vouches_for_email=True
    )
    user = person("agent@example.org")
    del provider.claims["email_verified"]

    enter(client)

    assert signed_in_as(client) == user.email


def test_a_stranger_gets_no_account(client: Client, provider: IdentityServer) -> None:
    refused = enter(client)

    assert refused.status_code == 403
    page = refused.content.decode()
    assert "<b>agent@example.org</b>, qui n’a ici ni compte ni invitation" in page
    assert html_errors(page) == []
    assert not User.objects.exists()


@pytest.mark.parametrize("from_the_link", [True, False])
def test_an_invited_person_gets_an_account_and_is_a_member(
    client: Client, provider: IdentityServer, from_the_link: bool
) -> None:
    plan = PlanFactory.create()
    link = invite(plan, "agent@example.org")

    if from_the_link:
        assert BUTTON in client.get(link).content.decode()
        back = enter(client, next_page=link)
        assert back.url == link
        assert client.get(link).url == f"/agent/plans/{plan.slug}/"  # type: ignore[attr-defined]
    else:
        assert enter(client).url == "/agent/"

    user = User.objects.get(email="agent@example.org")
    assert (user.name, user.has_usable_password()) == ("Camille Martin", False)
    assert Membership.objects.get(user=user).role == Role.REVIEWER


def test_an_invitation_that_ran_out_gives_no_account(
    client: Client, provider: IdentityServer
) -> None:
    plan = PlanFactory.create()
    invite(plan, "agent@example.org")
    plan.invitations.update(expires_at=timezone.now() - timedelta(minutes=1))

    assert enter(client).status_code == 403
    assert not User.objects.filter(email="agent@example.org").exists()


def test_an_invited_address_that_is_not_verified_gives_no_account(
    client: Client, provider: IdentityServer
) -> None:
    invite(PlanFactory.create(), "agent@example.org")
    provider.claims["email_verified"] = False

    assert enter(client).status_code == 403


def test_a_closed_account_stays_closed(client: Client, provider: IdentityServer) -> None:
    person("agent@example.org", is_active=False)

    assert enter(client).url == "/comptes/inactive/"
    assert signed_in_as(client) is None


def test_a_person_links_an_identity_that_has_another_address(
    client: Client, provider: IdentityServer
) -> None:
    user = person("agent@example.org")
    provider.claims["email"] = "c.martin@ailleurs.example"
    sign_in(client, user)
    client.post("/comptes/reauthenticate/", {"password": PASSWORD})

    back = enter(client, process="connect")
    assert back.url == "/comptes/3rdparty/"
    assert "Ne plus lier" in client.get("/comptes/3rdparty/").content.decode()

    other = Client()
    enter(other)
    assert signed_in_as(other) == "agent@example.org"

    account = SocialAccount.objects.get()
    client.post("/comptes/3rdparty/", {"account": account.pk})
    assert enter(Client()).status_code == 403


# What goes wrong on the way


def test_a_token_for_another_request_is_refused(client: Client, provider: IdentityServer) -> None:
    person("agent@example.org")
    provider.nonce = "of another browser"

    assert enter(client).status_code == 401
    assert signed_in_as(client) is None


def test_userinfo_of_another_person_is_refused(client: Client, provider: IdentityServer) -> None:
    person("agent@example.org")
    provider.userinfo_sub = "someone else"

    assert enter(client).status_code == 401


def test_userinfo_signed_by_another_key_is_refused(
    client: Client, provider: IdentityServer
) -> None:
    person("agent@example.org")
    provider.signed_userinfo = True
    provider.signing_key = generate_private_key(65537, 2048)

    assert enter(client).status_code == 401


def test_who_gives_up_is_told_the_way_back(client: Client, provider: IdentityServer) -> None:
    provider.refusal = "access_denied"

    answer = enter(client)

    assert answer.url == "/comptes/3rdparty/login/cancelled/"


def test_an_answer_nobody_asked_for_is_refused(client: Client, provider: IdentityServer) -> None:
    page = client.get("/comptes/oidc/connexion/retour/?code=stolen&state=guessed")

    assert page.status_code == 401
    assert "L’identification n’a pas abouti" in page.content.decode()


def test_a_provider_that_does_not_answer_is_said_so(
    client: Client, identity_provider: None
) -> None:
    page = client.post("/comptes/oidc/connexion/login/?process=login")

    assert page.status_code == 401
    assert "L’identification n’a pas abouti" in page.content.decode()


def test_another_provider_does_not_exist(client: Client) -> None:
    assert client.get("/comptes/oidc/autre/login/").status_code == 404
