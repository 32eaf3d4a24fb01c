"""A courier killed in the middle of its deliveries loses none, and doubles the one in hand.

A real Celery worker with its threads, a real queue, a real database and a real receiver.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.utils import timezone

from exchange.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from exchange.webhooks.services import SWEEP_TASK
from plans.models import Plan
from tests.exchange.webhooks.changes import corrected, published, subscribed
from tests.factories import IndicatorFactory, PlanFactory
from tests.mail_server import Gate
from tests.processes import ROOT, database_url, queue_url
from tests.receiver import Message, Receiver, Reply, partner_system
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "webhooks"
INDICATORS = 5
STRUCK = 4
"""The message during which the courier is killed."""


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    """Forget what other tests asked for."""
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.delete(QUEUE)


class Courier:
    """The courier as the site runs it, but for the addresses of this machine, which it may use."""

    def __init__(self, log: Path, **changed: str) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url(),
            "REDIS_URL": queue_url(),
            "WEBHOOK_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
            "WEBHOOK_ALLOW_HTTP": "true",
            "PYTHONWARNINGS": "ignore",
            **changed,
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "--app", "config.celery", "--quiet", "worker",
                    "--queues", QUEUE, "--pool", "threads", "--concurrency", "4",
                    "--hostname", "courier@%h", "--loglevel", "warning",
                    "--without-gossip", "--without-mingle",
                ],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running_courier(log: Path, **changed: str) -> Iterator[Courier]:
    courier = Courier(log, **changed)
    try:
        yield courier
    finally:
        if courier.process.poll() is None:
            courier.kill()


def beat() -> None:
    """Ask for what the beat asks for every ten seconds."""
    current_app.send_task(SWEEP_TASK, ignore_result=True)


def two_minutes_pass() -> None:
    """Let the lease of a dead courier run out, and make due again what it had claimed."""
    before = timezone.now() - timedelta(seconds=1)
    WebhookSubscription.objects.update(leased_until=before)
    WebhookDelivery.objects.waiting().update(due_at=before)


def everything_delivered() -> bool:
    return not WebhookDelivery.objects.waiting().exists()


@pytest.fixture
def partner() -> Iterator[Receiver]:
    with partner_system() as running:
        yield running


def publish_and_correct(plan: Plan) -> None:
    """Tell two things of each of a few indicators."""
    for number, indicator in enumerate(IndicatorFactory.create_batch(INDICATORS, plan=plan)):
        corrected(published(indicator, value=number + 1), value=number + 100)


def orders(messages: list[Message]) -> dict[str, list[str]]:
    """What was told of each indicator, in order, what came twice once."""
    seen: set[str] = set()
    told: dict[str, list[str]] = {}
    for message in messages:
        if message.id not in seen:
            seen.add(message.id)
            code = message.data["data"]["observation"]["indicator"]
            told.setdefault(code, []).append(message.type)
    return told


def test_a_courier_killed_with_a_message_in_hand(partner: Receiver, tmp_path: Path) -> None:
    plan = PlanFactory.create()
    _subscription, secret = subscribed(plan, partner.url)
    publish_and_correct(plan)
    gate = Gate()

    def hold(_message: Message) -> Reply:
        if len(partner.messages) == STRUCK:
            gate.hold()
        return Reply()

    partner.answer = hold
    log = tmp_path / "courier.log"
    with running_courier(log) as courier:
        beat()
        assert gate.reached.wait(60), log.read_text()
        courier.kill()
        gate.open()
    # The one in hand and those after it wait; that it was attempted is known.
    assert WebhookDelivery.objects.waiting().count() == 2 * INDICATORS - STRUCK + 1
    assert WebhookAttempt.objects.filter(ended_at=None).count() == 1

    two_minutes_pass()
    with running_courier(log):
        beat()
        until(everything_delivered, log, 60)
        beat()
        beat()
        until(lambda: queue_length() == 0, log, 60)

    times = Counter(message.id for message in partner.messages)
    assert len(times) == 2 * INDICATORS
    assert sorted(times.values(), reverse=True) == [2, *[1] * (2 * INDICATORS - 1)]
    assert all(message.is_signed_with(secret) for message in partner.messages)
    assert (
        list(orders(partner.messages).values())
        == [["observation.published", "observation.corrected"]] * INDICATORS
    )


def queue_length() -> int:
    with current_app.connection_for_write() as connection:
        client: redis.Redis = connection.default_channel.client
        length: int = client.llen(QUEUE)  # type: ignore[assignment] # not an asynchronous client
        return length


def test_a_slow_receiver_slows_nobody_else(partner: Receiver, tmp_path: Path) -> None:
    """One that never answers, before and after one that does: the second is served at once."""
    plan = PlanFactory.create()
    gate = Gate()
    log = tmp_path / "courier.log"
    with partner_system() as slow:

        def hold(_message: Message) -> Reply:
            gate.hold()
            return Reply()

        slow.answer = hold
        stuck, _secret = subscribed(plan, slow.url, name="Lent")
        quick, _secret = subscribed(plan, partner.url, name="Rapide")
        with running_courier(log, WEBHOOK_TIMEOUT_SECONDS="60"):
            publish_and_correct(plan)
            beat()
            assert gate.reached.wait(60), log.read_text()
            partner.wait_for(2 * INDICATORS)
            until(lambda: not quick.deliveries.waiting().exists(), log, 60)
            # Sweep after sweep, the slow one has one message in hand and no more.
            beat()
            beat()
            until(lambda: queue_length() == 0, log, 60)
            assert len(slow.messages) == 1
            assert stuck.deliveries.waiting().count() == 2 * INDICATORS
            gate.open()


def test_without_a_broker_nothing_is_lost_and_the_next_sweep_delivers(
    partner: Receiver, tmp_path: Path
) -> None:
    """The queue is emptied, as by a broker that lost its memory: the rows remember."""
    plan = PlanFactory.create()
    subscribed(plan, partner.url)
    publish_and_correct(plan)
    beat()
    assert queue_length() == 1
    with current_app.connection_for_write() as connection:
        connection.default_channel.client.delete(QUEUE)
    log = tmp_path / "courier.log"
    with running_courier(log):
        beat()
        until(everything_delivered, log, 60)
    assert len(partner.messages) == 2 * INDICATORS
