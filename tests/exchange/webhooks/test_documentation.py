"""docs/webhooks.md: its receiver works as it stands, and what it says of kinds and times holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from exchange.models import WebhookAttempt
from exchange.webhooks import courier, services
from exchange.webhooks.courier import deliver
from exchange.webhooks.models import EventKind
from exchange.webhooks.payloads import body_of
from tests.exchange.webhooks.changes import published, subscribed
from tests.factories import IndicatorFactory, PlanFactory
from tests.mail_server import free_port

GUIDE = (Path(__file__).resolve().parent.parent.parent.parent / "docs/webhooks.md").read_text()


def example(language: str) -> str:
    [text] = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(text)


class Copied:
    """The receiver of the guide, run as a person would."""

    def __init__(self, secret: str, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.said = folder / "said.txt"
        program = folder / "receiver.py"
        program.write_text(example("python"))
        with self.said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(program)],
                env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.DEVNULL,
            )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture
def running() -> Iterator[list[Copied]]:
    started: list[Copied] = []
    yield started
    for one in started:
        one.stop()


@pytest.mark.django_db
def test_the_receiver_of_the_guide_takes_what_is_genuine_and_nothing_else(
    running: list[Copied], tmp_path: Path
) -> None:
    plan = PlanFactory.create(slug="plan")
    indicator = IndicatorFactory.create(plan=plan, code="aidees")
    subscription, secret = subscribed(plan)
    copied = Copied(secret, tmp_path)
    running.append(copied)
    subscription.url = copied.url
    subscription.save()
    published(indicator, value=30)
    end = time.monotonic() + 30
    while not subscription.deliveries.filter(state="delivered").exists():
        assert time.monotonic() < end, list(WebhookAttempt.objects.values())
        services.send_again(subscription.deliveries.earliest("id"), at=timezone.now())
        deliver(subscription.pk)
        time.sleep(0.1)
    # The same message again is taken, and not told twice.
    services.send_again(subscription.deliveries.earliest("id"), at=timezone.now())
    assert deliver(subscription.pk) == 1
    # One that is old, and one signed with another secret, are refused.
    services.send_test(subscription, at=timezone.now())
    late = timezone.now() + timedelta(minutes=6)
    assert deliver(subscription.pk, clock=lambda: late) == 0
    services.rotate_secret(subscription, leaked=True, at=timezone.now())
    services.send_test(subscription, at=timezone.now())
    assert deliver(subscription.pk) == 0
    assert list(WebhookAttempt.objects.order_by("-id").values_list("status", flat=True)[:3]) == [
        400,
        400,
        204,
    ]
    assert copied.said.read_text() == (
        "observation.published plan/aidees/2020-01-01--2020-12-31 30\n"
    )


def test_the_guide_lists_each_kind_and_no_other() -> None:
    listed = re.findall(r"^\| `([a-z_.]+)` \|", GUIDE, re.MULTILINE)
    assert listed == [*EventKind.values, "webhook.test"]


@pytest.mark.django_db
def test_the_message_of_the_guide_has_the_form_of_a_real_one() -> None:
    plan = PlanFactory.create()
    subscription, _secret = subscribed(plan)
    published(IndicatorFactory.create(plan=plan))
    real = json.loads(body_of(subscription.deliveries.get().event))
    shown = json.loads(example("json"))
    assert list(real) == list(shown)
    assert list(real["data"]) == list(shown["data"])
    assert set(shown["data"]["observation"]) < set(real["data"]["observation"])


def test_the_guide_tells_the_times_of_the_code() -> None:
    assert "after 30 s, 1, 2, 4 … minutes, at most every 6 hours, 20 times" in GUIDE
    assert courier.MOST_ATTEMPTS == 20
    assert timedelta(hours=6) == courier.LONGEST_PAUSE
    assert "nothing accepted for two days" in GUIDE
    assert timedelta(days=2) == courier.FAILING_TOO_LONG
    assert "up to half an hour" in GUIDE
    assert timedelta(minutes=30) == courier.LONGEST_REST
    assert "ten seconds at a time" in GUIDE
    assert timedelta(seconds=10) == courier.TURN
    assert "During\n   the 24 hours after a secret is replaced" in GUIDE
    assert timedelta(hours=24) == services.OVERLAP
