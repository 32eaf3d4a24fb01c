"""Indicators, targets, observations and progress, as a partner's program reads them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from indicators.models import Indicator
from indicators.services import progress_of, refresh_all_progress
from objectives.models import Objective
from plans.models import Plan
from tests.dashboards.conftest import companies, pack, plan, today
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    TargetFactory,
)
from tests.full_plan import fill
from tests.typography import plain

pytestmark = pytest.mark.django_db

__all__ = ["companies", "pack", "plan", "today"]


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = settings.API_EXPORTS_PER_MINUTE = 1_000_000


def rows(client: Client, address: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_progress_is_that_of_the_rules(client: Client, companies: Indicator, today: date) -> None:
    """The worked example: 71 of 175 on 1 March 2023, 70 expected."""
    [row] = rows(client, "progress/")
    assert {name: row[name] for name in ("on", "status", "status_label", "value", "rate")} == {
        "on": "2023-03-01",
        "status": "on_track",
        "status_label": "en bonne voie",
        "value": "71",
        "rate": "0.4057142857",
    }
    assert row["value_qualifier"] == "at_least"
    assert (row["expected"], row["target_value"], row["derived_total"]) == ("70", "175", True)
    assert (row["periods_reported"], row["periods_ended"], row["periods_total"]) == (2, 3, 5)
    assert row["missing_reason"] == {}
    assert "d’au moins 71\u00a0entreprises" in row["explanation"]


@pytest.mark.parametrize("stored", [True, False])
def test_a_value_says_how_exactly_it_is_known(client: Client, stored: bool) -> None:
    indicator = IndicatorFactory.create(code="articles", on_plan=True)
    ObservationFactory.create(
        indicator=indicator, value=Decimal(1300), qualifier="at_least", published=True
    )
    if stored:
        refresh_all_progress(on=timezone.localdate())
    [row] = rows(client, "progress/")
    assert (row["value"], row["value_qualifier"]) == ("1300", "at_least")
    assert row["value_qualifier_label"] == "au moins"
    assert "Dernière valeur publiée : au moins 1 300 " in plain(row["explanation"])
    known = client.get("/api/v1/progress/", {"known_at": timezone.now().isoformat()})
    assert known.json()["results"] == [row]
    table = client.get("/api/v1/progress/?format=csv").content.decode()
    [written] = csv.DictReader(io.StringIO(table))
    assert (written["value"], written["value_qualifier"]) == ("1300", "at_least")


def test_progress_on_another_day(client: Client, companies: Indicator) -> None:
    [row] = rows(client, "progress/?on=2021-06-30")
    assert (row["on"], row["value"], row["reported_until"]) == ("2021-06-30", "30", "2020-12-31")


OF_A_DAY = ("progress/?on", "observations/?on", "observations/?period_from",
            "observations/?period_to", "observations/export.csv?on", "targets/?due_from",
            "milestones/?due_to", "sources/?published_from")  # fmt: skip
OF_A_MOMENT = ("progress/?known_at", "observations/?known_at", "plans/?updated_since")


@pytest.mark.parametrize("address", [*OF_A_DAY, *OF_A_MOMENT])
def test_every_day_that_is_asked_for_has_the_same_bounds(
    client: Client, companies: Indicator, address: str
) -> None:
    """No day comes before the first of the year 1, no year after 9999: reckoning would fail."""
    TargetFactory.create(
        indicator=companies,
        code="total",
        value=Decimal(100),
        starts_on=date(2020, 1, 1),
        due_on=date(2024, 12, 31),
    )
    for day in ("1900-01-01", "2199-12-31"):
        assert client.get(f"/api/v1/{address}={day}").status_code == 200, day
    for day in ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"):
        answer = client.get(f"/api/v1/{address}={day}")
        assert answer.status_code == 400, day
        [error] = answer.json()["errors"]
        assert error["allowed"] == ["1900-01-01…2199-12-31"]
        assert error["detail"].startswith(f"“{day}” is not a ")
        assert error["detail"].endswith("from 1900-01-01 to 2199-12-31.")


def test_progress_as_it_was_known(client: Client, companies: Indicator) -> None:
    """Before anything was published nothing had been reported."""
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    answer = client.get("/api/v1/progress/", {"on": "2023-03-01", "known_at": yesterday})
    [row] = answer.json()["results"]
    assert (row["status"], row["value"]) == ("not_reported", None)
    assert row["missing_reason"]["value"] == "no_observation"
    assert row["missing_reason"]["rate"] == "no_observation"


def test_what_is_missing_says_why(client: Client) -> None:
    IndicatorFactory.create(on_plan=True, frequency=None)
    [row] = rows(client, "progress/")
    empty = {name for name, value in row.items() if value is None}
    labels = {"freshness_label", "value_qualifier_label", "target"}
    assert set(row["missing_reason"]) == empty - labels
    assert (row["status"], row["missing_reason"]["rate"]) == ("no_target", "no_target")


def test_a_status_and_a_freshness_select(client: Client, companies: Indicator, today: date) -> None:
    IndicatorFactory.create(plan=companies.plan, on_plan=True)
    assert [row["code"] for row in rows(client, "indicators/?status=on_track")] == ["entreprises"]
    assert rows(client, "indicators/?status=behind,missed") == []
    assert [row["status"] for row in rows(client, "progress/?status=no_target")] == ["no_target"]
    assert rows(client, "progress/?status=on_track&freshness=fresh") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("plan=grand-est-2019", 1),
        ("plan=grand-est-2019,other", 1),
        ("plan=other", 0),
        ("region=grand-est", 1),
        ("measure=pack-ia", 1),
        ("sector=sante", 1),
        ("sector=energie", 0),
        ("lead=grand-e-nov", 1),
        ("lead=inria", 0),
        ("kind=output", 1),
        ("kind=impact,context", 0),
        ("common_code=x", 0),
        ("unit=entreprises", 1),
        ("search=accompagnées", 1),
        ("search=hydrogène", 0),
        ("updated_since=2020-01-01", 1),
        ("updated_since=2199-01-01T00:00:00Z", 0),
    ],
)
def test_filters_of_indicators(
    client: Client, companies: Indicator, query: str, found: int
) -> None:
    assert len(rows(client, f"indicators/?{query}")) == found


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ("competitivite", {"direct", "entreprises", "inside"}),
        ("inside", {"inside"}),
        ("axe", {"direct", "entreprises", "inside"}),
        ("other", {"other"}),
        ("inside,other", {"inside", "other"}),
        ("nothing", set()),
    ],
)
def test_an_objective_holds_its_measures_and_what_is_part_of_it(
    client: Client, companies: Indicator, codes: str, found: set[str]
) -> None:
    """As the page of an objective counts: directly, by a measure, two levels down."""
    plan, measure = companies.plan, companies.measure
    assert measure is not None
    above = ObjectiveFactory.create(plan=plan, code="axe")
    Objective.objects.filter(pk=measure.objective_id).update(parent=above)
    for code, objective in (
        ("direct", measure.objective),
        ("other", ObjectiveFactory.create(plan=plan, code="other")),
    ):
        IndicatorFactory.create(plan=plan, code=code, measure=None, objective=objective)
    below = ObjectiveFactory.create(plan=plan, code="inside", parent=measure.objective)
    inside = MeasureFactory.create(plan=plan, objective=below, code="inside")
    IndicatorFactory.create(plan=plan, code="inside", measure=inside)
    MilestoneFactory.create(measure=inside, code="inside")
    for indicator in Indicator.objects.exclude(code="entreprises"):
        TargetFactory.create(indicator=indicator, code="cible")
        ObservationFactory.create(indicator=indicator, published=True)

    query = f"?plan=grand-est-2019&objective={codes}"
    assert {row["code"] for row in rows(client, f"indicators/{query}")} == found
    for name in ("progress", "observations", "targets"):
        assert {row["indicator"] for row in rows(client, f"{name}/{query}")} == found, name
    assert len(exported(client, query).splitlines()) == 1 + len(found) + ("entreprises" in found)
    measures = found & {"entreprises", "inside"}
    assert len(rows(client, f"measures/{query}")) == len(measures)
    assert len(rows(client, f"milestones/{query}")) == len(found & {"inside"})


def test_an_indicator_leads_to_its_plan_its_page_and_its_values(
    client: Client, companies: Indicator
) -> None:
    row = client.get("/api/v1/plans/grand-est-2019/indicators/entreprises/").json()
    root = "http://127.0.0.1:8000"
    assert row["plan_url"] == f"{root}/api/v1/plans/grand-est-2019/"
    assert row["page_url"] == f"{root}/plans/grand-est-2019/indicateurs/entreprises/"
    for name in ("plan_url", "unit_url", "progress_url", "observations_url", "page_url"):
        assert client.get(row[name].removeprefix(root)).status_code == 200, name
    assert row["missing_reason"] == {"baseline": "not_stated", "baseline_on": "not_stated"}


def test_a_target_with_its_quotas(client: Client, companies: Indicator) -> None:
    row = client.get("/api/v1/plans/grand-est-2019/indicators/entreprises/targets/cible/").json()
    assert (row["kind"], row["value"]) == ("quota", None)
    assert row["missing_reason"]["value"] == "quota_has_periods"
    assert row["periods"][0] == {
        "starts_on": "2020-01-01",
        "ends_on": "2020-12-31",
        "value": "35",
    }
    assert row["source"].endswith("/plans/grand-est-2019/sources/deliberation/")


def test_a_superseded_target_is_listed_and_told_apart(client: Client, companies: Indicator) -> None:
    TargetFactory.create(indicator=companies, code="ancienne", superseded_on=date(2021, 1, 1))
    assert [row["code"] for row in rows(client, "targets/?in_force=true")] == ["cible"]
    assert [row["code"] for row in rows(client, "targets/?in_force=false")] == ["ancienne"]


def test_only_published_values_of_public_plans(client: Client, companies: Indicator) -> None:
    ObservationFactory.create(indicator=companies, year=2022, comment="brouillon")
    hidden = IndicatorFactory.create(plan=PlanFactory.create(is_public=False))
    ObservationFactory.create(indicator=hidden, published=True)
    TargetFactory.create(indicator=hidden)
    assert [row["value"] for row in rows(client, "observations/")] == ["30", "41"]
    assert {row["plan"] for row in rows(client, "progress/")} == {"grand-est-2019"}
    assert {row["plan"] for row in rows(client, "targets/")} == {"grand-est-2019"}
    assert {row["plan"] for row in rows(client, "indicators/")} == {"grand-est-2019"}


def test_an_observation_by_its_period(client: Client, companies: Indicator) -> None:
    address = "/api/v1/plans/grand-est-2019/indicators/entreprises/observations/"
    row = client.get(f"{address}2020-01-01--2020-12-31/").json()
    assert (row["value"], row["qualifier_label"]) == ("30", "valeur exacte")
    assert row["source"].endswith("/sources/bilan/")
    assert not {"author", "reviewer", "state", "pk"} & set(row)
    for period in ("2019-01-01--2019-12-31", "2020-02-30--2020-12-31", "2020"):
        assert client.get(f"{address}{period}/").status_code == 404


def test_a_ratio_has_its_value_in_the_unit(client: Client) -> None:
    indicator = IndicatorFactory.create(ratio=True)
    ObservationFactory.create(
        indicator=indicator,
        published=True,
        value=None,
        numerator=Decimal(45),
        denominator=Decimal(60),
    )
    [row] = rows(client, "observations/")
    assert (row["value"], row["numerator"], row["denominator"]) == ("75", "45", "60")
    assert row["missing_reason"] == {}


def test_observations_follow_one_another_without_gap(client: Client, companies: Indicator) -> None:
    """Also where many share the value that they are ordered by."""
    for _ in range(5):
        other = IndicatorFactory.create(plan=companies.plan, on_plan=True)
        ObservationFactory.create(indicator=other, published=True)
    for ordering in ("period_end", "-period_end", "published_at"):
        address: str | None = f"/api/v1/observations/?page_size=2&ordering={ordering}"
        found = []
        while address:
            page = client.get(address.removeprefix("http://127.0.0.1:8000")).json()
            found += [row["id"] for row in page["results"]]
            address = page["next"]
        assert len(found) == len(set(found)) == 7, ordering


def test_observations_by_period_and_as_known(client: Client, companies: Indicator) -> None:
    assert [r["value"] for r in rows(client, "observations/?period_from=2021-01-01")] == ["41"]
    assert [r["value"] for r in rows(client, "observations/?period_to=2020-12-31")] == ["30"]
    assert [r["value"] for r in rows(client, "observations/?on=2021-06-30")] == ["30"]
    assert rows(client, "observations/?known_at=2020-01-01") == []
    past = datetime(2024, 5, 1, tzinfo=UTC)
    ObservationFactory.create(
        indicator=IndicatorFactory.create(), published=True, published_at=past, value=Decimal(7)
    )
    assert [r["value"] for r in rows(client, "observations/?known_at=2024-05-01")] == ["7"]


def exported(client: Client, query: str = "") -> str:
    answer = client.get(f"/api/v1/observations/export.csv{query}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_export_has_every_value_and_no_formula(client: Client, companies: Indicator) -> None:
    ObservationFactory.create(
        indicator=IndicatorFactory.create(stock=True, title="=1+1"),
        published=True,
        value=Decimal("-2.5"),
        comment="@SUM(A1)",
    )
    found = list(csv.DictReader(io.StringIO(exported(client))))
    assert sorted(row["value"] for row in found) == ["-2.5", "30", "41"]
    [wicked] = [row for row in found if row["value"] == "-2.5"]
    assert (wicked["title"], wicked["comment"]) == ("'=1+1", "'@SUM(A1)")
    assert len(exported(client, "?plan=grand-est-2019").splitlines()) == 3


def test_the_export_for_a_french_spreadsheet(client: Client) -> None:
    ObservationFactory.create(published=True, value=Decimal("2.5"))
    text = exported(client, "?format=csv-fr")
    assert text.startswith("\ufeffregion;plan;indicator;")
    assert ";2,5;" in text


COSTS = {
    "units/": 3,
    "indicators/": 4,
    "indicators/?status=behind": 5,
    "targets/": 5,
    "observations/": 2,
    "progress/": 6,
    "progress/?on=2024-01-01": 9,
    "observations/export.csv": 2,
    "plans/plan/indicators/followed/": 3,
    "plans/plan/indicators/followed/targets/promised/": 4,
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", COSTS)
def test_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, address: str, count: int
) -> None:
    plan: Plan = PlanFactory.create(slug="plan")
    fill(plan, count)
    followed = IndicatorFactory.create(plan=plan, code="followed", on_plan=True)
    TargetFactory.create(indicator=followed, code="promised")
    refresh_all_progress(on=timezone.localdate())
    with django_assert_num_queries(COSTS[address]):
        answer = client.get(f"/api/v1/{address}")
        assert b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == 200


def test_only_the_page_that_is_shown_is_evaluated(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Indicators have no target, one or several: pages cut where they would of the whole."""
    plan = PlanFactory.create()
    for place, targets in enumerate((2, 0, 1, 3, 0, 1)):
        indicator = IndicatorFactory.create(
            plan=plan, on_plan=True, position=place, code=f"i{place}"
        )
        for number in range(targets):
            TargetFactory.create(indicator=indicator, code=f"c{number}", position=number)
    evaluated: list[int] = []

    def counted(indicators: Any, **words: Any) -> Any:
        evaluated.append(len(indicators))
        return progress_of(indicators, **words)

    monkeypatch.setattr("indicators.api.progress_of", counted)
    whole = [row["id"] for row in rows(client, "progress/")]
    assert (len(whole), evaluated.pop()) == (9, 6)
    for size in (1, 2, 4):
        cut: list[str] = []
        address: str | None = f"/api/v1/progress/?page_size={size}"
        while address:
            page = client.get(address).json()
            assert page["count"] == 9
            cut += [row["id"] for row in page["results"]]
            address = page["next"]
        assert cut == whole
        assert max(evaluated) <= size
        evaluated.clear()
    # What only the rules tell asks for all of them.
    assert len(rows(client, "progress/?status=not_reported&page_size=2")) == 2
    assert evaluated == [6]


