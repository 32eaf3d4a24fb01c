"""Search finds what people mean, as they type it."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from dashboards.search import find
from measures.models import Measure
from plans.alphabet import folded
from plans.models import OrganisationRole, Plan
from tests.dashboards.reading import HTML, has_class, main_text, parsed, texts
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    NoteFactory,
    ObjectiveFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
)
from tests.html import html_errors

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


# --- What pages show beside titles and summaries ------------------------------------------------


@pytest.fixture
def related(plan: Plan) -> Measure:
    """A measure with organisations, a sector, a note and a deliverable; a plan with as many."""
    measure: Measure = MeasureFactory.create(plan=plan, title="Pack IA")
    inria = OrganisationFactory.create(name="Institut de recherche", short_name="Inria")
    measure.participations.create(organisation=inria, role=OrganisationRole.LEAD)
    measure.sectors.add(SectorFactory.create(name="Bioéconomie"))
    measure.notes.add(NoteFactory.create(plan=plan, text="Selon Mme Merabet, rien n’est fini."))
    MilestoneFactory.create(measure=measure, title="Charte signée")
    agency = OrganisationFactory.create(name="Minalogic")
    plan.participations.create(organisation=agency, role=OrganisationRole.PARTNER)
    plan.sectors.add(SectorFactory.create(name="Agroalimentaire"))
    return measure


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("inria", {"Pack IA"}),
        ("institut pack", {"Pack IA"}),
        ("bioeconomie", {"Pack IA"}),
        ("chartes", {"Pack IA"}),
        ("merabet", {"Pack IA", "Plan IA Grand Est"}),
        ("Minalogic", {"Plan IA Grand Est"}),
        ("agroalim", {"Plan IA Grand Est"}),
        ("minalogic inria", set()),
    ],
)
def test_organisations_sectors_notes_and_deliverables_are_searched(
    related: Measure, words: str, found: set[str]
) -> None:
    assert set(titles(words)) == found


def test_the_region_is_a_word_of_everything_in_its_plans(related: Measure) -> None:
    region = related.plan.region
    region.name = "Grand Est"
    region.save()
    assert titles("Grand Est pack") == ["Pack IA"]
    assert titles("grand est coeur") == ["Cœurs de calcul"]
    assert titles("grand est competences") == ["Développer les compétences"]


@pytest.mark.parametrize(
    "words", ["start-up", "startups", "startup", "start up", "Start-ups", "START-UP’s"]
)
def test_a_hyphen_is_a_space_or_nothing(plan: Plan, words: str) -> None:
    MeasureFactory.create(plan=plan, title="Aider une start-up")
    MeasureFactory.create(plan=plan, title="Former les start-ups")
    assert set(titles(words)) >= {"Aider une start-up", "Former les start-ups"}


@pytest.mark.parametrize("words", ["start-up", "startups", "startup", "start-ups"])
def test_a_word_without_its_hyphen_is_found_with_it(plan: Plan, words: str) -> None:
    MeasureFactory.create(plan=plan, title="Une startup")
    assert titles(words) == ["Une startup"]


def test_words_are_found_by_their_beginning_and_nowhere_else(plan: Plan) -> None:
    MeasureFactory.create(plan=plan, title="Réussir la transformation")
    MeasureFactory.create(plan=plan, title="L’information des lycées")
    assert titles("formation") == []
    assert titles("inform") == ["L’information des lycées"]
    assert titles("transf reussi") == ["Réussir la transformation"]
    MeasureFactory.create(plan=plan, title="Des accélérateurs")
    assert titles("accès") == []


def test_what_another_plan_holds_is_not_found_through_a_hidden_one(related: Measure) -> None:
    Plan.objects.filter(pk=related.plan_id).update(is_public=False)
    assert titles("inria") == titles("merabet") == titles("minalogic") == []


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["a", "%", "l’", "-", "a b c"])
def test_too_little_to_look_for_is_said_and_not_counted(client: Client, words: str) -> None:
    text = main_text(client.get("/recherche/", {"q": words}))
    assert "Tapez au moins un mot de deux lettres ou chiffres." in text
    assert "résultat" not in text


def test_too_long_a_text_is_kept_and_the_limit_said(client: Client) -> None:
    words = "ab" * 50
    assert "0 résultat" in main_text(client.get("/recherche/", {"q": words}))
    response = client.get("/recherche/", {"q": f"{words}c"})
    text = main_text(response)
    assert (
        "Votre recherche compte 101 caractères ; le maximum est de 100. "
        "Raccourcissez-la, puis relancez-la."
    ) in text
    assert "résultat" not in text
    field = next(one for one in parsed(response).iter(f"{HTML}input") if one.get("name") == "q")
    assert field.get("value") == f"{words}c"
    assert field.get("aria-invalid") == "true"
    said = {one.get("id") for one in parsed(response).iter() if has_class(one, "errorlist")}
    assert said == {field.get("aria-describedby")}
    assert html_errors(response.content.decode()) == []


@pytest.mark.parametrize("page", ["99", "0", "-1", "deux", "1.5", ""])
def test_a_page_that_does_not_exist_is_not_found(client: Client, page: str) -> None:
    assert client.get("/recherche/", {"q": "etudiants", "page": page}).status_code == 404
    assert client.get("/recherche/", {"q": "etudiants", "page": "1"}).status_code == 200


def test_the_longest_search_stays_quick(plan: Plan) -> None:
    """A few hundred long texts, and eight words of which none is found in them."""
    text = "Une phrase sans les mots que l’on cherche, ni début ni fin. " * 40
    MeasureFactory.create_batch(200, plan=plan, summary=text)
    begun = time.perf_counter()
    assert titles("aaaa-bbbb " * 8) == []
    assert time.perf_counter() - begun < 2
