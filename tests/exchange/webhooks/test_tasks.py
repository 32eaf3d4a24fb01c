"""Who rings the bell, and on which queue: the courier's own, which a process of the site reads."""

from __future__ import annotations

import pytest
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from exchange import tasks
from exchange.models import WebhookSubscription
from exchange.webhooks import services
from tests.exchange.webhooks.changes import published, subscribed
from tests.factories import IndicatorFactory, PlanFactory
from tests.launched import launched
from tests.receiver import Receiver

COURIERS = ("exchange.tasks.sweep_webhooks", "exchange.tasks.deliver_webhooks")


@pytest.mark.parametrize("name", COURIERS)
def test_what_speaks_to_partners_has_a_queue_of_its_own(name: str) -> None:
    route = current_app.amqp.router.route({}, name)
    assert route["queue"].name == "webhooks"


def test_the_site_runs_a_process_that_reads_that_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    words = launched(monkeypatch)["The courier"]
    assert words[words.index("--queues") + 1] == "webhooks"
    # The other worker reads none but its own.
    assert "--queues" not in launched(monkeypatch)["The worker"]


def test_the_beat_rings_often_and_no_ring_outlives_the_next() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["sweep-webhooks"]
    assert entry["task"] == services.SWEEP_TASK == COURIERS[0]
    assert entry["options"]["expires"] < entry["schedule"].total_seconds() <= 10


@pytest.mark.django_db
def test_a_sweep_asks_for_each_receiver_that_has_something_to_be_told(
    partner: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = PlanFactory.create()
    one, _secret = subscribed(plan, partner.url)
    other, _secret = subscribed(plan, partner.url)
    subscribed(PlanFactory.create(), partner.url)
    assert tasks.sweep_webhooks() == 0
    published(IndicatorFactory.create(plan=plan))
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(
        tasks.deliver_webhooks, "apply_async", lambda args, **_options: asked.append(args)
    )
    assert tasks.sweep_webhooks() == 2
    assert asked == [(one.pk,), (other.pk,)]
    for words in asked:
        assert tasks.deliver_webhooks(*words) == 1
    assert tasks.sweep_webhooks() == 0


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_stops_no_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    subscription, _secret = subscribed(PlanFactory.create())

    def away(*_args: object, **_options: object) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(current_app, "send_task", away)
    services.pause(subscription)
    services.resume(subscription, at=subscription.created_at)
    assert WebhookSubscription.objects.get().state == "active"
