"""Every account page: well-formed, in our frame, in French, without code in the page, uncached."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import User
from tests.accounts.people import PASSWORD, person, sign_in, with_generator
from tests.html import html_errors, inline_code

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("attempts_counted_anew", "mails_go_at_once"),
]

ENTRANCE = [
    "/comptes/login/",
    "/comptes/signup/",
    "/comptes/inactive/",
    "/comptes/password/reset/",
    "/comptes/password/reset/done/",
    "/comptes/password/reset/key/done/",
    "/comptes/password/reset/key/1-abc-def/",
    "/comptes/confirm-email/",
    "/comptes/confirm-email/unknown/",
    "/comptes/3rdparty/login/cancelled/",
    "/comptes/3rdparty/login/error/",
]
OWN = [
    "/comptes/",
    "/comptes/email/",
    "/comptes/logout/",
    "/comptes/password/change/",
    "/comptes/reauthenticate/",
    "/comptes/sessions/",
    "/comptes/3rdparty/",
    "/comptes/2fa/",
    "/comptes/2fa/totp/activate/",
    "/comptes/2fa/webauthn/",
    "/comptes/2fa/webauthn/add/",
]
WITH_GENERATOR = [
    "/comptes/",
    "/comptes/2fa/",
    "/comptes/2fa/reauthenticate/",
    "/comptes/2fa/totp/deactivate/",
    "/comptes/2fa/recovery-codes/",
    "/comptes/2fa/recovery-codes/generate/",
]
ENGLISH = ("Sign ", "Password", "Email", "Authenticator", "Security Key", "Recovery", " the ")


def check(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == (401 if address.endswith("/login/error/") else 200), address
    assert response["Cache-Control"] == (
        "max-age=0, no-cache, no-store, must-revalidate, private"
    ), address
    page = response.content.decode()
    assert html_errors(page) == []
    assert inline_code(page) == []
    assert page.count("<h1>") == 1
    body = page.partition("<main")[2]
    assert [word for word in ENGLISH if word in body] == []
    assert "Les plans IA des régions</title>" in page, "the site's name, not the host's"
    return page


def confirmed(client: Client) -> None:
    """Pass the page that asks again who is there."""
    client.post("/comptes/reauthenticate/?next=/comptes/", {"password": PASSWORD})


@pytest.mark.parametrize("address", ENTRANCE)
def test_pages_on_the_way_in(client: Client, address: str) -> None:
    check(client, address)


@pytest.mark.parametrize("address", OWN)
def test_pages_of_ones_own_account(client: Client, address: str) -> None:
    user = person()
    sign_in(client, user)
    confirmed(client)

    check(client, address)


@pytest.mark.parametrize("address", WITH_GENERATOR)
def test_pages_of_an_account_with_a_generator(client: Client, address: str) -> None:
    user = person()
    sign_in(client, user)
    confirmed(client)
    with_generator(user)

    check(client, address)


def test_pages_of_an_account_with_a_passkey(client: Client) -> None:
    user = person()
    sign_in(client, user)
    confirmed(client)
    key = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "téléphone", "credential": {}}
    )

    page = check(client, "/comptes/2fa/webauthn/")
    assert "téléphone" in page
    check(client, f"/comptes/2fa/webauthn/keys/{key.pk}/edit/")
    check(client, f"/comptes/2fa/webauthn/keys/{key.pk}/remove/")


def test_the_page_of_linked_identities(client: Client, identity_provider: None) -> None:
    user = person()
    SocialAccount.objects.create(user=user, provider="connexion", uid="42", extra_data={})
    sign_in(client, user)

    assert "Ne plus lier" in check(client, "/comptes/3rdparty/")


def test_an_account_without_a_password_may_choose_one(client: Client) -> None:
    user = User.objects.create_user("sans@example.org")
    client.force_login(user)

    check(client, "/comptes/password/set/")


@pytest.mark.parametrize("address", OWN)
def test_ones_own_pages_ask_for_a_sign_in(client: Client, address: str) -> None:
    response: Any = client.get(address)

    expected = "/" if address == "/comptes/logout/" else f"/comptes/login/?next={address}"
    assert unquote(response.url) == expected


def test_no_account_page_is_forgotten() -> None:
    """A page that a new version of allauth brings is looked at before it is offered."""
    known = {
        *("account_home", "account_end_session", "account_login", "account_logout"),
        *("account_inactive", "account_signup", "account_reauthenticate", "account_email"),
        *("account_email_verification_sent", "account_confirm_email", "account_change_password"),
        *("account_set_password", "account_reset_password", "account_reset_password_done"),
        *("account_reset_password_from_key", "account_reset_password_from_key_done"),
        *("account_confirm_login_code", "usersessions_list"),
        *("mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp"),
        *("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
        *("mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn"),
        *("mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn"),
        *("mfa_login_webauthn", "socialaccount_login_cancelled", "socialaccount_login_error"),
        *("socialaccount_signup", "socialaccount_connections"),
        *("openid_connect_login", "openid_connect_callback"),
    }
    resolver = get_resolver()
    found = {
        name
        for name, places in resolver.reverse_dict.lists()
        if isinstance(name, str)
        and name.startswith(("account_", "mfa_", "usersessions_", "socialaccount_", "openid_"))
        and any(form[0].startswith("comptes/") for place in places for form in place[0])
    }
    assert found == known


def test_the_page_of_too_many_attempts(client: Client) -> None:
    for _attempt in range(20):
        client.post("/comptes/password/reset/", {"email": "personne@example.org"})
    response = client.post("/comptes/password/reset/", {"email": "personne@example.org"})

    assert response.status_code == 429
    page = response.content.decode()
    assert html_errors(page) == []
    assert "Trop d’essais en peu de temps" in page


def test_a_person_sees_and_changes_their_name(client: Client) -> None:
    user = person()
    sign_in(client, user)

    assert client.post(reverse("account_home"), {"name": "Camille Dupont"}).status_code == 302
    user.refresh_from_db()
    assert user.name == "Camille Dupont"

    page = client.post(reverse("account_home"), {"name": " "}).content.decode()
    assert "Ce champ est obligatoire." in page
    user.refresh_from_db()
    assert user.name == "Camille Dupont"
