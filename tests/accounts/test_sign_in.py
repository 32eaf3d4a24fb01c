"""Signing in: password, code, recovery code; what a stranger learns, how often one may try."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.mail import send_mail
from accounts.models import User
from accounts.two_factor import has_two_factor
from config.openid_connect import openid_connect_apps
from tests.accounts.people import (
    PASSWORD,
    code_of,
    link_in,
    person,
    sign_in,
    signed_in_as,
    with_generator,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("attempts_counted_anew", "mails_go_at_once"),
]


@pytest.fixture(params=["django.contrib.sessions.backends.db", "config.sessions"])
def both_stores(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Sessions in the database, then in Redis (SESSION_STORE)."""
    settings.SESSION_ENGINE = request.param


@pytest.mark.usefixtures("both_stores")
def test_a_password_opens_the_staff_area(client: Client) -> None:
    user = person()

    assert sign_in(client, user).url == "/agent/"
    assert signed_in_as(client) == user.email


def test_an_address_is_typed_in_any_case(client: Client) -> None:
    person("agent@example.org")

    client.post("/comptes/login/", {"login": " Agent@EXAMPLE.org ", "password": PASSWORD})

    assert signed_in_as(client) == "agent@example.org"


def test_one_goes_on_to_the_page_that_was_asked_for(client: Client) -> None:
    asked = sign_in(client, person(), next="/agent/notifications/")
    assert asked.url == "/agent/notifications/"


def test_one_never_goes_on_to_another_site(client: Client) -> None:
    assert sign_in(client, person(), next="https://ailleurs.example/").url == "/agent/"


@pytest.mark.usefixtures("both_stores")
def test_with_a_generator_the_password_is_half_the_way(client: Client) -> None:
    user = person()
    secret = with_generator(user)

    assert sign_in(client, user).url == "/comptes/2fa/authenticate/"
    assert signed_in_as(client) is None

    wrong = client.post("/comptes/2fa/authenticate/", {"code": "000000"})
    assert "Ce code n’est pas le bon, ou il a expiré." in wrong.content.decode()
    assert signed_in_as(client) is None

    right: Any = client.post("/comptes/2fa/authenticate/", {"code": code_of(secret)})
    assert right.url == "/agent/"
    assert signed_in_as(client) == user.email


def test_who_has_no_passkey_is_not_offered_one(client: Client) -> None:
    user = person()
    with_generator(user)
    sign_in(client, user)

    page = client.get("/comptes/2fa/authenticate/").content.decode()
    assert "Code de l’application, ou code de secours" in page
    assert "clé d’accès" not in page


def test_a_code_serves_once(client: Client) -> None:
    user = person()
    code = code_of(with_generator(user))
    sign_in(client, user)
    client.post("/comptes/2fa/authenticate/", {"code": code})

    other = Client()
    sign_in(other, user)
    other.post("/comptes/2fa/authenticate/", {"code": code})
    assert signed_in_as(other) is None


def test_a_recovery_code_serves_once(client: Client) -> None:
    user = person()
    with_generator(user)
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    sign_in(client, user)
    client.post("/comptes/2fa/authenticate/", {"code": codes[0]})
    assert signed_in_as(client) == user.email

    other = Client()
    sign_in(other, user)
    other.post("/comptes/2fa/authenticate/", {"code": codes[0]})
    assert signed_in_as(other) is None


