"""Each fact of the two founding documents, numbered in the order of the text, is in the data.

The tables read: the fact, what of the loaded data holds it, and what is expected there. Texts
are compared by the words that carry the fact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import QuerySet

from indicators.models import Observation, Target
from measures.models import MilestoneUpdate
from objectives.models import Objective
from plans.models import Plan, Source
from tests.exchange.reference_plans import (
    AUVERGNE_RHONE_ALPES,
    GRAND_EST,
    load,
    plain,
    said,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Loaded:
    """A loaded plan, asked by codes."""

    plan: Plan

    @property
    def sectors(self) -> set[str]:
        return {sector.name for sector in self.plan.sectors.all()}

    @property
    def objectives(self) -> QuerySet[Objective]:
        return self.plan.objectives.order_by("position")

    def source(self, code: str) -> Source:
        return self.plan.sources.get(code=code)

    def claim(self, code: str) -> str:
        return self.plan.claims.get(code=code).statement

    def note(self, code: str) -> str:
        return self.plan.notes.get(code=code).text

    def summary(self, measure: str) -> str:
        return self.plan.measures.get(code=measure).summary

    def measures_of(self, objective: str) -> list[str]:
        return [plain(one.title) for one in self.plan.measures.filter(objective__code=objective)]

    def organisations(self, measure: str) -> list[str]:
        participations = self.plan.measures.get(code=measure).participations
        return [one.organisation.code for one in participations.all()]

    def promised(self, indicator: str) -> tuple[str, str, list[Decimal | None]]:
        target = Target.objects.get(indicator__plan=self.plan, indicator__code=indicator)
        values = [period.value for period in target.periods.all()]
        return target.kind, target.operator, list(values) or [target.value]

    def tolerance(self, indicator: str) -> Decimal:
        return Target.objects.get(indicator__plan=self.plan, indicator__code=indicator).tolerance

    def unit(self, indicator: str) -> str:
        return self.plan.indicators.get(code=indicator).unit.code

    def value(self, indicator: str, on: date) -> Decimal | None:
        published = Observation.objects.filter(indicator__plan=self.plan).current()
        return published.get(indicator__code=indicator, period_end=on).value

    def milestones(self, measure: str) -> list[str]:
        return [one.code for one in self.plan.measures.get(code=measure).milestones.all()]

    def reported(self, milestone: str) -> list[tuple[date, str]]:
        published = MilestoneUpdate.objects.filter(milestone__measure__plan=self.plan).current()
        return [(one.as_of, one.advancement) for one in published.filter(milestone__code=milestone)]


Check = tuple[Callable[[Loaded], object], object]
Fact = tuple[str, *tuple[Check, ...]]
"""What the document says; then each look-up, with what it must find."""


def words(where: Callable[[Loaded], str], *phrases: str) -> Check:
    """Return the check that a text holds these phrases."""
    return (lambda loaded: said(where(loaded), *phrases)), phrases


def facts_not_found(loaded: Loaded, facts: list[Fact]) -> list[tuple[int, str, object]]:
    """Return the number, the words and what was found instead, for each fact not in the data."""
    return [
        (number, fact, found)
        for number, (fact, *checks) in enumerate(facts, start=1)
        for look, expected in checks
        if (found := look(loaded)) != expected
    ]


# --- Grand Est, 2019 -------------------------------------------------------------------------

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
            lambda p: [plain(one.title) for one in p.objectives],
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
            lambda p: plain(p.plan.ambition),
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


# --- Auvergne-Rhône-Alpes, 2022 --------------------------------------------------------------

SIGNATURE = date(2022, 8, 30)

AUVERGNE_RHONE_ALPES_FACTS: list[Fact] = [
    # The signature
    (
        "title: a joint State-Region AI roadmap",
        (
            lambda p: (plain(p.plan.title), p.plan.kind),
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
            lambda p: [plain(one.title) for one in p.objectives],
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
