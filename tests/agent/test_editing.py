"""Editing a plan: its parts, their order, what is promised, what may be deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from indicators.models import Checkpoint, Indicator, ProgressRecord, Target, Unit
from indicators.services import refresh_progress
from measures.models import Measure, Milestone
from objectives.models import Objective
from plans.models import (
    Claim,
    Membership,
    Note,
    Organisation,
    Plan,
    Role,
    Source,
)
from tests.agent.staff import member, signed_in
from tests.factories import (
    CheckpointFactory,
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    NoteFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
    SourceFactory,
    TargetFactory,
    UnitFactory,
    UserFactory,
)
from tests.form_data import form_data
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db

LONG = "x" * 300


@pytest.fixture
def plan() -> Plan:
    """A plan that only its members know."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA", is_public=False)
    return made


@pytest.fixture
def manager(plan: Plan) -> Any:
    return signed_in(member(plan, Role.MANAGER))


def url(plan: Plan, tail: str = "") -> str:
    return f"/agent/plans/{plan.slug}/structure/{tail}"


def open_form(client: Client, address: str, **typed: Any) -> dict[str, list[str]]:
    """Return what the browser would send of a page's form, with what a person types in it."""
    page = client.get(address)
    assert page.status_code == 200
    return form_data(page) | {
        name: value if isinstance(value, list) else [value] for name, value in typed.items()
    }


def fill(client: Client, address: str, **typed: Any) -> Any:
    """Open a page, type, save; return the answer."""
    answer = client.post(address, open_form(client, address, **typed))
    if answer.status_code == 302:
        connection.check_constraints()
    return answer


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(errors) for name, errors in answer.context["form"].errors.items()}


def text_of(answer: Any) -> str:
    text = answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")


# --- Who may ----------------------------------------------------------------------------------


EVERY_PAGE = (
    "structure/",
    "structure/rangement/",
    "structure/plan/",
    "structure/ajouter/objectifs/",
    "structure/ajouter/mesures/",
    "structure/ajouter/indicateurs/",
    "structure/ajouter/sources/",
    "structure/ajouter/notes/",
    "structure/ajouter/affirmations/",
    "structure/ajouter/organisations/",
    "structure/ajouter/filieres/",
    "structure/ajouter/unites/",
    "structure/ajouter/jalons/m/",
    "structure/ajouter/cibles/i/",
    "structure/objectifs/o/",
    "structure/objectifs/o/supprimer/",
    "structure/mesures/m/",
    "structure/mesures/m/supprimer/",
    "structure/mesures/m/abandonner/",
    "structure/indicateurs/i/",
    "structure/indicateurs/i/supprimer/",
    "structure/sources/s/",
    "structure/sources/s/supprimer/",
    "structure/notes/n/",
    "structure/notes/n/supprimer/",
    "structure/affirmations/a/",
    "structure/affirmations/a/supprimer/",
    "structure/jalons/m/j/",
    "structure/jalons/m/j/supprimer/",
    "structure/cibles/i/cible/",
    "structure/cibles/i/cible/reviser/",
    "structure/cibles/i/cible/abandonner/",
    "structure/cibles/i/cible/supprimer/",
    "publication/",
)


def furnish(plan: Plan) -> Plan:
    """Put one of each thing in a plan, under the codes of EVERY_PAGE."""
    objective = ObjectiveFactory.create(plan=plan, code="o")
    measure = MeasureFactory.create(plan=plan, objective=objective, code="m")
    MilestoneFactory.create(measure=measure, code="j")
    source = SourceFactory.create(plan=plan, code="s")
    indicator = IndicatorFactory.create(plan=plan, measure=measure, code="i")
    TargetFactory.create(indicator=indicator, source=source, code="cible")
    NoteFactory.create(plan=plan, code="n")
    ClaimFactory.create(plan=plan, code="a", source=source)
    return plan


def people() -> dict[str, Callable[[Plan], Client]]:
    def role(role: Role) -> Callable[[Plan], Client]:
        return lambda plan: signed_in(
            member(plan, role, assigned_to=plan.measures.get() if plan.measures.count() else None)
        )

    return {
        "anonymous": lambda plan: Client(),
        "member of another plan": lambda plan: signed_in(
            member(PlanFactory.create(), Role.MANAGER)
        ),
        "viewer": role(Role.VIEWER),
        "contributor": role(Role.CONTRIBUTOR),
        "reviewer": role(Role.REVIEWER),
        "manager": role(Role.MANAGER),
        "superuser": lambda plan: signed_in(UserFactory.create(superuser=True)),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anonymous", 302),
        ("member of another plan", 404),
        ("viewer", 403),
        ("contributor", 403),
        ("reviewer", 403),
        ("manager", 200),
        ("superuser", 200),
    ],
)
def test_only_managers_edit(plan: Plan, who: str, status: int) -> None:
    Plan.objects.update(is_public=True)
    plan.refresh_from_db()
    client = people()[who](furnish(plan))

    answers = {page: client.get(f"/agent/plans/plan-ia/{page}") for page in EVERY_PAGE}

    assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(
        EVERY_PAGE, status
    )
    assert {answer["Cache-Control"] for answer in answers.values()} == {
        "max-age=0, no-cache, no-store, must-revalidate, private"
    }