def test_a_person_turns_a_generator_on_and_is_told_by_mail(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    user = person()
    sign_in(client, user)
    refused: Any = client.get("/comptes/2fa/totp/activate/")
    assert refused.url.startswith("/comptes/reauthenticate/")
    client.post("/comptes/reauthenticate/", {"password": PASSWORD})

    page = client.get("/comptes/2fa/totp/activate/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]{32})<', page)
    assert found is not None
    assert "<svg" in page
    with django_capture_on_commit_callbacks(execute=True):
        done: Any = client.post("/comptes/2fa/totp/activate/", {"code": code_of(found[1])})

    assert done.url == "/comptes/2fa/recovery-codes/"
    assert len(re.findall(r"<code>\d{8}</code>", client.get(done.url).content.decode())) == 10
    assert has_two_factor(user)
    told = mail.outbox[-1]
    assert told.to == [user.email]
    assert "Si ce n’est pas vous, changez de mot de passe aussitôt" in told.body


def test_the_first_codes_of_the_neighbouring_half_minutes_are_accepted(client: Client) -> None:
    user = person()
    secret = with_generator(user)
    sign_in(client, user)
    counters = sorted(auth.yield_hotp_counters_from_time())
    assert len(counters) == 3
    late = auth.format_hotp_value(auth.hotp_value(secret, counters[0]))
    client.post("/comptes/2fa/authenticate/", {"code": late})
    assert signed_in_as(client) == user.email


# What a stranger learns


def error_of(client: Client, address: str, password: str) -> str:
    page = client.post("/comptes/login/", {"login": address, "password": password})
    return re.sub(r'value="[^"]*"', "", page.content.decode())


def test_a_wrong_password_and_a_missing_account_look_the_same(client: Client) -> None:
    person("agent@example.org")

    known = error_of(client, "agent@example.org", "pas le bon")
    unknown = error_of(client, "nobody@example.org", "pas le bon")

    assert "L’adresse ou le mot de passe n’est pas le bon." in known
    assert known == unknown


def test_a_new_password_is_promised_to_every_address_alike(client: Client) -> None:
    person("agent@example.org")

    known: Any = client.post("/comptes/password/reset/", {"email": "agent@example.org"})
    unknown: Any = client.post("/comptes/password/reset/", {"email": "nobody@example.org"})

    assert known.url == unknown.url == "/comptes/password/reset/done/"
    first, second = mail.outbox
    assert (first.to, second.to) == (["agent@example.org"], ["nobody@example.org"])
    assert first.subject == "[Les plans IA des régions] Choisir un nouveau mot de passe"
    assert "Aucun compte n’a cette adresse" in second.body
    assert "http://testserver/comptes/password/reset/key/" not in second.body


def test_a_new_address_that_has_an_account_is_accepted_alike(client: Client) -> None:
    person("autre@example.org")
    sign_in(client, person("agent@example.org"))
    client.post("/comptes/reauthenticate/", {"password": PASSWORD})

    answers: list[Any] = [
        client.post("/comptes/email/", {"email": address, "action_add": ""})
        for address in ("autre@example.org", "personne@example.org")
    ]
    assert [answer.url for answer in answers] == ["/comptes/email/", "/comptes/email/"]


@pytest.mark.parametrize("address", ["/comptes/signup/", "/comptes/3rdparty/signup/"])
def test_nobody_opens_an_account_alone(client: Client, address: str) -> None:
    client.post(
        address,
        {"email": "intrus@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert not User.objects.exists()


def test_a_closed_account_says_so_to_its_person_only(client: Client) -> None:
    user = person(is_active=False)

    assert sign_in(client, user).url == "/comptes/inactive/"
    wrong = client.post("/comptes/login/", {"login": user.email, "password": "pas le bon"})
    assert "L’adresse ou le mot de passe n’est pas le bon." in wrong.content.decode()


# How often one may try


def test_five_wrong_passwords_close_an_address_for_a_while(client: Client) -> None:
    user = person()
    for _attempt in range(5):
        error_of(client, user.email, "pas le bon")

    refused = sign_in(client, user)

    assert "Trop d’essais de connexion" in refused.content.decode()
    assert signed_in_as(client) is None
    other = person("autre@example.org")
    assert sign_in(Client(), other).url == "/agent/"


def test_wrong_codes_are_limited_too(client: Client) -> None:
    user = person()
    secret = with_generator(user)
    sign_in(client, user)
    for _attempt in range(5):
        client.post("/comptes/2fa/authenticate/", {"code": "000000"})

    client.post("/comptes/2fa/authenticate/", {"code": code_of(secret)})

    assert signed_in_as(client) is None


def test_new_passwords_are_asked_for_five_times_an_hour_at_most(client: Client) -> None:
    statuses = [
        client.post("/comptes/password/reset/", {"email": "agent@example.org"}).status_code
        for _attempt in range(6)
    ]
    assert statuses == [302, 302, 302, 302, 302, 429]


# Password and address


def test_the_link_of_the_mail_sets_a_new_password_once(client: Client) -> None:
    user = person()
    client.post("/comptes/password/reset/", {"email": user.email})
    link = link_in(mail.outbox[0].body)

    form: Any = client.get(link)
    new = {"password1": "tout autre chose 42", "password2": "tout autre chose 42"}
    assert "set-password" in form.url
    done: Any = client.post(form.url, new)
    assert done.url == "/comptes/password/reset/key/done/"
    user.refresh_from_db()
    assert user.check_password("tout autre chose 42")

    again = Client().get(link)
    assert "Ce lien ne fonctionne plus" in again.content.decode()


@pytest.mark.usefixtures("both_stores")
def test_a_changed_password_closes_every_session(client: Client) -> None:
    user = person()
    elsewhere = Client()
    sign_in(elsewhere, user)
    sign_in(client, user)

    client.post(
        "/comptes/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "tout autre chose 42",
            "password2": "tout autre chose 42",
        },
    )

    assert signed_in_as(elsewhere) is None
    assert signed_in_as(client) is None


def test_a_short_password_is_refused_with_what_is_asked(client: Client) -> None:
    sign_in(client, person())

    page = client.post(
        "/comptes/password/change/",
        {"oldpassword": PASSWORD, "password1": "court", "password2": "court"},
    ).content.decode()

    assert "Il doit contenir au minimum 12 caractères." in page


def test_a_new_address_replaces_the_old_one_once_confirmed(client: Client) -> None:
    user = person("agent@example.org")
    sign_in(client, user)
    client.post("/comptes/reauthenticate/", {"password": PASSWORD})
    client.post("/comptes/email/", {"email": "nouvelle@example.org", "action_add": ""})
    user.refresh_from_db()
    assert user.email == "agent@example.org"

    (asked,) = mail.outbox
    assert asked.to == ["nouvelle@example.org"]
    link = link_in(asked.body)
    assert "deviendra l’adresse de votre compte" in client.get(link).content.decode()
    client.post(link)

    user.refresh_from_db()
    assert user.email == "nouvelle@example.org"
    assert mail.outbox[-1].to == ["agent@example.org"]  # the former address is warned


# Sessions


@pytest.mark.usefixtures("both_stores")
def test_who_signs_out_leaves_nothing_that_opens(client: Client) -> None:
    user = person()
    sign_in(client, user)
    [session] = UserSession.objects.all()
    cookie = client.cookies["sessionid"].value
    assert (session.session_key, session.exists()) == (cookie, True)

    client.post("/comptes/logout/")

    assert not session.exists()
    client.cookies["sessionid"] = cookie
    assert signed_in_as(client) is None


@pytest.mark.usefixtures("both_stores")
def test_a_person_closes_one_of_their_sessions(client: Client) -> None:
    user = person()
    telephone = Client(headers={"user-agent": "Navigateur du téléphone"})
    sign_in(telephone, user)
    sign_in(client, user)
    page = client.get("/comptes/sessions/").content.decode()
    assert page.count("Navigateur du téléphone") == 1
    session = UserSession.objects.get(user_agent="Navigateur du téléphone")

    done: Any = client.post(f"/comptes/sessions/{session.pk}/fermer/")

    assert done.url == "/comptes/sessions/"
    assert signed_in_as(telephone) is None
    assert signed_in_as(client) == user.email


@pytest.mark.usefixtures("both_stores")
def test_a_person_closes_all_other_sessions(client: Client) -> None:
    user = person()
    others = [Client(), Client()]
    for other in others:
        sign_in(other, user)
    sign_in(client, user)

    client.post("/comptes/sessions/")

    assert [signed_in_as(other) for other in others] == [None, None]
    assert signed_in_as(client) == user.email


@pytest.mark.usefixtures("both_stores")
def test_nobody_closes_the_session_of_another(client: Client) -> None:
    victim = Client()
    sign_in(victim, person("victime@example.org"))
    session = UserSession.objects.get()
    sign_in(client, person())

    assert client.post(f"/comptes/sessions/{session.pk}/fermer/").status_code == 404
    assert signed_in_as(victim) == "victime@example.org"


# The Django admin


def test_the_admin_is_entered_through_the_same_door(client: Client) -> None:
    user = person(is_staff=True, is_superuser=True)
    secret = with_generator(user)
    asked: Any = client.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0] == "/comptes/login/?next=%2Fadmin%2F"
    refused = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert refused.status_code == 302
    assert signed_in_as(client) is None

    sign_in(client, user, next="/admin/")
    entered: Any = client.post("/comptes/2fa/authenticate/", {"code": code_of(secret)})

    assert entered.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_admin_refuses_who_is_not_staff(client: Client) -> None:
    sign_in(client, person())

    assert client.get("/admin/login/?next=/admin/").status_code == 403


# Mails


def test_without_a_broker_the_mail_goes_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_broker(**_words: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(send_mail, "apply_async", no_broker)
    user = person()

    client.post("/comptes/password/reset/", {"email": user.email})

    assert [message.to for message in mail.outbox] == [[user.email]]


def test_half_an_identity_provider_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_ID, OIDC_CLIENT_SECRET"):
        openid_connect_apps(
            server_url="https://id.example.org",
            client_id="",
            secret="",
            name="",
            scopes=[],
            acr_values="",
            vouches_for_email=False,
        )
