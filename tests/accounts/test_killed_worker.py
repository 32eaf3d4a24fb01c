"""A worker killed in the middle of a batch loses no mail, and doubles at most the one in hand.

A real Celery worker in processes of its own, a real queue, a real database and a real SMTP server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone

from accounts.models import DigestMail, Notification, User
from accounts.services import SEND_TASK, notify
from plans.models import Role
from tests.factories import MembershipFactory, PlanFactory
from tests.mail_server import Gate, MailServer, free_port, mail_server
from tests.processes import Worker, worker
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = 30
STRUCK = 11
"""The mail during which the worker is killed."""


@pytest.fixture(autouse=True)
def _mails_go_at_once() -> None:
    """Nothing goes at once here: the worker is a real one."""


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    """Forget what other tests asked for."""
    current_app.control.purge()


def running_worker(
    mail_port: int, log: Path, *, processes: int = 1
) -> AbstractContextManager[Worker]:
    return worker(log, processes=processes, EMAIL_URL=f"smtp://127.0.0.1:{mail_port}")


def beat() -> None:
    """Ask for what the beat asks for every minute."""
    current_app.send_task(SEND_TASK, ignore_result=True)


def a_minute_passes() -> None:
    """Make due again what a dead worker had claimed."""
    DigestMail.objects.waiting().update(due_at=timezone.now() - timedelta(seconds=1))


def tell_everyone() -> set[str]:
    """Tell something to thirty people who want it at once; return their addresses."""
    plan = PlanFactory.create()
    people = [
        MembershipFactory.create(
            plan=plan, role=Role.MANAGER, user__digest=User.Digest.IMMEDIATE
        ).user
        for _ in range(BATCH)
    ]
    notify(
        people,
        plan_id=plan.pk,
        kind=Notification.Kind.OVERDUE,
        key="overdue:indicator:1:2026-01-31",
        text="Attendu depuis le 31 janvier 2026 : Entreprises (2025)",
        url=f"/agent/plans/{plan.slug}/",
        at=timezone.now(),
    )
    return {person.email for person in people}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def only_at(number: int, act: Callable[[], None]) -> Callable[[int], None]:
    return lambda arrived: act() if arrived == number else None


@pytest.mark.parametrize(
    ("moment", "arrivals"),
    [
        # The server has not accepted the mail in hand: it arrives once, from the next worker.
        ("before", 1),
        # It has, and the worker dies before it can note so: the same mail arrives twice.
        ("after", 2),
    ],
)
def test_a_worker_killed_in_the_middle_of_thirty_mails(
    server: MailServer, tmp_path: Path, moment: str, arrivals: int
) -> None:
    gate = Gate()
    setattr(server, moment, only_at(STRUCK, gate.hold))
    log = tmp_path / "worker.log"

    with running_worker(server.port, log) as struck:
        addresses = tell_everyone()
        assert gate.reached.wait(60), log.read_text()
        struck.kill()
        if moment == "before":
            server.drop(STRUCK)
        gate.open()
    waiting = DigestMail.objects.waiting()
    # The one in hand and those after it; that it was attempted is known.
    assert waiting.count() == BATCH - STRUCK + 1
    assert list(waiting.filter(attempts=1).values_list("last_error", flat=True)) == [""]

    a_minute_passes()
    with running_worker(server.port, log):
        beat()
        server.wait_for(BATCH + arrivals - 1)
        wait_until_all_sent(log)
        beat()
        beat()

    written = set(DigestMail.objects.values_list("message_id", flat=True))
    times = Counter(server.message_ids)
    assert len(written) == BATCH
    assert set(times) == written
    assert {mail["To"] for mail in server.accepted} == addresses
    assert sorted(times.values(), reverse=True) == [arrivals, *[1] * (BATCH - 1)]


def test_two_processes_share_thirty_mails_and_send_each_once(
    server: MailServer, tmp_path: Path
) -> None:
    tell_everyone()
    beat()
    beat()
    log = tmp_path / "worker.log"

    with running_worker(server.port, log, processes=2):
        server.wait_for(BATCH)
        wait_until_all_sent(log)

    assert sorted(server.message_ids) == sorted(
        DigestMail.objects.values_list("message_id", flat=True)
    )


def test_a_mail_server_that_comes_back_gets_what_waited(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "worker.log"
    with running_worker(port, log):
        tell_everyone()
        until(lambda: DigestMail.objects.exclude(last_error="").count() == BATCH, log, 60)
        assert set(DigestMail.objects.values_list("attempts", flat=True)) == {0}
        with mail_server(port) as server:
            beat()
            server.wait_for(BATCH)
            wait_until_all_sent(log)

    assert sorted(server.message_ids) == sorted(
        DigestMail.objects.values_list("message_id", flat=True)
    )


def wait_until_all_sent(log: Path) -> None:
    until(lambda: not DigestMail.objects.waiting().exists(), log, 60)
