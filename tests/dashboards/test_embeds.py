"""Cards and badges: what other sites may show of ours, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from pytest_django import DjangoAssertNumQueries

from dashboards.badge import TONE_OF, TONES
from dashboards.pages.open_data import FRAME_HEIGHT
from indicators.models import Indicator, Status
from measures.models import Measure
from plans.models import Plan
from tests.accessibility import violations
from tests.dashboards.pages import load_plans
from tests.dashboards.reading import HTML, main_text, parsed, texts
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    PlanFactory,
    RegionFactory,
    TargetFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
PLAN_CARD = "/integration/plans/grand-est-2019/"
CARD = f"{PLAN_CARD}indicateurs/entreprises/"


def test_the_card_of_an_indicator_says_status_promise_and_value(
    companies: Indicator, client: Client, today: date
) -> None:
    response = client.get(CARD)
    text = main_text(response)
    assert "Entreprises accompagnées en bonne voie Promis : 35 entreprises par an" in text
    assert "Constaté : " in text
    assert "au 1er mars 2023" in text
    assert html_errors(response.content.decode()) == []
    assert inline_code(response.content.decode()) == []


def test_the_card_of_a_plan_counts_by_status(
    companies: Indicator, client: Client, today: date
) -> None:
    response = client.get(PLAN_CARD)
    assert "Plan IA Grand Est 1 cible chiffrée 1 en bonne voie au 1er mars 2023" in main_text(
        response
    )
    assert html_errors(response.content.decode()) == []


def test_the_card_of_a_plan_says_what_nobody_published(
    companies: Indicator, client: Client, today: date
) -> None:
    for code in ("prets", "emplois"):
        TargetFactory.create(indicator=IndicatorFactory.create(plan=companies.plan, code=code))
    assert "3 cibles chiffrées · 2 sans valeur publiée pour la période visée 2 " in main_text(
        client.get(PLAN_CARD)
    )


def test_the_card_of_a_plan_without_targets_shows_its_deliverables(
    pack: Measure, client: Client, today: date
) -> None:
    done, _unreported = MilestoneFactory.create_batch(2, measure=pack)
    MilestoneUpdateFactory.create(milestone=done, published=True)
    deliverables = "Livrables 1 fait 1 non renseigné"
    assert f"Plan IA Grand Est {deliverables} au 1er mars 2023" in main_text(client.get(PLAN_CARD))
    IndicatorFactory.create(plan=pack.plan)
    text = main_text(client.get(PLAN_CARD))
    assert f"Plan IA Grand Est Aucune cible chiffrée 1 sans cible {deliverables}" in text
    assert html_errors(client.get(PLAN_CARD).content.decode()) == []


def test_a_card_says_which_of_its_parameters_mean_nothing(
    companies: Indicator, client: Client
) -> None:
    def said(query: str) -> list[str]:
        return [text for text in texts(client.get(f"{CARD}{query}"), "fine") if "ignoré" in text]

    assert said("?theme=clair&accent=none") == said("?theme=&accent=") == []
    assert said("?theme=rose") == [
        "« theme=rose » n’est pas un choix possible ; il est ignoré. Choix : clair, sombre."
    ]
    assert said("?accent=zz&foo=1") == [
        "« accent=zz » n’est pas un choix possible ; il est ignoré. Choix : aucun, none.",
        "« foo » n’est pas un paramètre de cette carte ; il est ignoré.",
    ]
    assert len(said("?a=1&b=2&c=3&d=4")) == 3


@pytest.mark.parametrize("address", [PLAN_CARD, CARD])
def test_only_cards_may_be_framed(companies: Indicator, client: Client, address: str) -> None:
    response = client.get(address)
    assert "X-Frame-Options" not in response.headers
    assert "frame-ancestors *" in response.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in response.headers
    assert next(parsed(response).iter(f"{HTML}script"), None) is None
    for page in ("/", "/plans/grand-est-2019/", "/donnees/", f"{PLAN_CARD}badge.svg"):
        assert client.get(page).headers["X-Frame-Options"] == "DENY"


def test_the_address_chooses_the_look(companies: Indicator, client: Client) -> None:
    def look(query: str) -> tuple[str | None, str | None]:
        tree = parsed(client.get(f"{CARD}{query}"))
        body = tree.find(f"{HTML}body")
        assert body is not None
        return tree.get("data-theme"), body.get("class")

    assert look("") == (None, "embed")
    assert look("?theme=clair") == ("clair", "embed")
    assert look("?theme=sombre&accent=aucun") == ("sombre", "embed embed--plain")
    assert look('?theme="><script>') == (None, "embed")


def test_both_dark_sets_of_colours_are_the_same() -> None:
    text = Path(settings.BASE_DIR / "static/css/tokens.css").read_text()
    dark = re.findall(r"color-scheme: dark.*?\{\n(.*?)\n  \}", text, re.DOTALL)[0]
    forced = re.findall(r'data-theme="sombre"\] \{(.*?)\n  \}', text, re.DOTALL)[0]

    def colours(block: str) -> dict[str, str]:
        return dict(re.findall(r"(--[\w-]+): (#\w+);", block))

    assert colours(dark) == colours(forced)
    assert len(colours(dark)) > 20


def test_a_fictitious_card_says_so(client: Client) -> None:
    plan = PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    IndicatorFactory.create(plan=plan, code="prets")
    for address in ("/integration/plans/fictif/", "/integration/plans/fictif/indicateurs/prets/"):
        assert main_text(client.get(address)).startswith("Plan fictif — démonstration")
        title = fromstring(client.get(f"{address}badge.svg").content).findtext(f"{SVG}title")
        assert (title or "").startswith("[Plan fictif] ")


def test_a_badge_has_a_word_an_icon_and_a_title(
    companies: Indicator, client: Client, today: date
) -> None:
    response = client.get(f"{CARD}badge.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    tree = fromstring(response.content)
    assert tree.get("role") == "img"
    title = tree.find(f"{SVG}title")
    assert title is not None
    assert tree.get("aria-labelledby") == title.get("id")
    assert title.text == "Entreprises accompagnées\u00a0: en bonne voie"
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["indicateur", "en bonne voie"]
    assert tree.find(f"{SVG}svg/{SVG}path") is not None


def test_the_badge_of_several_targets_shows_the_one_to_look_at_first(
    companies: Indicator, client: Client, today: date
) -> None:
    TargetFactory.create(indicator=companies, code="total", due_on=date(2022, 1, 1))
    title = fromstring(client.get(f"{CARD}badge.svg").content).findtext(f"{SVG}title")
    assert title == (
        "Entreprises accompagnées\u00a0: échu, bilan non publié"
        " (le statut à regarder d’abord, parmi 2 cibles)"
    )


def test_the_badge_of_a_plan_counts(companies: Indicator, client: Client, today: date) -> None:
    tree = fromstring(client.get(f"{PLAN_CARD}badge.svg").content)
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["plan", "1 en bonne voie"]


def test_the_badge_of_an_empty_plan_says_so(plan: Plan, client: Client) -> None:
    tree = fromstring(client.get(f"{PLAN_CARD}badge.svg").content)
    assert tree.findtext(f"{SVG}title") == "Plan IA Grand Est\u00a0: aucun indicateur suivi"


def test_a_title_cannot_end_the_image(companies: Indicator, client: Client) -> None:
    Indicator.objects.update(title="</title><script>alert(1)</script>")
    content = client.get(f"{CARD}badge.svg").content
    assert b"<script" not in content
    fromstring(content)


def test_badges_have_the_colours_of_the_site() -> None:
    tokens = Path(settings.BASE_DIR / "static/css/tokens.css").read_text()
    for tone, (ink, paper) in TONES.items():
        assert f"--tone-{tone}: {ink};" in tokens
        assert f"--tone-{tone}-paper: {paper};" in tokens
    css = Path(settings.BASE_DIR / "static/css/components.css").read_text()
    for status in Status.values:
        tone = TONE_OF.get(status, "plain")
        [declared] = re.findall(
            rf'\[data-tone="{status}"\][^{{}}]*\{{\s*--tone: var\(--tone-(\w+)\)', css
        )
        assert (status, declared) == (status, tone)


@pytest.mark.parametrize("part", ["", "badge.svg"])
def test_what_is_not_public_is_not_shown(companies: Indicator, client: Client, part: str) -> None:
    Plan.objects.update(is_public=False)
    assert client.get(f"{CARD}{part}").status_code == 404
    assert client.get(f"{PLAN_CARD}{part}").status_code == 404


def test_a_former_address_leads_to_the_present_one(companies: Indicator, client: Client) -> None:
    Plan.objects.update(slug="autre")
    response = client.get(f"{CARD}?theme=clair")
    assert response.headers["Location"] == (
        "/integration/plans/autre/indicateurs/entreprises/?theme=clair"
    )


def test_asking_again_is_cheap(companies: Indicator, client: Client) -> None:
    for address in (CARD, f"{CARD}badge.svg"):
        etag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"if-none-match": etag}).status_code == 304


@pytest.mark.parametrize("count", [1, 3])
def test_cards_cost_the_same_with_one_and_with_three_indicators(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    plan = PlanFactory.create(slug="plan")
    for indicator in IndicatorFactory.create_batch(count, plan=plan):
        TargetFactory.create(indicator=indicator)
    first = plan.indicators.earliest("pk")
    with django_assert_max_num_queries(9):
        client.get("/integration/plans/plan/")
    with django_assert_max_num_queries(10):
        client.get(f"/integration/plans/plan/indicateurs/{first.code}/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", ["?theme=clair", "?theme=sombre&accent=aucun"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: Callable[..., Page], query: str
) -> None:
    load_plans()
    page = open_page(width=320, javascript=True, dark=query == "?theme=clair")
    for path in ("", "indicateurs/entreprises-diagnostiquees/"):
        page.goto(f"/integration/plans/demonstration/{path}{query}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.django_db(transaction=True)
def test_the_frame_of_the_example_fits_the_real_cards_and_keeps_day_and_link_of_a_longer_one(
    narrow_page: Page,
) -> None:
    load_plans()
    narrow_page.set_viewport_size({"width": 320, "height": FRAME_HEIGHT})
    slugs = list(
        Plan.objects.filter(region__fictitious=False)
        .order_by("slug")
        .values_list("slug", flat=True)
    )
    heights = {}
    for slug in slugs:
        narrow_page.goto(f"/integration/plans/{slug}/")
        heights[slug] = narrow_page.evaluate("document.documentElement.scrollHeight")
    assert heights == dict.fromkeys(slugs, FRAME_HEIGHT)

    narrow_page.goto("/integration/plans/demonstration/")
    assert narrow_page.evaluate("document.documentElement.scrollHeight") > FRAME_HEIGHT
    for place in (0, 10_000):
        narrow_page.evaluate(f"window.scrollTo(0, {place})")
        box = narrow_page.locator(".embed__origin").bounding_box()
        assert box is not None
        assert 0 < box["y"] < box["y"] + box["height"] <= FRAME_HEIGHT
