"""The fictitious plan shows everything the site can show, on any day for years to come."""

from __future__ import annotations

from datetime import date

import pytest

from indicators import progress
from indicators.explanations import explain
from indicators.models import Indicator, Observation, Target
from measures.models import Advancement, Measure
from objectives.models import Objective
from plans.models import Claim, Note, OrganisationRole, Plan
from tests.exchange.reference_plans import (
    DEMONSTRATION,
    as_typed,
    evaluations,
    load,
    milestones,
    statuses,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db

SLUG = "demonstration"
DAYS = (date(2026, 11, 21), date(2030, 1, 1))


@pytest.fixture(autouse=True)
def demonstration() -> None:
    load(DEMONSTRATION)


def test_it_cannot_be_taken_for_a_real_plan() -> None:
    plan = Plan.objects.select_related("region").get(slug=SLUG)
    assert (plan.region.fictitious, plan.region.insee_code) == (True, "X01")
    assert plan.region.name == "Région Exemple (fictive)"
    assert plan.title == "Plan IA de démonstration (fictif)"
    unmarked = [
        source.title
        for source in plan.sources.all()
        if "ficti" not in f"{source.title} {source.publisher}" or source.url
    ]
    assert unmarked == []
    assert [
        target.wording
        for target in Target.objects.filter(indicator__plan=plan)
        if not target.wording.endswith("(exemple)")
    ] == []


@pytest.mark.parametrize("on", DAYS)
def test_every_status_is_shown(on: date) -> None:
    shown = statuses(SLUG, on)
    assert shown == {
        "emplois-ia": "on_track",
        "entreprises-diagnostiquees": "partly_achieved",
        "projets-accompagnes": "on_track",
        "prets-accordes": "watch",
        "delai-instruction": "not_met",
        "rendez-vous-guichet": "upcoming",
        "start-ups-creees": "behind",
        "part-femmes": "regressing",
        "satisfaction": "met",
        "echecs": "on_track",
        "insertion-durable": "met",
        "enseignants-formes": "missed",
        "salles-equipees": "overdue",
        "audits-publies": "met",
        "chartes-signees": "open_ended",
        "consommation": "not_computable",
        "incidents": "no_target",
        "rapports-publies": "not_reported",
        "etat-des-lieux": "achieved",
        "laboratoires-relies": "early",
        "bornes-installees": "abandoned",
        "utilisateurs-plateforme": "abandoned",
    }
    assert set(shown.values()) == {str(status) for status in progress.Status}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "salles-equipees",
            (
                "L’échéance du 31 décembre 2025 est passée, mais les données publiées s’arrêtent "
                "au 31 décembre 2024 : 78 salles pour une cible de 100 salles, depuis une valeur "
                "initiale de 10 salles (76 % du chemin)."
            ),
        ),
        (
            "part-femmes",
            (
                "Au 31 décembre 2025, la valeur est de 28 % : partie d’environ 30 %, elle "
                "s’éloigne de la cible (50 %)."
            ),
        ),
        (
            "start-ups-creees",
            (
                "Au 31 décembre 2025, la valeur est d’au moins 27 start-ups ; la trajectoire "
                "prévoyait 36 start-ups à cette date : 75 % du rythme attendu."
            ),
        ),
        (
            "delai-instruction",
            (
                "Dernière valeur : environ 42 jours (31 décembre 2025), pour un seuil d’au plus "
                "30 jours. Observations qui tiennent le seuil : 1 sur 2."
            ),
        ),
        (
            "consommation",
            (
                "Le taux d’avancement ne se calcule pas : la cible est à la baisse et la valeur "
                "initiale n’est pas connue. Dernière valeur publiée : au plus 139,5 MWh "
                "(31 décembre 2025)."
            ),
        ),
        (
            "bornes-installees",
            (
                "La cible a été abandonnée le 15 mars 2023. Les bornes ont été remplacées par un "
                "site (exemple). Dernière valeur publiée : 4 bornes (31 décembre 2022)."
            ),
        ),
    ],
)
def test_sentences_say_figures_as_exactly_as_they_are_known(code: str, sentence: str) -> None:
    assert plain(explain(evaluations(SLUG, DAYS[0])[code])) == sentence


@pytest.mark.parametrize("on", DAYS)
def test_every_freshness_is_shown(on: date) -> None:
    shown = {
        code: str(one.result.freshness)
        for code, one in evaluations(SLUG, on).items()
        if code in ("etat-des-lieux", "insertion-durable", "incidents")
    }
    assert shown == {
        "etat-des-lieux": "fresh",
        "insertion-durable": "due",
        "incidents": "stale",
    }


@pytest.mark.parametrize("on", DAYS)
def test_every_state_of_a_milestone_is_shown(on: date) -> None:
    assert milestones(SLUG, on) == {
        "methode": "done",
        "ouverture": "planned",
        "catalogue": "in_progress",
        "guide-enseignants": None,
        "mise-en-ligne": "abandoned",
    }


def test_every_kind_of_target_is_shown_with_every_measurement_that_allows_it() -> None:
    shown = {
        (progress.Measurement(target.measurement), progress.TargetKind(target.kind))
        for target in Target.objects.filter(indicator__plan__slug=SLUG)
    }
    assert shown == {
        (measurement, kind)
        for measurement, kinds in progress.ALLOWED_KINDS.items()
        for kind in kinds
    }


def test_every_choice_of_the_format_is_used() -> None:
    indicators = Indicator.objects.filter(plan__slug=SLUG)
    targets = Target.objects.filter(indicator__plan__slug=SLUG)
    observations = Observation.objects.filter(indicator__plan__slug=SLUG)
    plan = Plan.objects.get(slug=SLUG)
    assert {one.operator for one in targets} == set(Target.Operator.values)
    assert {one.frequency for one in indicators} == set(Indicator.Frequency.values)
    assert {one.kind for one in indicators} == set(Indicator.Kind.values)
    assert {one.qualifier for one in observations} == {str(one) for one in progress.Qualifier}
    assert {one.provisional for one in observations} == {True, False}
    assert {one.date_inferred for one in observations} == {True, False}
    assert {one.state for one in Measure.objects.filter(plan=plan)} == {*Advancement.values, None}
    assert {one.kind for one in Objective.objects.filter(plan=plan)} == set(Objective.Kind.values)
    assert {one.kind for one in Note.objects.filter(plan=plan)} == set(Note.Kind.values)
    assert {one.subject for one in Claim.objects.filter(plan=plan)} == set(Claim.Subject.values)
    assert {one.role for one in plan.participations.all()} == set(OrganisationRole.values)
    parents = {
        "plan"
        if one.objective_id is None and one.measure_id is None
        else "objective"
        if one.measure_id is None
        else "measure"
        for one in indicators
    }
    assert parents == {"plan", "objective", "measure"}
    assert [
        one.parent and one.parent.code for one in Objective.objects.filter(parent__plan=plan)
    ] == ["entreprises"]


def test_a_zero_is_a_value_and_an_abandonment_has_its_reason() -> None:
    last = Observation.objects.filter(indicator__code="incidents").order_by("period_end").last()
    assert last is not None
    assert (last.value, last.provisional) == (0, True)
    [abandoned] = Target.objects.filter(abandoned_on__isnull=False)
    assert (
        as_typed(abandoned.abandonment_reason)
        == "Les bornes ont été remplacées par un site (exemple)."
    )
    [measure] = Measure.objects.filter(state=Advancement.ABANDONED)
    assert as_typed(measure.state_reason) == (
        "La plateforme faisait double emploi avec un service national (exemple)."
    )
