"""A browser in which somebody is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.agent.staff import signed_in


@pytest.fixture
def open_as(open_page: Callable[..., Page], live_server: LiveServer) -> Callable[..., Page]:
    """A function that opens a page of the site in which a person is signed in."""

    def open_as(user: User, **settings: Any) -> Page:
        page = open_page(**settings)
        session = signed_in(user).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        return page

    return open_as
