"""What axe finds on a page in a real browser, and whether the page scrolls sideways."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def violations(page: Page) -> list[str]:
    """Return the rules of accessibility that the page as it stands does not follow, and where."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for one in found
        for node in one["nodes"]
    ]


def faults(page: Page) -> list[str]:
    """Return its violations, and whether it is wider than its window."""
    found = violations(page)
    width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > room:
        found.append(f"the page scrolls sideways: {width} px in {room}")
    return found


def faults_at(page: Page, address: str) -> list[str]:
    """Open the address, which leads nowhere else, and return the faults of its page."""
    page.goto(address)
    assert page.url.endswith(address), page.url
    return [f"{address}: {fault}" for fault in faults(page)]
