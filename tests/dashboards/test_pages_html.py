"""The markup of every page that can be reached: valid, in order, with links that lead somewhere."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree.ElementTree import Element

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction
from django.test import Client
from django.urls import resolve
from pytest_django import DjangoDbBlocker
from tinyhtml5.parser import HTMLParser

from tests.dashboards.pages import PAGES, load_plans
from tests.dashboards.reading import HTML, words

# The fixture that loads the pages serves the whole module; the mark makes the test database.
pytestmark = pytest.mark.django_db

PHRASING = ("p", "span", "a", "b", "h1", "h2", "h3", "h4", "label", "button")
BLOCKS = ("p", "div", "ul", "ol", "dl", "table", "section", "h1", "h2", "h3", "h4", "form")
CHILDREN = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "tr": {"th", "td"},
    "picture": {"source", "img"},
    "select": {"option"},
}


@dataclass(frozen=True, slots=True)
class Document:
    """A page as it was answered; a file has no tree."""

    status: int
    tree: Element | None = None
    errors: tuple[str, ...] = ()

    def every(self, tag: str) -> Iterator[Element]:
        return iter(()) if self.tree is None else self.tree.iter(f"{HTML}{tag}")

    @property
    def ids(self) -> list[str]:
        return [] if self.tree is None else [one.get("id", "") for one in self.tree.iter()]

    @property
    def links(self) -> set[str]:
        places = (("a", "href"), ("img", "src"), ("link", "href"), ("form", "action"))
        return {one.get(name, "") for tag, name in places for one in self.every(tag)}


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Document]:
    """Every page of the site with all shipped plans, by address: what the links lead to."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_plans()
        visited = visit(PAGES)
        transaction.set_rollback(True)
    return visited


def visit(start: tuple[str, ...]) -> dict[str, Document]:
    client = Client()
    found: dict[str, Document] = {}
    waiting = deque(start)
    while waiting:
        address = waiting.popleft()
        if address in found:
            continue
        found[address] = answered(client, address)
        waiting.extend(
            target
            for link in found[address].links
            if (target := inside(address, link)) is not None and target not in found
        )
    return found


def inside(address: str, link: str) -> str | None:
    """The address that a link leads to, without its fragment; None outside the site."""
    target = urldefrag(urljoin(address, link)).url
    return target if urlsplit(link).scheme == "" else None


def answered(client: Client, address: str) -> Document:
    if address.startswith("/static/"):
        known = finders.find(address.removeprefix("/static/")) is not None
        return Document(200 if known else 404)
    if "/graphique." in address:
        # Drawn elsewhere: here it is enough that the address is one of the site's.
        return Document(200 if resolve(urlsplit(address).path) else 404)
    response = client.get(address)
    if address.startswith("/api/"):
        # Swagger's own page, which its script writes, or data: it answers, as a link needs.
        return Document(response.status_code)
    if not response.get("Content-Type", "").startswith("text/html"):
        return Document(response.status_code)
    parser = HTMLParser()
    tree = parser.parse(response.content.decode())
    errors = tuple(f"{place} {code} {data}" for place, code, data in parser.errors)
    return Document(response.status_code, tree, errors)


def pages(site: dict[str, Document]) -> list[tuple[str, Document]]:
    return [(address, page) for address, page in site.items() if page.tree is not None]


def test_every_page_type_is_there(site: dict[str, Document]) -> None:
    assert {address: site[address].status for address in PAGES} == {
        **dict.fromkeys(PAGES, 200),
        "/plans/grand-est/": 404,
    }
    assert len(pages(site)) > 150


def test_the_markup_has_no_error(site: dict[str, Document]) -> None:
    assert {address: page.errors for address, page in pages(site) if page.errors} == {}


def test_elements_hold_what_they_may(site: dict[str, Document]) -> None:
    wrong = []
    for address, page in pages(site):
        for tag, allowed in CHILDREN.items():
            for one in page.every(tag):
                wrong += [
                    (address, tag, child.tag)
                    for child in one
                    if isinstance(child.tag, str) and child.tag.removeprefix(HTML) not in allowed
                ]
        for tag in PHRASING:
            for one in page.every(tag):
                wrong += [
                    (address, tag, block)
                    for block in BLOCKS
                    if one.find(f".//{HTML}{block}") is not None
                ]
    assert wrong == []


def test_identifiers_are_unique(site: dict[str, Document]) -> None:
    twice = {
        address: repeated
        for address, page in pages(site)
        if (repeated := [i for i, count in Counter(page.ids).items() if i and count > 1])
    }
    assert twice == {}


def test_every_link_leads_somewhere(site: dict[str, Document]) -> None:
    dead = []
    for address, page in pages(site):
        for link in page.links:
            target = inside(address, link)
            if target is None:
                continue
            fragment = urldefrag(link).fragment
            dead_end = site[target].status >= 400 and target != address
            if dead_end or (fragment and fragment not in site[target].ids):
                dead.append((address, link))
    assert dead == []


def test_there_is_one_main_title_and_no_level_is_skipped(site: dict[str, Document]) -> None:
    wrong = {}
    for address, page in pages(site):
        assert page.tree is not None
        levels = [
            int(one.tag[-1])
            for one in page.tree.iter()
            if isinstance(one.tag, str) and one.tag.removeprefix(HTML) in ("h1", "h2", "h3", "h4")
        ]
        skipped = any(after > before + 1 for before, after in pairwise(levels))
        if levels.count(1) != 1 or levels[0] != 1 or skipped:
            wrong[address] = levels
    assert wrong == {}


def test_every_page_has_a_title_of_its_own(site: dict[str, Document]) -> None:
    titles = Counter(
        words(title)
        for address, page in pages(site)
        if "?" not in address
        for title in page.every("title")
    )
    assert [title for title, count in titles.items() if count > 1] == []


def test_images_controls_and_tables_have_a_name(site: dict[str, Document]) -> None:
    nameless = []
    for address, page in pages(site):
        labelled = {label.get("for") for label in page.every("label")}
        wrapped = {id(one) for label in page.every("label") for one in label.iter()}
        nameless += [(address, "img") for one in page.every("img") if not one.get("alt")]
        nameless += [
            (address, one.get("name", ""))
            for tag in ("input", "select")
            for one in page.every(tag)
            if one.get("id") not in labelled and id(one) not in wrapped
        ]
        nameless += [
            (address, "table") for one in page.every("table") if one.find(f"{HTML}caption") is None
        ]
        nameless += [
            (address, "a")
            for one in page.every("a")
            if not words(one) and not one.get("aria-label")
        ]
    assert nameless == []


def test_nothing_is_loaded_from_elsewhere(site: dict[str, Document]) -> None:
    loaded = {
        (tag, one.get(name))
        for _address, page in pages(site)
        for tag, name in (("img", "src"), ("link", "href"), ("script", "src"), ("iframe", "src"))
        for one in page.every(tag)
        if urlsplit(one.get(name, "")).netloc
    }
    assert loaded == set()


def test_fictitious_pages_say_so_and_no_other_does(site: dict[str, Document]) -> None:
    marked = {
        address
        for address, page in pages(site)
        if any(one.get("class") == "demo-banner" for one in page.every("aside"))
    }
    assert marked == {
        address for address, page in pages(site) if address.startswith("/plans/demonstration/")
    }
