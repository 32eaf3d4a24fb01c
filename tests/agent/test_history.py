"""The history of a plan and of its parts: who, when, what, whoever and whatever changed it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pghistory
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from exchange.plan_files.loading import load_files
from indicators import services
from indicators.models import Indicator
from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.editing.forms import fill, open_form
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    ObjectiveFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    SectorFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = pytest.mark.django_db

# What one transaction does has one moment: where the order matters each act has its own.
SEPARATE_ACTS = pytest.mark.django_db(transaction=True)
DEMONSTRATION = Path(__file__).parents[2] / "reference/demo/demonstration.yaml"


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan-ia", is_public=False)
    return made


@pytest.fixture
def manager(plan: Plan) -> Client:
    person = member(plan, Role.MANAGER)
    person.name = "Bruno Keller"
    person.save()
    return signed_in(person)


def url(plan: Plan, thing: str = "") -> str:
    return f"/agent/plans/{plan.slug}/historique/" + (f"?objet={thing}" if thing else "")


def structure(plan: Plan, tail: str) -> str:
    return f"/agent/plans/{plan.slug}/structure/{tail}"


def told(answer: Any) -> list[tuple[str, str, str, list[tuple[str, str | None, str | None]]]]:
    """Return what a page tells: act, kind of thing, name, and each change."""
    assert answer.status_code == 200

    return [
        (
            entry.act,
            entry.thing,
            entry.name,
            [
                (one.label, one.old and plain(one.old), one.new and plain(one.new))
                for one in entry.changes
            ],
        )
        for entry in answer.context["entries"]
    ]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (None, 404),
        (Role.VIEWER, 200),
        (Role.CONTRIBUTOR, 200),
        (Role.REVIEWER, 200),
        (Role.MANAGER, 200),
    ],
)
def test_every_member_reads_the_history_and_nobody_else(
    plan: Plan, role: Role | None, status: int
) -> None:
    person = UserFactory.create() if role is None else member(plan, role)

    assert signed_in(person).get(url(plan)).status_code == status
    assert Client().get(url(plan)).status_code == 302


def test_an_edit_by_a_page_is_told_in_french(plan: Plan, manager: Client) -> None:
    measure = MeasureFactory.create(plan=plan, code="m", title="Pack IA")
    region = OrganisationFactory.create(name="Région Grand Est")
    health = SectorFactory.create(name="Santé")

    fill(
        manager,
        structure(plan, "mesures/m/"),
        title="Pack IA régional",
        state="in_progress",
        starts_on="2020-06-01",
        sectors=[str(health.pk)],
        **{
            "participations-0-organisation": str(region.pk),
            "participations-0-role": "lead",
        },
    )

    page = manager.get(url(plan, "mesure:m"))
    [entry] = [entry for entry in page.context["entries"] if entry.who == "Bruno Keller"]
    assert entry.at.date() == timezone.localdate()
    assert told(page)[0] == (
        "Modification",
        "mesure",
        "Pack IA régional",
        [
            ("titre", "Pack IA", "Pack IA régional"),
            ("état", None, "en cours"),
            ("débute le", None, "1er juin 2020"),
            ("acteur", None, "Région Grand Est (porteur)"),
            ("filière", None, "Santé"),
        ],
    )
    text = page.content.decode()
    assert html_errors(text) == []
    assert inline_code(text) == []
    assert measure.pk == Measure.objects.get().pk


def test_links_between_parts_are_named_and_not_numbered(plan: Plan, manager: Client) -> None:
    before = ObjectiveFactory.create(plan=plan, title="Former", code="o1")
    ObjectiveFactory.create(plan=plan, title="Innover", code="o2")
    MeasureFactory.create(plan=plan, objective=before, code="m", position=1)

    manager.post(
        structure(plan, "rangement/"),
        {"deplacer_mesures": "1", "mesure": ["m"], "vers_objectif": "o2"},
    )

    assert told(manager.get(url(plan, "mesure:m")))[0][3] == [("objectif", "Former", "Innover")]


@SEPARATE_ACTS
def test_the_numbers_of_a_target_are_written_as_french_readers_do(
    plan: Plan, manager: Client
) -> None:
    indicator = IndicatorFactory.create(plan=plan, code="i", measure=None)
    target = TargetFactory.with_yearly_quota({2020: 35}, indicator=indicator)

    fill(
        manager,
        structure(plan, "cibles/i/cible/"),
        tolerance="0,1",
        **{"periods-0-value": "12 500,5"},
    )

    [act, thing, name, changes] = told(manager.get(url(plan, "indicateur:i")))[0]
    assert (act, thing, name) == ("Modification", "cible", target.wording)
    assert changes == [
        ("tolérance", "0", "0,1"),
        ("valeur d’une période", "2020 : 35", "2020 : 12 500,5"),
    ]


def test_a_deleted_thing_keeps_its_history_and_says_who_deleted_it(
    plan: Plan, manager: Client
) -> None:
    measure = MeasureFactory.create(plan=plan, code="m", title="Pack IA")
    measure.participations.create(organisation=OrganisationFactory.create(), role="lead")
    manager.post(structure(plan, "mesures/m/supprimer/"))

    page = manager.get(url(plan, "mesure:m"))
    [deleted, *_others] = page.context["entries"]
    assert (deleted.act, deleted.name, deleted.who) == ("Suppression", "Pack IA", "Bruno Keller")
    assert ("titre", "Pack IA", None) in told(page)[0][3]
    assert "Suppression" in [entry[0] for entry in told(manager.get(url(plan)))]


def test_a_renamed_thing_is_found_under_both_codes(plan: Plan, manager: Client) -> None:
    MeasureFactory.create(plan=plan, code="ancien")
    fill(manager, structure(plan, "mesures/ancien/"), code="nouveau")

    assert told(manager.get(url(plan, "mesure:ancien"))) == told(
        manager.get(url(plan, "mesure:nouveau"))
    )
    assert told(manager.get(url(plan, "mesure:nouveau")))[0][3] == [("code", "ancien", "nouveau")]


@pytest.mark.parametrize(
    "thing",
    [
        "mesure:etrangere",
        "mesure:",
        "mesure",
        "humeur:m",
        "jalon:m",
        "jalon:m/inconnu",
        "indicateur:' OR 1=1",
    ],
)
def test_what_was_never_in_the_plan_is_not_found(plan: Plan, manager: Client, thing: str) -> None:
    MeasureFactory.create(code="etrangere")
    MeasureFactory.create(plan=plan, code="m")

    assert manager.get(url(plan, thing)).status_code == 404


def test_the_history_of_a_plan_holds_nothing_of_another(plan: Plan, manager: Client) -> None:
    with pghistory.context(user=UserFactory.create().pk):
        other = MeasureFactory.create(title="Mesure d’ailleurs")
        MilestoneFactory.create(measure=other, title="Jalon d’ailleurs")
        ObservationFactory.create(indicator=IndicatorFactory.create(title="Indicateur d’ailleurs"))
    MilestoneFactory.create(measure=MeasureFactory.create(plan=plan, title="Mesure d’ici"))

    page = manager.get(url(plan)).content.decode()

    assert "Mesure d’ici" in page
    assert "ailleurs" not in page


def test_members_are_told_to_managers_only(plan: Plan, manager: Client) -> None:
    reader = signed_in(member(plan, Role.VIEWER))

    assert "membre" in {entry[1] for entry in told(manager.get(url(plan)))}
    assert "membre" not in {entry[1] for entry in told(reader.get(url(plan)))}


@SEPARATE_ACTS
def test_a_plan_file_says_its_name_and_the_nightly_task_nothing() -> None:
    load_files([DEMONSTRATION], at=timezone.now())
    plan = Plan.objects.get(slug="demonstration")
    client = signed_in(member(plan, Role.MANAGER))
    indicator = plan.indicators.order_by("pk").first()
    assert indicator is not None
    thing = f"indicateur:{indicator.code}"

    entries = client.get(url(plan, thing)).context["entries"]
    assert {entry.who for entry in entries} == {"fichier de plan demonstration.yaml"}

    before = told(client.get(url(plan)))
    services.refresh_all_progress(on=date(2030, 1, 1))
    assert told(client.get(url(plan))) == before

    # The same file again changes nothing; a change on the site is told beside it.
    load_files([DEMONSTRATION], at=timezone.now())
    assert told(client.get(url(plan))) == before
    fill(client, structure(plan, f"indicateurs/{indicator.code}/"), title="Dit autrement")
    newest = client.get(url(plan, thing)).context["entries"][0]
    assert [(one.label, one.new) for one in newest.changes] == [("titre", "Dit autrement")]


def test_a_change_out_of_the_pages_and_one_by_a_deleted_account(
    plan: Plan, manager: Client
) -> None:
    measure = MeasureFactory.create(plan=plan, code="m")
    with pghistory.context(user=999_999):
        measure.title = "Autre"
        measure.save()

    whos = [entry.who for entry in manager.get(url(plan, "mesure:m")).context["entries"]]

    assert whos == ["compte supprimé", "hors des pages du site"]


@SEPARATE_ACTS
def test_values_are_in_the_history_of_their_indicator(plan: Plan, manager: Client) -> None:
    indicator = IndicatorFactory.create(plan=plan, code="i", title="Entreprises")
    draft = ObservationFactory.create(indicator=indicator, year=2020, value=Decimal(30))
    draft.value = Decimal("41.5")
    draft.save()

    assert told(manager.get(url(plan, "indicateur:i")))[0] == (
        "Modification",
        "observation",
        "Entreprises, 2020",
        [("valeur", "30", "41,5")],
    )


def test_long_histories_are_read_page_by_page(plan: Plan, manager: Client) -> None:
    measure = MeasureFactory.create(plan=plan, code="m")
    for number in range(40):
        measure.title = f"Titre {number}"
        measure.save()

    first = manager.get(url(plan, "mesure:m"))
    second = manager.get(f"{url(plan, 'mesure:m')}&page=2")

    assert (len(first.context["entries"]), len(second.context["entries"])) == (30, 11)
    assert 'href="?objet=mesure%3Am&amp;page=2"' in first.content.decode()


@pytest.mark.parametrize("size", [1, 3, 9])
def test_the_history_costs_the_same_for_any_number_of_changes(
    plan: Plan, manager: Client, size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(size):
        objective = ObjectiveFactory.create(plan=plan, title=f"Objectif {number}")
        measure = MeasureFactory.create(
            plan=plan, objective=objective, source=SourceFactory.create(plan=plan)
        )
        measure.title = f"Mesure {number}"
        measure.save()
    manager.get(url(plan))

    with django_assert_num_queries(26):
        page = manager.get(url(plan))
    assert len(page.context["entries"]) >= min(30, 4 * size)


def test_a_form_sent_with_nothing_changed_leaves_no_trace(plan: Plan, manager: Client) -> None:
    indicator: Indicator = IndicatorFactory.create(plan=plan, code="i", baseline=None)
    TargetFactory.with_yearly_quota({2020: 35}, indicator=indicator)
    before = told(manager.get(url(plan)))

    for tail in ("indicateurs/i/", "cibles/i/cible/", "plan/"):
        address = structure(plan, tail)
        assert manager.post(address, open_form(manager, address)).status_code == 302

    assert told(manager.get(url(plan))) == before


def test_text_from_people_is_never_markup(plan: Plan, manager: Client) -> None:
    MeasureFactory.create(plan=plan, title="<script>alert(1)</script>")

    page = manager.get(url(plan)).content.decode()

    assert "<script>alert" not in page
    assert re.search(r"&lt;script&gt;alert", page)
