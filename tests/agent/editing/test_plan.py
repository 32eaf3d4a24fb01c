"""The plan itself: its making, its name, its limits, the lists it shares."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from indicators.models import ProgressRecord, Unit
from indicators.services import refresh_progress
from plans.models import Membership, Organisation, Plan, Role, Sector
from tests.agent.editing.forms import errors_of, fill, text_of, url
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    OrganisationFactory,
    PlanFactory,
    RegionFactory,
    SectorFactory,
    TargetFactory,
    UserFactory,
)
from tests.form_data import form_data
from tests.typography import plain

pytestmark = pytest.mark.django_db


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


def test_the_identifier_of_another_plan_is_refused_in_words(plan: Plan, manager: Any) -> None:
    PlanFactory.create(slug="pris")
    answer = fill(manager, url(plan, "plan/"), slug="pris")
    assert errors_of(answer) == {
        "slug": ["Un plan a déjà cet identifiant : choisissez-en un autre."]
    }


def test_the_limits_of_a_plan_are_typed_in_french_and_change_its_statuses(
    plan: Plan, manager: Any
) -> None:
    indicator = IndicatorFactory.create(plan=plan)
    TargetFactory.with_yearly_quota({2020: 100, 2021: 100}, indicator=indicator)
    ObservationFactory.create(indicator=indicator, year=2020, value=Decimal(90), published=True)
    refresh_progress([indicator.pk], on=timezone.localdate())
    data = form_data(manager.get(url(plan, "plan/")))
    assert (data["on_track_from"], data["early_below"]) == (["0,95"], ["0,1"])

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


@pytest.fixture
def made_up() -> Plan:
    """A fictitious plan, with its own sector and organisation."""
    made: Plan = PlanFactory.create(
        region=RegionFactory.create(demonstration=True), title="Plan de démonstration"
    )
    made.sectors.add(SectorFactory.create(name="Agriculture (exemple)"))
    made.participations.create(
        organisation=OrganisationFactory.create(name="Agence d’Exemple (fictive)"), role="lead"
    )
    return made


def choices(answer: Any, name: str, form: str = "form") -> list[str]:
    shown = answer.context[form] if form == "form" else answer.context["page"].rows[0].forms[-1]
    return [plain(str(label)) for _value, label in shown.fields[name].choices]


def test_a_real_plan_is_offered_nothing_fictitious_and_takes_none(
    plan: Plan, manager: Any, made_up: Plan
) -> None:
    plan.sectors.add(SectorFactory.create(name="Santé"))
    page = manager.get(url(plan, "plan/"))
    assert choices(page, "sectors") == ["Santé"]
    assert choices(page, "related_to") == ["— aucun —"]
    assert choices(page, "organisation", "rows") == ["— choisir —"]

    refused = fill(
        manager,
        url(plan, "plan/"),
        sectors=[str(made_up.sectors.get().pk)],
        related_to=str(made_up.pk),
    )
    apart = "ce que nomment les plans fictifs et ce que nomment les plans réels ne se mêlent pas."
    assert errors_of(refused) == {
        "sectors": [f"Ce choix n’est pas dans la liste : {apart}"],
        "related_to": [
            "Ce plan n’est pas dans la liste : un plan fictif et un plan réel ne se lient pas."
        ],
    }
    organisation = made_up.participations.get().organisation_id
    row = {"participations-0-organisation": str(organisation), "participations-0-role": "lead"}
    assert "ne se mêlent pas" in text_of(fill(manager, url(plan, "plan/"), **row))
    assert not plan.participations.exists()


def test_a_fictitious_plan_is_offered_nothing_real(plan: Plan, made_up: Plan) -> None:
    plan.sectors.add(SectorFactory.create(name="Santé"))
    plan.participations.create(
        organisation=OrganisationFactory.create(name="Région Grand Est"), role="lead"
    )
    page = signed_in(member(made_up, Role.MANAGER)).get(url(made_up, "plan/"))

    assert choices(page, "sectors") == ["Agriculture (exemple)"]
    assert choices(page, "organisation", "rows") == ["— choisir —", "Agence d’Exemple (fictive)"]
    assert "Plan IA" not in choices(page, "related_to")


def test_a_new_plan_is_offered_what_is_of_the_kind_of_its_region(plan: Plan, made_up: Plan) -> None:
    plan.sectors.add(SectorFactory.create(name="Santé"))
    superuser = signed_in(UserFactory.create(superuser=True))
    address = "/agent/nouveau-plan/"
    blank = superuser.get(address)
    assert choices(blank, "sectors") == ["Santé"]
    assert choices(blank, "related_to") == ["— aucun —", "Plan IA"]
    assert choices(blank, "region")[0] == choices(blank, "kind")[0] == "— choisir —"
    assert "---------" not in text_of(blank)

    # Without a title it is shown again, with what goes with the region.
    again = fill(superuser, address, region=str(made_up.region_id), kind="regional_plan")
    assert choices(again, "sectors") == ["Agriculture (exemple)"]
    assert choices(again, "related_to") == ["— aucun —", "Plan de démonstration"]


def test_a_plan_moves_among_regions_of_its_kind_only(plan: Plan, made_up: Plan) -> None:
    superuser = signed_in(UserFactory.create(superuser=True))
    assert choices(superuser.get(url(plan, "plan/")), "region") == ["— choisir —", "Grand Est"]

    refused = fill(superuser, url(plan, "plan/"), region=str(made_up.region_id))

    assert list(errors_of(refused)) == ["region"]


def test_an_address_is_made_from_the_title_where_none_is_typed(plan: Plan) -> None:
    PlanFactory.create(slug="autre", former_slugs=["strategie-ia"])
    superuser = signed_in(UserFactory.create(superuser=True))
    typed = {"region": str(plan.region_id), "kind": "regional_plan", "title": "Stratégie IA"}

    # The first is the former address of another plan.
    for _time in range(2):
        assert fill(superuser, "/agent/nouveau-plan/", **typed).status_code == 302
    assert sorted(Plan.objects.filter(title="Stratégie IA").values_list("slug", flat=True)) == [
        "strategie-ia-2",
        "strategie-ia-3",
    ]

    assert fill(superuser, url(plan, "plan/"), slug="", title="Autre titre").status_code == 302
    plan.refresh_from_db()
    assert (plan.slug, plan.title) == ("plan-ia", "Autre titre")


def test_shared_lists_make_the_code_that_nobody_types(plan: Plan, manager: Any) -> None:
    OrganisationFactory.create(code="pole-ia", name="Pôle IA")
    page = text_of(manager.get(url(plan, "ajouter/organisations/")))
    assert "Laissez vide pour le tirer du nom." in page

    for noun, typed in (
        ("organisations", {"name": "Pôle IA"}),
        ("filieres", {"name": "Santé"}),
        ("unites", {"name": "prêt", "name_plural": "prêts", "decimals": "0"}),
    ):
        assert manager.post(url(plan, f"ajouter/{noun}/"), typed).status_code == 302

    assert Organisation.objects.filter(name="Pôle IA", code="pole-ia-2").exists()
    assert Sector.objects.get(name="Santé").code == "sante"
    assert Unit.objects.get(name="prêt").code == "pret"
    taken = manager.post(url(plan, "ajouter/filieres/"), {"name": "Santé", "code": "sante"})
    assert list(errors_of(taken)) == ["code"]


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