@pytest.mark.parametrize("who", ["member of another plan", "viewer", "contributor", "reviewer"])
def test_posting_without_the_right_changes_nothing(plan: Plan, who: str) -> None:
    client = people()[who](furnish(plan))
    before = list(Measure.objects.values())

    for page in EVERY_PAGE:
        answer = client.post(f"/agent/plans/plan-ia/{page}", {"title": "Changé", "reason": "Non"})
        assert answer.status_code in (403, 404, 405), page

    assert list(Measure.objects.values()) == before
    assert Plan.objects.get(pk=plan.pk).is_public is False


@pytest.mark.parametrize(
    "tail",
    [
        page.removeprefix("structure/")
        for page in EVERY_PAGE
        if re.search(r"/[a-z]/", page) and page.startswith("structure/")
    ],
)
def test_the_codes_of_another_plan_are_not_found(plan: Plan, manager: Any, tail: str) -> None:
    furnish(PlanFactory.create(is_public=True))
    Plan.objects.filter(pk=plan.pk).update(is_public=True)

    assert manager.get(url(plan, tail)).status_code == 404
    assert manager.post(url(plan, tail), {"title": "x"}).status_code == 404


def test_every_page_is_right_html_without_inline_code(plan: Plan, manager: Any) -> None:
    Plan.objects.update(is_public=True)
    furnish(plan)

    for page in EVERY_PAGE:
        text = manager.get(f"/agent/plans/plan-ia/{page}").content.decode()
        assert (page, html_errors(text), inline_code(text)) == (page, [], [])


# --- The tree ---------------------------------------------------------------------------------


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


# --- Objectives and measures ------------------------------------------------------------------


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


# --- Indicators -------------------------------------------------------------------------------


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


# --- Sources, notes, dates and budget -----------------------------------------------------------


def test_a_source_keeps_the_precision_of_its_date(plan: Plan, manager: Any) -> None:
    fill(
        manager,
        url(plan, "ajouter/sources/"),
        title="Délibération",
        kind="official",
        published="06/2019",
        url="https://example.org/deliberation",
    )

    made = Source.objects.get()
    assert (made.code, made.published_on, made.published_precision) == (
        "deliberation",
        date(2019, 6, 1),
        "month",
    )
    assert form_data(manager.get(url(plan, "sources/deliberation/")))["published"] == ["06/2019"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"published": "l’an dernier"}, "published"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"title": ""}, "title"),
        ({"kind": "rumeur"}, "kind"),
    ],
)
def test_nonsense_in_a_source(plan: Plan, manager: Any, typed: dict[str, str], field: str) -> None:
    right = {"title": "Délibération", "kind": "official"}

    answer = fill(manager, url(plan, "ajouter/sources/"), **(right | typed))

    assert list(errors_of(answer)) == [field]


def test_a_note_with_what_each_source_says(plan: Plan, manager: Any) -> None:
    first, second = SourceFactory.create(plan=plan), SourceFactory.create(plan=plan)

    fill(
        manager,
        url(plan, "ajouter/notes/"),
        kind="discrepancy",
        text="Deux budgets différents circulent.",
        **{
            "citations-0-source": str(first.pk),
            "citations-0-statement": "350 M€",
            "citations-1-source": str(second.pk),
            "citations-1-statement": "310 M€",
        },
    )

    note = Note.objects.get()
    assert note.code == "deux-budgets-differents-circulent"
    assert list(note.citations.values_list("source", "statement", "position")) == [
        (first.pk, "350 M€", 1),
        (second.pk, "310 M€", 2),
    ]


def test_a_date_of_the_plan_is_written_with_its_claim(plan: Plan, manager: Any) -> None:
    source = SourceFactory.create(plan=plan)
    address = url(plan, "ajouter/affirmations/?objet=ends_on")

    refused = fill(manager, address, statement="jusqu’en 2024", date="2024-12-31")
    assert errors_of(refused) == {
        "source": ["Choisissez la source, ou dites plus bas comment la valeur est déduite."]
    }
    assert Plan.objects.get().ends_on is None

    fill(manager, address, statement="jusqu’en 2024", date="2024-12-31", source=str(source.pk))
    plan.refresh_from_db()
    claim = Claim.objects.get()
    assert plan.ends_on == date(2024, 12, 31)
    assert (claim.code, claim.retained, claim.date) == ("fin", True, date(2024, 12, 31))

    # Another source says otherwise; nothing is overwritten until it is retained.
    fill(manager, address, statement="cinq ans", date="2024-06-20", derivation="2019 + 5 ans")
    plan.refresh_from_db()
    assert plan.ends_on == date(2024, 12, 31)
    fill(manager, url(plan, "affirmations/fin-2/"), retained="on")
    plan.refresh_from_db()
    assert plan.ends_on == date(2024, 6, 20)
    assert dict(Claim.objects.values_list("code", "retained")) == {"fin": False, "fin-2": True}

    # The claim goes, and with it the date that nothing states any more.
    page = text_of(manager.get(url(plan, "affirmations/fin-2/supprimer/")))
    assert "elle devient « non renseigné »" in page
    assert manager.post(url(plan, "affirmations/fin-2/supprimer/")).status_code == 302
    connection.check_constraints()
    plan.refresh_from_db()
    assert plan.ends_on is None