@pytest.mark.parametrize(
    "words",
    [
        "plans/{plan}/",
        "plans/{plan}/indicators/{code}/",
        "plans/{plan}/indicators/{code}/targets/cible/",
        "plans/{plan}/indicators/{code}/observations/2020-01-01--2020-12-31/",
    ],
)
def test_a_former_address_leads_to_the_present_one(client: Client, words: str) -> None:
    indicator = IndicatorFactory.create(plan__slug="avant", code="ancien")
    TargetFactory.create(indicator=indicator, code="cible")
    ObservationFactory.create(indicator=indicator, published=True)
    indicator.code = "nouveau"
    indicator.save()
    indicator.plan.slug = "apres"
    indicator.plan.save()
    former = client.get("/api/v1/" + words.format(plan="avant", code="ancien") + "?fields=url")
    present = "/api/v1/" + words.format(plan="apres", code="nouveau") + "?fields=url"
    assert (former.status_code, former["Location"]) == (308, f"http://127.0.0.1:8000{present}")
    assert client.get(present).status_code == 200
    assert client.get("/api/v1/" + words.format(plan="jamais", code="ancien")).status_code == 404
    Plan.objects.update(is_public=False)
    assert client.get("/api/v1/" + words.format(plan="avant", code="ancien")).status_code == 404
