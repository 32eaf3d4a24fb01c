"""The content policy, obeyed by a real browser: no page breaks it, an injected script cannot run.

The walk follows links, as a person would: every kind of page that one leads to, public, staff and
administration, is opened once, and what the browser refuses is noted.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

from accounts.models import User
from plans.models import Plan, Role
from tests.agent.house import House
from tests.agent.staff import member
from tests.dashboards.pages import DEMONSTRATION, PAGES, load_plans
from tests.house.test_browser import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

# The browser's own event: the console may be silent about what only a report would say.
WATCH = """
window.addEventListener('securitypolicyviolation', event => console.error(
    'POLICY ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile
    + ':' + event.lineNumber + ' ' + event.sample
));
"""
# Handed to be saved, not opened; or of no page: their headers are tested without a browser.
# XML is shown by the browser itself, whose own style sheet is refused as any other would be.
NOT_PAGES = (".atom", ".csv", ".zip", ".yaml", ".json", ".jsonld", ".ttl", ".ods", ".xlsx", ".xml")
CHART = f"{DEMONSTRATION}indicateurs/entreprises-diagnostiquees/graphique.svg"


def watched(page: Page) -> list[str]:
    """Return the list that fills with what the browser refuses on the pages to come."""
    complaints: list[str] = []
    page.add_init_script(WATCH)
    page.on(
        "console",
        lambda said: (
            complaints.append(f"{page.url}: {said.text}")
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return complaints


def walk(page: Page, starts: Iterable[str], *, within: tuple[str, ...] = ("/",)) -> set[str]:
    """Open one page of each kind that links lead to; return the kinds, by the name of the view."""
    queue, seen, opened = list(starts), set[str](), set[str]()
    given = set(queue)
    while queue:
        address = queue.pop(0)
        path = urlsplit(address).path
        if address in opened:
            continue
        try:
            match = resolve(path)
        except Resolver404:
            continue
        kind = match.view_name
        if (kind in seen and address not in given) or path.endswith(NOT_PAGES):
            continue
        seen.add(kind)
        opened.add(address)
        with suppress(Error):  # a file to save, which is no page
            page.goto(address, wait_until="load")
        found = page.eval_on_selector_all(
            "a[href]", "links => links.map(link => new URL(link.href)).filter("
            "one => one.origin === location.origin).map(one => one.pathname + one.search)",
        )  # fmt: skip
        queue += [one for one in dict.fromkeys(found) if one.startswith(within)]
    return seen


def administrator(page: Page) -> User:
    user: User = User.objects.create_superuser("marie@example.org", "a long enough password")
    sign_in(page, user.email)
    page.wait_for_selector("#user-tools")
    return user


def test_no_public_page_breaks_the_policy(page: Page) -> None:
    load_plans()
    complaints = watched(page)
    kinds = walk(
        page,
        [
            *PAGES,
            CHART,
            "/nowhere/",
            "/integration/plans/demonstration/",
            "/integration/plans/demonstration/indicateurs/entreprises-diagnostiquees/",
            "/integration/plans/demonstration/badge.svg",
            "/comptes/login/",
        ],
    )
    assert complaints == []
    assert {"dashboards:indicator_chart", "dashboards:open_data", "account_login"} <= kinds


def test_no_staff_page_breaks_the_policy(page: Page) -> None:
    house = House(slug="plan-ia")
    administrator(page)
    complaints = watched(page)
    kinds = walk(page, ["/agent/", f"/agent/plans/{house.plan.slug}/", "/comptes/"],
                 within=("/agent/", "/comptes/"))  # fmt: skip
    assert complaints == []
    assert len(kinds) >= 20
    assert {"agent:home", "agent:members", "account_home"} <= kinds


def test_no_page_of_the_administration_breaks_the_policy(page: Page) -> None:
    House(slug="plan-ia")
    administrator(page)
    complaints = watched(page)
    kinds = walk(page, ["/admin/", "/admin/plans/plan/add/"], within=("/admin/",))
    assert complaints == []
    assert len(kinds) >= 30


@pytest.mark.parametrize("address", ["/api/", "/api/redoc/"])
def test_the_pages_of_the_api_work_under_their_policy(page: Page, address: str) -> None:
    complaints = watched(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_text("/api/v1/plans/").filter(visible=True).first.wait_for()
    page.wait_for_load_state("networkidle")
    assert complaints == []
    here = "/".join(page.url.split("/", 3)[:3]) + "/"
    assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []


@pytest.mark.parametrize(
    "attack",
    [
        "<script>document.title = 'taken'</script>",
        "<img src=x onerror=\"document.title = 'taken'\">",
        "<svg onload=\"document.title = 'taken'\"></svg>",
        "<base href='https://attacker.example/'>",
        "<iframe srcdoc=\"<script>parent.document.title = 'taken'</script>\"></iframe>",
    ],
)
def test_what_gets_into_a_page_cannot_run(page: Page, attack: str) -> None:
    """Even where a page forgot to escape what a person typed."""

    def inject(route: object) -> None:
        response = route.fetch()  # type: ignore[attr-defined]
        body = response.text().replace("</main>", f"{attack}</main>")
        route.fulfill(response=response, body=body)  # type: ignore[attr-defined]

    page.route("**/methodologie/", inject)
    complaints = watched(page)
    page.goto("/methodologie/")
    assert page.title() != "taken"
    assert page.evaluate("document.baseURI").endswith("/methodologie/")
    assert [line for line in complaints if "POLICY" in line] != []


def test_another_site_cannot_frame_a_page_but_can_frame_a_card(
    page: Page,
) -> None:
    load_plans()
    page.goto("/static/js/grid.js")  # a page of no policy, by the one name of the machine ...
    origin = page.evaluate("location.origin")
    other = origin.replace("localhost", "127.0.0.1")  # ... and the site by its other name
    page.set_content(
        f"<iframe name=page src='{other}/methodologie/'></iframe>"
        f"<iframe name=card src='{other}/integration/plans/demonstration/'></iframe>"
    )
    page.wait_for_load_state("networkidle")
    framed = {frame.name: frame.url for frame in page.frames if frame.name}
    assert framed["card"] == f"{other}/integration/plans/demonstration/"
    assert framed["page"].startswith("chrome-error:")


def test_a_member_without_rights_over_the_site_breaks_it_no_more(page: Page) -> None:
    plan: Plan = House(slug="plan-ia").plan
    user = member(plan, Role.CONTRIBUTOR)
    user.set_password("a long enough password")
    user.save()
    page.goto("/comptes/login/")
    complaints = watched(page)
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", "a long enough password")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/agent/")
    walk(page, ["/agent/"], within=("/agent/",))
    assert complaints == []