def test_a_budget_is_typed_as_people_write_it(plan: Plan, manager: Any) -> None:
    fill(
        manager,
        url(plan, "ajouter/affirmations/?objet=budget"),
        statement="350 millions d’euros",
        amount="350 M€",
        derivation="Somme des axes.",
    )

    plan.refresh_from_db()
    assert plan.budget == Decimal(350_000_000)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"subject": "budget", "amount": "", "retained": "on"}, "amount"),
        ({"subject": "budget", "amount": "-5"}, "__all__"),
        ({"subject": "budget", "amount": "10", "date": "2020-01-01"}, "date"),
        ({"subject": "ends_on", "date": "", "retained": "on"}, "date"),
        ({"subject": "ends_on", "date": "31/13/2024"}, "date"),
        ({"subject": "ends_on", "date": "2024-01-01", "amount": "3"}, "amount"),
        ({"subject": "humeur"}, "subject"),
        ({"subject": "name", "statement": "  "}, "statement"),
    ],
)
def test_nonsense_in_a_claim(plan: Plan, manager: Any, typed: dict[str, str], field: str) -> None:
    right = {"statement": "Ce qui est dit", "derivation": "Déduit.", "retained": "on"}

    answer = fill(manager, url(plan, "ajouter/affirmations/"), **(right | typed))

    assert list(errors_of(answer)) == [field]
    assert not Claim.objects.exists()


def test_a_plan_does_not_end_before_it_starts(plan: Plan, manager: Any) -> None:
    for subject, day in (("starts_on", "2024-01-01"), ("ends_on", "2020-01-01")):
        answer = fill(
            manager,
            url(plan, f"ajouter/affirmations/?objet={subject}"),
            statement="Dit",
            date=day,
            derivation="Déduit.",
        )

    assert errors_of(answer) == {"__all__": ["Le plan s’achève avant de débuter."]}
    plan.refresh_from_db()
    assert (plan.starts_on, plan.ends_on) == (date(2024, 1, 1), None)


def test_a_new_document_is_written_with_what_cites_it_or_not_at_all(
    plan: Plan, manager: Any
) -> None:
    address = url(plan, "ajouter/affirmations/?objet=adopted_on")
    described = {
        "statement": "adopté le 20 juin 2019",
        "date": "2019-06-20",
        "source": "nouveau",
        "document-title": "Délibération du 20 juin 2019",
        "document-kind": "official",
        "document-published": "20/06/2019",
    }

    refused = fill(manager, address, **(described | {"date": "jamais"}))
    assert list(errors_of(refused)) == ["date"]
    assert form_data(refused)["source"] == ["nouveau"]
    assert form_data(refused)["document-title"] == ["Délibération du 20 juin 2019"]
    assert not Source.objects.exists()

    incomplete = fill(manager, address, **(described | {"document-kind": ""}))
    assert "Nouveau document, Nature : Ce champ est obligatoire." in text_of(incomplete)

    assert fill(manager, address, **described).status_code == 302
    assert Claim.objects.get().source == Source.objects.get(title="Délibération du 20 juin 2019")


# --- The plan itself ----------------------------------------------------------------------------


def test_only_a_superuser_makes_a_plan_and_manages_it(plan: Plan) -> None:
    manager = signed_in(member(plan, Role.MANAGER))
    assert manager.get("/agent/nouveau-plan/").status_code == 403
    assert Client().get("/agent/nouveau-plan/").status_code == 302

    superuser = UserFactory.create(superuser=True)
    answer = fill(
        signed_in(superuser),
        "/agent/nouveau-plan/",
        region=str(plan.region_id),
        kind="regional_plan",
        title="Stratégie IA",
        slug="strategie-ia",
    )

    made = Plan.objects.get(slug="strategie-ia")
    assert answer.url == "/agent/plans/strategie-ia/structure/"
    assert made.is_public is False
    assert Membership.objects.get(plan=made).user == superuser
    assert Client().get("/plans/strategie-ia/").status_code == 404


def test_renaming_a_plan_redirects_and_its_former_slug_is_not_taken(
    plan: Plan, manager: Any
) -> None:
    Plan.objects.update(is_public=True)
    other = PlanFactory.create(slug="autre")

    assert fill(manager, url(plan, "plan/"), slug="plan-ia-2019").status_code == 302
    public: Any = Client().get("/plans/plan-ia/")
    assert (public.status_code, public.url) == (301, "/plans/plan-ia-2019/")

    refused = fill(signed_in(member(other, Role.MANAGER)), url(other, "plan/"), slug="plan-ia")
    assert list(errors_of(refused)) == ["slug"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"slug": "plan ia"}, "slug"),
        ({"slug": "deja-pris"}, "slug"),
        ({"title": ""}, "title"),
        ({"watch_from": "0,99"}, "__all__"),
        ({"early_below": "dix"}, "early_below"),
        ({"kind": "autre"}, "kind"),
    ],
)
def test_nonsense_in_a_plan(plan: Plan, manager: Any, typed: dict[str, str], field: str) -> None:
    PlanFactory.create(slug="deja-pris")

    assert list(errors_of(fill(manager, url(plan, "plan/"), **typed))) == [field]


