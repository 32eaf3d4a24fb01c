"""The plan itself: its making, its name, its limits, the lists it shares."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from indicators.models import ProgressRecord, Unit
from indicators.services import refresh_progress
from plans.models import Membership, Organisation, Plan, Role
from tests.agent.editing.forms import errors_of, fill, text_of, url
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    PlanFactory,
    TargetFactory,
    UserFactory,
)
from tests.form_data import form_data

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
