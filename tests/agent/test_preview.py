"""The preview of a plan: the public pages for its members; and making a plan public."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.factories import (
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    NoteCitationFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    TargetFactory,
    UserFactory,
)
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = pytest.mark.django_db

PAGES = (
    "apercu/",
    "apercu/objectifs/o/",
    "apercu/mesures/m/",
    "apercu/indicateurs/i/",
    "apercu/indicateurs/i/graphique.svg",
    "apercu/indicateurs/i/graphique.png",
    "apercu/sources/",
)
READ = tuple(page for page in PAGES if "graphique" not in page)


@pytest.fixture
def plan() -> Plan:
    """A plan that is not public, with one of each thing and a published value."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA", is_public=False)
    objective = ObjectiveFactory.create(plan=made, code="o", title="Former")
    measure = MeasureFactory.create(plan=made, objective=objective, code="m", title="Pack IA")
    MilestoneFactory.create(measure=measure)
    indicator = IndicatorFactory.create(plan=made, measure=measure, code="i", title="Entreprises")
    TargetFactory.with_yearly_quota({2020: 35, 2021: 35}, indicator=indicator)
    ObservationFactory.create(indicator=indicator, year=2020, value=Decimal(30), published=True)
    ObservationFactory.create(indicator=indicator, year=2021, value=Decimal(98_765))
    made.notes.set([NoteCitationFactory.create(note__plan=made).note])
    ClaimFactory.create(plan=made)
    return made


def url(tail: str) -> str:
    return f"/agent/plans/plan-ia/{tail}"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anonymous", 302),
        ("stranger", 404),
        ("member of another plan", 404),
        (Role.VIEWER, 200),
        (Role.CONTRIBUTOR, 200),
        (Role.REVIEWER, 200),
        (Role.MANAGER, 200),
        ("superuser", 200),
    ],
)
def test_members_read_the_preview_and_nobody_else(plan: Plan, who: str | Role, status: int) -> None:
    client = Client()
    match who:
        case Role():
            client = signed_in(member(plan, who))
        case "member of another plan":
            client = signed_in(member(PlanFactory.create(), Role.MANAGER))
        case "stranger":
            client = signed_in(UserFactory.create())
        case "superuser":
            client = signed_in(UserFactory.create(superuser=True))

    answers = [client.get(url(page)) for page in PAGES]

    assert [answer.status_code for answer in answers] == [status] * len(PAGES)
    assert {answer["Cache-Control"] for answer in answers} == {
        "max-age=0, no-cache, no-store, must-revalidate, private"
    }
    if status != 200:
        assert not any(b"Pack IA" in answer.content for answer in answers)


def test_the_public_still_knows_nothing_of_it(plan: Plan) -> None:
    reader = signed_in(member(plan, Role.VIEWER))
    for page in PAGES:
        reader.get(url(page))

    for address in (
        "/plans/plan-ia/",
        "/plans/plan-ia/mesures/m/",
        "/plans/plan-ia/indicateurs/i/",
        "/plans/plan-ia/indicateurs/i/graphique.svg",
        "/plans/plan-ia/sources/",
    ):
        assert Client().get(address).status_code == 404
        assert reader.get(address).status_code == 404
    for address in ("/", "/sitemap.xml", "/recherche/?q=Pack"):
        text = Client().get(address).content.decode()
        assert "Plan IA" not in text
        assert "apercu" not in text


def test_every_page_says_it_is_a_preview_and_its_links_stay_inside(plan: Plan) -> None:
    client = signed_in(member(plan, Role.MANAGER))

    for page in READ:
        text = client.get(url(page)).content.decode()
        assert "<title>[Aperçu] " in text
        assert "preview-banner" in text
        assert 'content="noindex"' in text
        links = set(re.findall(r'(?:href|src|srcset|action)="(/[^"]*)"', text))
        of_the_plan = {link for link in links if "plan-ia" in link}
        assert of_the_plan, page
        assert {
            link for link in of_the_plan if not link.startswith("/agent/plans/plan-ia/")
        } == set()
        assert (page, html_errors_but(text), inline_code(text)) == (page, [], [])


def html_errors_but(text: str) -> list[str]:
    """Leave out what is wrong with the public page itself: it has its own test."""
    return [error for error in html_errors(text) if "titre-" not in error]


def test_links_to_other_plans_lead_to_their_public_pages(plan: Plan) -> None:
    PlanFactory.create(slug="programme", title="Programme lié", related_to=plan)
    PlanFactory.create(slug="secret", title="Secret", related_to=plan, is_public=False)
    client = signed_in(member(plan, Role.VIEWER))

    text = client.get(url("apercu/")).content.decode()

    assert 'href="/plans/programme/"' in text
    assert "Secret" not in text