def test_the_limits_of_a_plan_are_typed_in_french_and_change_its_statuses(
    plan: Plan, manager: Any
) -> None:
    indicator = IndicatorFactory.create(plan=plan)
    TargetFactory.with_yearly_quota({2020: 100, 2021: 100}, indicator=indicator)
    ObservationFactory.create(indicator=indicator, year=2020, value=Decimal(90), published=True)
    refresh_progress([indicator.pk], on=timezone.localdate())
    data = form_data(manager.get(url(plan, "plan/")))
    assert (data["on_track_from"], data["early_below"]) == (["0,950"], ["0,100"])

    assert (
        fill(manager, url(plan, "plan/"), on_track_from="0,9", watch_from="0,8").status_code == 302
    )

    plan.refresh_from_db()
    assert (plan.on_track_from, plan.watch_from) == (Decimal("0.9"), Decimal("0.8"))
    assert ProgressRecord.objects.get().evaluated_on == timezone.localdate()


def test_a_manager_is_not_offered_plans_they_know_nothing_of(plan: Plan, manager: Any) -> None:
    PlanFactory.create(title="Plan secret d’une autre région", is_public=False)
    PlanFactory.create(title="Plan public d’une autre région")

    page = text_of(manager.get(url(plan, "plan/")))

    assert "Plan public d’une autre région" in page
    assert "Plan secret d’une autre région" not in page


def test_shared_lists_take_new_entries(plan: Plan, manager: Any) -> None:
    manager.post(
        url(plan, "ajouter/unites/"),
        {"name": "pour cent", "name_plural": "pour cent", "symbol": "%", "decimals": "1",
         "code": "pour-cent"},
    )  # fmt: skip
    manager.post(url(plan, "ajouter/organisations/"), {"name": "Grand E-Nov+", "code": "grandenov"})
    refused = manager.post(url(plan, "ajouter/unites/"), {"name": "", "decimals": "9"})

    assert Unit.objects.get(code="pour-cent").ratio_scale == 100
    assert Organisation.objects.get(code="grandenov").name == "Grand E-Nov+"
    assert {"name", "decimals"} <= set(errors_of(refused))


# --- Targets ----------------------------------------------------------------------------------


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(
        plan=plan, measure=MeasureFactory.create(plan=plan), code="i"
    )
    return made


def target_terms(plan: Plan, **typed: str) -> dict[str, str]:
    source = plan.sources.first() or SourceFactory.create(plan=plan)
    return {
        "kind": "total",
        "value": "1 000",
        "starts_on": "2020-01-01",
        "due_on": "2024-12-31",
        "wording": "« 1 000 entreprises d’ici 2024 »",
        "source": str(source.pk),
    } | typed


def test_a_target_has_its_source_and_its_wording(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")

    refused = fill(manager, address, **target_terms(plan, source="", wording=" "))
    assert sorted(errors_of(refused)) == ["source", "wording"]

    answer = fill(manager, address, **target_terms(plan))
    target = Target.objects.get()
    assert answer.url == f"{url(plan)}#indicateurs-i"
    assert (target.code, target.kind, target.value, target.measurement) == (
        "cible",
        "total",
        Decimal(1000),
        "flow",
    )
    assert ProgressRecord.objects.get(indicator=indicator).target == target


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "level"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"value": ""}, "value"),
        ({"value": "0"}, "value"),
        ({"value": "beaucoup"}, "value"),
        ({"value": "10 %"}, "value"),
        ({"operator": "at_most"}, "operator"),
        ({"tolerance": "1,5"}, "tolerance"),
        ({"due_on": "2019-01-01"}, "due_on"),
        ({"starts_on": "hier"}, "starts_on"),
        ({"kind": "quota"}, "value"),
    ],
)
def test_nonsense_in_a_target(
    plan: Plan, manager: Any, indicator: Indicator, typed: dict[str, str], field: str
) -> None:
    answer = fill(manager, url(plan, "ajouter/cibles/i/"), **target_terms(plan, **typed))

    assert list(errors_of(answer)) == [field]
    assert not Target.objects.exists()


