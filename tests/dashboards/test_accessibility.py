"""The pages in a real browser: axe, narrow screens, the keyboard, no script, paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.accessibility import violations
from tests.conftest import NARROW, WIDE
from tests.dashboards.pages import DEMONSTRATION, PAGES, load_plans

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]

# Every colour of the site is on one of them.
COLOURED_PAGES = (
    "/",
    f"{DEMONSTRATION}?statut=behind",
    f"{DEMONSTRATION}indicateurs/entreprises-diagnostiquees/",
    "/plans/grand-est-2019/sources/",
    "/methodologie/",
    "/mentions-legales/",
)

FOCUSABLE = """
() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
    .filter(one => !one.disabled && one.offsetParent !== null && one.checkVisibility()).length
"""

FOCUSED = """
() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one);
    const box = one.getBoundingClientRect();
    return {
        name: one.outerHTML.slice(0, 120),
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    };
}
"""

# The indentation of a template, in an element that keeps white space: large holes in the page.
SHOWN_BLANKS = r"""
() => [...document.querySelectorAll('body *')]
    .filter(one => !one.matches('select, select *, textarea')
        && getComputedStyle(one).whiteSpaceCollapse.startsWith('preserve'))
    .filter(one => [...one.childNodes].some(
        node => node.nodeType === Node.TEXT_NODE && /^\s*\n\s*/.test(node.data)))
    .map(one => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(autouse=True)
def _plans() -> None:
    load_plans()


def asked(page: Page, address: str) -> Page:
    """Open an address, every image drawn."""
    page.goto(address)
    page.wait_for_load_state("load")
    return page


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_axe_finds_nothing_on_any_page(open_page: OpenPage, width: int) -> None:
    assert problems(open_page(width=width), PAGES) == {}


def test_axe_finds_nothing_in_the_dark(open_page: OpenPage) -> None:
    assert problems(open_page(dark=True), COLOURED_PAGES) == {}


def problems(page: Page, addresses: Iterable[str]) -> dict[str, list[str]]:
    found = {address: violations(asked(page, address)) for address in addresses}
    return {address: listed for address, listed in found.items() if listed}


def test_the_white_space_of_the_templates_is_never_shown(open_page: OpenPage) -> None:
    page = open_page()
    found = {address: asked(page, address).evaluate(SHOWN_BLANKS) for address in PAGES}
    assert found == {address: [] for address in PAGES}


@pytest.mark.parametrize("width", [NARROW, WIDE // 2, WIDE])
def test_no_page_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    found = {
        address: asked(page, address).evaluate("document.documentElement.scrollWidth")
        for address in PAGES
    }
    assert found == dict.fromkeys(PAGES, width)


@pytest.mark.parametrize(
    "address",
    ["/", DEMONSTRATION, f"{DEMONSTRATION}indicateurs/entreprises-diagnostiquees/", "/recherche/"],
)
def test_the_keyboard_reaches_everything_with_visible_focus(
    open_page: OpenPage, address: str
) -> None:
    page = asked(open_page(), address)
    reached = list(tab_through(page))
    assert len(reached) == page.evaluate(FOCUSABLE)
    assert [one["name"] for one in reached if not (one["seen"] and one["inside"])] == []


def tab_through(page: Page) -> Iterable[dict[str, Any]]:
    """What the Tab key stops at, from the top of the page to its end."""
    page.keyboard.press("Tab")
    while (focused := page.evaluate(FOCUSED)) is not None:
        yield focused
        page.keyboard.press("Tab")


def test_the_first_stop_leads_to_the_content(open_page: OpenPage) -> None:
    page = asked(open_page(), DEMONSTRATION)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"


def test_filters_work_without_script_and_stay_in_the_address(open_page: OpenPage) -> None:
    page = asked(open_page(javascript=False), DEMONSTRATION)
    page.get_by_label("Objectif").select_option("competences")
    page.get_by_label("en recul").check()
    page.get_by_role("button", name="Filtrer").click()
    assert page.url.endswith(
        f"{DEMONSTRATION}?objectif=competences&filiere=&porteur=&statut=regressing#mesures"
    )
    assert page.get_by_label("en recul").is_checked()
    assert page.locator(".filters__result").inner_text() == (
        "0 mesure affichée sur 11 et 1 indicateur d’objectif ou du plan"
    )
    assert page.locator(".line").count() == 1


def test_search_works_without_script(open_page: OpenPage) -> None:
    page = asked(open_page(javascript=False), "/")
    page.get_by_role("searchbox").fill("etudiants")
    page.keyboard.press("Enter")
    page.locator(".result a").first.click()
    assert page.url.endswith("/plans/enact-2024/mesures/doubler-etudiants/")


def test_the_chart_is_drawn_and_described(open_page: OpenPage) -> None:
    page = asked(open_page(), f"{DEMONSTRATION}indicateurs/entreprises-diagnostiquees/")
    image = page.locator("figure img")
    assert image.evaluate("one => one.complete && one.naturalWidth > 0")
    assert "2022" in (image.get_attribute("alt") or "")


def test_on_paper_there_is_no_navigation_and_what_is_fictitious_is_marked(
    open_page: OpenPage,
) -> None:
    page = asked(open_page(), DEMONSTRATION)
    page.emulate_media(media="print")
    assert not page.locator(".site-nav").is_visible()
    assert not page.locator(".filters").is_visible()
    assert page.locator(".demo-banner").is_visible()
    assert page.locator(".status").first.is_visible()
    assert len(page.pdf(format="A4")) > 10_000
