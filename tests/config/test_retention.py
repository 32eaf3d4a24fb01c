"""Personal data goes when it has served; what a person did stays with the figures it justifies."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import DigestMail, Notification, User
from config import retention
from config.database_roles import recorded_tables
from config.tasks import forget
from indicators import services
from indicators.models import Observation
from measures.models import MeasureAssignment
from plans import workflow
from plans.models import Invitation, Membership, Plan, Role
from tests.accounts.people import PASSWORD, person, sign_in, with_generator
from tests.factories import (
    IndicatorFactory,
    MembershipFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    UserFactory,
)
from tests.partner import Partner

pytestmark = pytest.mark.django_db

EMAIL, NAME = "marie.curie@example.org", "Marie Curie"


@pytest.fixture
def marie() -> User:
    """Somebody who was invited, signed in with two factors, entered a value that is published."""
    user = person(EMAIL)
    user.name = NAME
    user.save()
    plan: Plan = PlanFactory.create()
    boss = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
    Invitation.objects.create(
        plan=plan, email=EMAIL, role=Role.CONTRIBUTOR, token_hash="x", invited_by=boss,
        expires_at=timezone.now() + timedelta(days=14), accepted_at=timezone.now(),
        accepted_by=user, mail_error=f"550 {EMAIL} unknown",
    )  # fmt: skip
    MembershipFactory.create(plan=plan, user=user, role=Role.CONTRIBUTOR)
    indicator = IndicatorFactory.create(plan=plan)
    MeasureAssignment.objects.create(measure=indicator.measure, user=user)
    draft = ObservationFactory.create(
        indicator=indicator, author=user, source=SourceFactory.create(plan=plan)
    )
    services.publish(workflow.submit(draft, at=timezone.now()), reviewer=boss, at=timezone.now())
    sign_in(Client(), user)
    EmailAddress.objects.get_or_create(user=user, email=EMAIL)
    with_generator(user)
    Notification.objects.create(user=user, kind="mention", key="k", text="t", url="/agent/")
    DigestMail.objects.create(user=user, message_id="<1@x>", subject="s")
    return user


def leave(user: User, *, days: int) -> None:
    """Let the account be one that nobody has used for so long."""
    then = timezone.now() - timedelta(days=days)
    User.objects.filter(pk=user.pk).update(date_joined=then, last_login=then)
    UserSession.objects.filter(user=user).update(last_seen_at=then)


def holding(word: str) -> set[str]:
    """The tables in which a word stands anywhere, in any column of any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = set()
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT 1 FROM public."{table}" t WHERE t::text ILIKE %s LIMIT 1', [f"%{word}%"]
            )
            if cursor.fetchone():
                found.add(table)
    return found


def test_the_person_is_nowhere_any_more_and_the_figure_stands(marie: User) -> None:
    value = Observation.objects.get(author=marie)
    assert "accounts_user" in holding(EMAIL)
    said = StringIO()
    call_command("anonymise_accounts", account="Marie.Curie@example.org", stdout=said)

    assert holding(EMAIL) == set()
    assert holding(NAME) == set()
    marie.refresh_from_db()
    assert (marie.email, marie.name, marie.is_active) == (
        f"compte-{marie.pk}@anonyme.invalid",
        f"Personne n° {marie.pk} (compte anonymisé)",
        False,
    )
    after = Observation.objects.get(pk=value.pk)
    assert (after.author, after.value, after.state) == (marie, value.value, "published")
    for kind in (EmailAddress, Authenticator, UserSession, Notification, DigestMail,
                 MeasureAssignment, Membership):  # fmt: skip
        assert not kind.objects.filter(user=marie).exists(), kind
    assert said.getvalue().startswith(f"Account {marie.pk} is anonymous.\n")


@pytest.mark.parametrize("store", ["django.contrib.sessions.backends.db", "config.sessions"])
def test_nobody_signs_in_to_it_and_its_session_has_ended(
    marie: User, settings: Settings, store: str
) -> None:
    settings.SESSION_ENGINE = store
    client = Client()
    client.force_login(marie)
    assert client.get("/comptes/").status_code == 200
    session = UserSession.objects.get(session_key=client.cookies["sessionid"].value)
    retention.anonymise(marie)
    assert (session.exists(), client.get("/comptes/").status_code) == (False, 302)
    for email in (EMAIL, f"compte-{marie.pk}@anonyme.invalid"):
        data = {"login": email, "password": PASSWORD}
        assert Client().post("/comptes/login/", data).status_code == 200


def test_the_trail_keeps_its_lines_and_loses_the_address_only(marie: User) -> None:
    def lines() -> dict[str, int]:
        with connection.cursor() as cursor:
            counts = {}
            for table in recorded_tables():
                cursor.execute(f"SELECT count(*) FROM {table}")
                counts[table] = cursor.fetchone()[0]
        return counts

    retention.anonymise(marie)
    before = lines()
    assert holding(EMAIL) == {"plans_invitationevent"}
    assert retention.forget_in_trail() == 1
    assert retention.forget_in_trail() == 0
    assert holding(EMAIL) == set()
    assert lines() == before