def test_a_quota_has_periods_that_do_not_overlap(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")
    quota = target_terms(plan, kind="quota", value="", starts_on="", due_on="")

    without = fill(manager, address, **quota)
    assert "au moins une période est attendue" in text_of(without)

    more = manager.post(address, open_form(manager, address, **quota, lignes="periods"))
    data = form_data(more)
    for row, (start, end) in enumerate(
        (("2020-01-01", "2020-12-31"), ("2020-07-01", "2021-06-30"))
    ):
        data[f"periods-{row}-starts_on"] = [start]
        data[f"periods-{row}-ends_on"] = [end]
        data[f"periods-{row}-value"] = ["35"]
    answer = manager.post(address, data)

    assert answer.status_code == 422
    assert "recouvre la précédente" in text_of(answer)
    assert not Target.objects.exists()


def test_a_yearly_quota_fills_the_periods_before_anything_is_saved(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")
    quota = target_terms(plan, kind="quota", value="", starts_on="", due_on="")

    wrong = manager.post(
        address,
        open_form(manager, address, **quota, remplir="1")
        | {"par_an-first": ["2024"], "par_an-last": ["2020"], "par_an-value": ["35"]},
    )
    assert "La dernière année suit la première" in text_of(wrong)

    filled = manager.post(
        address,
        open_form(manager, address, **quota, remplir="1")
        | {"par_an-first": ["2020"], "par_an-last": ["2024"], "par_an-value": ["35"]},
    )
    assert filled.status_code == 200
    assert not Target.objects.exists()
    data = form_data(filled)
    assert [data[f"periods-{row}-starts_on"] for row in (0, 4)] == [["2020-01-01"], ["2024-01-01"]]

    assert manager.post(address, data).status_code == 302
    connection.check_constraints()
    assert list(Target.objects.get().periods.values_list("starts_on", "ends_on", "value")) == [
        (date(year, 1, 1), date(year, 12, 31), Decimal(35)) for year in range(2020, 2025)
    ]

    # Filled again with fewer years: those of before are replaced.
    address = url(plan, "cibles/i/cible/")
    filled = manager.post(
        address,
        open_form(manager, address, remplir="1")
        | {"par_an-first": ["2021"], "par_an-last": ["2022"], "par_an-value": ["40"]},
    )
    assert manager.post(address, form_data(filled)).status_code == 302
    assert list(Target.objects.get().periods.values_list("starts_on", "value")) == [
        (date(2021, 1, 1), Decimal(40)),
        (date(2022, 1, 1), Decimal(40)),
    ]


def test_a_level_has_checkpoints_between_its_start_and_its_due_date(
    plan: Plan, manager: Any
) -> None:
    IndicatorFactory.create(plan=plan, code="niveau", stock=True)
    address = url(plan, "ajouter/cibles/niveau/")
    level = target_terms(plan, kind="level", value="5 000")

    outside = fill(manager, address, **level, **{
        "checkpoints-0-on": "2025-12-31", "checkpoints-0-value": "3 000"})  # fmt: skip
    assert "n’est pas entre le début" in text_of(outside)

    fill(manager, address, **level, **{
        "checkpoints-0-on": "2022-12-31", "checkpoints-0-value": "3 000"})  # fmt: skip
    assert Checkpoint.objects.get().value == 3000


def test_before_the_plan_is_public_a_target_is_simply_changed(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    TargetFactory.create(indicator=indicator)

    answer = fill(manager, url(plan, "cibles/i/cible/"), value="2 000")

    assert answer.status_code == 302
    assert Target.objects.get().value == 2000
    assert manager.get(url(plan, "cibles/i/cible/reviser/")).status_code == 302


def test_a_public_promise_keeps_its_terms(plan: Plan, manager: Any, indicator: Indicator) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator, value=Decimal(100))
    address = url(plan, "cibles/i/cible/")

    answer = fill(manager, address, value="1", kind="threshold", wording="« au moins cent »")

    target = Target.objects.get()
    assert answer.status_code == 302
    assert (target.value, target.kind, target.wording) == (
        Decimal(100),
        "total",
        "« au moins cent »",
    )


def test_a_public_target_is_revised_with_a_reason(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    old = TargetFactory.with_yearly_quota({2020: 35, 2021: 35}, indicator=indicator)
    address = url(plan, "cibles/i/cible/reviser/")
    data = form_data(manager.get(address))
    assert (data["periods-1-starts_on"], data["periods-1-value"]) == (["2021-01-01"], ["35"])

    without_reason = fill(manager, address, **{"periods-1-value": "50"})
    assert list(errors_of(without_reason)) == ["revision_reason"]
    unchanged = fill(manager, address, revision_reason="Pour voir.")
    assert list(errors_of(unchanged)) == ["__all__"]
    old.refresh_from_db()
    assert old.superseded_on is None

    answer = fill(
        manager,
        address,
        revision_reason="Délibération du 3 mars 2021.",
        **{"periods-1-value": "50"},
    )

    old.refresh_from_db()
    new = Target.objects.in_force().get()
    assert answer.status_code == 302
    assert old.superseded_on == timezone.localdate()
    assert (new.supersedes, new.code, new.revision_reason) == (
        old,
        "cible",
        "Délibération du 3 mars 2021.",
    )
    assert list(new.periods.values_list("starts_on", "value")) == [
        (date(2020, 1, 1), Decimal(35)),
        (date(2021, 1, 1), Decimal(50)),
    ]
    assert list(old.periods.values_list("value", flat=True)) == [Decimal(35), Decimal(35)]
    assert ProgressRecord.objects.get().target == new
    public = text_of(Client().get("/plans/plan-ia/indicateurs/i/"))
    assert "Délibération du 3 mars 2021." in public


def test_a_revision_sent_twice_is_one_revision(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator)
    address = url(plan, "cibles/i/cible/reviser/")
    data = open_form(manager, address, value="50", revision_reason="Moins de crédits.")

    manager.post(address, data)
    second = manager.post(address, data)

    assert second.status_code == 409
    assert Target.objects.count() == 2


def test_a_target_is_abandoned_with_a_reason_and_taken_up_again_by_a_revision(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator)
    today = timezone.localdate()
    address = url(plan, "cibles/i/cible/abandonner/")

    refused = manager.post(address, {"reason": "", "on": "2999-01-01"})
    assert list(errors_of(refused)) == ["reason"]
    later = manager.post(address, {"reason": "Crédits retirés.", "on": "2999-01-01"})
    assert list(errors_of(later)) == ["on"]
    manager.post(address, {"reason": "Crédits retirés.", "on": today.isoformat()})
    again = manager.post(address, {"reason": "Encore.", "on": today.isoformat()})

    target = Target.objects.get()
    assert (target.abandoned_on, target.abandonment_reason) == (today, "Crédits retirés.")
    assert list(errors_of(again)) == ["on"]
    assert ProgressRecord.objects.get().status == "abandoned"

    taken_up = fill(
        manager, url(plan, "cibles/i/cible/reviser/"), revision_reason="Crédits rendus."
    )
    assert taken_up.status_code == 302
    assert Target.objects.in_force().get().abandoned_on is None


# --- Deleting ---------------------------------------------------------------------------------


def test_deleting_asks_first_and_says_what_goes_too(plan: Plan, manager: Any) -> None:
    furnish(plan)
    address = url(plan, "objectifs/o/supprimer/")

    page = text_of(manager.get(address))
    for words in ("1 mesure", "1 jalon", "1 indicateur", "1 cible"):
        assert f"<li>{words}</li>" in page
    assert Objective.objects.count() == 1

    answers = [manager.post(address) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    for model in (Objective, Measure, Milestone, Indicator, Target):
        assert model._default_manager.count() == 0


@pytest.mark.parametrize(
    ("tail", "instead"),
    [
        ("objectifs/o/", "Déplacez ses mesures vers un autre objectif"),
        ("mesures/m/", "Abandonnez la mesure avec un motif"),
        ("indicateurs/i/", "retirez ses valeurs une à une"),
    ],
)
def test_what_the_public_has_read_is_not_deleted(
    plan: Plan, manager: Any, tail: str, instead: str
) -> None:
    furnish(plan)
    ObservationFactory.create(indicator=plan.indicators.get(), published=True)

    page = text_of(manager.get(url(plan, f"{tail}supprimer/")))
    answer = manager.post(url(plan, f"{tail}supprimer/"))

    assert instead in page
    assert "<form class" not in page
    assert answer.status_code == 409
    assert (Objective.objects.count(), Measure.objects.count(), Indicator.objects.count()) == (
        1,
        1,
        1,
    )


def test_a_milestone_with_a_published_state_is_not_deleted(plan: Plan, manager: Any) -> None:
    milestone = MilestoneFactory.create(
        measure=MeasureFactory.create(plan=plan, code="m"), code="j"
    )
    MilestoneUpdateFactory.create(milestone=milestone, published=True)

    assert manager.post(url(plan, "jalons/m/j/supprimer/")).status_code == 409
    assert manager.post(url(plan, "mesures/m/supprimer/")).status_code == 409
    assert "Publiez l’état « abandonné »" in text_of(
        manager.get(url(plan, "jalons/m/j/supprimer/"))
    )


def test_a_public_target_is_not_deleted(plan: Plan, manager: Any) -> None:
    furnish(plan)
    Plan.objects.update(is_public=True)

    answers = [
        manager.post(url(plan, tail))
        for tail in (
            "cibles/i/cible/supprimer/",
            "indicateurs/i/supprimer/",
            "mesures/m/supprimer/",
        )
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert "elle s’abandonne ou se révise, avec un motif" in text_of(answers[0])


def test_the_drafts_of_others_are_not_deleted_ones_own_are(plan: Plan) -> None:
    furnish(plan)
    me = member(plan, Role.MANAGER)
    colleague = member(plan, Role.CONTRIBUTOR)
    colleague.name = "Agnès Martin"
    colleague.save()
    indicator = plan.indicators.get()
    mine = ObservationFactory.create(indicator=indicator, year=2020, author=me)
    theirs = ObservationFactory.create(indicator=indicator, year=2021, author=colleague)
    client = signed_in(me)
    address = url(plan, "indicateurs/i/supprimer/")

    assert client.post(address).status_code == 409
    assert "Agnès Martin" in text_of(client.get(address))

    theirs.delete()
    assert "1 de vos saisies en cours" in text_of(client.get(address))
    assert client.post(address).status_code == 302
    assert not Indicator.objects.exists()
    assert not type(mine)._default_manager.exists()


def test_a_source_that_is_cited_is_not_deleted(plan: Plan, manager: Any) -> None:
    furnish(plan)
    unused = SourceFactory.create(plan=plan, code="libre")

    refused = manager.post(url(plan, "sources/s/supprimer/"))
    done = manager.post(url(plan, "sources/libre/supprimer/"))

    assert refused.status_code == 409
    assert "affirmations (1), cibles (1)" in text_of(refused)
    assert done.status_code == 302
    assert not Source.objects.filter(pk=unused.pk).exists()


# --- Two people -------------------------------------------------------------------------------


def test_the_second_of_two_editors_sees_what_the_first_did_and_keeps_their_text(
    plan: Plan,
) -> None:
    MeasureFactory.create(plan=plan, code="m", title="Pack IA", summary="Avant")
    region = OrganisationFactory.create(name="Région Grand Est")
    first_person = member(plan, Role.MANAGER)
    first_person.name = "Bruno Keller"
    first_person.save()
    first, second = signed_in(first_person), signed_in(member(plan, Role.MANAGER))
    address = url(plan, "mesures/m/")
    seen_by_both = form_data(second.get(address))

    fill(
        first,
        address,
        title="Pack IA régional",
        **{
            "participations-0-organisation": str(region.pk),
            "participations-0-role": "lead",
        },
    )
    conflict = second.post(address, seen_by_both | {"summary": ["Mon long texte"]})

    page = text_of(conflict)
    assert conflict.status_code == 409
    assert "Bruno Keller" in page
    [entry] = conflict.context["theirs"]
    assert [(change.label, change.old, change.new) for change in entry.changes] == [
        ("titre", "Pack IA", "Pack IA régional"),
        ("acteur", None, "Région Grand Est (porteur)"),
    ]
    assert form_data(conflict)["summary"] == ["Mon long texte"]
    assert Measure.objects.get().summary == "Avant"

    # Knowing it, the second one may save over it.
    again = second.post(address, form_data(conflict))
    assert again.status_code == 302
    assert Measure.objects.get().summary == "Mon long texte"


def test_a_change_that_the_form_does_not_write_is_no_conflict(plan: Plan, manager: Any) -> None:
    measure = MeasureFactory.create(plan=plan, code="m", title="Avant")
    address = url(plan, "mesures/m/")
    data = open_form(manager, address, title="Après")
    measure.position += 10
    measure.save()

    assert manager.post(address, data).status_code == 302
    measure.refresh_from_db()
    assert measure.title == "Après"


def test_a_target_changed_by_someone_else_is_not_revised_blindly(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    target = TargetFactory.create(indicator=indicator, wording="« cent »")
    address = url(plan, "cibles/i/cible/reviser/")
    data = open_form(manager, address, value="50", revision_reason="Moins.")
    target.wording = "« cent entreprises »"
    target.save()

    conflict = manager.post(address, data)

    assert conflict.status_code == 409
    assert Target.objects.count() == 1
    assert manager.post(address, form_data(conflict)).status_code == 302


# --- Order and moves --------------------------------------------------------------------------


def codes(rows: Any) -> list[str]:
    return list(rows.order_by("position", "code").values_list("code", flat=True))


@pytest.fixture
def measures(plan: Plan) -> list[Measure]:
    objective = ObjectiveFactory.create(plan=plan, code="o1")
    return [
        MeasureFactory.create(plan=plan, objective=objective, code=code, position=place)
        for place, code in enumerate(("a", "b", "c", "d"), 1)
    ]


def test_a_row_steps_up_and_down_once_however_often_one_clicks(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    address = url(plan, "rangement/")
    up = {"pas": f"mesure:{measures[2].pk}:3:-1"}

    first = manager.post(address, up)
    second = manager.post(address, up)

    assert first.url == f"{address}#mesure-{measures[2].pk}"
    assert codes(plan.measures) == ["a", "c", "b", "d"]
    assert "L’ordre avait déjà changé" in text_of(manager.get(second.url))
    manager.post(address, {"pas": f"mesure:{measures[0].pk}:1:1"})
    assert codes(plan.measures) == ["c", "a", "b", "d"]


@pytest.mark.parametrize(
    "step", ["", "mesure", "mesure:x:1:1", "plan:1:1:1", "mesure:0:1:1", "mesure:1:1:5"]
)
def test_nonsense_steps_move_nothing(
    plan: Plan, manager: Any, measures: list[Measure], step: str
) -> None:
    assert manager.post(url(plan, "rangement/"), {"pas": step}).status_code == 302
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def ranks(client: Client, plan: Plan, typed: dict[Measure, str]) -> Any:
    page = client.get(url(plan, "rangement/"))
    seen = page.context["seen"]
    return client.post(
        url(plan, "rangement/"),
        {"vu": seen} | {f"rang-mesure-{row.pk}": rank for row, rank in typed.items()},
    )


def test_typed_ranks_put_a_row_where_one_says(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    a, b, c, d = measures

    ranks(manager, plan, {a: "1", b: "2", c: "3", d: "2"})
    assert codes(plan.measures) == ["a", "d", "b", "c"]
    ranks(manager, plan, {a: "3"})
    assert codes(plan.measures) == ["d", "b", "a", "c"]


@pytest.mark.parametrize("rank", ["0", "-1", "deux", "1,5", "99999999"])
def test_a_rank_that_is_none_is_told_and_kept(
    plan: Plan, manager: Any, measures: list[Measure], rank: str
) -> None:
    answer = ranks(manager, plan, {measures[1]: rank})

    assert answer.status_code == 422
    assert f'value="{rank}"' in text_of(answer)
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def test_ranks_typed_on_another_order_are_not_applied(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    seen = manager.get(url(plan, "rangement/")).context["seen"]
    manager.post(url(plan, "rangement/"), {"pas": f"mesure:{measures[3].pk}:4:-1"})

    answer = manager.post(
        url(plan, "rangement/"), {"vu": seen, f"rang-mesure-{measures[0].pk}": "4"}
    )

    assert answer.status_code == 422
    assert "L’ordre a changé depuis" in text_of(answer)
    assert codes(plan.measures) == ["a", "b", "d", "c"]


def test_several_measures_move_to_another_objective(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    other = ObjectiveFactory.create(plan=plan, code="o2")
    MeasureFactory.create(plan=plan, objective=other, code="z", position=8)
    stranger = furnish(PlanFactory.create())

    manager.post(
        url(plan, "rangement/"),
        {"deplacer_mesures": "1", "mesure": ["c", "a", "m"], "vers_objectif": "o2"},
    )

    assert codes(other.measures) == ["z", "a", "c"]
    assert codes(plan.objectives.get(code="o1").measures) == ["b", "d"]
    assert stranger.measures.get().objective.code == "o"


@pytest.mark.parametrize(
    "typed",
    [
        {"deplacer_mesures": "1", "vers_objectif": "o1"},
        {"deplacer_mesures": "1", "mesure": ["a"], "vers_objectif": "ailleurs"},
        {"deplacer_mesures": "1", "mesure": ["a"]},
        {"deplacer_indicateurs": "1", "vers": "plan"},
        {"deplacer_indicateurs": "1", "indicateur": ["i"], "vers": "mesure:inconnue"},
    ],
)
def test_a_move_that_says_too_little_keeps_what_is_ticked(
    plan: Plan, manager: Any, measures: list[Measure], typed: dict[str, Any]
) -> None:
    IndicatorFactory.create(plan=plan, measure=measures[0], code="i")

    answer = manager.post(url(plan, "rangement/"), typed)

    assert answer.status_code == 422
    ticked = text_of(answer).count(" checked")
    assert ticked == len(typed.get("mesure", [])) + len(typed.get("indicateur", []))
    assert codes(plan.measures) == ["a", "b", "c", "d"]


def test_several_indicators_move_to_a_measure_an_objective_or_the_plan(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    moved = [IndicatorFactory.create(plan=plan, measure=measures[0], code=c) for c in ("i1", "i2")]
    for indicator in moved:
        TargetFactory.create(indicator=indicator)
    refresh_progress([row.pk for row in moved], on=timezone.localdate())
    address = url(plan, "rangement/")

    for place, expected in (
        ("mesure:b", (measures[1].pk, None)),
        ("objectif:o1", (None, measures[0].objective_id)),
        ("plan", (None, None)),
    ):
        manager.post(
            address, {"deplacer_indicateurs": "1", "indicateur": ["i1", "i2"], "vers": place}
        )
        assert set(plan.indicators.values_list("measure", "objective")) == {expected}
    assert ProgressRecord.objects.count() == 2


def test_stored_progress_survives_a_new_order(
    plan: Plan, manager: Any, measures: list[Measure]
) -> None:
    first, second = (
        IndicatorFactory.create(plan=plan, measure=measures[0], position=place) for place in (1, 2)
    )
    refresh_progress([first.pk, second.pk], on=timezone.localdate())

    manager.post(url(plan, "rangement/"), {"pas": f"indicateur:{second.pk}:2:-1"})

    assert ProgressRecord.objects.count() == 2


# --- Ended sessions ---------------------------------------------------------------------------


def test_a_lost_session_keeps_the_typed_text_and_writes_nothing(plan: Plan) -> None:
    person = member(plan, Role.MANAGER)
    client = signed_in(person)
    address = url(plan, "ajouter/objectifs/")
    data = open_form(client, address, kind="axis", title="Recherche et formation")
    data |= {"source": ["nouveau"], "document-title": ["Plan"], "document-kind": ["official"]}
    client.logout()

    answer: Any = client.post(address, data, HTTP_REFERER=f"http://testserver{address}")
    assert answer.status_code == 302
    client.force_login(person)
    again = client.get(unquote(answer.url.partition("next=")[2]))

    assert again.status_code == 200
    assert form_data(again)["title"] == ["Recherche et formation"]
    assert (Objective.objects.count(), Source.objects.count()) == (0, 0)


def test_checkpoints_survive_an_edit(plan: Plan, manager: Any) -> None:
    checkpoint = CheckpointFactory.create(target__indicator__plan=plan)
    indicator = checkpoint.target.indicator

    fill(manager, url(plan, f"cibles/{indicator.code}/cible/"), wording="« dit autrement »")

    assert Checkpoint.objects.get() == checkpoint
