"""What every address of the API shares, shown on plans, sources, objectives and measures."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from measures.models import Measure
from plans.models import Claim, Plan, Revision
from plans.stating import state
from tests.dashboards.conftest import pack, plan
from tests.factories import (
    ClaimFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    NoteCitationFactory,
    PlanFactory,
    RegionFactory,
    SourceFactory,
)
from tests.full_plan import fill
from tests.partner import Partner

__all__ = ["pack", "plan"]


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    cache.clear()


@pytest.mark.django_db
def test_a_plan(client: Client, plan: Plan) -> None:
    row = client.get("/api/v1/plans/grand-est-2019/").json()
    assert (row["slug"], row["kind"], row["kind_label"]) == (
        "grand-est-2019",
        "regional_plan",
        "plan régional",
    )
    assert row["page_url"] == "http://127.0.0.1:8000/plans/grand-est-2019/"
    assert row["region_url"] == "http://127.0.0.1:8000/api/v1/regions/grand-est/"
    assert (row["budget"], row["on_track_from"]) == (None, "0.95")
    names = ("adopted_on", "starts_on", "ends_on", "budget")
    assert row["missing_reason"] == dict.fromkeys(names, "not_stated")


@pytest.mark.django_db
def test_a_fact_of_a_plan_says_whether_it_is_stated(client: Client, plan: Plan) -> None:
    """Who republished the last day of the plan would learn that no source gives it."""
    source = SourceFactory.create(plan=plan, code="deliberation")
    state(
        Claim(plan=plan, subject="ends_on", statement="Cinq ans.", date=date(2024, 12, 31),
              derivation="Cinq années civiles.", retained=True)
    )  # fmt: skip
    state(
        Claim(plan=plan, subject="budget", statement="350 M€.", amount=Decimal(350_000_000),
              source=source, locator="p. 4", retained=True)
    )  # fmt: skip
    ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(1), source=source)
    row = client.get("/api/v1/plans/grand-est-2019/").json()
    assert (row["ends_on"], row["budget"]) == ("2024-12-31", "350000000")
    assert row["provenance"] == {
        "adopted_on": None,
        "starts_on": None,
        "ends_on": {
            "derived": True,
            "derivation": "Cinq années civiles.",
            "source": None,
            "locator": "",
            "claim": "fin",
        },
        "budget": {
            "derived": False,
            "derivation": "",
            "source": "deliberation",
            "locator": "p. 4",
            "claim": "budget",
        },
    }
    for kind, codes in (("sources", ["deliberation"]), ("claims", ["fin", "budget"])):
        for code in codes:
            address = f"/api/v1/plans/grand-est-2019/{kind}/{code}/"
            assert client.get(address).status_code == 200, address
    [listed] = client.get("/api/v1/plans/?fields=provenance").json()["results"]
    assert listed == {"provenance": row["provenance"]}
    table = client.get("/api/v1/plans/?format=csv").content.decode()
    [line] = csv.DictReader(io.StringIO(table))
    assert {name: line[f"provenance_{name}"] for name in (
        "ends_on_derived", "ends_on_source", "budget_derived", "budget_source", "starts_on_derived",
    )} == {
        "ends_on_derived": "true", "ends_on_source": "", "budget_derived": "false",
        "budget_source": "deliberation", "starts_on_derived": "",
    }  # fmt: skip


@pytest.mark.django_db
def test_what_is_not_public_is_nowhere(client: Client) -> None:
    hidden = PlanFactory.create(is_public=False, slug="hidden")
    fill(hidden, 1)
    Plan.objects.update(is_public=False)
    for name in (
        "regions", "organisations", "sectors", "units", "plans", "objectives", "measures",
        "milestones", "indicators", "targets", "observations", "progress", "sources", "claims",
        "notes",
    ):  # fmt: skip
        assert client.get(f"/api/v1/{name}/").json()["results"] == [], name
    assert client.get("/api/v1/plans/hidden/").status_code == 404


@pytest.mark.django_db
def test_a_milestone_with_its_latest_state(client: Client, pack: Measure) -> None:
    milestone = MilestoneFactory.create(measure=pack, code="appel")
    for day, reached in ((date(2021, 1, 1), "in_progress"), (date(2022, 1, 1), "done")):
        MilestoneUpdateFactory.create(
            milestone=milestone, as_of=day, advancement=reached, published=True
        )
    MilestoneUpdateFactory.create(milestone=milestone, as_of=date(2023, 1, 1))
    MilestoneFactory.create(measure=pack, code="bilan")
    known, unknown = client.get("/api/v1/milestones/?measure=pack-ia").json()["results"]
    assert known["latest_update"]["advancement"] == "done"
    assert known["latest_update"]["as_of"] == "2022-01-01"
    assert unknown["latest_update"] is None
    assert unknown["missing_reason"]["latest_update"] == "not_reported"
    assert [
        row["code"] for row in client.get("/api/v1/milestones/?state=done").json()["results"]
    ] == ["appel"]
    address = "/api/v1/plans/grand-est-2019/measures/pack-ia/milestones/appel/"
    assert client.get(address).json() == known


@pytest.mark.django_db
def test_sources_claims_and_notes(client: Client, plan: Plan) -> None:
    source = SourceFactory.create(plan=plan, code="deliberation")
    ClaimFactory.create(plan=plan, source=source, code="cout", subject="budget", amount=Decimal(5))
    ClaimFactory.create(plan=plan, derived=True, code="duree")
    NoteCitationFactory.create(note__plan=plan, note__code="accord", source=source)
    cout = client.get("/api/v1/plans/grand-est-2019/claims/cout/").json()
    assert (cout["amount"], cout["derived"]) == ("5", False)
    assert client.get(cout["source"].removeprefix("http://127.0.0.1:8000")).status_code == 200
    duree = client.get("/api/v1/plans/grand-est-2019/claims/duree/").json()
    assert (duree["source"], duree["derived"]) == (None, True)
    note = client.get("/api/v1/plans/grand-est-2019/notes/accord/").json()
    assert [citation["source"] for citation in note["citations"]] == ["deliberation"]


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == ("about:blank", status)
    return body


@pytest.mark.django_db
def test_an_unknown_parameter_is_told_with_those_known(client: Client) -> None:
    [error] = problem_of(client.get("/api/v1/regions/?colour=red"), 400)["errors"]
    assert error["parameter"] == "colour"
    assert error["allowed"] == [
        "fictitious", "fields", "format", "ordering", "page", "page_size", "search",
        "updated_since",
    ]  # fmt: skip


DAYS = ["1900-01-01…2199-12-31"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("kind=poem", ["regional_plan", "regional_strategy", "state_region_roadmap",
                       "related_programme"]),
        ("ordering=colour", ["slug", "title", "adopted_on", "updated_at", "-slug", "-title",
                             "-adopted_on", "-updated_at"]),
        ("page=0", ["1…100000"]),
        ("page_size=501", ["1…500"]),
        ("updated_since=yesterday", DAYS),
        ("updated_since=0001-01-01", DAYS),
        ("updated_since=0001-01-01T00:00:00%2B14:00", DAYS),
        ("updated_since=9999-12-31", DAYS),
        ("fictitious=perhaps", []),
        ("search=%00", []),
        ("search=a&search=b", []),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_those_allowed(
    client: Client, query: str, allowed: list[str]
) -> None:
    [error] = problem_of(client.get(f"/api/v1/plans/?{query}"), 400)["errors"]
    assert (error["parameter"], error["allowed"]) == (query.split("=", maxsplit=1)[0], allowed)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("plans/?format=xml", ["json", "csv", "csv-fr"]),
        ("plans/?format=CSV", ["json", "csv", "csv-fr"]),
        ("plans/?format=", ["json", "csv", "csv-fr"]),
        ("plans/grand-est-2019/?format=csv,json", ["json", "csv", "csv-fr"]),
        ("observations/export.csv?format=json", ["csv", "csv-fr"]),
    ],
)
def test_a_format_that_is_none_is_told_with_those_there_are(
    client: Client, plan: Plan, address: str, allowed: list[str]
) -> None:
    answer = client.get(f"/api/v1/{address}")
    [error] = problem_of(answer, 400)["errors"]
    assert (error["parameter"], error["allowed"]) == ("format", allowed)
    assert error["detail"].endswith("is not a format of this address.")
    assert "RateLimit-Remaining" in answer.headers  # it counts


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["prêts", "prets", "PRETS", "oeuvre Est", "œuvre", "grand-est"])
def test_a_search_folds_as_that_of_the_site(client: Client, plan: Plan, words: str) -> None:
    Plan.objects.filter(pk=plan.pk).update(summary="Des prêts à l’Œuvre, au Grand-Est.")
    PlanFactory.create(summary="Autre chose.")
    found = client.get("/api/v1/plans/", {"search": words}).json()["results"]
    assert [row["slug"] for row in found] == ["grand-est-2019"]


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["100 %", "_", "prets chose"])
def test_a_search_takes_signs_as_they_are(client: Client, plan: Plan, words: str) -> None:
    Plan.objects.filter(pk=plan.pk).update(summary="Des prêts.")
    assert client.get("/api/v1/plans/", {"search": words}).json()["count"] == 0


@pytest.mark.django_db
def test_fields_are_kept_and_unknown_ones_told(client: Client, plan: Plan) -> None:
    answer = client.get("/api/v1/plans/?fields=slug,title")
    assert answer.json()["results"] == [{"slug": "grand-est-2019", "title": "Plan IA Grand Est"}]
    [error] = problem_of(client.get("/api/v1/sectors/?fields=colour"), 400)["errors"]
    assert error["allowed"] == ["code", "name", "url", "updated_at"]


@pytest.mark.django_db
def test_errors_have_one_shape(client: Client) -> None:
    problem_of(client.get("/api/v1/nothing/"), 404)
    problem_of(client.get("/api/v1/plans/nothing/"), 404)
    refused = client.post("/api/v1/plans/")
    problem_of(refused, 405)
    assert refused["Allow"] == "GET, HEAD"
    problem_of(client.get("/api/v1/plans/", headers={"accept": "image/png"}), 406)
    client.raise_request_exception = False
    with patch("plans.api.Plan.objects.public", side_effect=RuntimeError):
        problem_of(client.get("/api/v1/plans/"), 500)


@pytest.mark.django_db
def test_what_is_refused_for_want_of_a_token_is_said_in_english(client: Client, plan: Plan) -> None:
    address = "/api/v1/plans/grand-est-2019/observation-drafts/"
    assert problem_of(client.get(address), 401)["detail"] == (
        "Show a token: “Authorization: Bearer ” and the token that a manager of the plan made."
    )
    bearer = {"authorization": f"Bearer {Partner(plan).text}"}
    bulk = "/api/v1/plans/grand-est-2019/observations/bulk/"
    sent = client.post(bulk, "rows", content_type="text/plain", headers=bearer)
    assert problem_of(sent, 415)["detail"] == "Send JSON, as application/json."
    [error] = problem_of(client.get(f"{address}?format=xml", headers=bearer), 400)["errors"]
    assert error["detail"] == "“format” is not a parameter here."


@pytest.mark.django_db
def test_the_index_leads_to_every_list(client: Client) -> None:
    root = "http://127.0.0.1:8000"
    answer = client.get("/api/v1/")
    assert answer["Content-Type"] == "application/json"
    index = answer.json()
    assert sorted(index["lists"]) == [
        "claims", "indicators", "measures", "milestones", "notes", "objectives", "observations",
        "organisations", "plans", "progress", "regions", "sectors", "sources", "targets", "units",
    ]  # fmt: skip
    lists = index.pop("lists").values()
    assert index == {
        "site": f"{root}/",
        "documentation": f"{root}/api/",
        "schema": f"{root}/api/v1/openapi.yaml",
        "files": f"{root}/donnees/",
    }
    for address in (*index.values(), *lists):
        assert client.get(address.removeprefix(root)).status_code == 200, address
    held = {"if-none-match": answer["ETag"]}
    assert client.get("/api/v1/", headers=held).status_code == 304
    problem_of(client.get("/api/v1/?page=2"), 400)


@pytest.mark.django_db
def test_too_many_requests(client: Client, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    with patch("plans.api_support.throttling.time.time", return_value=1_000_000_000.0):
        first = client.get("/api/v1/plans/")
        assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
        client.get("/api/v1/plans/")
        refused = client.get("/api/v1/plans/")
        problem_of(refused, 429)
        assert refused["Retry-After"] == refused["RateLimit-Reset"] == "20"
        other = client.get("/api/v1/plans/", REMOTE_ADDR="192.0.2.7")
        assert other.status_code == 200


@pytest.mark.django_db
def test_behind_a_proxy_the_last_address_is_believed(client: Client, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.TRUST_FORWARDED_FOR = True
    for forged in ("1.1.1.1", "2.2.2.2"):
        answer = client.get("/api/v1/plans/", headers={"x-forwarded-for": f"{forged}, 203.0.113.9"})
    problem_of(answer, 429)


@pytest.mark.django_db
def test_any_web_page_may_read(client: Client) -> None:
    assert client.get("/api/v1/plans/")["Access-Control-Allow-Origin"] == "*"
    asked = client.options("/api/v1/plans/", headers={"origin": "https://example.org"})
    assert (asked.status_code, asked["Access-Control-Allow-Methods"]) == (
        204,
        "GET, HEAD, OPTIONS",
    )


@pytest.mark.django_db
def test_tables(client: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(title="=HYPERLINK(1)")
    answer = client.get("/api/v1/plans/", headers={"accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["title"], row["on_track_from"]) == ("'=HYPERLINK(1)", "0.95")
    french = client.get("/api/v1/plans/?format=csv-fr").content.decode()
    assert french.startswith("\ufeffslug;url;")
    assert ";0,95;" in french


@pytest.mark.django_db
def test_pages(client: Client) -> None:
    PlanFactory.create_batch(3)
    first = client.get("/api/v1/plans/?page_size=2")
    assert (first.json()["count"], len(first.json()["results"])) == (3, 2)
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    second = client.get(first.json()["next"].removeprefix("http://127.0.0.1:8000")).json()
    assert (len(second["results"]), second["next"]) == (1, None)


@pytest.mark.django_db(transaction=True)
class TestTags:
    """ETag and Last-Modified; transactions are real, as triggers act at their end."""

    def test_a_tag_changes_exactly_when_the_answer_does(self, client: Client) -> None:
        plan = PlanFactory.create(slug="grand-est-2019", title="Avant")
        other = PlanFactory.create(region=RegionFactory.create(demonstration=True))
        address = "/api/v1/plans/grand-est-2019/?fields=title"
        before = client.get(address)
        Plan.objects.filter(pk=other.pk).update(title="Ailleurs")
        held = {"if-none-match": before["ETag"]}
        assert client.get(address, headers=held).status_code == 304
        assert client.get(address)["Last-Modified"] == before["Last-Modified"]
        Plan.objects.filter(pk=plan.pk).update(title="Après")
        after = client.get(address, headers=held)
        assert (after.status_code, after.json()) == (200, {"title": "Après"})
        assert after["ETag"] != before["ETag"]

    def test_not_modified_costs_one_query(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        PlanFactory.create()
        tag = client.get("/api/v1/plans/")["ETag"]
        with django_assert_num_queries(1):
            answer = client.get("/api/v1/plans/", headers={"if-none-match": tag})
        assert (answer.status_code, answer["ETag"], answer.content) == (304, tag, b"")

    def test_formats_have_tags_of_their_own(self, client: Client) -> None:
        PlanFactory.create()
        tag = client.get("/api/v1/plans/")["ETag"]
        answer = client.get("/api/v1/plans/?format=csv", headers={"if-none-match": tag})
        assert answer.status_code == 200

    def test_a_change_between_two_rows_gives_another_edition(self) -> None:
        plan = PlanFactory.create()
        first = Revision.objects.get().edition
        MilestoneFactory.create(measure__plan=plan).measure.notes.add(
            NoteCitationFactory.create(note__plan=plan).note
        )
        assert Revision.objects.get().edition != first


@pytest.mark.django_db
def test_who_may_keep_an_answer(client: Client, plan: Plan) -> None:
    anyone = client.get("/api/v1/plans/")
    assert (anyone["Cache-Control"], anyone["Vary"]) == (
        "public, max-age=60",
        "Accept, Authorization, Cookie",
    )
    token = Partner(plan).text
    known = client.get("/api/v1/plans/", headers={"authorization": f"Bearer {token}"})
    assert known["Cache-Control"] == "private, no-cache"


COSTS = {
    "regions/": 3,
    "organisations/": 3,
    "sectors/": 3,
    "plans/": 6,
    "objectives/": 4,
    "measures/": 7,
    "milestones/": 4,
    "sources/": 3,
    "claims/": 3,
    "notes/": 5,
    "plans/plan/": 5,
}


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", COSTS)
def test_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, address: str, count: int
) -> None:
    fill(PlanFactory.create(slug="plan"), count)
    with django_assert_num_queries(COSTS[address]):
        assert client.get(f"/api/v1/{address}").status_code == 200
