"""Data packages: what they hold, that machines and spreadsheets read them, when they are made."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import frictionless
import pandas
import pytest
from django.apps import apps
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from exchange.models import PlanPackage
from exchange.packages import services
from exchange.packages.archive import archive_of
from exchange.packages.fields import Variant, plain, written
from exchange.packages.fingerprint import OF_PLANS, SHARED, fingerprints
from exchange.packages.tables import TABLE_NAMES, TABLES
from exchange.tasks import build_changed_packages
from indicators.services import refresh_all_progress
from plans.formulas import harmless
from plans.models import Claim, Plan
from plans.stating import state
from tests.dashboards.pages import load_plans
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    NoteFactory,
    ObservationFactory,
    PlanFactory,
    RegionFactory,
    SourceFactory,
    TargetFactory,
)

pytestmark = pytest.mark.django_db

DAY = date(2023, 3, 1)
MOMENT = datetime(2023, 3, 1, 9, tzinfo=UTC)
ADDRESS = "/donnees/plans/plan.zip"


@pytest.fixture
def plan() -> Plan:
    """A plan with one measure, one indicator, its target and a value."""
    plan: Plan = PlanFactory.create(slug="plan", title="Plan IA")
    measure = MeasureFactory.create(plan=plan, code="pack", title="Pack IA")
    indicator = IndicatorFactory.create(plan=plan, measure=measure, code="entreprises")
    TargetFactory.with_yearly_quota({2020: 35, 2021: 35}, indicator=indicator)
    ObservationFactory.create(indicator=indicator, year=2020, value=Decimal("30.5"), published=True)
    ObservationFactory.create(indicator=indicator, year=2021, value=Decimal(999))
    return plan


def read(content: bytes, path: str) -> str:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(path).decode("utf-8-sig")


def rows(content: bytes, table: str, variant: Variant = Variant.MACHINE) -> list[dict[str, str]]:
    text = read(content, f"{variant.value}/{table}.csv")
    return list(csv.DictReader(StringIO(text), delimiter=variant.delimiter))


def test_the_archive_holds_each_table_twice_with_its_description(plan: Plan) -> None:
    content = archive_of(plan, on=DAY).content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = archive.namelist()
        moments = {one.date_time for one in archive.infolist()}
    assert names == [
        "datapackage.json",
        "LISEZMOI.txt",
        *(f"csv/{name}.csv" for name in TABLE_NAMES),
        *(f"csv-fr/{name}.csv" for name in TABLE_NAMES),
    ]
    assert moments == {(1980, 1, 1, 0, 0, 0)}


def test_what_is_published_is_there_and_no_draft(plan: Plan) -> None:
    [observation] = rows(archive_of(plan, on=DAY).content, "observations")
    assert (observation["indicator"], observation["value"]) == ("entreprises", "30.5")
    assert (observation["period_start"], observation["period_end"]) == ("2020-01-01", "2020-12-31")
    assert observation["fictitious"] == "false"
    assert observation["numerator"] == ""


def test_a_fact_of_the_plan_says_whether_it_is_stated(plan: Plan) -> None:
    source = SourceFactory.create(plan=plan, code="deliberation")
    state(
        Claim(plan=plan, subject="ends_on", statement="Cinq ans.", date=date(2024, 12, 31),
              derivation="Cinq années civiles.", retained=True)
    )  # fmt: skip
    state(
        Claim(plan=plan, subject="budget", statement="350 M€.", amount=Decimal(350_000_000),
              source=source, locator="p. 4", retained=True)
    )  # fmt: skip
    plan.refresh_from_db()
    [row] = rows(archive_of(plan, on=DAY).content, "plan")
    facts = {name: value for name, value in row.items() if name.startswith(("ends", "bud", "sta"))}
    assert facts == {
        "starts_on": "",
        "starts_on_derived": "",
        "starts_on_derivation": "",
        "starts_on_source": "",
        "starts_on_locator": "",
        "starts_on_claim": "",
        "ends_on": "2024-12-31",
        "ends_on_derived": "true",
        "ends_on_derivation": "Cinq années civiles.",
        "ends_on_source": "",
        "ends_on_locator": "",
        "ends_on_claim": "fin",
        "budget": "350000000",
        "budget_derived": "false",
        "budget_derivation": "",
        "budget_source": "deliberation",
        "budget_locator": "p. 4",
        "budget_claim": "budget",
    }


def test_progress_is_that_of_the_day(plan: Plan) -> None:
    [record] = rows(archive_of(plan, on=DAY).content, "progress")
    assert record["evaluated_on"] == "2023-03-01"
    assert (record["status"], record["status_label"]) == ("overdue", "échu, bilan non publié")
    assert record["rate"] == "0.4357142857"
    assert (record["value"], record["value_qualifier"]) == ("30.5", "at_least")
    assert (record["periods_reported"], record["periods_ended"]) == ("1", "2")


def test_the_spreadsheet_variant_is_french(plan: Plan) -> None:
    content = archive_of(plan, on=DAY).content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        raw = archive.read("csv-fr/observations.csv")
    assert raw.startswith(b"\xef\xbb\xbfplan;fictitious;indicator;")
    [observation] = rows(content, "observations", Variant.SPREADSHEET)
    assert (observation["value"], observation["fictitious"]) == ("30,5", "non")


def test_pandas_reads_numbers_and_missing_values(plan: Plan) -> None:
    content = archive_of(plan, on=DAY).content
    table = pandas.read_csv(StringIO(read(content, "csv/observations.csv")))
    assert table["value"].tolist() == [30.5]
    assert table["numerator"].isna().all()


def test_the_same_data_give_the_same_bytes(plan: Plan) -> None:
    first = archive_of(plan, on=DAY)
    again = archive_of(Plan.objects.select_related("region").get(), on=DAY)
    assert again.content == first.content
    assert again.digest == first.digest


def test_stored_and_computed_progress_give_the_same_bytes(plan: Plan) -> None:
    computed = archive_of(plan, on=DAY).content
    refresh_all_progress(on=DAY)
    assert archive_of(plan, on=DAY).content == computed


@pytest.mark.parametrize("stored", [True, False])
def test_a_value_is_as_exact_in_its_progress_as_where_it_stands(plan: Plan, stored: bool) -> None:
    indicator = IndicatorFactory.create(plan=plan, on_plan=True, code="articles")
    ObservationFactory.create(indicator=indicator, qualifier="about", published=True)
    if stored:
        refresh_all_progress(on=DAY)
    content = archive_of(plan, on=DAY).content
    [observation] = [one for one in rows(content, "observations") if one["indicator"] == "articles"]
    [record] = [one for one in rows(content, "progress") if one["indicator"] == "articles"]
    assert (record["value"], record["value_qualifier"]) == ("30", "about")
    assert observation["qualifier"] == record["value_qualifier"]


def test_another_day_changes_the_bytes_and_not_the_data(plan: Plan) -> None:
    today, tomorrow = (archive_of(plan, on=DAY + timedelta(days=n)) for n in (0, 1))
    assert today.digest != tomorrow.digest
    assert today.content_digest == tomorrow.content_digest


def test_frictionless_finds_nothing_in_any_shipped_plan(tmp_path: Path) -> None:
    load_plans()
    for plan in Plan.objects.select_related("region", "related_to"):
        folder = tmp_path / plan.slug
        with zipfile.ZipFile(BytesIO(archive_of(plan, on=DAY).content)) as archive:
            archive.extractall(folder)
        report = frictionless.validate(str(folder / "datapackage.json"))
        assert report.flatten(["name", "rowNumber", "fieldName", "note"]) == []
        assert len(report.tasks) == 2 * len(TABLES)


def test_the_description_says_sources_and_licence(plan: Plan) -> None:
    described = json.loads(read(archive_of(plan, on=DAY).content, "datapackage.json"))
    assert described["name"] == "plan"
    assert [one["name"] for one in described["licenses"]] == ["etalab-2.0"]
    assert {one["title"] for one in described["sources"]} == set(
        plan.sources.values_list("title", flat=True)
    )
    assert described["homepage"] == "http://127.0.0.1:8000/plans/plan/"


def test_a_fictitious_plan_says_so_in_every_file() -> None:
    plan = PlanFactory.create(region=RegionFactory.create(demonstration=True))
    indicator = IndicatorFactory.create(plan=plan)
    TargetFactory.create(indicator=indicator)
    NoteFactory.create(plan=plan)
    content = archive_of(plan, on=DAY).content
    described = json.loads(read(content, "datapackage.json"))
    assert described["title"].startswith("[Plan fictif] ")
    assert described["description"].startswith("Plan fictif, démonstration")
    assert all(one["title"].startswith("[Plan fictif] ") for one in described["resources"])
    assert "Plan fictif, démonstration" in read(content, "LISEZMOI.txt")
    for table in TABLE_NAMES:
        assert {row["fictitious"] for row in rows(content, table)} <= {"true"}
        assert {row["fictitious"] for row in rows(content, table, Variant.SPREADSHEET)} <= {"oui"}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+33", "'+33"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_no_text_is_taken_for_a_formula(text: str, cell: str) -> None:
    assert harmless(text) == cell


def test_a_formula_in_a_plan_is_harmless_in_both_variants(plan: Plan) -> None:
    SourceFactory.create(plan=plan, code="piege", title='=HYPERLINK("http://example.org")')
    content = archive_of(plan, on=DAY).content
    for variant in Variant:
        titles = {row["code"]: row["title"] for row in rows(content, "sources", variant)}
        assert titles["piege"] == '\'=HYPERLINK("http://example.org")'


@pytest.mark.parametrize(
    ("value", "machine", "spreadsheet"),
    [
        (None, "", ""),
        (True, "true", "oui"),
        (False, "false", "non"),
        (0, "0", "0"),
        (Decimal("-1.50"), "-1.5", "-1,5"),
        (date(2020, 1, 2), "2020-01-02", "2020-01-02"),
    ],
)
def test_values_are_written_as_each_reader_expects(
    value: Decimal | bool | int | date | None, machine: str, spreadsheet: str
) -> None:
    assert written(value, Variant.MACHINE) == machine
    assert written(value, Variant.SPREADSHEET) == spreadsheet


def test_numbers_are_never_written_with_an_exponent() -> None:
    assert [plain(Decimal(text)) for text in ("350000000.00", "1E+3", "0.000000", "-0.0")] == [
        "350000000",
        "1000",
        "0",
        "0",
    ]


# When they are made


def test_the_background_builds_once_and_again_after_a_change(plan: Plan) -> None:
    assert services.build_changed(at=MOMENT) == 1
    assert services.build_changed(at=MOMENT) == 0
    first = PlanPackage.objects.get()
    Plan.objects.filter(pk=plan.pk).update(summary="Un résumé.")
    later = MOMENT + timedelta(minutes=5)
    assert services.build_changed(at=later) == 1
    second = PlanPackage.objects.get()
    assert second.digest != first.digest
    assert (first.modified_at, second.modified_at) == (MOMENT, later)


def test_a_new_day_builds_again_without_telling_of_a_change(plan: Plan) -> None:
    services.build_changed(at=MOMENT)
    assert services.build_changed(at=MOMENT + timedelta(days=1)) == 1
    package = PlanPackage.objects.get()
    assert package.modified_at == MOMENT
    assert package.built_at == MOMENT + timedelta(days=1)


def test_what_is_no_longer_public_is_no_longer_kept(plan: Plan) -> None:
    services.build_changed(at=MOMENT)
    Plan.objects.update(is_public=False)
    services.build_changed(at=MOMENT)
    assert PlanPackage.objects.count() == 0


def test_the_task_builds(plan: Plan) -> None:
    assert build_changed_packages() == 1


def test_finding_that_nothing_changed_is_one_query(
    plan: Plan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        fingerprints(on=DAY)


def test_every_table_of_a_plan_is_watched() -> None:
    watched = {*OF_PLANS, *SHARED}
    unwatched = {
        "plans_membership",
        "plans_invitation",
        "plans_revision",
        "plans_partnersystem",
        "plans_apitoken",
        "plans_idempotencykey",
        "measures_measureassignment",
        "measures_milestoneupdatecomment",
        "indicators_observationcomment",
        "indicators_progressrecord",
    }
    tables = {
        model._meta.db_table
        for app in ("plans", "objectives", "measures", "indicators")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if not model.__name__.endswith("Event") and not model._meta.proxy
    }
    sql = " ".join(OF_PLANS.values()).split()
    assert tables - set(sql) - watched - unwatched == set()


@pytest.mark.parametrize("table", ["target", "observation", "targetperiod", "note"])
def test_a_row_more_is_seen(plan: Plan, table: str) -> None:
    before = fingerprints(on=DAY)[plan.pk]
    indicator = plan.indicators.get()
    {
        "target": lambda: TargetFactory.create(indicator=indicator, code="autre"),
        "observation": lambda: ObservationFactory.create(indicator=indicator, year=2022),
        "targetperiod": lambda: (
            indicator.targets.get().periods.filter(starts_on=date(2021, 1, 1)).delete()
        ),
        "note": lambda: NoteFactory.create(plan=plan),
    }[table]()
    assert fingerprints(on=DAY)[plan.pk] != before


# How they are served


def test_the_first_request_builds_and_the_next_costs_two_queries(
    plan: Plan, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    response = client.get(ADDRESS)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == 'attachment; filename="plan.zip"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    with django_assert_num_queries(2):
        again = client.get(ADDRESS, headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_etag_changes_with_the_data(plan: Plan, client: Client) -> None:
    before = client.get(ADDRESS).headers["ETag"]
    Plan.objects.update(summary="Un résumé.")
    build_changed_packages()
    response = client.get(ADDRESS, headers={"if-none-match": before})
    assert response.status_code == 200
    assert response.headers["ETag"] != before


def test_a_table_alone_is_the_one_of_the_archive(plan: Plan, client: Client) -> None:
    archive = client.get(ADDRESS).content
    alone = client.get("/donnees/plans/plan/csv-fr/progress.csv")
    assert alone.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        assert alone.content == opened.read("csv-fr/progress.csv")


@pytest.mark.parametrize(
    "address",
    [
        "/donnees/plans/nul.zip",
        "/donnees/plans/plan/csv/users.csv",
        "/donnees/plans/plan/xls/a.csv",
    ],
)
def test_what_does_not_exist_is_not_found(plan: Plan, client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_plan_that_is_not_public_has_no_package(plan: Plan, client: Client) -> None:
    client.get(ADDRESS)
    Plan.objects.update(is_public=False)
    assert client.get(ADDRESS).status_code == 404


def test_a_former_address_leads_to_the_present_one(plan: Plan, client: Client) -> None:
    Plan.objects.update(slug="plan-nouveau")
    response = client.get("/donnees/plans/plan/csv/progress.csv")
    assert response.status_code == 301
    assert response.headers["Location"] == "/donnees/plans/plan-nouveau/csv/progress.csv"


def test_a_large_plan_is_left_to_the_background(
    plan: Plan, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "OBSERVATIONS_ON_REQUEST", 1)
    response = client.get(ADDRESS)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert response.headers["Cache-Control"] == "no-store"
    build_changed_packages()
    assert client.get(ADDRESS).status_code == 200


def test_what_somebody_else_builds_is_waited_for(plan: Plan, client: Client) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [services.LOCKS, plan.pk])
            assert client.get(ADDRESS).status_code == 503
    finally:
        other.close()


def test_a_plan_that_cites_the_source_of_another_leaves_the_others_alone(
    plan: Plan, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = PlanFactory.create(slug="autre")
    TargetFactory.create(
        indicator=IndicatorFactory.create(plan=foreign), source=plan.sources.first()
    )
    assert services.build_changed(at=MOMENT) == 1
    assert "The package of autre cannot be built" in caplog.text
    assert client.get("/donnees/plans/autre.zip").status_code == 503
