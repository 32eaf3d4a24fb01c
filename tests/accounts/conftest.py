"""Fixtures of the account tests, for those that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings

from config.celery import app as celery_app
from config.openid_connect import openid_connect_apps


def with_provider(providers: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The settings of allauth with an identity provider, as the environment would set it."""
    described: dict[str, Any] = {
        "server_url": "",
        "client_id": "plans",
        "secret": "a secret shared with the provider",
        "name": "ProConnect",
        "scopes": ["openid", "given_name", "usual_name", "email"],
        "acr_values": "eidas1",
        "vouches_for_email": False,
        **given,
    }
    apps = openid_connect_apps(**described)
    return {**providers, "openid_connect": {**providers["openid_connect"], "APPS": apps}}


@pytest.fixture
def attempts_counted_anew() -> Iterator[None]:
    """Forget the attempts of other tests: rate limits are kept in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def mails_go_at_once() -> Iterator[None]:
    """Do the worker's part in the test itself."""
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = True
    yield
    celery_app.conf.task_always_eager = celery_app.conf.task_eager_propagates = False


@pytest.fixture
def identity_provider(settings: Settings) -> None:
    """Set an identity provider, which no test asks anything of."""
    settings.SOCIALACCOUNT_PROVIDERS = with_provider(
        settings.SOCIALACCOUNT_PROVIDERS, server_url="http://127.0.0.1:9"
    )
