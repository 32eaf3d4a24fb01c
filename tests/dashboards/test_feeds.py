"""Atom feeds: what they tell, in what words, under names that stay."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from indicators.models import Indicator, Observation
from indicators.services import publish, withdraw
from plans.models import Plan
from tests.dashboards.reading import HTML, parsed
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    RegionFactory,
    TargetFactory,
)

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
ADDRESS = "/plans/grand-est-2019/flux.atom"
AT = datetime(2023, 2, 1, 9, tzinfo=UTC)


def feed(client: Client, address: str) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return fromstring(answer.content)


def told(client: Client, address: str = ADDRESS) -> list[str]:
    return [
        (entry.findtext(f"{ATOM}summary") or "").replace("\N{NO-BREAK SPACE}", " ")
        for entry in feed(client, address).iter(f"{ATOM}entry")
    ]


def test_publications_are_told_and_drafts_are_not(companies: Indicator, client: Client) -> None:
    ObservationFactory.create(indicator=companies, year=2022, value=Decimal(99))
    assert sorted(told(client)) == [
        "valeur reprise du fichier du plan : 30 entreprises en 2020",
        "valeur reprise du fichier du plan : 41 entreprises en 2021",
    ]


def test_a_correction_and_a_withdrawal_follow_what_was_published(
    companies: Indicator, client: Client
) -> None:
    first = companies.observations.get(value=30)
    correction = ObservationFactory.create(
        indicator=companies,
        value=Decimal(33),
        source=first.source,
        supersedes=first,
        correction_reason="Trois dossiers oubliés.",
    )
    now = datetime.now(UTC)
    publish(correction, reviewer=None, at=now)
    withdraw(Observation.objects.get(pk=correction.pk), reason="Doublon.", at=datetime.now(UTC))
    texts = told(client)
    assert texts[0] == "valeur retirée : 33 entreprises en 2020. Doublon."
    assert texts[1] == (
        "valeur corrigée : 33 entreprises au lieu de 30 entreprises en 2020. "
        "Trois dossiers oubliés."
    )
    assert "valeur reprise du fichier du plan : 30 entreprises en 2020" in texts


def test_a_revised_target_and_a_deliverable_are_told(companies: Indicator, client: Client) -> None:
    former = TargetFactory.create(indicator=companies, code="total", superseded_on=date(2022, 5, 1))
    TargetFactory.create(
        indicator=companies,
        code="total",
        value=Decimal(80),
        supersedes=former,
        revision_reason="Budget réduit.",
    )
    MilestoneUpdateFactory.create(
        milestone=MilestoneFactory.create(measure=companies.measure, title="Charte"),
        published=True,
    )
    texts = told(client)
    assert "livrable « Charte » : fait au 30 août 2022" in texts
    assert texts[-1].startswith("cible révisée : ")
    assert texts[-1].endswith(" Budget réduit.")


def test_names_are_unique_and_outlive_a_renaming(companies: Indicator, client: Client) -> None:
    def names() -> list[str | None]:
        return [
            one.findtext(f"{ATOM}id") for one in feed(client, "/flux.atom").iter(f"{ATOM}entry")
        ]

    before = names()
    assert len(set(before)) == 2
    assert all(name and name.startswith("tag:127.0.0.1,2026:observation-") for name in before)
    Plan.objects.update(slug="autre")
    assert names() == before


def test_entries_have_what_atom_asks_for(companies: Indicator, client: Client) -> None:
    tree = feed(client, ADDRESS)
    for name in ("id", "title", "updated", "author"):
        assert tree.find(f"{ATOM}{name}") is not None
    links = {one.get("rel"): one.get("href") for one in tree.findall(f"{ATOM}link")}
    assert links == {
        "alternate": "http://127.0.0.1:8000/plans/grand-est-2019/",
        "self": f"http://127.0.0.1:8000{ADDRESS}",
    }
    [first, _second] = tree.findall(f"{ATOM}entry")
    for name in ("id", "title", "updated", "published", "summary", "link"):
        assert first.find(f"{ATOM}{name}") is not None


def test_the_feed_of_all_plans_tells_of_no_fictitious_one(client: Client) -> None:
    plan = PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    ObservationFactory.create(
        indicator=IndicatorFactory.create(plan=plan, title="Prêts"), published=True
    )
    assert told(client, "/flux.atom") == []
    tree = feed(client, "/plans/fictif/flux.atom")
    titles = [one.text for one in tree.iter(f"{ATOM}title")]
    assert [title for title in titles if not (title or "").startswith("[Plan fictif] ")] == []
    assert len(titles) == 2


def test_a_plan_that_is_not_public_has_no_feed(client: Client) -> None:
    PlanFactory.create(slug="prive", is_public=False)
    assert client.get("/plans/prive/flux.atom").status_code == 404


def test_asking_again_is_cheap_until_something_changes(
    companies: Indicator, client: Client
) -> None:
    etag = client.get(ADDRESS).headers["ETag"]
    assert client.get(ADDRESS, headers={"if-none-match": etag}).status_code == 304
    ObservationFactory.create(indicator=companies, year=2022, published=True)
    assert client.get(ADDRESS, headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_a_feed_costs_the_same_with_one_and_with_three_of_everything(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    plan = PlanFactory.create(slug="plan")
    for measure in MeasureFactory.create_batch(count, plan=plan):
        indicator = IndicatorFactory.create(plan=plan, measure=measure)
        for year in range(2020, 2020 + count):
            ObservationFactory.create(indicator=indicator, year=year, published=True)
        TargetFactory.create(
            indicator=indicator, abandoned_on=date(2022, 1, 1), abandonment_reason="Arrêt."
        )
        MilestoneUpdateFactory.create(
            milestone=MilestoneFactory.create(measure=measure), published=True
        )
    with django_assert_num_queries(6):
        client.get("/flux.atom")


def test_pages_lead_to_the_feeds(plan: Plan, client: Client) -> None:
    links = [
        one.get("href")
        for one in parsed(client.get("/plans/grand-est-2019/")).iter(f"{HTML}link")
        if one.get("rel") == "alternate"
    ]
    assert links == ["/flux.atom", ADDRESS]
