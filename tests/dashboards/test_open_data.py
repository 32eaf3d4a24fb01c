"""The open-data page, whose examples work as they stand, and what pages tell machines."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.live_server_helper import LiveServer

from indicators.models import Indicator
from plans.models import Plan
from tests.dashboards.pages import load_plans
from tests.dashboards.reading import HTML, main_text, parsed
from tests.factories import PlanFactory, RegionFactory
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db


def examples(page: bytes) -> dict[str, str]:
    """What a person copies, by the name of the example."""
    found = re.findall(
        r'<pre class="snippet" data-example="(\w+)"><code>(.*?)</code></pre>',
        page.decode(),
        re.DOTALL,
    )
    return {name: html.unescape(text) for name, text in found}


@pytest.fixture
def copied(
    live_server: LiveServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The examples of a site that is reached where the test serves it."""
    load_plans()
    monkeypatch.setattr(settings, "BASE_URL", live_server.url)
    return examples(client.get("/donnees/").content)


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, check=False, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_example_of_curl_downloads_the_package(copied: dict[str, str], tmp_path: Path) -> None:
    run(["sh", "-c", copied["curl"]], tmp_path)
    with zipfile.ZipFile(tmp_path / "auvergne-rhone-alpes-2022.zip") as archive:
        assert "datapackage.json" in archive.namelist()


@pytest.mark.django_db(transaction=True)
def test_the_example_of_pandas_prints_the_progress(copied: dict[str, str], tmp_path: Path) -> None:
    printed = run([sys.executable, "-c", copied["python"]], tmp_path)
    assert printed.split()[:3] == ["indicator", "status", "rate"]
    assert "no_target" in printed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["r", "spreadsheet", "frame", "badge"])
def test_the_addresses_of_the_other_examples_answer(copied: dict[str, str], name: str) -> None:
    addresses = re.findall(r'http://[^\s"]+', copied[name])
    assert addresses
    for address in addresses:
        with urlopen(address) as answer:
            assert answer.status == 200


def test_the_page_offers_the_files_of_real_plans_only(plan: Plan, client: Client) -> None:
    PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    PlanFactory.create(slug="prive", is_public=False)
    response = client.get("/donnees/")
    links = [
        one.get("href", "")
        for one in parsed(response).iter(f"{HTML}a")
        if one.get("href", "").startswith(("/donnees/plans/", "/plans/"))
    ]
    assert links == [
        "/donnees/plans/grand-est-2019.zip",
        "/donnees/plans/grand-est-2019/csv-fr/observations.csv",
        "/donnees/plans/grand-est-2019/csv-fr/progress.csv",
        "/donnees/plans/grand-est-2019/csv/observations.csv",
        "/plans/grand-est-2019/flux.atom",
    ]
    assert html_errors(response.content.decode()) == []
    assert inline_code(response.content.decode()) == []


def test_without_a_plan_the_page_has_no_example(client: Client) -> None:
    response = client.get("/donnees/")
    assert examples(response.content) == {}
    assert "Aucun plan n’est encore publié." in main_text(response)


def test_every_page_leads_there(client: Client) -> None:
    footer = parsed(client.get("/")).find(f".//{HTML}footer")
    assert footer is not None
    assert "/donnees/" in [one.get("href") for one in footer.iter(f"{HTML}a")]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    PlanFactory.create_batch(count)
    with django_assert_num_queries(1):
        client.get("/donnees/")


# What pages tell machines


def described(client: Client, address: str) -> dict[str, object]:
    [script] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>',
        client.get(address).content.decode(),
        re.DOTALL,
    )
    found: dict[str, object] = json.loads(script)
    return found


def test_a_plan_is_described_as_a_data_set(plan: Plan, client: Client) -> None:
    found = described(client, "/plans/grand-est-2019/")
    assert found["@type"] == "Dataset"
    assert found["name"] == "Plan IA Grand Est, Grand Est"
    assert found["license"] == "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
    assert found["spatialCoverage"] == {
        "@type": "AdministrativeArea",
        "name": "Grand Est",
        "identifier": "INSEE 44",
    }


def test_an_indicator_is_part_of_its_plan(companies: Indicator, client: Client) -> None:
    found = described(client, companies.get_absolute_url())
    assert found["isPartOf"] == "http://127.0.0.1:8000/plans/grand-est-2019/#donnees"
    assert found["identifier"] == "grand-est-2019/entreprises"
    assert found["variableMeasured"] == {
        "@type": "PropertyValue",
        "name": "Entreprises accompagnées",
        "unitText": "entreprises",
    }


def test_nothing_in_a_title_ends_the_script(companies: Indicator, client: Client) -> None:
    title = "</script><script>alert(1)</script><!-- &amp; \u2028"
    Indicator.objects.update(title=title)
    page = client.get(companies.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert inline_code(page) == []
    found = described(client, companies.get_absolute_url())
    assert found["name"] == f"{title}, Plan IA Grand Est"


def test_what_is_fictitious_is_described_so(client: Client) -> None:
    PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    found = described(client, "/plans/fictif/")
    assert str(found["name"]).startswith("[Plan fictif] ")
    assert str(found["description"]).startswith("Plan fictif, démonstration")
    assert found["spatialCoverage"] == {"@type": "AdministrativeArea", "name": "Région Exemple"}
