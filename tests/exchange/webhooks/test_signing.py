"""The signature is that of the standard."""

from __future__ import annotations

import base64
import json

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from exchange.models import WebhookSubscription
from exchange.webhooks import services, signing
from exchange.webhooks.keys import UnreadableSecretError, keys_of, opened, sealed
from tests.exchange.webhooks.changes import subscribed
from tests.factories import PlanFactory, UserFactory


def test_the_published_example_of_the_standard_comes_out() -> None:
    """The vector that the specification's reference libraries are tested with."""
    assert (
        signing.signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_secret_has_as_many_random_bytes_as_the_standard_asks_for() -> None:
    made = {signing.new_secret() for _ in range(3)}
    assert len(made) == 3
    for secret in made:
        prefix, key = secret.split("_", 1)
        assert prefix == "whsec"
        assert 24 <= len(base64.b64decode(key, validate=True)) <= 64


@pytest.mark.django_db
def test_the_database_and_the_audit_trail_do_not_hold_the_secret() -> None:
    subscription, secret = subscribed(PlanFactory.create())
    row = WebhookSubscription.objects.filter(pk=subscription.pk).values().get()
    key = secret.removeprefix("whsec_")
    assert key not in json.dumps(row, default=str)
    trail = apps.get_model("exchange", "WebhookSubscriptionEvent")
    kept = trail._default_manager.filter(pgh_obj=subscription.pk).values().get()
    assert (kept["url"], kept["state"]) == (subscription.url, "active")
    assert [name for name in kept if "secret" in name] == []
    assert keys_of(subscription, at=timezone.now()) == [secret]


def test_a_secret_outlives_a_change_of_the_sites_key_while_the_former_is_told(
    settings: Settings,
) -> None:
    kept = sealed("whsec_abc")
    settings.SECRET_KEY, former = "another key of the site", settings.SECRET_KEY
    with pytest.raises(UnreadableSecretError):
        opened(kept)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert opened(kept) == "whsec_abc"


@pytest.mark.django_db
def test_a_subscription_says_what_it_lacks() -> None:
    with pytest.raises(ValidationError) as wrong:
        services.subscribe(
            PlanFactory.create(),
            name=" ",
            url="partner",
            kinds=("observation.imagined",),
            by=UserFactory.create(),
            at=timezone.now(),
        )
    assert {"url", "kinds"} <= set(wrong.value.message_dict)
