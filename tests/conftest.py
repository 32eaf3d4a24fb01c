"""Fixtures for every test: the real browser, pages at the two widths that matter."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import ADVICE, find_chromium

WIDE = 1280
NARROW = 320

# Pages are judged as served: the browser itself asks nothing of the outside.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


# How long an example takes says how busy the machine is, not whether the rule holds.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the run.

    Playwright's synchronous interface keeps an event loop running in this thread until it is
    stopped. Django takes that for an asynchronous caller and refuses every query, although none
    is made from the loop: from the first browser test to the last it must be told so.
    """
    program = find_chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(ADVICE, pytrace=False)
        pytest.skip(ADVICE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """A function that opens a page of the given width on the live server.

    Addresses are relative to the site: `open_page(width=320).goto("/methodologie/")`.
    """
    contexts = []

    def open_page(*, width: int = WIDE, javascript: bool = True, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page as wide as a desk screen."""
    return open_page(width=WIDE)


@pytest.fixture
def narrow_page(open_page: Callable[..., Page]) -> Page:
    """A page as narrow as pages must bear."""
    return open_page(width=NARROW)
