"""Mails of notifications: when they leave, what they say, how they stop, and that each goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.core import mail as django_mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import digests, outbox
from accounts.letters import letter_of, stop_token, user_of_stop_token
from accounts.models import DigestMail, Notification, User
from accounts.querysets import MOST_ATTEMPTS
from accounts.services import choose_digest, notify, settle
from accounts.tasks import send_digests
from plans.models import Membership, Plan, Role
from tests.at_once import at_once
from tests.factories import MembershipFactory, PlanFactory, UserFactory
from tests.mail_server import MailServer, free_port, mail_server

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
Kind = Notification.Kind


@pytest.fixture(autouse=True)
def _mails_go_at_once() -> None:
    """Nothing goes at once here: the queue is the real one."""


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment of March 2026: the 9th is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


def reader(plan: Plan, digest: User.Digest = User.Digest.DAILY, **fields: Any) -> User:
    user: User = UserFactory.create(digest=digest, **fields)
    MembershipFactory.create(plan=plan, user=user, role=Role.REVIEWER)
    return user


def tell(
    user: User,
    plan: Plan,
    *,
    when: datetime,
    kind: Notification.Kind = Kind.TO_REVIEW,
    text: str = "À relire : Entreprises (2025)",
    key: str = "",
) -> None:
    notify(
        [user],
        plan_id=plan.pk,
        kind=kind,
        key=key or f"{kind}:{text}",
        text=text,
        url=f"/agent/plans/{plan.slug}/relecture/",
        at=when,
    )


def written(*, when: datetime) -> list[DigestMail]:
    before = set(DigestMail.objects.values_list("pk", flat=True))
    digests.write_due(at=when)
    return list(DigestMail.objects.exclude(pk__in=before).order_by("user_id"))


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def header(mail: EmailMessage, name: str) -> str:
    """A header as sent, unfolded."""
    return str(mail[name]).strip()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


# --- When ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digest", "told", "not_yet", "due"),
    [
        (User.Digest.IMMEDIATE, at(10, 9), at(10, 8, 59), at(10, 9)),
        (User.Digest.DAILY, at(10, 9), at(11, 6, 59), at(11, 7)),
        (User.Digest.DAILY, at(13, 9), at(15, 23), at(16, 7)),  # Friday to Monday
        (User.Digest.WEEKLY, at(10, 9), at(15, 23), at(16, 7)),
        (User.Digest.WEEKLY, at(9, 6, 30), at(9, 6, 59), at(9, 7)),
    ],
)
def test_a_mail_leaves_when_the_person_chose(
    digest: User.Digest, told: datetime, not_yet: datetime, due: datetime
) -> None:
    plan = PlanFactory.create()
    tell(reader(plan, digest), plan, when=told)

    assert written(when=not_yet) == []
    assert len(written(when=due)) == 1
    assert written(when=due + timedelta(days=30)) == []


def test_a_worker_that_was_down_makes_up_for_it() -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10, 9))
    tell(user, plan, when=at(12, 9), text="À relire : Étudiants (2025)")

    (mail,) = written(when=at(13, 15, 42))  # nobody ran at 7 on the 11th, 12th and 13th

    assert mail.notifications.count() == 2


def test_what_is_told_together_leaves_together_and_once() -> None:
    plan = PlanFactory.create()
    user, other = reader(plan), reader(plan)
    for number in range(3):
        tell(user, plan, when=at(10), text=f"À relire : {number}")
    tell(other, plan, when=at(10))

    mails = written(when=at(11))

    assert [(mail.user, mail.notifications.count()) for mail in mails] == [(user, 3), (other, 1)]
    assert len({mail.message_id for mail in mails}) == 2
    assert not Notification.objects.filter(awaits_mail=True).exists()


def test_what_was_read_in_the_product_is_not_mailed() -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10))
    user.notifications.update(read_at=at(10, 13))

    assert written(when=at(11)) == []
    assert not Notification.objects.filter(awaits_mail=True).exists()


def test_what_was_done_meanwhile_is_not_mailed() -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10))
    settle(kind=Kind.TO_REVIEW, url=f"/agent/plans/{plan.slug}/relecture/", at=at(10, 13))

    assert written(when=at(11)) == []


def test_who_wants_no_mail_gets_none_then_or_later() -> None:
    plan = PlanFactory.create()
    never, stopped = reader(plan, User.Digest.NEVER), reader(plan)
    for user in (never, stopped):
        tell(user, plan, when=at(10))
    choose_digest(stopped, User.Digest.NEVER)
    assert written(when=at(17)) == []

    for user in (never, stopped):
        choose_digest(user, User.Digest.DAILY)
    assert written(when=at(18)) == []
    assert Notification.objects.unread().count() == 2


# --- To whom ------------------------------------------------------------------------------------


def sent(server: MailServer, *, when: datetime) -> list[EmailMessage]:
    """Write what is due and send it; return what the server accepted since."""
    before = len(server.accepted)
    digests.write_due(at=when)
    outbox.deliver(at=when)
    return server.accepted[before:]


def test_an_inactive_account_is_told_and_mailed_nothing(server: MailServer) -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10))
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert sent(server, when=at(11)) == []
    user.refresh_from_db()
    tell(user, plan, when=at(11), text="Autre")
    assert user.notifications.count() == 1


def test_who_leaves_a_plan_hears_no_more_of_it(server: MailServer) -> None:
    left, kept = PlanFactory.create(title="Plan quitté"), PlanFactory.create(title="Plan gardé")
    user = reader(left)
    MembershipFactory.create(plan=kept, user=user, role=Role.VIEWER)
    tell(user, left, when=at(10), text="Du plan quitté")
    tell(user, kept, when=at(10), text="Du plan gardé")
    Membership.objects.get(plan=left, user=user).delete()

    (mail,) = sent(server, when=at(11))

    assert "Du plan gardé" in text_of(mail)
    assert "quitté" not in str(mail)


def test_who_leaves_after_the_mail_was_written_does_not_get_it(server: MailServer) -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10))
    (mail,) = written(when=at(11))
    Membership.objects.all().delete()

    assert sent(server, when=at(11)) == []
    mail.refresh_from_db()
    assert (mail.sent_at, mail.dropped_at is None, mail.attempts) == (None, False, 1)


def test_a_plan_with_two_factors_tells_nothing_to_an_account_without(server: MailServer) -> None:
    plan = PlanFactory.create(requires_two_factor=True)
    tell(reader(plan), plan, when=at(10))

    assert sent(server, when=at(11)) == []


# --- What it says --------------------------------------------------------------------------------


def test_a_mail_is_grouped_by_plan_the_most_urgent_first(server: MailServer) -> None:
    first, second = PlanFactory.create(title="A, plan"), PlanFactory.create(title="B <plan>")
    user = reader(first, email="agnes@example.org")
    MembershipFactory.create(plan=second, user=user, role=Role.MANAGER)
    tell(user, second, when=at(10), kind=Kind.PUBLISHED, text="Publié : Z")
    tell(user, second, when=at(10), kind=Kind.RETURNED, text="Renvoyé : Y & Z")
    tell(user, first, when=at(10), kind=Kind.TO_REVIEW, text="À relire : X")
    tell(user, second, when=at(10), kind=Kind.OVERDUE, text="Attendu : W")

    (mail,) = sent(server, when=at(11))

    text = text_of(mail)
    places = [text.index(part) for part in (
        "A, plan", "À relire : X", "B <plan>", "Attendu : W", "Renvoyé : Y & Z", "Publié : Z",
    )]  # fmt: skip
    assert places == sorted(places)
    assert mail["To"] == "agnes@example.org"
    assert header(mail, "Subject") == (
        "1 échéance passée, 1 saisie renvoyée, 1 saisie à relire, 1 saisie publiée"
    )
    assert f"http://127.0.0.1:8000/agent/plans/{first.slug}/relecture/" in text
    assert "Vous recevez ce récapitulatif chaque jour ouvré." in text
    assert "Renvoyé : Y &amp; Z" in text_of(mail, "html")


def test_one_notification_is_its_own_subject(server: MailServer) -> None:
    plan = PlanFactory.create()
    tell(reader(plan), plan, when=at(10), text="À relire :\nEntreprises (2025)")

    (mail,) = sent(server, when=at(11))

    assert header(mail, "Subject") == "À relire : Entreprises (2025)"


def test_a_mail_says_how_to_stop_it_in_one_click(server: MailServer) -> None:
    plan = PlanFactory.create()
    user = reader(plan)
    tell(user, plan, when=at(10))

    (mail,) = sent(server, when=at(11))

    stop = f"http://127.0.0.1:8000/comptes/courriels/{stop_token(user)}/arreter/"
    assert header(mail, "List-Unsubscribe") == f"<{stop}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert header(mail, "Message-ID") == DigestMail.objects.get().message_id
    assert stop in text_of(mail)


# --- Stopping ------------------------------------------------------------------------------------


def stop_page(user: User) -> str:
    return f"/comptes/courriels/{stop_token(user)}/arreter/"


def test_following_the_link_changes_nothing_and_pressing_the_button_stops() -> None:
    user = UserFactory.create(email="agnes@example.org")
    client = Client(enforce_csrf_checks=True)

    asked = client.get(stop_page(user))
    client.head(stop_page(user))
    user.refresh_from_db()
    assert user.digest == User.Digest.DAILY
    assert "Ne plus recevoir de récapitulatif\u00a0?" in asked.content.decode()
    assert "no-store" in asked["Cache-Control"]

    done = client.post(stop_page(user))
    user.refresh_from_db()
    assert (done.status_code, user.digest) == (200, User.Digest.NEVER)
    assert "agnes@example.org ne recevra plus de récapitulatif" in done.content.decode()


def test_a_mail_program_stops_the_mails_by_itself() -> None:
    user = UserFactory.create()

    answer = Client(enforce_csrf_checks=True).post(
        stop_page(user),
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )

    user.refresh_from_db()
    assert (answer.status_code, user.digest) == (200, User.Digest.NEVER)


def test_a_link_that_is_not_ours_stops_nobody() -> None:
    user, other = UserFactory.create_batch(2)
    forged = f"{other.pk}.{stop_token(user).partition('.')[2]}"

    for token in (forged, "x", f"{user.pk}."):
        assert user_of_stop_token(token) is None
        assert Client().post(f"/comptes/courriels/{token}/arreter/").status_code == 404
    assert set(User.objects.values_list("digest", flat=True)) == {User.Digest.DAILY}


# --- That each goes ------------------------------------------------------------------------------


def outgoing(count: int = 1) -> list[DigestMail]:
    """So many mails, written and not sent, each with one notification."""
    plan = PlanFactory.create()
    for user in [reader(plan, User.Digest.IMMEDIATE) for _ in range(count)]:
        tell(user, plan, when=at(10))
    return written(when=at(10))


def test_a_mail_that_is_refused_is_tried_again_after_a_pause(server: MailServer) -> None:
    refused, other = outgoing(2)
    server.refused = {refused.user.email: "450 4.2.1 Boîte occupée"}

    assert outbox.deliver(at=at(10)) == 1

    refused.refresh_from_db()
    assert server.message_ids == [other.message_id]
    assert (refused.attempts, refused.due_at) == (1, at(10, 12, 1))
    assert "Boîte occupée" in refused.last_error or "4.2.1" in refused.last_error
    server.refused = {}
    assert outbox.deliver(at=at(10)) == 0
    assert outbox.deliver(at=at(10, 12, 1)) == 1
    refused.refresh_from_db()
    assert (refused.attempts, refused.last_error) == (2, "")
    assert server.message_ids == [other.message_id, refused.message_id]


def test_pauses_grow_up_to_six_hours() -> None:
    minutes = [outbox.pause_after(attempts) // timedelta(minutes=1) for attempts in range(1, 12)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


def test_a_mail_that_is_refused_for_days_is_left_alone_and_blocks_nobody(
    server: MailServer,
) -> None:
    stuck, other = outgoing(2)
    DigestMail.objects.filter(pk=stuck.pk).update(attempts=MOST_ATTEMPTS)

    assert outbox.deliver(at=at(20)) == 1
    assert server.message_ids == [other.message_id]


def test_while_the_server_is_down_nothing_is_lost_and_no_attempt_is_used_up(
    settings: Any, server: MailServer
) -> None:
    mails = outgoing(3)
    settings.EMAIL_PORT = free_port()
    for hour in range(30):
        assert outbox.deliver(at=at(10) + timedelta(hours=hour)) == 0
    assert {(mail.attempts, mail.sent_at) for mail in DigestMail.objects.all()} == {(0, None)}
    assert "ConnectionRefusedError" in DigestMail.objects.all()[0].last_error

    settings.EMAIL_PORT = server.port
    assert outbox.deliver(at=at(12)) == 3
    assert sorted(server.message_ids) == sorted(mail.message_id for mail in mails)


def test_an_address_that_cannot_be_does_not_hold_back_the_others(server: MailServer) -> None:
    impossible, other = outgoing(2)
    User.objects.filter(pk=impossible.user_id).update(email="a\nb@example.org")

    assert outbox.deliver(at=at(10)) == 1
    impossible.refresh_from_db()
    assert server.message_ids == [other.message_id]
    assert "newlines" in impossible.last_error


def test_a_mail_that_went_is_never_taken_up_again(server: MailServer) -> None:
    outgoing()
    assert [outbox.deliver(at=at(day)) for day in (10, 11, 12)] == [1, 0, 0]


def test_the_words_of_a_mail_are_the_same_at_each_attempt() -> None:
    (mail,) = outgoing()
    first, second = letter_of(mail), letter_of(mail)
    assert first is not None
    assert second is not None
    assert (first.subject, first.body, first.extra_headers) == (
        second.subject,
        second.body,
        second.extra_headers,
    )


# --- Two at once, and a broker that is down ---------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_and_send_each_mail_once(server: MailServer) -> None:
    plan = PlanFactory.create()
    users = [reader(plan, User.Digest.IMMEDIATE) for _ in range(12)]
    for user in users:
        for number in range(3):
            tell(user, plan, when=at(10), text=f"À relire : {number}")

    def work() -> None:
        digests.write_due(at=at(10))
        outbox.deliver(at=at(10))

    at_once(work, work, work)
    outbox.deliver(at=at(10))

    carried = [mail.notifications.count() for mail in DigestMail.objects.all()]
    assert sum(carried) == 36
    assert sorted(server.message_ids) == sorted(
        DigestMail.objects.values_list("message_id", flat=True)
    )
    assert len(set(server.message_ids)) == len(server.message_ids)


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the queue of deferred work is one where nobody listens."""
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setattr(current_app, "_pool", None)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)


@pytest.mark.django_db(transaction=True)
def test_what_is_told_while_the_broker_is_down_is_kept_and_leaves_with_the_next_beat(
    no_broker: None, caplog: pytest.LogCaptureFixture, server: MailServer
) -> None:
    plan = PlanFactory.create()
    user = reader(plan, User.Digest.IMMEDIATE)

    with transaction.atomic():
        tell(user, plan, when=timezone.now())

    assert "No broker" in caplog.text
    assert user.notifications.count() == 1
    send_digests.apply()  # what the beat asks for
    assert [mail["To"] for mail in server.accepted] == [user.email]


def test_nothing_is_told_when_the_change_is_undone() -> None:
    plan = PlanFactory.create()
    user = reader(plan, User.Digest.IMMEDIATE)

    with pytest.raises(RuntimeError), transaction.atomic():
        tell(user, plan, when=at(10))
        raise RuntimeError

    assert written(when=at(10)) == []
    assert django_mail.outbox == []
