"""Addresses that changed, that never existed, or that are not for the public."""

from __future__ import annotations

import pytest
from django.test import Client

from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan
from tests.dashboards.reading import main_text, texts
from tests.factories import PlanFactory

pytestmark = pytest.mark.django_db

PARTS = ("", "objectifs/competitivite/", "mesures/pack-ia/", "indicateurs/entreprises/", "sources/")


@pytest.mark.parametrize("part", [*PARTS, "indicateurs/entreprises/graphique.svg"])
def test_the_former_slug_of_a_plan_redirects_for_good_with_its_question(
    client: Client, companies: Indicator, part: str
) -> None:
    Plan.objects.filter(slug="grand-est-2019").update(slug="grand-est")
    response = client.get(f"/plans/grand-est-2019/{part}?statut=behind&statut=watch")
    assert response.status_code == 301
    assert response["Location"] == f"/plans/grand-est/{part}?statut=behind&statut=watch"


def test_the_former_codes_of_its_parts_redirect(client: Client, companies: Indicator) -> None:
    Objective.objects.filter(code="competitivite").update(code="economie")
    Measure.objects.filter(code="pack-ia").update(code="pack")
    Indicator.objects.filter(code="entreprises").update(code="accompagnees")
    for former, present in (
        ("objectifs/competitivite/", "objectifs/economie/"),
        ("mesures/pack-ia/", "mesures/pack/"),
        ("indicateurs/entreprises/", "indicateurs/accompagnees/"),
        ("indicateurs/entreprises/graphique.svg", "indicateurs/accompagnees/graphique.svg"),
    ):
        response = client.get(f"/plans/grand-est-2019/{former}")
        assert response.status_code == 301
        assert response["Location"] == f"/plans/grand-est-2019/{present}"


def test_a_plan_that_takes_a_former_slug_is_found_there(client: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(slug="ancien")
    PlanFactory.create(slug="grand-est-2019", title="Le nouveau plan")
    response = client.get("/plans/grand-est-2019/")
    assert response.status_code == 200
    assert "Le nouveau plan" in main_text(response)


@pytest.mark.parametrize("part", [*PARTS, "indicateurs/entreprises/graphique.svg"])
def test_what_is_not_public_is_not_found(client: Client, companies: Indicator, part: str) -> None:
    Plan.objects.update(is_public=False)
    assert client.get(f"/plans/grand-est-2019/{part}").status_code == 404


def test_the_former_slug_of_a_hidden_plan_is_not_found_either(client: Client, plan: Plan) -> None:
    Plan.objects.update(slug="nouveau", is_public=False)
    assert client.get("/plans/grand-est-2019/").status_code == 404


@pytest.mark.parametrize("part", ["objectifs/lune/", "mesures/lune/", "indicateurs/lune/"])
def test_an_unknown_part_is_not_found(client: Client, plan: Plan, part: str) -> None:
    assert client.get(f"/plans/grand-est-2019/{part}").status_code == 404


def test_not_found_names_the_plan_that_was_probably_meant_and_lists_all(
    client: Client, plan: Plan
) -> None:
    PlanFactory.create(slug="auvergne-rhone-alpes-2022", title="Feuille de route")
    PlanFactory.create(slug="grand-est-2018", title="Caché", is_public=False)
    response = client.get("/plans/grand-est-2091/")
    assert response.status_code == 404
    text = main_text(response)
    assert "Vous cherchiez peut-être Plan IA Grand Est" in text
    assert "Feuille de route" in text
    assert "Caché" not in text


def test_not_found_suggests_nothing_where_nothing_is_close(client: Client, plan: Plan) -> None:
    text = main_text(client.get("/plans/zzz/"))
    assert "Vous cherchiez peut-être" not in text
    assert "Plan IA Grand Est" in text


def test_a_public_page_only_answers_questions(client: Client, plan: Plan) -> None:
    assert client.post("/plans/grand-est-2019/").status_code == 405


def test_the_texts_helper_reads_classes(client: Client, plan: Plan) -> None:
    assert texts(client.get("/plans/grand-est-2019/"), "eyebrow")[0].startswith("Grand Est")
