"""What a reader finds on the pages about the site and its rules, and where it fails."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from dashboards import views
from indicators.models import Indicator
from plans.models import Note, Plan
from tests.dashboards.pages import INDICATOR, PLAN
from tests.dashboards.reading import all_of, main_text, parsed, texts
from tests.factories import ClaimFactory, NoteFactory, PlanFactory, RegionFactory, SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


class TestSources:
    def test_lists_documents_claims_and_notes(self, client: Client, plan: Plan) -> None:
        source = SourceFactory.create(
            plan=plan,
            code="presse",
            title="Un plan IA",
            publisher="InfoDuJour",
            published_on=date(2019, 6, 1),
            published_precision="month",
        )
        ClaimFactory.create(plan=plan, subject="axes", statement="6 axes", source=source)
        NoteFactory.create(plan=plan, kind=Note.Kind.ASSUMPTION, text="Cinq ans.")
        response = client.get(f"{PLAN}sources/")
        assert texts(response, "claims__item") == ["6 axes Source : Un plan IA"]
        assert texts(response, "source") == [
            "Un plan IA Source officielle · InfoDuJour · juin 2019"
        ]
        assert "Cinq ans." in main_text(response)
        assert [one.get("id") for one in all_of(parsed(response), "source")] == ["source-presse"]


class TestMethodology:
    def test_gives_the_limits_of_each_plan(self, client: Client, plan: Plan) -> None:
        Plan.objects.filter(pk=plan.pk).update(on_track_from=Decimal("0.9"))
        text = main_text(client.get("/methodologie/"))
        assert "Plan IA Grand Est 90 % du rythme 85 % du rythme 10 % de la cible" in text

    def test_the_examples_are_reckoned_by_the_rules(self, client: Client) -> None:
        text = main_text(client.get("/methodologie/"))
        assert "en bonne voie Au 31 décembre 2021, la valeur est d’au moins 71 entreprises" in text
        assert "en recul Au 31 décembre 2024, la valeur est de 110 jours" in text


class TestFailure:
    def test_says_that_the_fault_is_ours(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*, on: date) -> None:
            raise RuntimeError

        monkeypatch.setattr(views, "home_page", fail)
        client.raise_request_exception = False
        response = client.get("/")
        assert response.status_code == 500
        assert "Elle vient de nous, pas de vous." in main_text(response)


class TestSitePages:
    @pytest.mark.parametrize(
        ("address", "title"),
        [
            ("/accessibilite/", "Déclaration d’accessibilité"),
            ("/mentions-legales/", "Mentions légales"),
            ("/donnees-personnelles/", "Données personnelles"),
        ],
    )
    def test_says_what_is_not_set(self, client: Client, address: str, title: str) -> None:
        text = main_text(client.get(address))
        assert text.startswith(title)
        assert "non renseigné par l’exploitant du site" in text

    def test_robots_are_told_where_the_pages_are(self, client: Client) -> None:
        assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").text

    def test_the_site_map_has_real_public_plans_only(
        self, client: Client, companies: Indicator
    ) -> None:
        PlanFactory.create(slug="cache", is_public=False)
        PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
        pages = client.get("/sitemap.xml").text
        assert f"http://testserver{PLAN}</loc>" in pages
        assert f"http://testserver{INDICATOR}</loc>" in pages
        assert "/plans/cache/" not in pages
        assert "/plans/fictif/" not in pages
