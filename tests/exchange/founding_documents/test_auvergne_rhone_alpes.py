"""Each fact of the article on Auvergne-Rhône-Alpes, numbered as in the text, is in the data."""

from __future__ import annotations

from datetime import date

import pytest

from plans.models import Plan
from tests.exchange.founding_documents.facts import Fact, Loaded, facts_not_found, words
from tests.exchange.reference_plans import AUVERGNE_RHONE_ALPES, as_typed, load

pytestmark = pytest.mark.django_db


SIGNATURE = date(2022, 8, 30)

AUVERGNE_RHONE_ALPES_FACTS: list[Fact] = [
    # The signature
    (
        "title: a joint State-Region AI roadmap",
        (
            lambda p: (as_typed(p.plan.title), p.plan.kind),
            (
                "Feuille de route commune État-Région en matière d'intelligence artificielle",
                "state_region_roadmap",
            ),
        ),
    ),
    ("signed on 30 August", (lambda p: p.plan.adopted_on, SIGNATURE)),
    (
        "by the State and the Region",
        (
            lambda p: [
                one.organisation.code for one in p.plan.participations.all() if one.role == "lead"
            ],
            ["region-auvergne-rhone-alpes", "etat"],
        ),
    ),
    (
        "to articulate their strategies",
        words(lambda p: p.plan.summary, "articule leurs stratégies"),
    ),
    (
        "signed by Catherine Staron, vice-president",
        words(lambda p: p.note("signataires"), "Catherine Staron, vice-présidente de la Région"),
    ),
    (
        "and by Sylvain Pelleteret, deputy secretary general for regional affairs",
        words(
            lambda p: p.note("signataires"),
            "Sylvain Pelleteret, secrétaire général adjoint pour les affaires régionales",
        ),
    ),
    (
        "photograph of the prefect of Isère",
        words(lambda p: p.source("article-feuille-de-route").comment, "préfet de l'Isère"),
    ),
    # The assets of the region
    (
        "excellence in machine learning and embedded AI",
        words(
            lambda p: p.note("atouts-recherche"),
            "écosystème d'excellence",
            "apprentissage automatique",
            "IA embarquée",
        ),
    ),
    (
        "and in robotics, medical imaging, medical technologies",
        words(
            lambda p: p.note("atouts-recherche"),
            "robotique",
            "imagerie médicale",
            "technologies médicales",
        ),
    ),
    (
        "CEA, LETI, INRIA and MIAI",
        words(lambda p: p.note("atouts-recherche"), "CEA", "Leti", "Inria", "MIAI"),
    ),
    (
        "MIAI first in France in the Shanghai thematic ranking",
        words(
            lambda p: p.note("atouts-recherche"),
            "premier établissement français du classement thématique de Shanghai en informatique",
        ),
    ),
    (
        "more than 300 companies provide AI solutions",
        words(lambda p: p.note("nombre-offreurs"), "plus de 300 entreprises"),
    ),
    (
        "a leading position in embedded AI",
        words(lambda p: p.note("atouts-recherche"), "position de premier plan en IA embarquée"),
    ),
    # What Catherine Staron says
    (
        "first industrial region, among the best in Europe in research",
        words(
            lambda p: p.note("declaration-staron"),
            "première région industrielle de France",
            "l'une des plus performantes d'Europe",
            "en enseignement supérieur, recherche et innovation",
        ),
    ),
    (
        "with Laurent Wauquiez, European leader in all components of AI",
        words(
            lambda p: p.note("declaration-staron"),
            "Laurent Wauquiez",
            "leader de l'IA en Europe",
            "innovation, formation, transformation numérique des entreprises",
        ),
    ),
    # The frame and the aims
    ("part of France 2030", words(lambda p: p.note("cadre"), "s'inscrit dans France 2030")),
    (
        "and of the regional plan 2022-2028 for economy, training and innovation",
        words(
            lambda p: p.note("cadre"),
            "plan régional 2022-2028 pour l'économie, la formation et l'innovation",
            "au service de l'emploi et des territoires",
        ),
    ),
    (
        "adopted by the plenary assembly on 29 June",
        words(lambda p: p.note("cadre"), "assemblée plénière du conseil régional le 29 juin"),
    ),
    (
        "a benchmark region, in Europe and beyond",
        words(
            lambda p: p.plan.ambition,
            "région de référence en IA à l'échelle européenne et internationale",
        ),
    ),
    (
        "visible actors, competitive companies",
        words(
            lambda p: p.plan.ambition,
            "rendre ses acteurs plus visibles",
            "levier de compétitivité des entreprises",
        ),
    ),
    (
        "strategic projects in health, energy, mobility, industry of the future",
        (lambda p: p.sectors, {"Santé", "Énergie", "Mobilité", "Industrie du futur"}),
    ),
    (
        "trusted AI for citizens",
        words(lambda p: p.plan.ambition, "IA de confiance pour les citoyens"),
    ),
    (
        "applied research, training, diffusion in SMEs",
        words(
            lambda p: p.plan.summary,
            "la recherche appliquée",
            "la formation",
            "la diffusion de l'IA dans les PME",
        ),
    ),
    (
        "software and hardware for independent French and European channels",
        words(
            lambda p: p.plan.summary,
            "solutions logicielles et matérielles",
            "filières françaises et européennes indépendantes",
            "de conception, de fabrication et de diffusion",
        ),
    ),
    (
        "the four axes of the strategy of October 2020",
        (lambda p: [one.kind for one in p.objectives], ["axis"] * 4),
        words(lambda p: p.plan.summary, "les quatre axes de la stratégie régionale d'octobre 2020"),
        words(
            lambda p: p.claim("strategie-article"),
            "adoptée par le conseil régional en octobre 2020",
        ),
    ),
    (
        "their titles and their order",
        (
            lambda p: [as_typed(one.title) for one in p.objectives],
            [
                "Favoriser la recherche et accélérer son transfert technologique",
                "Fédérer l'écosystème régional et structurer l'offre en matière d'IA",
                "Former et diffuser une culture de l'IA",
                (
                    "Faciliter et accompagner la diffusion et l'intégration de l'IA dans les TPE "
                    "et PME"
                ),
            ],
        ),
    ),
    # Axis 1
    (
        "academics and companies brought together",
        words(
            lambda p: p.objectives.get(code="recherche-et-transfert").summary,
            "Rapprocher les acteurs académiques et les entreprises",
        ),
    ),
    (
        "the Region launched the first AI Challenges",
        (
            lambda p: (
                p.value("editions-ai-challenges", SIGNATURE),
                p.organisations("ai-challenges"),
            ),
            (1, ["region-auvergne-rhone-alpes"]),
        ),
    ),
    ("6 theses", (lambda p: p.value("theses-ai-challenges", SIGNATURE), 6)),
    (
        "such as computer vision for health",
        words(
            lambda p: p.note("vision-par-ordinateur"),
            "la vision par ordinateur appliquée à la santé",
        ),
    ),
    (
        "major R&D projects supported, such as Textil'IA for the textile industry",
        words(
            lambda p: p.note("textil-ia"),
            "Textil'IA",
            "mise en commun des compétences et des moyens de R&D de la filière textile",
        ),
    ),
    # Axis 2
    (
        "a network of regional laboratories created",
        (lambda p: p.reported("reseau-cree"), [(SIGNATURE, "done")]),
    ),
    ("an overview produced", (lambda p: p.reported("panorama-realise"), [(SIGNATURE, "done")])),
    ("of 300 companies", (lambda p: p.value("offreurs-identifies", SIGNATURE), 300)),
    (
        "France 2030 and regional programmes fund R&D and industrialisation",
        words(
            lambda p: p.summary("financement-rd"),
            "France 2030 et les programmes régionaux",
            "projets de R&D et d'industrialisation",
        ),
    ),
    # Axis 3
    (
        "a map of AI training done",
        (lambda p: p.reported("cartographie-realisee"), [(SIGNATURE, "done")]),
    ),
    (
        "by Via Compétences",
        (lambda p: p.organisations("cartographie-formations"), ["via-competences"]),
    ),
    (
        "new courses developed, no number given",
        words(
            lambda p: p.note("nouvelles-formations-sans-nombre"),
            "de nouvelles formations ont été développées",
        ),
    ),
    (
        "support for the change of jobs",
        (
            lambda p: (
                p.milestones("transformation-metiers"),
                p.reported("accompagnement-metiers"),
            ),
            (["accompagnement-metiers"], []),
        ),
    ),
    (
        "an awareness programme for public and pupils under way",
        (lambda p: p.reported("programme-sensibilisation"), [(SIGNATURE, "in_progress")]),
        words(lambda p: p.summary("sensibilisation"), "grand public", "élèves"),
    ),
    # Axis 4
    (
        "support and funding for SMEs by regional transfer schemes such as Easytech",
        words(
            lambda p: p.summary("transfert-technologique"),
            "Easytech",
            "accompagnent et financent les PME",
        ),
    ),
    (
        "and by the national Diag'IA",
        words(lambda p: p.summary("diag-ia"), "dispositif national", "Diag'IA"),
    ),
    (
        "webinars let managers and employees anticipate change",
        words(
            lambda p: p.summary("webinaires"),
            "aident les dirigeants et leurs salariés à anticiper les changements",
        ),
    ),
    (
        "and so does an educational kit, which exists",
        (lambda p: p.reported("kit-disponible"), [(SIGNATURE, "done")]),
    ),
    # How it is to be deployed
    (
        "experts and operators support product and service projects",
        words(
            lambda p: p.note("deploiement"),
            "De nombreux experts et opérateurs",
            "aux côtés de l'État et de la Région",
            "projets de produits et de services",
        ),
    ),
    (
        "Françoise Noars, secretary general for regional affairs, concludes",
        words(
            lambda p: p.note("signataires"),
            "Françoise Noars, secrétaire générale pour les affaires régionales",
        ),
    ),
    (
        "the local form of the national strategy for AI, part of France 2030",
        words(
            lambda p: p.note("france-2030"),
            "décline dans la région la stratégie nationale d'accélération pour l'IA",
            "partie de France 2030",
        ),
    ),
    (
        "54 billion euros, of which 1.5 billion for AI in all sectors",
        words(
            lambda p: p.note("france-2030"),
            "54 milliards d'euros",
            "dont 1,5 milliard d'euros pour l'IA dans tous les secteurs",
        ),
    ),
    ("which are not the roadmap's own budget", (lambda p: p.plan.budget, None)),
    (
        "stronger industries, and still the first industrial region",
        words(
            lambda p: p.note("deploiement"),
            "les industries de la région renforcent leur compétitivité",
            "reste la première région industrielle de France",
        ),
    ),
    (
        "deployed with clusters, government services and local authorities",
        words(
            lambda p: p.note("deploiement"),
            "les pôles, les services de l'État et les collectivités",
        ),
    ),
    (
        "translated from an article in French",
        words(lambda p: p.source("article-feuille-de-route").comment, "Traduction anglaise"),
        (lambda p: p.source("actuia-feuille-de-route").publisher, "ActuIA"),
    ),
]


def test_every_fact_of_the_article_on_auvergne_rhone_alpes_is_in_the_data() -> None:
    load(AUVERGNE_RHONE_ALPES)
    loaded = Loaded(Plan.objects.get(slug=AUVERGNE_RHONE_ALPES))
    assert facts_not_found(loaded, AUVERGNE_RHONE_ALPES_FACTS) == []
    assert len(AUVERGNE_RHONE_ALPES_FACTS) == 52
