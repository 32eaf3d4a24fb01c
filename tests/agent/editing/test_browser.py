"""Editing a plan in a real browser: by keyboard, without a script, narrow, and checked by axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Dialog, Page, expect

from exchange.plan_files.loading import load_files
from indicators.models import Target
from measures.models import Measure
from plans.models import Plan, Role
from tests.accessibility import faults
from tests.agent.staff import member
from tests.conftest import NARROW, WIDE
from tests.factories import OrganisationFactory, PlanFactory, SourceFactory, UnitFactory

pytestmark = pytest.mark.django_db(transaction=True)

OpenAs = Callable[..., Page]
BASE = "/agent/plans/demonstration"
REFERENCE = Path(__file__).parents[3] / "reference"


@pytest.fixture
def demonstration() -> Plan:
    load_files([REFERENCE / "demo/demonstration.yaml"], at=timezone.now())
    return Plan.objects.get(slug="demonstration")


def pages_of(plan: Plan) -> list[str]:
    """Return one address of each kind of page."""
    measure = plan.measures.order_by("pk").filter(milestones__isnull=False).first()
    indicator = plan.indicators.order_by("pk").filter(targets__kind="quota").first()
    level = plan.indicators.order_by("pk").filter(targets__kind="level").first()
    assert measure is not None
    assert indicator is not None
    assert level is not None
    target = indicator.targets.get(superseded_on=None)
    milestone = measure.milestones.first()
    assert milestone is not None
    claim, note, source = plan.claims.all()[0], plan.notes.all()[0], plan.sources.all()[0]
    return [
        f"{BASE}/structure/",
        f"{BASE}/structure/rangement/",
        f"{BASE}/structure/plan/",
        f"{BASE}/structure/ajouter/objectifs/",
        f"{BASE}/structure/ajouter/unites/",
        f"{BASE}/structure/mesures/{measure.code}/",
        f"{BASE}/structure/mesures/{measure.code}/abandonner/",
        f"{BASE}/structure/mesures/{measure.code}/supprimer/",
        f"{BASE}/structure/jalons/{measure.code}/{milestone.code}/",
        f"{BASE}/structure/indicateurs/{indicator.code}/",
        f"{BASE}/structure/ajouter/cibles/{indicator.code}/",
        f"{BASE}/structure/ajouter/cibles/{level.code}/",
        f"{BASE}/structure/cibles/{indicator.code}/{target.code}/",
        f"{BASE}/structure/cibles/{indicator.code}/{target.code}/reviser/",
        f"{BASE}/structure/sources/{source.code}/",
        f"{BASE}/structure/notes/{note.code}/",
        f"{BASE}/structure/affirmations/{claim.code}/",
        f"{BASE}/historique/",
        f"{BASE}/historique/?objet=mesure:{measure.code}",
        f"{BASE}/apercu/",
        f"{BASE}/apercu/indicateurs/{indicator.code}/",
        f"{BASE}/publication/",
        "/agent/nouveau-plan/",
    ]


@pytest.mark.parametrize(
    ("width", "dark"),
    [(WIDE, False), (NARROW, False), (WIDE, True)],
    ids=["wide", "narrow", "dark"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    demonstration: Plan, open_as: OpenAs, width: int, dark: bool
) -> None:
    person = member(demonstration, Role.MANAGER)
    person.is_superuser = True
    person.save()
    page = open_as(person, width=width, dark=dark)

    found: dict[str, list[str]] = {}
    for address in pages_of(demonstration):
        page.goto(address)
        found[address] = faults(page)
    # As an error and as a conflict.
    page.goto(f"{BASE}/structure/plan/")
    page.get_by_label("Titre", exact=True).fill("")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.locator("#erreurs")).to_be_focused()
    found["refused"] = faults(page)
    page.goto(f"{BASE}/structure/plan/")
    demonstration.title = "Changé par quelqu’un d’autre"
    demonstration.save()
    page.get_by_label("Titre", exact=True).fill("Mon titre")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Changé par quelqu’un d’autre")
    expect(page.get_by_label("Titre", exact=True)).to_have_value("Mon titre")
    found["conflict"] = faults(page)

    assert {address: problems for address, problems in found.items() if problems} == {}


def test_a_manager_makes_a_plan_from_nothing_and_shows_it(open_as: OpenAs) -> None:
    """By hand, without a script: structure, target, preview, publication, history."""
    plan = PlanFactory.create(slug="plan-ia", title="Plan IA", is_public=False)
    SourceFactory.create(plan=plan, title="Délibération du 20 juin 2019")
    UnitFactory.create()
    OrganisationFactory.create(name="Région Grand Est")
    page = open_as(member(plan, Role.MANAGER), javascript=False, width=NARROW)

    page.goto("/agent/plans/plan-ia/structure/")
    page.get_by_role("link", name="Ajouter un axe ou un objectif").click()
    page.get_by_label("Nature").first.select_option("objective")
    page.get_by_label("Titre", exact=True).fill("Aider les entreprises")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Aider les entreprises")

    page.get_by_role("link", name="Ajouter une mesure").click()
    page.get_by_label("Titre", exact=True).fill("Pack IA")
    page.get_by_label("Organisation").select_option(label="Région Grand Est")
    page.get_by_label("Rôle").select_option("lead")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()

    page.get_by_role("link", name="Ajouter un indicateur : Pack IA").click()
    page.get_by_label("Titre", exact=True).fill("Entreprises accompagnées")
    page.get_by_label("Nature").first.select_option("output")
    page.get_by_label("Type de mesure").select_option("flow")
    page.get_by_label("Unité").select_option(label="entreprises")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()

    page.get_by_role("link", name="Ajouter une cible : Entreprises accompagnées").click()
    page.get_by_label("Nature").first.select_option("quota")
    page.get_by_label("Formulation de la source").fill("« 35 entreprises par an »")
    page.get_by_label("Source", exact=True).first.select_option(
        label="Délibération du 20 juin 2019"
    )
    page.get_by_label("De l’année").fill("2020")
    page.get_by_label("à l’année").fill("2024")
    page.get_by_label("Valeur de chaque année").fill("35")
    page.get_by_role("button", name="Remplir les périodes").click()
    expect(page.locator("[name^=periods-][name$=-value]:visible")).to_have_count(5)
    assert not Target.objects.exists()
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()
    expect(page.get_by_role("status")).to_contain_text("par an, de 2020 à 2024")

    page.get_by_role("link", name="Aperçu des pages publiques").click()
    page.get_by_role("link", name="Pack IA").first.click()
    expect(page.locator(".preview-banner")).to_contain_text("pas encore public")
    assert Client().get("/plans/plan-ia/").status_code == 404
    page.get_by_role("link", name="Rendre public").click()
    page.get_by_role("button", name="Rendre public maintenant").click()
    page.goto("/plans/plan-ia/mesures/pack-ia/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pack IA")

    page.goto("/agent/plans/plan-ia/historique/?objet=mesure:pack-ia")
    expect(page.locator(".story")).to_contain_text("Création")


def test_the_order_is_changed_from_the_keyboard(demonstration: Plan, open_as: OpenAs) -> None:
    page = open_as(member(demonstration, Role.MANAGER))
    objective = demonstration.objectives.filter(measures__isnull=False).order_by("position").first()
    assert objective is not None
    first, second, *_rest = objective.measures.order_by("position", "code")
    page.goto(f"{BASE}/structure/rangement/")

    page.get_by_role("button", name=f"Descendre : {first.title}").focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"#mesure-{first.pk}$"))
    assert [row.pk for row in objective.measures.order_by("position", "code")][:2] == [
        second.pk,
        first.pk,
    ]
    page.get_by_label(f"Rang : {first.title}").fill("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("L’ordre est enregistré.")
    assert Measure.objects.order_by("position", "code").filter(objective=objective).first() == first


def test_leaving_with_something_typed_asks_first(demonstration: Plan, open_as: OpenAs) -> None:
    page = open_as(member(demonstration, Role.MANAGER))
    page.goto(f"{BASE}/structure/plan/")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)

    page.get_by_label("Titre", exact=True).fill("Autre titre")
    page.get_by_role("link", name="Historique").first.click()

    assert asked == ["beforeunload"]