def test_the_filters_of_the_preview_stay_in_it(plan: Plan) -> None:
    client = signed_in(member(plan, Role.VIEWER))

    page = client.get(url("apercu/") + "?objectif=o")

    assert page.context["shown"] == 1
    assert 'action="/agent/plans/plan-ia/apercu/#mesures"' in page.content.decode()


def test_the_addresses_are_those_of_the_site_again_afterwards(plan: Plan) -> None:
    client = signed_in(member(plan, Role.MANAGER))
    client.get(url("apercu/"))
    client.get(url("apercu/mesures/inconnue/"))

    assert plan.get_absolute_url() == "/plans/plan-ia/"


def test_the_preview_shows_what_the_public_would_read_drafts_excluded(plan: Plan) -> None:
    client = signed_in(member(plan, Role.VIEWER))
    pages = {page: client.get(url(page)).content.decode() for page in READ}
    assert not any("98\u202f765" in text for text in pages.values())

    Plan.objects.update(is_public=True)
    public = Client().get("/plans/plan-ia/mesures/m/").content.decode()

    def main(text: str) -> str:
        found = re.search(r"<main.*</main>", text, re.DOTALL)
        assert found is not None
        return found[0].replace("/agent/plans/plan-ia/apercu/", "/plans/plan-ia/")

    assert main(pages["apercu/mesures/m/"]) == main(public)


@pytest.mark.parametrize("page", ["apercu/mesures/x/", "apercu/indicateurs/x/graphique.svg"])
def test_what_is_not_in_the_plan_is_not_found(plan: Plan, page: str) -> None:
    MeasureFactory.create(code="x")
    IndicatorFactory.create(code="x")

    assert signed_in(member(plan, Role.MANAGER)).get(url(page)).status_code == 404


def test_a_preview_is_only_read(plan: Plan) -> None:
    client = signed_in(member(plan, Role.MANAGER))

    assert {client.post(url(page)).status_code for page in PAGES} == {405}


# --- Making it public -------------------------------------------------------------------------


def test_making_a_plan_public_asks_first(plan: Plan) -> None:
    client = signed_in(member(plan, Role.MANAGER))

    assert client.get(url("publication/")).status_code == 200
    assert Client().get("/plans/plan-ia/").status_code == 404
    answer: Any = client.post(url("publication/"))

    assert answer.url == url("structure/")
    assert Client().get("/plans/plan-ia/").status_code == 200
    assert "déjà public" in client.get(url("publication/")).content.decode()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.REVIEWER])
def test_only_managers_make_a_plan_public(plan: Plan, role: Role) -> None:
    assert signed_in(member(plan, role)).post(url("publication/")).status_code == 403
    plan.refresh_from_db()
    assert plan.is_public is False


def test_what_readers_would_miss_is_listed_with_where_to_say_it(plan: Plan) -> None:
    IndicatorFactory.create(plan=plan, code="nu", title="Indicateur nu", frequency=None)
    MeasureFactory.create(plan=plan, title="Mesure nue")
    client = signed_in(member(plan, Role.MANAGER))

    advice = {
        plain(one.text): [where.name for where in one.where]
        for one in client.get(url("publication/")).context["advice"]
    }

    assert advice["Mesures sans indicateur ni jalon :"] == ["Mesure nue"]
    assert advice["Indicateurs sans périodicité :"] == ["Indicateur nu"]
    assert advice["Indicateurs sans cible :"] == ["Indicateur nu"]
    assert "Pack IA" in advice["Mesures sans porteur :"]
    assert advice["La page dira « non renseigné » pour :"] == [
        "date d’adoption",
        "début",
        "fin",
        "budget",
    ]

    measure = plan.measures.get(code="m")
    measure.participations.create(organisation=OrganisationFactory.create(), role="lead")
    after = {plain(one.text): one for one in client.get(url("publication/")).context["advice"]}
    assert "Pack IA" not in [where.name for where in after["Mesures sans porteur :"].where]


@pytest.mark.parametrize("size", [1, 3])
def test_the_advice_costs_the_same_for_any_number_of_parts(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plan = PlanFactory.create(is_public=False)
    for _ in range(size):
        TargetFactory.create(indicator=IndicatorFactory.create(plan=plan))
    client = signed_in(member(plan, Role.MANAGER))
    client.get(f"/agent/plans/{plan.slug}/publication/")

    with django_assert_num_queries(14):
        client.get(f"/agent/plans/{plan.slug}/publication/")
