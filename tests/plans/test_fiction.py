"""What fictitious plans name and what real plans name, kept apart in the lists that plans share."""

from __future__ import annotations

from typing import Any

import pytest

from plans.fiction import offered_to
from plans.models import Organisation, Plan, Sector
from tests.factories import (
    MeasureFactory,
    OrganisationFactory,
    PlanFactory,
    RegionFactory,
    SectorFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def real() -> Plan:
    made: Plan = PlanFactory.create()
    return made


@pytest.fixture
def made_up() -> Plan:
    made: Plan = PlanFactory.create(region=RegionFactory.create(demonstration=True))
    return made


def names(rows: Any) -> set[str]:
    return set(rows.values_list("name", flat=True))


def offered(kind: Any, plan: Plan | None, *, fictitious: bool) -> set[str]:
    return names(offered_to(kind.objects.all(), plan, fictitious=fictitious))


def test_a_sector_is_of_the_kind_of_the_plans_and_measures_that_name_it(
    real: Plan, made_up: Plan
) -> None:
    SectorFactory.create(name="Nouvelle")
    real.sectors.add(SectorFactory.create(name="Santé"))
    MeasureFactory.create(plan=real).sectors.add(SectorFactory.create(name="Énergie"))
    made_up.sectors.add(SectorFactory.create(name="Santé (exemple)"))
    MeasureFactory.create(plan=made_up).sectors.add(SectorFactory.create(name="Énergie (exemple)"))

    of_real = {"Nouvelle", "Santé", "Énergie"}
    of_fiction = {"Nouvelle", "Santé (exemple)", "Énergie (exemple)"}
    assert offered(Sector, real, fictitious=False) == of_real
    assert offered(Sector, None, fictitious=False) == of_real
    assert offered(Sector, made_up, fictitious=True) == of_fiction
    assert offered(Sector, None, fictitious=True) == of_fiction


def test_an_organisation_is_of_the_kind_of_the_plans_and_measures_that_name_it(
    real: Plan, made_up: Plan
) -> None:
    OrganisationFactory.create(name="Nouvelle")
    for plan, suffix in ((real, ""), (made_up, " (fictive)")):
        agency = OrganisationFactory.create(name=f"Agence{suffix}")
        plan.participations.create(organisation=agency, role="lead")
        school = OrganisationFactory.create(name=f"École{suffix}")
        MeasureFactory.create(plan=plan).organisations.add(
            school, through_defaults={"role": "partner"}
        )

    assert offered(Organisation, real, fictitious=False) == {"Nouvelle", "Agence", "École"}
    assert offered(Organisation, made_up, fictitious=True) == {
        "Nouvelle",
        "Agence (fictive)",
        "École (fictive)",
    }


def test_what_a_fictitious_plan_names_stays_real_where_a_real_plan_names_it(
    real: Plan, made_up: Plan
) -> None:
    shared = SectorFactory.create(name="Santé")
    real.sectors.add(shared)
    made_up.sectors.add(shared)
    other = PlanFactory.create(region=made_up.region)

    assert offered(Sector, real, fictitious=False) == {"Santé"}
    # A plan that names it already can still be saved.
    assert offered(Sector, made_up, fictitious=True) == {"Santé"}
    assert offered(Sector, other, fictitious=True) == set()