def test_only_accounts_unused_for_long_are_made_anonymous(marie: User, settings: Settings) -> None:
    settings.RETENTION_MONTHS = 12
    used, opened_lately = UserFactory.create(), UserFactory.create()
    leave(marie, days=366)
    leave(used, days=364)
    User.objects.filter(pk=opened_lately.pk).update(last_login=None)
    boss = User.objects.exclude(pk__in=[marie.pk, used.pk, opened_lately.pk]).get()
    assert forget()["accounts"] == 1
    assert forget()["accounts"] == 0
    anonymous = User.objects.filter(email__endswith="@anonyme.invalid")
    assert list(anonymous) == [marie]
    assert boss.is_active


def test_who_stays_signed_in_uses_the_account(marie: User, settings: Settings) -> None:
    settings.RETENTION_MONTHS = 12
    leave(marie, days=500)
    UserSession.objects.filter(user=marie).update(last_seen_at=timezone.now() - timedelta(days=9))
    assert forget()["accounts"] == 0


def test_the_account_of_a_partner_s_system_is_no_person_s(settings: Settings) -> None:
    """Nobody ever signs in to it, however busy its token is."""
    settings.RETENTION_MONTHS = 12
    partner = Partner(PlanFactory.create())
    leave(partner.system.user, days=500)
    assert forget()["accounts"] == 0
    assert partner.get("observation-drafts/").status_code == 200


def test_never_is_never(marie: User, settings: Settings) -> None:
    settings.RETENTION_MONTHS = 0
    leave(marie, days=5000)
    assert forget()["accounts"] == 0
    said = StringIO()
    call_command("anonymise_accounts", dry_run=True, stdout=said)
    assert said.getvalue() == "RETENTION_MONTHS is 0: no account is made anonymous.\n"


def test_a_dry_run_says_which_and_changes_nothing(marie: User, settings: Settings) -> None:
    settings.RETENTION_MONTHS = 12
    leave(marie, days=500)
    said = StringIO()
    call_command("anonymise_accounts", dry_run=True, stdout=said)
    assert said.getvalue().endswith(f": accounts [{marie.pk}]\n")
    assert User.objects.get(pk=marie.pk).email == EMAIL


def test_the_last_administrator_stays(settings: Settings) -> None:
    settings.RETENTION_MONTHS = 12
    last = User.objects.create_superuser("root@example.org", PASSWORD)
    leave(last, days=5000)
    assert forget()["accounts"] == 0
    with pytest.raises(CommandError, match="the last administrator: make another first"):
        call_command("anonymise_accounts", account="root@example.org")
    User.objects.create_superuser("second@example.org", PASSWORD)
    assert forget()["accounts"] == 1


def test_an_address_without_account_is_said() -> None:
    with pytest.raises(CommandError, match="No account has this address"):
        call_command("anonymise_accounts", account="nobody@example.org")


def test_old_sessions_mails_notifications_and_invitations_go(
    marie: User, settings: Settings
) -> None:
    settings.SESSION_MONTHS = 6
    boss = Invitation.objects.get().invited_by
    old, new = timezone.now() - timedelta(days=184), timezone.now() - timedelta(days=181)
    for moment, word in ((old, "old"), (new, "new")):
        Session.objects.create(session_key=word, session_data="", expire_date=moment)
        UserSession.objects.create(
            user=boss, ip="203.0.113.9", session_key=word, user_agent=word, last_seen_at=moment
        )
        DigestMail.objects.create(user=boss, message_id=f"<{word}>", subject=word, sent_at=moment)
        Notification.objects.create(
            user=boss, kind="mention", key=word, text=word, url="/", read_at=moment
        )
        Invitation.objects.create(
            plan=Plan.objects.get(), email=f"{word}@example.org", role=Role.VIEWER,
            token_hash=word, invited_by=boss, expires_at=moment,
        )  # fmt: skip
    done = forget()
    assert {name: done[name] for name in done if name != "accounts"} == {
        "sessions": 2, "past sessions": 1, "mails": 1, "notifications": 1, "invitations": 1,
    }  # fmt: skip
    assert UserSession.objects.get(user=boss).user_agent == "new"
    assert DigestMail.objects.filter(user=boss).get().subject == "new"
    assert Notification.objects.filter(user=boss, kind="mention").get().key == "new"
    assert Invitation.objects.filter(email="new@example.org").exists()
    assert holding("old@example.org") == {"plans_invitationevent"}


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (36, "Compte\u00a0: 36\u00a0mois sans connexion, puis il est anonymisé."),
        (1, "Compte\u00a0: un mois sans connexion, puis il est anonymisé."),
        (0, "Compte\u00a0: jusqu’à ce que sa suppression soit demandée"),
    ],
)
def test_the_page_on_personal_data_says_what_is_set(
    client: Client, settings: Settings, months: int, said: str
) -> None:
    settings.RETENTION_MONTHS, settings.SESSION_MONTHS = months, 6
    page = client.get("/donnees-personnelles/").content.decode()
    assert said in page
    assert "adresse d’une invitation\u00a0: 6\u00a0mois." in page
    assert "l’adresse IP, le navigateur" in page
