"""A partner's day: a program gets a token, learns the API, sends five hundred figures, is read.

One story from end to end, on the live site, with nothing but HTTP on the partner's side.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
import yaml
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from exchange.webhooks import services as webhooks
from exchange.webhooks.courier import deliver
from indicators.models import Observation
from measures.models import Measure
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)
from tests.receiver import Receiver, partner_system

ROOT = Path(__file__).resolve().parent.parent
ATOM = "{http://www.w3.org/2005/Atom}"
KEY = "nightly-2026-11-21"
GOOD = 493


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> LiveServer:
    """The site with a plan of a region, one measure and one indicator that is counted each day."""
    settings.BASE_URL = live_server.url
    settings.API_TOKEN_REQUESTS_PER_MINUTE = settings.API_REQUESTS_PER_MINUTE = 1_000_000
    plan = PlanFactory.create(slug="grand-est-2019")
    measure = MeasureFactory.create(plan=plan, code="pack-ia", title="Pack IA")
    indicator = IndicatorFactory.create(plan=plan, measure=measure, code="diagnostics")
    TargetFactory.create(indicator=indicator, value=10_000)
    SourceFactory.create(plan=plan, code="registre")
    return live_server


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """Where the partner is told of changes."""
    settings.WEBHOOK_ALLOWED_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.WEBHOOK_ALLOW_HTTP = True
    with partner_system() as running:
        yield running


@pytest.fixture
def example() -> Iterator[ModuleType]:
    """The client of the documentation, as a partner copies it."""
    spec = importlib.util.spec_from_file_location("day", ROOT / "docs/examples/client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["day"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["day"]


def read(address: str, **headers: str) -> tuple[bytes, Any]:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    with urlopen(Request(address, headers=asked), timeout=60) as answer:
        return answer.read(), answer.headers


def five_hundred() -> list[dict[str, str]]:
    """A figure for each day from 1 January 2024, seven of which are wrong, each in its own way."""
    days = [date(2024, 1, 1) + timedelta(days=place) for place in range(500)]
    rows = [
        {
            "indicator": "diagnostics",
            "period_start": day.isoformat(),
            "period_end": day.isoformat(),
            "value": "20",
            "source": "registre",
        }
        for day in days
    ]
    for place, wrong in {
        3: {"value": "vingt"},
        50: {"value": "20,5"},
        99: {"indicator": "diagnostic"},
        150: {"source": "annuaire"},
        222: {"period_end": "2023-01-01"},
        300: {"period_start": "2999-01-01", "period_end": "2999-01-01"},
        499: {"valeur": "20"},
    }.items():
        rows[place] |= wrong
    return rows


def told(receiver: Receiver, secret: str) -> list[tuple[str, str]]:
    """The period and the value of each message; one that is not signed is refused."""
    assert all(message.is_signed_with(secret) for message in receiver.messages)
    rows = [message.data["data"]["observation"] for message in receiver.messages]
    return [(row["period_start"], row["value"]) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_a_partners_day(site: LiveServer, example: ModuleType, receiver: Receiver) -> None:
    plan = Plan.objects.get(slug="grand-est-2019")
    measure = Measure.objects.get(code="pack-ia")
    observations = f"{site.url}/api/v1/observations/?indicator=diagnostics"

    # A manager makes a token for the partner's system, and gives it a measure.
    manager: Browser = signed_in(person := member(plan, Role.MANAGER))
    page = manager.post(
        "/agent/plans/grand-est-2019/jetons/",
        {
            "name": "Agence régionale, registre",
            "role": "contributor",
            "measures": [measure.pk],
            "scope": "contribute",
            "days": "90",
        },
    )
    token = page.context["secret"]
    assert page.status_code == 201

    # The partner's engineer reads the schema: where values are sent, and that a token is needed.
    schema = yaml.safe_load(read(f"{site.url}/api/v1/openapi.yaml")[0])
    bulk = schema["paths"]["/api/v1/plans/{plan}/observations/bulk/"]["post"]
    assert bulk["security"] == [{"token": []}]
    assert schema["components"]["schemas"]["Bulk"]["properties"]["rows"]["maxItems"] == 500

    # Before anything: nobody has reported anything, and a reader holds this answer.
    before, headers = read(observations)
    assert json.loads(before)["results"] == []
    held = headers["ETag"]

    # A rehearsal of 500 rows names the seven that are wrong, and writes nothing.
    partner = example.Client(site.url, token)
    rows = five_hundred()
    report = partner.send(plan.slug, rows, dry_run=True)
    wrong = [result["row"] for result in report["results"] if result["outcome"] == "refused"]
    assert (report["created"], wrong) == (GOOD, [3, 50, 99, 150, 222, 300, 499])
    assert not Observation.objects.exists()

    # The good ones are sent twice with one key: done once, answered alike.
    good = [row for place, row in enumerate(rows) if place not in wrong]
    first = partner.send(plan.slug, good, key=KEY)
    again = partner.send(plan.slug, good, key=KEY)
    assert (first["created"], first["refused"], again) == (GOOD, 0, first)
    assert Observation.objects.filter(state="submitted").count() == GOOD

    # The manager has the partner's system told of what is published.
    subscription, secret = webhooks.subscribe(
        plan,
        name="Agence régionale, registre",
        url=receiver.url,
        kinds=["observation.published"],
        by=person,
        at=timezone.now(),
    )

    # Nothing is public before a person has looked. A reviewer publishes two of them.
    assert read(observations, If_None_Match='"other"')[0] == before
    reviewer = signed_in(member(plan, Role.REVIEWER))
    published = Observation.objects.order_by("period_start")[:2]
    ticked = [f"observations-{row.pk}-{row.revision}" for row in published]
    reviewer.post("/agent/plans/grand-est-2019/relecture/", {"contribution": ticked})

    # Each is told once, and signed.
    while deliver(subscription.pk):
        pass
    assert told(receiver, secret) == [("2024-01-01", "20"), ("2024-01-02", "20")]

    # The answer changed, and its tag with it.
    after, headers = read(observations, If_None_Match=held)
    assert headers["ETag"] != held
    values = [(row["period_start"], row["value"]) for row in json.loads(after)["results"]]
    assert values == [("2024-01-01", "20"), ("2024-01-02", "20")]
    [progress] = partner.progress(plan.slug)
    assert (progress["rate"], progress["missing_reason"].get("rate")) == ("0.004", None)

    # The table has the rows, and the feed the news.
    table, _headers = read(f"{site.url}/api/v1/observations/export.csv?plan={plan.slug}")
    lines = list(csv.DictReader(io.StringIO(table.decode())))
    assert sorted((line["period_start"], line["value"]) for line in lines) == values
    feed, _headers = read(f"{site.url}/flux.atom")
    entries = ElementTree.fromstring(feed).findall(f"{ATOM}entry")
    assert len(entries) == 2
    assert all("Indicateur" in (entry.findtext(f"{ATOM}title") or "") for entry in entries)

    # The token ends with the day.
    manager.post(f"/agent/plans/{plan.slug}/jetons/{page.context['made'].pk}/revoquer/")
    with pytest.raises(example.ApiError, match="401"):
        partner.send(plan.slug, good, key=KEY)
