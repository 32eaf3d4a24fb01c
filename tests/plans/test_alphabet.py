"""French alphabetical order: the same by the database and in Python, and on the pages."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from dashboards.pages.home import home_page
from measures.forms import MeasureForm
from plans.alphabet import alphabetical, folded, folded_column, in_alphabetical_order
from plans.forms import PlanActorForm, PlanForm
from plans.models import Organisation, Role, Sector
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    OrganisationFactory,
    PlanFactory,
    RegionFactory,
    SectorFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

# As a dictionary has them: accents, capitals, ligatures and hyphens do not count.
IN_ORDER = [
    "3IA Côte d’Azur",
    "agriculture",
    "Auvergne-Rhône-Alpes",
    "eau",
    "Écologie",
    "économie circulaire",
    "Éducation",
    "Énergie",
    "État",
    "Île-de-France",
    "industrie",
    "Normandie",
    "Œnologie",
    "Œuvres",
    "Santé",
    "Zone d’activité",
]


def shuffled(names: list[str]) -> list[str]:
    return random.Random(7).sample(names, len(names))


def test_rows_and_what_is_loaded_are_in_the_same_order() -> None:
    for number, name in enumerate(shuffled(IN_ORDER)):
        SectorFactory.create(code=f"s{number}", name=name)
    listed = Sector.objects.order_by(alphabetical("name")).values_list("name", flat=True)
    assert list(listed) == IN_ORDER
    assert [sector.name for sector in in_alphabetical_order(Sector.objects.all())] == IN_ORDER


def test_the_database_folds_as_python_does() -> None:
    for number, name in enumerate(IN_ORDER):
        SectorFactory.create(code=f"s{number}", name=name)
    rows = Sector.objects.annotate(plain=folded_column("name")).values_list("name", "plain")
    assert dict(rows) == {name: folded(name) for name in IN_ORDER}


def test_regions_stand_among_their_letters_on_the_public_pages(client: Client) -> None:
    for number, name in enumerate(
        shuffled(["Grand Est", "Île-de-France", "Normandie", "Bretagne"])
    ):
        region = RegionFactory.create(name=name, slug=f"r{number}", insee_code=f"2{number}")
        PlanFactory.create(region=region)
    names = ["Bretagne", "Grand Est", "Île-de-France", "Normandie"]
    on = date(2026, 11, 21)
    assert [entry.region.name for entry in home_page(on=on).regions] == names
    page = client.get(reverse("dashboards:open_data")).content.decode()
    assert sorted(names, key=page.index) == names


def choices(field: object) -> list[str]:
    return [str(label) for value, label in field.choices if value != ""]  # type: ignore[attr-defined]


def test_lists_to_choose_from_are_in_order(client: Client) -> None:
    plan = PlanFactory.create()
    names = ["Agriculture", "Énergie", "Zone franche"]
    for number, name in enumerate(shuffled(names)):
        sector = SectorFactory.create(code=f"s{number}", name=name)
        OrganisationFactory.create(code=f"o{number}", name=name, short_name="")
        SourceFactory.create(plan=plan, code=f"d{number}", title=name)
        measure = MeasureFactory.create(plan=plan)
        measure.sectors.add(sector)
    administrator = UserFactory.create(is_superuser=True)
    forms = PlanForm(instance=plan, user=administrator).fields, MeasureForm(plan=plan).fields
    assert [choices(form["sectors"]) for form in forms] == [names, names]
    assert choices(PlanActorForm(plan=plan).fields["organisation"]) == names
    assert Organisation.objects.count() == len(names)

    public = client.get(plan.get_absolute_url()).content.decode()
    offered = re.search(r'<select name="filiere".*?</select>', public, re.DOTALL)
    assert offered is not None
    assert re.findall(r">([^<>]*)</option>", offered[0]) == ["Toutes", *names]

    indicator = IndicatorFactory.create(plan=plan)
    entry = signed_in(member(plan, Role.MANAGER)).get(
        f"/agent/plans/{plan.slug}/indicateurs/{indicator.code}/saisie/"
    )
    listed = choices(entry.context["form"].fields["source"])
    assert (
        sorted(names, key=lambda name: next(i for i, s in enumerate(listed) if name in s)) == names
    )
