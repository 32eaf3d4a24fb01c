"""The catalogue in DCAT-AP, as RDF: every node has an address, so that two harvests compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from typing import Literal as OneOf

from django.conf import settings
from django.urls import reverse
from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from exchange.catalogue.datasets import CSV, ZIP, Dataset, Distribution
from exchange.packages.wording import LICENCE, publisher
from plans.addresses import absolute

Form = OneOf["jsonld", "ttl"]
MEDIA_TYPES: dict[Form, str] = {
    "jsonld": "application/ld+json",
    "ttl": "text/turtle; charset=utf-8",
}

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
EU = "http://publications.europa.eu/resource/authority"
FRENCH = URIRef(f"{EU}/language/FRA")
THEMES = (URIRef(f"{EU}/data-theme/GOVE"), URIRef(f"{EU}/data-theme/TECH"))
IRREGULAR = URIRef(f"{EU}/frequency/IRREG")
PUBLIC = URIRef(f"{EU}/access-right/PUBLIC")
FILE_TYPES = {CSV: URIRef(f"{EU}/file-type/CSV"), ZIP: URIRef(f"{EU}/file-type/ZIP")}
MEDIA = "https://www.iana.org/assignments/media-types/"
INSEE_REGIONS = "http://id.insee.fr/geo/region/"
LICENCE_NODE = URIRef(LICENCE["path"])
CONTEXT = {
    "dcat": str(DCAT),
    "dct": str(DCTERMS),
    "foaf": str(FOAF),
    "skos": str(SKOS),
    "vcard": str(VCARD),
    "xsd": str(XSD),
}


def graph_of(datasets: Iterable[Dataset]) -> Graph:
    """Return the catalogue as a graph."""
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in CONTEXT.items():
        graph.bind(prefix, namespace)
    catalogue = URIRef(absolute("/catalogue"))
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    graph.add((catalogue, DCTERMS.title, _french(settings.SITE["name"])))
    graph.add(
        (
            catalogue,
            DCTERMS.description,
            _french(
                "Les plans régionaux d’intelligence artificielle : ce qui a été promis, ce qui a "
                "été constaté, ce que personne n’a publié."
            ),
        )
    )
    graph.add((catalogue, DCTERMS.language, FRENCH))
    graph.add((catalogue, DCTERMS.license, LICENCE_NODE))
    graph.add((catalogue, FOAF.homepage, URIRef(absolute(reverse("dashboards:open_data")))))
    graph.add((catalogue, DCTERMS.publisher, _agent(graph)))
    graph.add((LICENCE_NODE, RDF.type, DCTERMS.LicenseDocument))
    graph.add((LICENCE_NODE, DCTERMS.title, _french(LICENCE["title"])))
    graph.add((LICENCE_NODE, DCTERMS.identifier, Literal(LICENCE["name"])))
    listed = list(datasets)
    for dataset in listed:
        graph.add((catalogue, DCAT.dataset, _add_dataset(graph, dataset)))
    _add_dates(graph, catalogue, listed)
    _add_service(graph, catalogue, listed)
    return graph


def serialized(datasets: Iterable[Dataset], form: Form) -> bytes:
    """Return the catalogue as bytes, the same for the same data."""
    graph = graph_of(datasets)
    if form == "ttl":
        return graph.serialize(format="turtle").encode()
    text = graph.serialize(format="json-ld", context=CONTEXT, auto_compact=False)
    return (json.dumps(_ordered(json.loads(text)), ensure_ascii=False, indent=2) + "\n").encode()


def _ordered(tree: Any) -> Any:
    """Put keys and lists in a fixed order: the order of a graph is by chance."""
    if isinstance(tree, dict):
        return {key: _ordered(tree[key]) for key in sorted(tree)}
    if isinstance(tree, list):
        return sorted((_ordered(one) for one in tree), key=json.dumps)
    return tree


def _french(text: str) -> Literal:
    return Literal(text, lang="fr")


def _agent(graph: Graph) -> URIRef:
    agent = URIRef(absolute("/catalogue#editeur"))
    graph.add((agent, RDF.type, FOAF.Agent))
    graph.add((agent, FOAF.name, _french(publisher())))
    return agent


def _contact(graph: Graph) -> URIRef:
    contact = URIRef(absolute("/catalogue#contact"))
    graph.add((contact, RDF.type, VCARD.Kind))
    graph.add((contact, VCARD.fn, _french(publisher())))
    # The legal notice says how to write, or that whoever runs the site has not said.
    graph.add((contact, VCARD.hasURL, URIRef(absolute(reverse("dashboards:legal")))))
    email = settings.SITE["contact_email"]
    if email:
        graph.add((contact, VCARD.hasEmail, URIRef(f"mailto:{email}")))
    return contact


def _add_dataset(graph: Graph, dataset: Dataset) -> URIRef:
    node = URIRef(f"{dataset.page}#donnees")
    graph.add((node, RDF.type, DCAT.Dataset))
    graph.add((node, DCTERMS.identifier, Literal(dataset.identifier)))
    graph.add((node, DCTERMS.title, _french(dataset.title)))
    graph.add((node, DCTERMS.description, _french(dataset.description)))
    for keyword in dataset.keywords:
        graph.add((node, DCAT.keyword, _french(keyword)))
    for theme in THEMES:
        graph.add((node, DCAT.theme, theme))
    graph.add((node, DCTERMS.license, LICENCE_NODE))
    graph.add((node, DCTERMS.accessRights, PUBLIC))
    graph.add((node, DCTERMS.language, FRENCH))
    graph.add((node, DCTERMS.accrualPeriodicity, IRREGULAR))
    graph.add((node, DCTERMS.issued, _moment(dataset.issued)))
    graph.add((node, DCTERMS.modified, _moment(dataset.modified)))
    graph.add((node, DCAT.landingPage, URIRef(dataset.page)))
    graph.add((node, DCTERMS.publisher, _agent(graph)))
    graph.add((node, DCAT.contactPoint, _contact(graph)))
    graph.add((node, DCTERMS.spatial, _region(graph, dataset)))
    if dataset.starts_on or dataset.ends_on:
        graph.add((node, DCTERMS.temporal, _period(graph, node, dataset)))
    for distribution in dataset.distributions:
        graph.add((node, DCAT.distribution, _add_distribution(graph, node, distribution, dataset)))
    return node


def _region(graph: Graph, dataset: Dataset) -> URIRef:
    region = URIRef(f"{INSEE_REGIONS}{dataset.region_code}")
    graph.add((region, RDF.type, DCTERMS.Location))
    graph.add((region, DCTERMS.identifier, Literal(dataset.region_code)))
    graph.add((region, SKOS.prefLabel, _french(dataset.region_name)))
    return region


def _period(graph: Graph, node: URIRef, dataset: Dataset) -> URIRef:
    period = URIRef(f"{node}-periode")
    graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
    if dataset.starts_on:
        graph.add((period, DCAT.startDate, Literal(dataset.starts_on)))
    if dataset.ends_on:
        graph.add((period, DCAT.endDate, Literal(dataset.ends_on)))
    return period


def _add_distribution(
    graph: Graph, node: URIRef, distribution: Distribution, dataset: Dataset
) -> URIRef:
    one = URIRef(f"{node}-{distribution.name}")
    graph.add((one, RDF.type, DCAT.Distribution))
    graph.add((one, DCTERMS.title, _french(distribution.title)))
    graph.add((one, DCAT.accessURL, URIRef(dataset.page)))
    graph.add((one, DCAT.downloadURL, URIRef(distribution.url)))
    graph.add((one, DCAT.mediaType, URIRef(f"{MEDIA}{distribution.media_type}")))
    graph.add((one, DCTERMS["format"], FILE_TYPES[distribution.media_type]))
    graph.add((one, DCTERMS.license, LICENCE_NODE))
    graph.add((one, DCTERMS.modified, _moment(dataset.modified)))
    if distribution.size is not None:
        graph.add((one, DCAT.byteSize, Literal(distribution.size, datatype=XSD.nonNegativeInteger)))
    return one


def _moment(moment: Any) -> Literal:
    return Literal(moment.isoformat(timespec="seconds"), datatype=XSD.dateTime)


def _add_dates(graph: Graph, catalogue: URIRef, listed: list[Dataset]) -> None:
    if listed:
        graph.add((catalogue, DCTERMS.issued, _moment(min(one.issued for one in listed))))
        graph.add((catalogue, DCTERMS.modified, _moment(max(one.modified for one in listed))))


def _add_service(graph: Graph, catalogue: URIRef, listed: list[Dataset]) -> None:
    service = URIRef(absolute("/catalogue#api"))
    graph.add((catalogue, DCAT.service, service))
    graph.add((service, RDF.type, DCAT.DataService))
    graph.add((service, DCTERMS.title, _french("API de consultation")))
    graph.add((service, DCAT.endpointURL, URIRef(absolute("/api/v1/"))))
    for one in listed:
        graph.add((service, DCAT.servesDataset, URIRef(f"{one.page}#donnees")))
