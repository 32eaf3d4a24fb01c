"""The catalogues: what portals harvest is whole, valid, and of real plans only."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pyshacl
import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rdflib import DCAT, DCTERMS, RDF, Graph, URIRef
from rdflib.compare import isomorphic

from exchange.catalogue.scdl import COLUMNS
from exchange.tasks import build_changed_packages
from tests.dashboards.pages import load_plans
from tests.factories import ClaimFactory, PlanFactory, RegionFactory

# The readers of RDF that the tests use warn of their own old parts.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore:(Dataset|ConjunctiveGraph).*:DeprecationWarning"),
]

SHAPES = Path(__file__).with_name("shapes.ttl")
REAL = ["auvergne-rhone-alpes-2022", "enact-2024", "grand-est-2019", "miai-2019"]


@pytest.fixture
def _plans() -> None:
    load_plans()
    build_changed_packages()


def harvested(client: Client, form: str = "ttl") -> Graph:
    answer = client.get(f"/catalogue.{form}")
    assert answer.status_code == 200
    return Graph().parse(data=answer.content, format={"ttl": "turtle", "jsonld": "json-ld"}[form])


def identifiers(graph: Graph) -> list[str]:
    return sorted(
        str(graph.value(dataset, DCTERMS.identifier))
        for dataset in graph.subjects(RDF.type, DCAT.Dataset)
    )


@pytest.mark.usefixtures("_plans")
def test_the_catalogue_has_the_shape_that_portals_need(client: Client) -> None:
    conforms, _graph, text = pyshacl.validate(
        harvested(client), shacl_graph=str(SHAPES), shacl_graph_format="turtle"
    )
    assert conforms, text


def test_the_shapes_refuse_a_catalogue_that_lacks_something(client: Client) -> None:
    # Without packages no distribution has a size.
    PlanFactory.create()
    conforms, _graph, text = pyshacl.validate(
        harvested(client), shacl_graph=str(SHAPES), shacl_graph_format="turtle"
    )
    assert not conforms
    assert "byteSize" in text


@pytest.mark.usefixtures("_plans")
def test_both_forms_say_the_same_of_the_real_plans_alone(client: Client) -> None:
    turtle, json_ld = harvested(client, "ttl"), harvested(client, "jsonld")
    assert isomorphic(turtle, json_ld)
    assert identifiers(turtle) == REAL


@pytest.mark.usefixtures("_plans")
@pytest.mark.parametrize("form", ["ttl", "jsonld", "csv"])
def test_the_same_data_give_the_same_bytes_and_asking_again_is_cheap(
    client: Client, form: str
) -> None:
    address = f"/catalogue.{form}"
    first = client.get(address)
    assert client.get(address).content == first.content
    again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.usefixtures("_plans")
def test_sizes_are_those_of_the_files(client: Client) -> None:
    graph = harvested(client)
    listed = {
        str(graph.value(one, DCAT.downloadURL)): int(graph.value(one, DCAT.byteSize) or 0)
        for one in graph.subjects(RDF.type, DCAT.Distribution)
    }
    assert len(listed) == 5 * len(REAL)
    served = {
        address: len(client.get(address.removeprefix(settings.BASE_URL)).content)
        for address in listed
    }
    assert served == listed


def test_a_region_is_named_by_its_insee_code(client: Client) -> None:
    PlanFactory.create(slug="plan")
    graph = harvested(client)
    region = URIRef("http://id.insee.fr/geo/region/44")
    assert graph.value(region, DCTERMS.identifier).toPython() == "44"  # type: ignore[union-attr]


def test_media_types_are_those_of_the_forms(client: Client) -> None:
    types = [client.get(f"/catalogue.{form}").headers["Content-Type"] for form in ("jsonld", "ttl")]
    assert types == ["application/ld+json", "text/turtle; charset=utf-8"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("form", ["ttl", "jsonld", "csv"])
def test_the_catalogue_costs_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int, form: str
) -> None:
    PlanFactory.create_batch(count)
    with django_assert_num_queries(2):
        client.get(f"/catalogue.{form}")


def test_nothing_private_or_fictitious_is_listed(client: Client) -> None:
    PlanFactory.create(slug="prive", is_public=False)
    PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    PlanFactory.create(slug="public")
    assert identifiers(harvested(client)) == ["public"]
    assert [row["ID"] for row in scdl_rows(client)] == ["public"]


# SCDL


def scdl_rows(client: Client) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(client.get("/catalogue.csv").content.decode())))


def test_the_csv_catalogue_has_the_columns_of_its_schema(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.SITE, "publisher", "Région Grand Est")
    monkeypatch.setitem(settings.SITE, "publisher_siret", "12345678901234")
    plan = PlanFactory.create(slug="plan", title="Plan IA")
    ClaimFactory.create(plan=plan)
    [row] = scdl_rows(client)
    assert list(row) == list(COLUMNS)
    assert len(COLUMNS) == 20
    today = row["DATE_PUBL"]
    assert row == {
        "COLL_NOM": "Région Grand Est",
        "COLL_SIRET": "12345678901234",
        "ID": "plan",
        "TITRE": "Plan IA, Grand Est",
        "DESCRIPTION": row["DESCRIPTION"],
        "THEME": "Administration locale",
        "PRODUCTEUR_NOM": "Région Grand Est",
        "PRODUCTEUR_SIRET": "12345678901234",
        "COUV_SPAT_MAILLE": "Régionale",
        "COUV_SPAT_NOM": "Grand Est",
        "COUV_TEMP_DEBUT": "",
        "COUV_TEMP_FIN": "",
        "DATE_PUBL": today,
        "FREQ_MAJ": "Irrégulière",
        "DATE_MAJ": today,
        "MOTS_CLES": "intelligence artificielle;politique publique;region;grand est",
        "LICENCE": "Licence Ouverte-LO",
        "NOMBRE_RESSOURCES": "5",
        "FORMAT_RESSOURCES": "zip;csv",
        "URL": "http://127.0.0.1:8000/plans/plan/",
    }


def test_a_publisher_that_nobody_named_has_no_invented_number(client: Client) -> None:
    PlanFactory.create()
    [row] = scdl_rows(client)
    assert (row["COLL_SIRET"], row["COLL_NOM"]) == ("", settings.SITE["name"])
