"""The list of values is written from columns: it says what their serializer says, of every row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from indicators.api import PAGES
from indicators.models import Indicator, Observation, Qualifier
from indicators.serializers import ObservationSerializer
from plans.api_support.representation import fields_of, represented
from tests.factories import IndicatorFactory, ObservationFactory, PlanFactory, SourceFactory

pytestmark = pytest.mark.django_db

FIELDS = list(fields_of(ObservationSerializer))
ODD = 'Dit « oui », "non" \\ ou\nrien\t😀 </script> \u2028 =1+1'


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000


@pytest.fixture
def values() -> list[Observation]:
    """One value of each kind, and figures at the edges of what the columns hold."""
    plan = PlanFactory.create(slug="grand-est-2019")
    source = SourceFactory.create(plan=plan, code="bilan")
    flow = IndicatorFactory.create(plan=plan, code="entreprises")
    ratio = IndicatorFactory.create(plan=plan, code="part", ratio=True)
    figures = ["0", "-0.5", "30", "1000000", "0.000001", "99999999999999.999999", "-12.340000"]
    for year, figure in enumerate(figures, 2000):
        ObservationFactory.create(
            indicator=flow, year=year, value=Decimal(figure), source=source, published=True
        )
    for year, (numerator, denominator) in enumerate(
        [("1", "3"), ("2", "3"), ("0", "7"), ("45", "60"), ("1", "16000000")], 2000
    ):
        ObservationFactory.create(
            indicator=ratio, year=year, value=None, numerator=Decimal(numerator),
            denominator=Decimal(denominator), source=source, published=True,
        )  # fmt: skip
    for year, qualifier in enumerate(Qualifier.values, 2010):
        ObservationFactory.create(
            indicator=flow, year=year, qualifier=qualifier, published=True, source=source,
            provisional=bool(year % 2), date_inferred=not year % 2, comment=ODD, locator=ODD[::-1],
            evidence_url="https://example.org/a?b=c&d=é", published_at=datetime(
                2026, 3, 29, 1, 2, 3, year * 100 % 1_000_000, tzinfo=UTC
            ),
        )  # fmt: skip
    return list(Observation.objects.order_by("period_end", "pk"))


def asked(client: Client, query: str) -> Any:
    answer = client.get(f"/api/v1/observations/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_list_says_what_the_serializer_says(client: Client, values: list[Observation]) -> None:
    rows = asked(client, "page_size=500")["results"]
    assert rows == [dict(ObservationSerializer(value).data) for value in values]
    assert [list(row) for row in rows] == [FIELDS] * len(values)


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_by_itself(client: Client, values: list[Observation], name: str) -> None:
    rows = asked(client, f"page_size=500&fields={name}")["results"]
    assert rows == [{name: ObservationSerializer(value).data[name]} for value in values]


def test_fields_keep_their_order_whatever_the_order_asked(
    client: Client, values: list[Observation]
) -> None:
    [row, *_] = asked(client, "fields=value,plan,id")["results"]
    assert list(row) == ["id", "plan", "value"]


def test_one_row_says_what_the_list_says(client: Client, values: list[Observation]) -> None:
    for row in asked(client, "page_size=500")["results"]:
        path = row["url"].removeprefix("http://127.0.0.1:8000")
        assert client.get(path).json() == row


@pytest.mark.parametrize(
    "query",
    [
        "", "plan=grand-est-2019", "plan=grand-est-2019,other", "indicator=part,entreprises,none",
        "qualifier=about", "qualifier=exact,at_least", "provisional=true", "provisional=false",
        "period_from=2003-01-01", "period_to=2004-12-31", "on=2002-12-31",
        "known_at=2026-04-01", "known_at=2000-01-01", "updated_since=2026-03-29T01:02:03.2Z",
        "region=x", "sector=x", "lead=x", "common_code=x", "measure=x", "objective=x",
        "ordering=-period_end", "ordering=published_at", "ordering=-published_at",
        "on=2011-01-01&known_at=2030-01-01&period_from=2001-01-01&ordering=-period_start",
    ],
)  # fmt: skip
def test_a_statement_that_is_composed_already_gives_the_same(
    client: Client, values: list[Observation], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page after page, with the statements as they are kept and composed anew each time."""

    def followed() -> list[str]:
        found: list[str] = []
        page = asked(client, f"page_size=3&{query}")
        while True:
            found += [row["id"] for row in page["results"]]
            if page["next"] is None:
                return found
            page = asked(client, page["next"].partition("?")[2])

    kept = [followed(), followed()]
    assert PAGES._statements
    monkeypatch.setattr("plans.api_support.shapes.MOST", 0)
    monkeypatch.setattr(PAGES, "_statements", {})
    assert kept == [followed()] * 2
    assert len(kept[0]) == len(set(kept[0]))


def test_the_same_statement_serves_other_values(client: Client, values: list[Observation]) -> None:
    asked(client, "period_from=1999-01-01&indicator=part,entreprises")
    before = len(PAGES._statements)
    rows = asked(client, "period_from=2004-01-01&indicator=part,none")["results"]
    assert (len(PAGES._statements), len(rows)) == (before, 1)


def test_a_value_published_a_moment_ago_is_there(client: Client, values: list[Observation]) -> None:
    indicator = Indicator.objects.get(code="entreprises")
    now = timezone.now()
    query = f"updated_since={(now - timedelta(minutes=1)).isoformat().replace('+00:00', 'Z')}"
    before = len(asked(client, query)["results"])
    ObservationFactory.create(indicator=indicator, year=2020, published=True)
    assert len(asked(client, query)["results"]) == before + 1


@pytest.mark.parametrize(
    "path",
    [
        "regions", "organisations", "sectors", "units", "plans", "objectives", "measures",
        "indicators", "sources", "claims", "notes", "milestones", "targets", "progress",
    ],
)  # fmt: skip
def test_every_list_says_what_its_serializers_say(
    client: Client, values: list[Observation], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields are bound once and read without their serializer: the result is the serializer's."""
    ours: list[Any] = []

    def both(kind: Any, row: Any, names: Any = None) -> dict[str, Any]:
        found = represented(kind, row, names)
        ours.append(found)
        assert found == dict(kind(row).data)
        return found

    monkeypatch.setattr("plans.api_support.views.represented", both)
    assert client.get(f"/api/v1/{path}/").status_code == 200
