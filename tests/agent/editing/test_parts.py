"""The parts of a plan: the tree that shows them, objectives, measures, milestones, indicators."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from indicators.models import Indicator, ProgressRecord
from measures.models import Measure, Milestone
from objectives.models import Objective
from plans.models import Plan, Role
from tests.agent.editing.forms import errors_of, fill, furnish, open_form, text_of, url
from tests.agent.staff import member, signed_in
from tests.factories import (
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    NoteFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
    SourceFactory,
    TargetFactory,
    UnitFactory,
)
from tests.form_data import form_data

pytestmark = pytest.mark.django_db

LONG = "x" * 300


def test_the_tree_shows_every_part_with_a_way_to_its_form(plan: Plan, manager: Any) -> None:
    page = text_of(manager.get(url(furnish(plan))))

    for tail in (
        "objectifs/o/",
        "mesures/m/",
        "jalons/m/j/",
        "indicateurs/i/",
        "cibles/i/cible/",
        "sources/s/",
        "notes/n/",
        "affirmations/a/",
        "ajouter/mesures/?objectif=o",
        "ajouter/indicateurs/?mesure=m",
        "ajouter/jalons/m/",
        "ajouter/cibles/i/",
    ):
        assert f'href="{url(plan, tail)}"' in page


@pytest.mark.parametrize("size", [1, 3])
def test_the_tree_costs_the_same_for_any_number_of_parts(
    plan: Plan, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(member(plan, Role.MANAGER))
    for number in range(size):
        objective = ObjectiveFactory.create(plan=plan)
        measure = MeasureFactory.create(plan=plan, objective=objective)
        MilestoneFactory.create(measure=measure)
        TargetFactory.with_yearly_quota(
            {2020 + number: 35}, indicator=IndicatorFactory.create(plan=plan, measure=measure)
        )
        ClaimFactory.create(plan=plan)
        NoteFactory.create(plan=plan)
    client.get(url(plan))

    with django_assert_num_queries(21):
        client.get(url(plan))


def test_an_objective_is_made_after_the_others_with_a_code_from_its_title(
    plan: Plan, manager: Any
) -> None:
    ObjectiveFactory.create(plan=plan, code="o1", position=4)

    answer = fill(
        manager,
        url(plan, "ajouter/objectifs/"),
        kind="objective",
        title="Former à l’intelligence artificielle",
    )

    made = Objective.objects.get(title="Former à l’intelligence artificielle")
    assert answer.url == f"{url(plan)}#objectifs-former-a-lintelligence-artificielle"
    assert (made.code, made.position, made.plan) == (
        "former-a-lintelligence-artificielle",
        5,
        plan,
    )


def test_nonsense_in_an_objective_is_told_and_kept(plan: Plan, manager: Any) -> None:
    answer = fill(
        manager,
        url(plan, "ajouter/objectifs/"),
        kind="mission",
        title=LONG,
        code="avec espace é",
        parent="9999",
        source="9999",
        summary="Ce texte n’est pas perdu.",
    )

    assert sorted(errors_of(answer)) == ["code", "kind", "parent", "source", "title"]
    page = text_of(answer)
    assert "Ce texte n’est pas perdu." in page
    assert LONG in page
    assert 'role="alert"' in page
    assert not Objective.objects.exists()


def test_an_objective_is_not_part_of_its_own_parts(plan: Plan, manager: Any) -> None:
    above = ObjectiveFactory.create(plan=plan, code="haut")
    inside = ObjectiveFactory.create(plan=plan, code="bas", parent=above)

    answer = fill(manager, url(plan, "objectifs/haut/"), parent=str(inside.pk))

    assert list(errors_of(answer)) == ["parent"]


def test_parts_of_another_plan_are_not_offered_nor_taken(plan: Plan, manager: Any) -> None:
    other = furnish(PlanFactory.create())
    mine = ObjectiveFactory.create(plan=plan, code="mien")
    address = url(plan, "ajouter/mesures/")

    answer = fill(
        manager,
        address,
        title="Mesure",
        objective=str(other.objectives.get().pk),
        source=str(other.sources.get().pk),
        notes=[str(other.notes.get().pk)],
    )

    assert sorted(errors_of(answer)) == ["notes", "objective", "source"]
    assert [
        choice.instance.pk for choice, _label in answer.context["form"]["objective"].field.choices
        if choice
    ] == [mine.pk]  # fmt: skip


def test_a_measure_with_its_actors_sectors_and_state(plan: Plan, manager: Any) -> None:
    objective = ObjectiveFactory.create(plan=plan, code="o1")
    region, agency = OrganisationFactory.create(), OrganisationFactory.create()
    health = SectorFactory.create()
    address = url(plan, "ajouter/mesures/?objectif=o1")

    page = manager.get(address)
    assert page.context["form"]["objective"].value() == objective.pk
    data = form_data(page) | {
        "title": ["Pack IA"],
        "sectors": [str(health.pk)],
        "state": ["in_progress"],
        "starts_on": ["2020-01-01"],
        "participations-0-organisation": [str(region.pk)],
        "participations-0-role": ["lead"],
    }
    assert manager.post(address, data).status_code == 302

    made = Measure.objects.get(plan=plan)
    assert (made.code, made.objective, made.state, made.starts_on) == (
        "pack-ia",
        objective,
        "in_progress",
        date(2020, 1, 1),
    )
    assert list(made.sectors.all()) == [health]

    # A second actor; the first one goes.
    again = fill(
        manager,
        url(plan, "mesures/pack-ia/"),
        **{
            "participations-0-DELETE": "on",
            "participations-1-organisation": str(agency.pk),
            "participations-1-role": "funder",
        },
    )
    assert again.status_code == 302
    assert list(made.participations.values_list("organisation", "role")) == [(agency.pk, "funder")]


def test_a_measure_is_abandoned_only_with_a_reason_and_ends_after_it_starts(
    plan: Plan, manager: Any
) -> None:
    MeasureFactory.create(plan=plan, code="m")

    answer = fill(
        manager,
        url(plan, "mesures/m/"),
        state="abandoned",
        state_reason="   ",
        starts_on="2024-01-01",
        ends_on="2023-01-01",
    )

    assert errors_of(answer) == {
        "__all__": ["La mesure s’achève avant de débuter.", "Un abandon a un motif."]
    }


def test_two_rows_with_the_same_actor_are_refused(plan: Plan, manager: Any) -> None:
    MeasureFactory.create(plan=plan, code="m")
    actor = str(OrganisationFactory.create().pk)
    address = url(plan, "mesures/m/")
    more = manager.post(address, open_form(manager, address, lignes="participations", title="Tapé"))
    assert more.status_code == 200
    assert more.context["form"]["title"].value() == "Tapé"
    assert 'role="alert"' not in text_of(more)

    data = form_data(more)
    for row in (0, 1):
        data[f"participations-{row}-organisation"] = [actor]
        data[f"participations-{row}-role"] = ["lead"]
    answer = manager.post(address, data)

    assert answer.status_code == 422
    assert "Acteurs" in text_of(answer)
    assert Measure.objects.get().participations.count() == 0


def test_asking_for_rows_shows_three_more_and_writes_nothing(plan: Plan, manager: Any) -> None:
    MeasureFactory.create(plan=plan, code="m", title="Avant")
    address = url(plan, "mesures/m/")

    page = manager.post(address, open_form(manager, address, lignes="participations", title=""))

    assert len(page.context["rows"][0].forms) == 4
    assert Measure.objects.get().title == "Avant"


def test_renaming_a_measure_redirects_its_former_address(plan: Plan, manager: Any) -> None:
    Plan.objects.update(is_public=True)
    MeasureFactory.create(plan=plan, code="ancien")
    assert "l’ancienne adresse redirige" in text_of(manager.get(url(plan, "mesures/ancien/")))

    assert fill(manager, url(plan, "mesures/ancien/"), code="nouveau").status_code == 302

    public: Any = Client().get("/plans/plan-ia/mesures/ancien/")
    assert (public.status_code, public.url) == (301, "/plans/plan-ia/mesures/nouveau/")
    # The staff page of before still finds it: a form left open is not lost.
    assert manager.get(url(plan, "mesures/ancien/")).status_code == 200


def test_what_cannot_stand_in_an_address_is_refused_with_what_can(plan: Plan, manager: Any) -> None:
    MeasureFactory.create(plan=plan, code="autre")
    answer = fill(manager, url(plan, "mesures/autre/"), code="été/2")
    assert errors_of(answer) == {
        "code": ["Lettres sans accent, chiffres et tirets seulement : « pack-ia-2 », par exemple."]
    }


def test_a_taken_code_is_refused_in_words(plan: Plan, manager: Any) -> None:
    MeasureFactory.create(plan=plan, code="pris")
    MeasureFactory.create(plan=plan, code="autre")

    answer = fill(manager, url(plan, "mesures/autre/"), code="pris")

    assert errors_of(answer) == {"code": ["Le code « pris » est déjà pris."]}


def test_a_form_sent_twice_makes_one_thing(plan: Plan, manager: Any) -> None:
    address = url(plan, "ajouter/objectifs/")
    data = open_form(manager, address, kind="axis", title="Recherche")

    answers = [manager.post(address, data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    assert Objective.objects.count() == 1


def test_abandoning_a_measure_stops_its_indicators(plan: Plan, manager: Any) -> None:
    measure = MeasureFactory.create(plan=plan, code="m")
    indicator = IndicatorFactory.create(plan=plan, measure=measure)
    TargetFactory.create(indicator=indicator)

    assert errors_of(manager.post(url(plan, "mesures/m/abandonner/"), {"reason": " "})) == {
        "reason": ["Donnez le motif : il sera public."]
    }
    answer = manager.post(url(plan, "mesures/m/abandonner/"), {"reason": "Crédits retirés."})

    measure.refresh_from_db()
    assert answer.status_code == 302
    assert (measure.state, measure.state_reason) == ("abandoned", "Crédits retirés.")
    assert ProgressRecord.objects.get(indicator=indicator).status == "abandoned"


def test_milestones_are_numbered_in_their_measure(plan: Plan, manager: Any) -> None:
    measure = MeasureFactory.create(plan=plan, code="m")
    MilestoneFactory.create(measure=MeasureFactory.create(plan=plan), code="panorama", position=7)

    fill(manager, url(plan, "ajouter/jalons/m/"), title="Panorama", due_on="2022-06-30")
    fill(manager, url(plan, "jalons/m/panorama/"), title="Panorama publié")

    made = Milestone.objects.get(measure=measure)
    assert (made.code, made.position, made.title, made.due_on) == (
        "panorama",
        1,
        "Panorama publié",
        date(2022, 6, 30),
    )


def test_an_indicator_hangs_where_one_says_with_a_sourced_baseline(
    plan: Plan, manager: Any
) -> None:
    measure = MeasureFactory.create(plan=plan, code="m")
    unit = UnitFactory.create()
    source = SourceFactory.create(plan=plan)
    address = url(plan, "ajouter/indicateurs/?mesure=m")
    typed = {
        "title": "Entreprises accompagnées",
        "kind": "output",
        "measurement": "stock",
        "unit": str(unit.pk),
        "baseline": "2 500",
        "baseline_on": "2019-12-31",
    }

    refused = fill(manager, address, **typed)
    assert errors_of(refused) == {"baseline_source": ["Une valeur initiale a une source."]}
    assert refused.context["form"]["baseline"].value() == "2 500"

    assert fill(manager, address, **typed, baseline_source=str(source.pk)).status_code == 302
    made = Indicator.objects.get()
    assert (made.measure, made.objective, made.baseline, made.baseline_source) == (
        measure,
        None,
        Decimal(2500),
        source,
    )

    moved = fill(manager, url(plan, f"indicateurs/{made.code}/"), hangs_on="plan")
    made.refresh_from_db()
    assert (moved.status_code, made.measure, made.objective) == (302, None, None)
    assert ProgressRecord.objects.get(indicator=made).status == "no_target"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"baseline": "beaucoup"}, "baseline"),
        ({"baseline": "2.500"}, "baseline"),
        ({"unit": "0"}, "unit"),
        ({"hangs_on": "mesure:0"}, "hangs_on"),
        ({"availability_lag_days": "-3"}, "availability_lag_days"),
        ({"frequency": "daily"}, "frequency"),
        ({"measurement": ""}, "measurement"),
        ({"common_code": "é è"}, "common_code"),
    ],
)
def test_nonsense_in_an_indicator(
    plan: Plan, manager: Any, typed: dict[str, str], field: str
) -> None:
    address = url(plan, "ajouter/indicateurs/")
    right = {
        "title": "Entreprises",
        "kind": "output",
        "measurement": "flow",
        "unit": str(UnitFactory.create().pk),
    }

    assert list(errors_of(fill(manager, address, **(right | typed)))) == [field]


def test_what_is_counted_does_not_change_once_there_are_values(plan: Plan, manager: Any) -> None:
    indicator = IndicatorFactory.create(plan=plan, code="i")
    ObservationFactory.create(indicator=indicator)
    other = UnitFactory.create(code="brevets", name="brevet", name_plural="brevets")

    answer = fill(
        manager, url(plan, "indicateurs/i/"), measurement="stock", unit=str(other.pk), title="Neuf"
    )

    indicator.refresh_from_db()
    assert answer.status_code == 302
    assert (indicator.measurement, indicator.unit.code, indicator.title) == (
        "flow",
        "entreprises",
        "Neuf",
    )
