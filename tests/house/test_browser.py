"""The browser fixtures do what the browser tests lean on."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Error, Page

from accounts.models import User

PASSWORD = "a long enough password"


def sign_in(page: Page, email: str) -> None:
    page.goto(reverse("admin:index"))  # which leads to the one page where people sign in
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def test_the_test_and_the_page_see_the_same_database(page: Page) -> None:
    user = User.objects.create_superuser("marie@example.org", PASSWORD)
    sign_in(page, user.email)
    assert page.locator("#user-tools strong").text_content() == user.email
    user.refresh_from_db()
    assert user.last_login is not None


def test_pages_have_the_widths_they_claim(page: Page, narrow_page: Page) -> None:
    widths = [found.evaluate("window.innerWidth") for found in (page, narrow_page)]
    assert widths == [1280, 320]


@pytest.mark.parametrize("javascript", [True, False])
def test_javascript_may_be_off(open_page: Callable[..., Page], javascript: bool) -> None:
    page = open_page(javascript=javascript)
    page.set_content("<p>as served</p><script>document.body.textContent = 'changed'</script>")
    assert page.locator("body").inner_text() == ("changed" if javascript else "as served")


def test_nothing_outside_is_reached(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.org/")
