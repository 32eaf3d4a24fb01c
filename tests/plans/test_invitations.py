"""Invitations: one place for one address, a link that serves once, a mail that is never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from plans import invitations
from plans.invitations import InvitationError
from plans.members import MemberError
from plans.models import Invitation, InvitationState, Membership, Role
from plans.permissions import Rights, rights_in
from plans.tasks import send_invitations
from tests.at_once import at_once
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CAMILLE = "camille@example.org"


@pytest.fixture
def rights() -> Rights:
    manager = MembershipFactory.create(role=Role.MANAGER, user__name="Dominique Roy")
    return rights_in(manager.user, manager.plan)


def invite(rights: Rights, email: str = CAMILLE, role: Role = Role.CONTRIBUTOR) -> Invitation:
    return invitations.invite(rights.plan, email, role, rights=rights, at=NOW)


def reloaded(invitation: Invitation) -> Invitation:
    return Invitation.objects.get(pk=invitation.pk)


def test_the_mail_gives_a_link_that_the_database_does_not_hold(
    rights: Rights, settings: Settings
) -> None:
    settings.BASE_URL = "https://plans.example.org"
    invitation = invite(rights)
    assert invitations.deliver(at=NOW) == 1

    (message,) = mail.outbox
    link = invitations.link_of(invitation)
    assert message.to == [CAMILLE]
    assert message.subject == f"Invitation à suivre « {rights.plan.title} »"
    assert link in str(message.body)
    assert "Dominique Roy" in str(message.body)
    assert "5 décembre 2026" in str(message.body)
    token = link.removeprefix("https://plans.example.org/invitation/").strip("/")
    assert len(token) == 64
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM plans_invitation i")
        assert token not in cursor.fetchone()[0]
    assert invitations.find(token) == invitation


def test_the_mail_names_who_invites_once_also_without_a_name(rights: Rights) -> None:
    rights.user.email = "dominique@example.org"
    for name, said in (
        ("Dominique Roy", "Dominique Roy (dominique@example.org) vous invite à suivre"),
        ("", "dominique@example.org vous invite à suivre"),
    ):
        rights.user.name = name
        rights.user.save()
        invite(rights, f"camille{len(mail.outbox)}@example.org")
        invitations.deliver(at=NOW)
        assert said in str(mail.outbox[-1].body).splitlines()[2]
        assert str(mail.outbox[-1].body).count("dominique@example.org") == 1


def test_with_another_secret_key_the_row_does_not_give_the_link(
    rights: Rights, settings: Settings
) -> None:
    invitation = invite(rights)
    link = invitations.link_of(invitation)

    settings.SECRET_KEY = "the key of another site"

    assert invitations.link_of(invitation) != link


def test_a_key_that_changes_before_the_mail_goes_does_not_break_its_link(
    rights: Rights, settings: Settings
) -> None:
    invitation = invite(rights)
    settings.SECRET_KEY = "a new key for the same site"

    invitations.deliver(at=NOW)

    assert invitations.link_of(invitation) in str(mail.outbox[0].body)
    assert invitations.find(invitations.token_of(invitation)) == invitation


def test_accepting_makes_a_member_once(rights: Rights) -> None:
    invitation = invite(rights, role=Role.REVIEWER)
    camille = UserFactory.create(email="Camille@Example.org")

    membership = invitations.accept(invitation, camille, at=NOW)

    assert (membership.plan, membership.user, membership.role) == (
        rights.plan,
        camille,
        Role.REVIEWER,
    )
    assert reloaded(invitation).state_at(NOW) == InvitationState.ACCEPTED
    with pytest.raises(InvitationError, match="déjà été utilisée"):
        invitations.accept(invitation, camille, at=NOW)


def test_an_invitation_is_for_its_address_only(rights: Rights) -> None:
    invitation = invite(rights)

    with pytest.raises(InvitationError, match="destinée à une autre adresse"):
        invitations.accept(invitation, UserFactory.create(), at=NOW)
    assert reloaded(invitation).state_at(NOW) == InvitationState.OPEN


def test_after_fourteen_days_it_is_too_late(rights: Rights) -> None:
    invitation = invite(rights)
    camille = UserFactory.create(email=CAMILLE)

    last = NOW + timedelta(days=14) - timedelta(seconds=1)
    assert invitation.state_at(last) == InvitationState.OPEN
    with pytest.raises(InvitationError, match="n’est plus valable"):
        invitations.accept(invitation, camille, at=NOW + timedelta(days=14))


def test_what_was_taken_back_cannot_be_accepted(rights: Rights) -> None:
    invitation = invite(rights)
    invitations.revoke(invitation, at=NOW)

    with pytest.raises(InvitationError, match="a été retirée"):
        invitations.accept(invitation, UserFactory.create(email=CAMILLE), at=NOW)


def test_an_address_has_one_pending_invitation_per_plan(rights: Rights) -> None:
    invite(rights)

    with pytest.raises(InvitationError, match="attend déjà la réponse"):
        invite(rights, "CAMILLE@example.org")

    elsewhere = MembershipFactory.create(role=Role.MANAGER, user=rights.user)
    invite(rights_in(elsewhere.user, elsewhere.plan))
    assert Invitation.objects.count() == 2


def test_one_that_ran_out_does_not_stand_in_the_way(rights: Rights) -> None:
    old = invite(rights)
    later = NOW + timedelta(days=15)

    new = invitations.invite(rights.plan, CAMILLE, Role.VIEWER, rights=rights, at=later)

    assert reloaded(old).state_at(later) == InvitationState.REVOKED
    assert new.state_at(later) == InvitationState.OPEN


def test_a_member_is_not_invited_again(rights: Rights) -> None:
    MembershipFactory.create(plan=rights.plan, user__email=CAMILLE)

    with pytest.raises(InvitationError, match="est déjà membre"):
        invite(rights, "Camille@example.org")


def test_nobody_offers_more_than_their_own_role(rights: Rights) -> None:
    reviewer = Rights(
        user=rights.user, plan=rights.plan, role=Role.REVIEWER, lacks_second_factor=False
    )
    invite(reviewer, role=Role.REVIEWER)

    with pytest.raises(MemberError, match="plus étendu que le vôtre"):
        invite(reviewer, "autre@example.org", role=Role.MANAGER)


def test_who_is_a_member_meanwhile_keeps_the_more_extended_role(rights: Rights) -> None:
    invitation = invite(rights, role=Role.CONTRIBUTOR)
    membership = MembershipFactory.create(plan=rights.plan, user__email=CAMILLE, role=Role.REVIEWER)

    invitations.accept(invitation, membership.user, at=NOW)

    membership.refresh_from_db()
    assert membership.role == Role.REVIEWER


def test_sent_again_the_former_link_no_longer_works(rights: Rights) -> None:
    invitation = invite(rights)
    invitations.deliver(at=NOW)
    former = invitations.token_of(invitation)
    later = NOW + timedelta(days=3)

    invitations.resend(invitation, at=later)

    renewed = reloaded(invitation)
    assert invitations.find(former) is None
    assert invitations.find(invitations.token_of(renewed)) == renewed
    assert renewed.expires_at == later + timedelta(days=14)
    assert invitations.deliver(at=later) == 1
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


@pytest.mark.parametrize("verb", [invitations.resend, invitations.revoke])
def test_what_is_settled_stays_so(rights: Rights, verb: Any) -> None:
    accepted, revoked = invite(rights), invite(rights, "autre@example.org")
    invitations.accept(accepted, UserFactory.create(email=CAMILLE), at=NOW)
    invitations.revoke(revoked, at=NOW)

    with pytest.raises(InvitationError, match="déjà été acceptée"):
        verb(accepted, at=NOW)
    with pytest.raises(InvitationError, match="déjà été retirée"):
        verb(revoked, at=NOW)


# The mail


def test_a_mail_goes_once(rights: Rights) -> None:
    invite(rights)

    assert [invitations.deliver(at=NOW), invitations.deliver(at=NOW)] == [1, 0]
    assert len(mail.outbox) == 1


def test_the_worker_is_asked_after_the_commit(
    rights: Rights,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: asked.append(name))

    with django_capture_on_commit_callbacks(execute=True):
        invite(rights)
        assert asked == []

    assert asked == ["plans.tasks.send_invitations"]
    assert send_invitations.name == asked[0]


def test_without_a_broker_the_beat_sends_it(
    rights: Rights,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def no_broker(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(current_app, "send_task", no_broker)
    with django_capture_on_commit_callbacks(execute=True):
        invitation = invite(rights)
    assert reloaded(invitation).mailed_at is None

    invitations.deliver(at=NOW + timedelta(minutes=5))

    assert [message.to for message in mail.outbox] == [[CAMILLE]]


def test_while_the_mail_server_is_down_the_pauses_grow_and_nothing_is_lost(
    rights: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = invite(rights)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", raise_disconnected)
        pauses = []
        at = NOW
        for _attempt in range(10):
            assert invitations.deliver(at=at) == 0
            due = reloaded(invitation).mail_due_at
            pauses.append((due - at).total_seconds() / 60)
            assert invitations.deliver(at=due - timedelta(seconds=1)) == 0
            at = due
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    failed = reloaded(invitation)
    assert (failed.mail_attempts, failed.mail_error) == (10, "Connection unexpectedly closed")

    assert invitations.deliver(at=at) == 1
    sent = reloaded(invitation)
    assert (sent.mailed_at, sent.mail_error) == (at, "")


def raise_disconnected(_message: EmailMessage) -> int:
    raise SMTPServerDisconnected("Connection unexpectedly closed")


def test_one_mail_that_fails_does_not_hold_the_others(
    rights: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(rights, "refusee@example.org")
    invite(rights)
    send = EmailMessage.send

    def refuse_one(message: EmailMessage) -> int:
        return raise_disconnected(message) if "refusee" in message.to[0] else send(message)

    monkeypatch.setattr(EmailMessage, "send", refuse_one)

    assert invitations.deliver(at=NOW) == 1
    assert [message.to for message in mail.outbox] == [[CAMILLE]]


def test_a_worker_that_dies_after_sending_sends_the_same_mail_again(
    rights: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(rights)
    send = EmailMessage.send

    def send_and_die(message: EmailMessage) -> int:
        send(message)
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(EmailMessage, "send", send_and_die)
        invitations.deliver(at=NOW)
    invitations.deliver(at=NOW)

    first, second = mail.outbox
    assert first.body == second.body
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


@pytest.mark.parametrize("settle", ["revoke", "accept", "expire"])
def test_what_no_longer_stands_is_not_mailed(rights: Rights, settle: str) -> None:
    invitation = invite(rights)
    if settle == "revoke":
        invitations.revoke(invitation, at=NOW)
    elif settle == "accept":
        invitations.accept(invitation, UserFactory.create(email=CAMILLE), at=NOW)
    at = NOW + timedelta(days=15) if settle == "expire" else NOW

    assert invitations.deliver(at=at) == 0
    assert mail.outbox == []


# At once, on a real database


@pytest.mark.django_db(transaction=True)
def test_a_link_opened_twice_at_once_makes_one_member() -> None:
    manager = MembershipFactory.create(role=Role.MANAGER)
    invitation = invite(rights_in(manager.user, manager.plan))
    camille = UserFactory.create(email=CAMILLE)
    outcomes = twice_at_once(lambda: invitations.accept(invitation, camille, at=NOW))

    assert sorted(outcomes) == ["InvitationError", "Membership"]
    assert Membership.objects.filter(user=camille).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_account_asked_for_twice_at_once_is_made_once() -> None:
    manager = MembershipFactory.create(role=Role.MANAGER)
    invitation = invite(rights_in(manager.user, manager.plan))
    outcomes = twice_at_once(
        lambda: invitations.accept_as_new_person(
            invitation, name="Camille", password="un mot de passe", at=NOW
        )
    )

    assert sorted(outcomes) == ["InvitationError", "User"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_mail() -> None:
    manager = MembershipFactory.create(role=Role.MANAGER)
    invitation = invite(rights_in(manager.user, manager.plan))

    with transaction.atomic():
        Invitation.objects.select_for_update().get(pk=invitation.pk)  # the other worker's
        outcomes: list[int] = []
        worker = threading.Thread(target=deliver_elsewhere, args=(outcomes,))
        worker.start()
        worker.join(10)

    assert outcomes == [0]


def deliver_elsewhere(outcomes: list[int]) -> None:
    try:
        outcomes.append(invitations.deliver(at=NOW))
    finally:
        connection.close()


def twice_at_once(act: Callable[[], Any]) -> list[str]:
    """Do it twice at the same moment; return what each got."""

    def one() -> str:
        try:
            return type(act()).__name__
        except InvitationError as error:
            return type(error).__name__

    return at_once(one, one)
