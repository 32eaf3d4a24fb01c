"""The account pages in a real browser, under a policy that allows no code but the site's files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from accounts.models import User
from accounts.two_factor import has_two_factor
from tests.accessibility import faults_at, violations
from tests.accounts.people import PASSWORD, code_of, person, sign_in_on, with_generator
from tests.conftest import NARROW, WIDE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("attempts_counted_anew", "mails_go_at_once"),
]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ENTRANCE = [
    "/comptes/login/",
    "/comptes/signup/",
    "/comptes/inactive/",
    "/comptes/password/reset/",
    "/comptes/password/reset/done/",
    "/comptes/password/reset/key/1-abc-def/",
    "/comptes/password/reset/key/done/",
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
WITH_FACTORS = [
    "/comptes/",
    "/comptes/2fa/",
    "/comptes/2fa/reauthenticate/",
    "/comptes/2fa/webauthn/",
    "/comptes/2fa/webauthn/reauthenticate/",
    "/comptes/2fa/totp/deactivate/",
    "/comptes/2fa/recovery-codes/",
    "/comptes/2fa/recovery-codes/generate/",
]


def under_strict_policy(page: Page) -> list[str]:
    """Give every page the policy; return the list that fills with what the browser complains of."""

    def add_policy(route: Route) -> None:
        response = route.fetch(max_redirects=0)
        headers = {**response.headers, "content-security-policy": POLICY}
        route.fulfill(response=response, headers=headers)

    page.route(
        lambda _url: True,
        lambda route: (
            add_policy(route) if route.request.resource_type == "document" else route.continue_()
        ),
    )
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def virtual_authenticator(page: Page, *, knows_its_person: bool = True) -> None:
    """Give the page's browser a device that keeps passkeys, and recognises its person at once."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": knows_its_person,
                "automaticPresenceSimulation": True,
            }
        },
    )


def confirm(page: Page) -> None:
    """Pass the page that asks again who is there."""
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()


def add_passkey(page: Page, name: str, *, alone: bool = True) -> None:
    page.goto("/comptes/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        confirm(page)
    page.get_by_label("Nom de la clé").fill(name)
    page.get_by_label("Se connecter avec cette clé seule").set_checked(alone)
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url("**/comptes/2fa/recovery-codes/")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_way_in_is_accessible(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(width=width)
    complaints = under_strict_policy(page)

    assert [fault for address in ENTRANCE for fault in faults_at(page, address)] == []
    sign_in_on(page, User(email="nobody@example.org"))
    assert page.locator("#erreurs").inner_text().startswith("Corrigez ce qui suit")
    assert violations(page) == []
    assert complaints == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_ones_own_account_is_accessible(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(width=width)
    complaints = under_strict_policy(page)
    user = person("une.adresse.electronique.plutot.longue@collectivite.example.org")
    sign_in_on(page, user)
    page.goto("/comptes/reauthenticate/")
    confirm(page)

    assert [fault for address in OWN for fault in faults_at(page, address)] == []

    virtual_authenticator(page)
    add_passkey(page, "Téléphone")
    with_generator(user)
    assert [fault for address in WITH_FACTORS for fault in faults_at(page, address)] == []

    page.context.clear_cookies()
    sign_in_on(page, user)
    page.wait_for_url("**/comptes/2fa/authenticate/")
    assert faults_at(page, "/comptes/2fa/authenticate/") == []
    assert complaints == []


def test_dark_colours_have_contrast_too(open_page: Callable[..., Page]) -> None:
    page = open_page(dark=True)
    sign_in_on(page, person())
    page.goto("/comptes/reauthenticate/")
    confirm(page)

    looked_at = ["/comptes/", "/comptes/2fa/", "/comptes/2fa/totp/activate/", "/comptes/sessions/"]
    assert [fault for address in looked_at for fault in faults_at(page, address)] == []


def test_a_passkey_replaces_the_password(page: Page) -> None:
    complaints = under_strict_policy(page)
    user = person()
    virtual_authenticator(page)
    sign_in_on(page, user)
    add_passkey(page, "Ordinateur du bureau")
    assert has_two_factor(user)
    page.goto("/comptes/2fa/webauthn/")
    assert "se connecter seule" in page.get_by_role("row", name="Ordinateur du bureau").inner_text()

    page.context.clear_cookies()
    page.goto("/comptes/login/?next=/comptes/")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    page.get_by_role("heading", name="Mon compte").wait_for()
    assert complaints == []


def test_a_passkey_is_the_second_step_after_the_password(page: Page) -> None:
    user = person()
    virtual_authenticator(page)
    sign_in_on(page, user)
    add_passkey(page, "Clé USB", alone=False)

    page.context.clear_cookies()
    sign_in_on(page, user)
    page.wait_for_url("**/comptes/2fa/authenticate/")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()

    page.wait_for_url("**/agent/")


def test_a_device_that_does_not_know_its_person_is_said_so(page: Page) -> None:
    virtual_authenticator(page, knows_its_person=False)
    page.goto("/comptes/login/")
    assert not page.locator("[data-passkey-failure]").is_visible()

    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()

    page.get_by_text("L’opération a été annulée, ou a trop duré.").wait_for()


def test_a_generator_is_set_up_and_asked_for(page: Page) -> None:
    user = person()
    sign_in_on(page, user)
    page.goto("/comptes/")
    page.get_by_role("link", name="Activer").click()
    page.get_by_role("link", name="Activer").click()
    confirm(page)
    assert page.get_by_role("img", name="Code QR").is_visible()
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code à six chiffres").fill(code_of(secret))
    page.get_by_role("button", name="Activer").click()
    page.wait_for_url("**/comptes/2fa/recovery-codes/")
    assert page.locator(".codes li").count() == 10
    spare = page.locator(".codes li").first.inner_text()

    page.context.clear_cookies()
    sign_in_on(page, user)
    page.get_by_label("Code de l’application, ou code de secours").fill(spare)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/agent/")


def test_without_javascript_the_password_still_opens(open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    sign_in_on(page, person())

    assert page.url.endswith("/agent/")
    page.goto("/comptes/2fa/webauthn/add/")
    confirm(page)
    assert "<noscript" in page.content()  # which this browser, told not to run scripts, hides
    assert page.get_by_role("button", name="Ajouter la clé").count() == 0


def test_signing_out_everywhere_else_from_the_page(open_page: Callable[..., Page]) -> None:
    user = person()
    here, there = open_page(), open_page(width=NARROW)
    for page in (there, here):
        sign_in_on(page, user)
    here.goto("/comptes/sessions/")
    here.get_by_role("button", name="Fermer toutes les autres").click()
    assert here.get_by_role("row").count() == 2  # the heading and this session

    there.goto("/comptes/")
    assert "/comptes/login/" in there.url
