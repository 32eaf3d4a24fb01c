"""Each fact of the article on Grand Est, numbered as in the text, is in the data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from plans.models import Plan
from tests.exchange.founding_documents.facts import Fact, Loaded, facts_not_found, words
from tests.exchange.reference_plans import GRAND_EST, as_typed, load

pytestmark = pytest.mark.django_db


AT_LEAST = "at_least"
GRAND_EST_FACTS: list[Fact] = [
    # How the plan is presented
    ("title: the region's AI plan", (lambda p: p.plan.title, "Plan IA Grand Est")),
    (
        "presented by the president, Jean Rottner, at 360 Possibles",
        words(
            lambda p: p.claim("presentation"),
            "président de la Région",
            "Jean Rottner",
            "360 Possibles",
        ),
    ),
    ("350 million euros", (lambda p: p.plan.budget, 350000000)),
    ("over five years", words(lambda p: p.claim("budget"), "cinq ans")),
    (
        "helps companies and academics take position on AI",
        words(
            lambda p: p.plan.summary,
            "aider les entreprises et les universitaires",
            "se positionner",
        ),
    ),
    (
        "market of 60 billion dollars tomorrow, 5 billion today",
        words(
            lambda p: p.note("marche-ia"),
            "demain 60 milliards de dollars",
            "contre 5 milliards aujourd'hui",
        ),
    ),
    (
        "part of the Smart Région project",
        words(lambda p: p.note("smart-region"), "s'inscrit dans le projet Smart Région"),
    ),
    (
        "three priority sectors",
        (lambda p: p.sectors, {"Industrie du futur", "Bioéconomie", "Santé"}),
    ),
    ("adopted on 20 June 2019", (lambda p: p.plan.adopted_on, date(2019, 6, 20))),
    ("in plenary session", words(lambda p: p.claim("adoption"), "séance plénière")),
    (
        "a collective intelligence of Europe",
        words(lambda p: p.note("intelligence-collective"), "intelligence collective de l'Europe"),
    ),
    (
        "five objectives, and the institute apart",
        (lambda p: [one.kind for one in p.objectives], ["objective"] * 5 + ["cross_cutting"]),
    ),
    (
        "their titles and their order",
        (
            lambda p: [as_typed(one.title) for one in p.objectives],
            [
                "Soutenir l'excellence scientifique en IA",
                "Booster la compétitivité des entreprises",
                "Garantir une IA transparente, éthique et inclusive",
                "Développer les compétences régionales en IA",
                "Accompagner le développement des start-ups",
                "Institut régional « Grand Est 4 IA »",
            ],
        ),
    ),
    # Objective 1
    (
        "collaborative projects between laboratories",
        (lambda p: p.unit("projets-laboratoires-lances"), "projet"),
    ),
    ("research chairs", (lambda p: p.unit("chaires-recherche-creees"), "chaire")),
    (
        "support for calls for projects",
        words(
            lambda p: p.summary("appels-a-projets"), "accompagner les réponses", "appels à projets"
        ),
    ),
    (
        "10 renowned researchers a year",
        (lambda p: p.promised("chercheurs-attires"), ("quota", AT_LEAST, [10] * 5)),
    ),
    (
        "at least two research colloquia a year",
        (lambda p: p.promised("colloques-organises"), ("quota", AT_LEAST, [2] * 5)),
    ),
    (
        "the five actions of objective 1",
        (
            lambda p: p.measures_of("excellence-scientifique"),
            [
                "Projets collaboratifs entre laboratoires",
                "Chaires de recherche",
                "Accompagnement aux appels à projets",
                "Attirer des chercheurs de renom",
                "Colloques de recherche",
            ],
        ),
    ),
    # Objective 2
    (
        "a Pack IA that speeds up the change of first-time users",
        words(
            lambda p: p.summary("pack-ia"),
            "« Pack IA »",
            "accélérer la transformation",
            "primo-utilisatrices",
        ),
    ),
    (
        "35 companies a year",
        (lambda p: p.promised("entreprises-pack-ia"), ("quota", AT_LEAST, [35] * 5)),
    ),
    (
        "about fifteen collaborative projects a year",
        (lambda p: p.promised("projets-collaboratifs-ia"), ("quota", AT_LEAST, [15] * 5)),
    ),
    ("where 'about' is kept", (lambda p: p.tolerance("projets-collaboratifs-ia"), Decimal("0.1"))),
    (
        "challenges for new AI solutions",
        (lambda p: p.unit("challenges-lances"), "challenge"),
        words(lambda p: p.summary("challenges-ia"), "nouvelles solutions"),
    ),
    ("industrial chairs", (lambda p: p.unit("chaires-industrielles-creees"), "chaire")),
    (
        "federate the large providers of AI solutions",
        (lambda p: p.milestones("federer-offreurs"), ["federation-offreurs"]),
    ),
    (
        "showcase companies' initiatives to the world",
        (lambda p: p.milestones("valoriser-initiatives"), ["valorisation-initiatives"]),
        words(
            lambda p: p.summary("valoriser-initiatives"), "la plus grande visibilité dans le monde"
        ),
    ),
    # Objective 3
    (
        "raise awareness, notably by MOOCs for the general public",
        (lambda p: p.milestones("sensibilisation-grand-public"), ["mooc-grand-public"]),
        words(
            lambda p: p.summary("sensibilisation-grand-public"),
            "le plus grand nombre",
            "MOOC",
            "grand public",
        ),
    ),
    (
        "reflection with business and science on the gender mix of AI jobs",
        (lambda p: p.milestones("mixite-metiers"), ["reflexion-mixite"]),
        words(
            lambda p: p.summary("mixite-metiers"), "acteurs économiques et scientifiques", "mixité"
        ),
    ),
    # Objective 4
    (
        "three Microsoft/Simplon AI schools",
        (lambda p: p.promised("ecoles-ia-creees"), ("total", AT_LEAST, [3])),
    ),
    (
        "with Microsoft and Simplon",
        (lambda p: p.organisations("ecoles-ia"), ["region-grand-est", "microsoft", "simplon"]),
    ),
    ("new AI curricula", (lambda p: p.unit("cursus-ouverts"), "cursus")),
    (
        "an awareness MOOC for those who know a little",
        (lambda p: p.promised("mooc-intermediaires-proposes"), ("total", AT_LEAST, [1])),
        words(
            lambda p: p.summary("mooc-intermediaire"),
            "sensibilisation",
            "déjà quelques connaissances",
        ),
    ),
    (
        "a certifying MOOC",
        (lambda p: p.promised("mooc-certifiants-proposes"), ("total", AT_LEAST, [1])),
        words(
            lambda p: p.summary("mooc-certifiant"), "certifiant", "faire valoir leurs connaissances"
        ),
    ),
    # Objective 5
    (
        "federate those who use or make AI in entrepreneurship",
        (lambda p: p.milestones("federer-entrepreneuriat"), ["federation-entrepreneuriat"]),
        words(
            lambda p: p.summary("federer-entrepreneuriat"),
            "entrepreneuriat",
            "consomment ou produisent de l'IA",
        ),
    ),
    (
        "a new Programme Startups IA, more personal support",
        (lambda p: p.milestones("programme-startups"), ["lancement-programme-startups"]),
        words(
            lambda p: p.summary("programme-startups"),
            "« Programme Startups IA »",
            "plus personnalisée",
        ),
    ),
    # Beyond the objectives
    (
        "with Germany (Stuttgart), Belgium, Luxembourg and Switzerland",
        words(
            lambda p: p.note("cooperation-transfrontaliere"),
            "Allemagne (Stuttgart)",
            "Belgique",
            "Luxembourg",
            "Suisse",
        ),
    ),
    (
        "companies and academics in a European AI valley, run by the institute",
        words(
            lambda p: p.note("cooperation-transfrontaliere"),
            "fédérer les entreprises et le monde académique",
            "vallée européenne de l'intelligence artificielle",
            "pilotée par l'institut",
        ),
    ),
    (
        "a future regional institute, Grand Est 4 IA",
        (lambda p: p.milestones("creation-institut"), ["institut-cree"]),
        words(lambda p: p.summary("creation-institut"), "institut régional « Grand Est 4 IA »"),
    ),
    (
        "ambition: a recognised territory of excellence in AI",
        (
            lambda p: as_typed(p.plan.ambition),
            "Devenir un territoire d'excellence reconnu en intelligence artificielle.",
        ),
    ),
    (
        "the region carries the plan",
        (lambda p: p.plan.participations.get(role="lead").organisation.code, "region-grand-est"),
    ),
    (
        "written by Cindy Accolas; neither publisher nor address shown",
        words(lambda p: p.source("article-plan-ia").comment, "Cindy Accolas"),
        (lambda p: p.source("article-plan-ia").publisher, ""),
        (lambda p: p.source("article-plan-ia").url, ""),
    ),
]


def test_every_fact_of_the_article_on_grand_est_is_in_the_data() -> None:
    load(GRAND_EST)
    loaded = Loaded(Plan.objects.get(slug=GRAND_EST))
    assert facts_not_found(loaded, GRAND_EST_FACTS) == []
    assert len(GRAND_EST_FACTS) == 42
