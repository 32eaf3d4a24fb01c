"""People of the account tests, and what they hold in their hands: a code generator, a mailbox."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from accounts.services import vouch_for_address

PASSWORD = "un mot de passe assez long"
LINK = re.compile(r"https?://\S+")


def person(email: str = "agent@example.org", **fields: Any) -> User:
    """An account with a password and an address that is known to be its person's."""
    user = User.objects.create_user(email, PASSWORD, **{"name": "Camille Martin", **fields})
    vouch_for_address(user)
    return user


def with_generator(user: User) -> str:
    """Give the person a code generator and recovery codes; return the generator's secret."""
    secret: str = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_of(secret: str) -> str:
    """Return what the generator shows now."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


def sign_in(client: Client, user: User, **more: str) -> Any:
    """Post the sign-in form."""
    return client.post(
        "/comptes/login/", {"login": user.email, "password": PASSWORD, **more}, follow=False
    )


def sign_in_on(page: Page, user: User) -> None:
    """Fill in the sign-in page of a browser."""
    page.goto("/comptes/login/")
    page.get_by_label("Adresse électronique").fill(user.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def signed_in_as(client: Client) -> str | None:
    """Return the address of the account that is signed in, None for nobody."""
    page: Any = client.get("/comptes/")
    return None if page.status_code == 302 else page.context["user"].email


def link_in(body: object) -> str:
    """Return the first address of a mail, without the host."""
    found = LINK.search(str(body))
    assert found is not None, body
    return "/" + found[0].split("/", 3)[3]
