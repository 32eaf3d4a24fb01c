"""Search finds what people mean, as they type it."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboards.search import find
from plans.alphabet import folded
from plans.models import Plan
from tests.dashboards.reading import main_text, texts
from tests.factories import IndicatorFactory, MeasureFactory, ObjectiveFactory, PlanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def contents(plan: Plan) -> None:
    objective = ObjectiveFactory.create(plan=plan, title="Développer les compétences")
    measure = MeasureFactory.create(
        plan=plan,
        objective=objective,
        title="Doubler le nombre d’étudiants formés à l’IA",
        summary="Les universités ouvrent des cursus.",
    )
    IndicatorFactory.create(
        plan=plan, measure=measure, title="Cœurs de calcul", definition="Élèves-ingénieurs exclus"
    )


def titles(words: str) -> list[str]:
    return [result.title for result in find(words)]


STUDENTS = "Doubler le nombre d’étudiants formés à l’IA"


@pytest.mark.parametrize(
    "words",
    [
        "étudiants",
        "etudiants",
        "ETUDIANT",
        "étudiante",
        "etud",
        "d'étudiants",
        "d’étudiants",
        "nombre etudiant",
        "université",
        "cursus universite",
        "e\u0301tudiants",
    ],
)
def test_words_are_found_without_accents_in_any_number_or_in_part(words: str) -> None:
    assert titles(words) == [STUDENTS]


@pytest.mark.parametrize("words", ["coeur", "cœur", "COEURS", "eleves ingenieurs", "élèves-ing"])
def test_ligatures_and_hyphens_are_no_obstacle(words: str) -> None:
    assert titles(words) == ["Cœurs de calcul"]


@pytest.mark.parametrize(
    "words", ["", "   ", "\x00", "rien de tel", "%", "_", "'", '"', "\\", "a & | !", "-", ":*"]
)
def test_what_is_not_there_is_not_found_and_breaks_nothing(words: str) -> None:
    assert titles(words) == []


def test_a_title_comes_before_a_mention(plan: Plan) -> None:
    MeasureFactory.create(
        plan=plan, title="Autre mesure", summary="Elle aidera les étudiants étrangers."
    )
    assert titles("etudiants") == [STUDENTS, "Autre mesure"]


def test_every_kind_of_page_is_found_and_says_what_it_is(client: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(summary="Des compétences pour tous.")
    response = client.get("/recherche/", {"q": "competence"})
    assert [text.split(" · ")[0] for text in texts(response, "eyebrow")] == ["Objectif", "Plan"]


def test_hidden_plans_are_not_searched() -> None:
    hidden = PlanFactory.create(is_public=False, title="Plan étudiant secret")
    MeasureFactory.create(plan=hidden, title="Mesure étudiante secrète")
    assert titles("etudiant secret") == []


def test_the_page_says_how_many_and_keeps_the_words(client: Client) -> None:
    response = client.get("/recherche/", {"q": "etudiants"})
    assert "1 résultat pour « etudiants »" in main_text(response)
    assert 'name="q" value="etudiants"' in " ".join(response.content.decode().split())


def test_nothing_found_gives_a_way_on(client: Client) -> None:
    text = main_text(client.get("/recherche/", {"q": "licorne"}))
    assert "0 résultat pour « licorne »" in text
    assert "Essayez un mot plus court" in text


def test_what_is_typed_is_shown_as_text(client: Client) -> None:
    html = client.get("/recherche/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>" not in html


def test_a_long_list_has_pages(client: Client, plan: Plan) -> None:
    MeasureFactory.create_batch(45, plan=plan, title="Un atelier")
    second = client.get("/recherche/", {"q": "atelier", "page": "2"})
    assert "Page 2 sur 3" in main_text(second)
    assert 'href="?q=atelier&amp;page=3"' in second.content.decode()


@pytest.mark.parametrize("words", ["étudiants", "ŒUVRE", "L’Été à Noël", "ÀÇÉÎÔÙŸ"])
def test_the_database_folds_words_as_python_does(words: str, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(title=words)
    assert words in titles(words)
    assert titles(words) == titles(folded(words)) == titles(words.upper())


def test_an_excerpt_ends_with_a_whole_word(plan: Plan) -> None:
    summary = "Des ateliers dans les lycées, " + "puis ailleurs, " * 20
    MeasureFactory.create(plan=plan, title="Un atelier", summary=summary)
    (found,) = find("Un atelier")
    assert found.excerpt == summary[:229] + "…"
    assert summary[:229].endswith("puis ailleurs, puis")
