"""Values written by partners' systems, one at a time: drafted, changed, handed in, published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Notification
from indicators.models import Indicator, Observation
from plans import workflow
from plans.models import Plan, Role, Scope, Source
from tests.agent.staff import member
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)
from tests.partner import Partner

pytestmark = pytest.mark.django_db

PERIOD = {"period_start": "2020-01-01", "period_end": "2020-12-31"}
DRAFT = "indicators/entreprises/drafts/2020-01-01--2020-12-31/"
DRAFTS = "indicators/entreprises/drafts/"


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="grand-est-2019")
    return made


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(plan=plan, code="entreprises")
    SourceFactory.create(plan=plan, code="bilan")
    return made


@pytest.fixture
def partner(indicator: Indicator) -> Partner:
    return Partner(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure)


def written(partner: Partner, **content: Any) -> Any:
    """Draft a value, and return the answer."""
    return partner.post(DRAFTS, {**PERIOD, "value": "30", "source": "bilan", **content})


def test_a_value_is_drafted(partner: Partner) -> None:
    answer = written(partner, value="30.5", qualifier="about", locator="page 12")

    assert answer.status_code == 201
    row = answer.json()
    site = "http://127.0.0.1:8000/api/v1/plans/grand-est-2019"
    assert answer["Location"] == row["url"] == f"{site}/{DRAFT}"
    assert row["published_url"].endswith("entreprises/observations/2020-01-01--2020-12-31/")
    shown = ("state", "mine", "value", "qualifier", "locator", "source", "is_correction")
    assert [row[name] for name in shown] == [
        "draft",
        True,
        "30.5",
        "about",
        "page 12",
        f"{site}/sources/bilan/",
        False,
    ]
    assert row["missing_reason"] == {
        "numerator": "not_a_ratio",
        "denominator": "not_a_ratio",
        "evidence_url": "not_stated",
        "submitted_at": "not_submitted",
        "published_at": "not_published",
    }
    stored = Observation.objects.get()
    assert (stored.author, stored.value, stored.state) == (partner.user, Decimal("30.5"), "draft")
    # Nobody else reads it yet.
    assert partner.get("/api/v1/observations/").json()["results"] == []


def test_the_audit_trail_knows_which_system_wrote(partner: Partner) -> None:
    written(partner)
    event = Observation.pgh_event_model.objects.get()
    assert event.pgh_context.metadata["user"] == partner.user.pk


def test_figures_of_three_decimals_are_not_taken_for_thousands(partner: Partner) -> None:
    assert written(partner, value="2.012").json()["value"] == "2.012"


def test_no_agent_is_named(partner: Partner, indicator: Indicator) -> None:
    author = member(indicator.plan, Role.REVIEWER)
    ObservationFactory.create(indicator=indicator, author=author, edited_by=author)
    listed = partner.get("observation-drafts/")
    assert [row["mine"] for row in listed.json()["results"]] == [False]
    assert author.email.encode() not in listed.content
    assert author.name.encode() not in listed.content


@pytest.mark.parametrize(
    ("content", "pointer", "detail"),
    [
        ({"value": 30}, "/value", "as a string with a point"),
        ({"value": "30,5"}, "/value", "as a string with a point"),
        ({"value": "1e3"}, "/value", "as a string with a point"),
        ({"value": None}, "/value", ""),
        ({"period_start": "2021-01-01"}, "/period_end", ""),
        ({"period_end": "soon"}, "/period_end", "such as 2024-12-31"),
        ({"period_start": "2199-01-01", "period_end": "2199-12-31"}, "/period_end", ""),
        ({"source": "unheard-of"}, "/source", "The plan has no source “unheard-of”."),
        ({"numerator": "3"}, "", "no ratios"),
        ({"qualifier": "roughly"}, "/qualifier", "roughly"),
        ({"evidence_url": "no address"}, "/evidence_url", ""),
        ({"valeur": "3"}, "/valeur", "No field has this name"),
        ({"comment": "a\0b"}, "/comment", "ull character"),
        ({"document": {"title": "Bilan"}}, "/document/kind", "required"),
        ({"source": "", "document": {"kind": "official", "title": "x", "published_on": "hier"}},
         "/document/published_on", ""),
        ({"document": {"kind": "official", "title": "Bilan"}}, "/source", ""),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_where_it_is_wrong(
    partner: Partner, content: dict[str, Any], pointer: str, detail: str
) -> None:
    answer = written(partner, **content)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]
    assert not Observation.objects.exists()


@pytest.mark.parametrize("body", [[], "text", 3, None])
def test_a_body_that_is_no_object_is_refused(partner: Partner, body: Any) -> None:
    answer = partner.post(DRAFTS, body)
    assert answer.status_code == 422


def test_a_body_that_is_not_json_is_refused(partner: Partner) -> None:
    bearer = {"Authorization": f"Bearer {partner.text}"}
    for kind, body, status in (
        ("application/json", "{", 400),
        ("application/json", '{"value": NaN}', 400),
        ("application/json", "[" * 200_000, 400),
        ("application/json", '{"value": "\xff"}', 422),
        ("application/x-www-form-urlencoded", "value=30", 415),
    ):
        answer = partner.client.generic(
            "POST", partner.address(DRAFTS), body, content_type=kind, headers=bearer
        )
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_body_that_is_too_large_is_refused(partner: Partner, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert written(partner, comment="a" * 100).status_code == 413


def test_a_document_the_plan_did_not_cite(partner: Partner) -> None:
    document = {
        "kind": "official",
        "title": "Bilan 2020",
        "publisher": "Agence",
        "url": "https://example.org/bilan.pdf",
        "published_on": "2021-03",
    }
    assert written(partner, source="", document=document).status_code == 201
    source = Source.objects.get(title="Bilan 2020")
    assert (source.published_on, source.published_precision) == (date(2021, 3, 1), "month")
    assert Observation.objects.get().source == source


def test_a_ratio_has_its_two_terms(plan: Plan) -> None:
    indicator = IndicatorFactory.create(plan=plan, code="part", ratio=True)
    partner = Partner(plan, Role.REVIEWER)
    terms = {**PERIOD, "numerator": "45", "denominator": "60"}
    refused = partner.post("indicators/part/drafts/", {**PERIOD, "value": "75"})
    assert {error["pointer"] for error in refused.json()["errors"]} >= {"/numerator"}
    row = partner.post("indicators/part/drafts/", terms).json()
    assert (row["value"], row["numerator"], row["denominator"]) == (None, "45", "60")
    assert row["missing_reason"]["value"] == "ratio_has_terms"
    assert Observation.objects.get().indicator == indicator


# --- Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "scope", "assigned", "status"),
    [
        (Role.VIEWER, Scope.READ, True, 403),
        (Role.VIEWER, Scope.CONTRIBUTE, True, 403),
        (Role.CONTRIBUTOR, Scope.READ, True, 403),
        (Role.CONTRIBUTOR, Scope.CONTRIBUTE, False, 403),
        (Role.CONTRIBUTOR, Scope.CONTRIBUTE, True, 201),
        (Role.REVIEWER, Scope.READ, False, 403),
        (Role.REVIEWER, Scope.CONTRIBUTE, False, 201),
    ],
)
def test_who_may_draft(
    indicator: Indicator, role: Role, scope: Scope, assigned: bool, status: int
) -> None:
    where = indicator.measure if assigned else None
    partner = Partner(indicator.plan, role, scope=scope, assigned_to=where)
    assert written(partner).status_code == status
    assert Observation.objects.exists() == (status == 201)
    # Every scope of every role reads what is under way.
    assert partner.get("observation-drafts/").status_code == 200


def test_another_plans_indicator_is_not_reached(partner: Partner) -> None:
    IndicatorFactory.create(code="ailleurs")
    assert partner.post("indicators/ailleurs/drafts/", {**PERIOD, "value": "1"}).status_code == 404


def test_what_someone_else_wrote_is_read_and_not_changed(
    partner: Partner, indicator: Indicator
) -> None:
    author = member(indicator.plan, Role.REVIEWER)
    ObservationFactory.create(indicator=indicator, author=author)
    read = partner.get(DRAFT)
    assert (read.status_code, read.json()["mine"]) == (200, False)
    answers = [
        partner.put(DRAFT, {"value": "31"}, If_Match=read["ETag"]),
        partner.delete(DRAFT, If_Match=read["ETag"]),
        partner.post(f"{DRAFT}submit/", If_Match=read["ETag"]),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    taken = written(partner)
    assert (taken.status_code, taken["Location"]) == (409, read.json()["url"])
    assert Observation.objects.get().value == 30


def test_a_system_that_lost_its_measure_changes_nothing(
    partner: Partner, indicator: Indicator
) -> None:
    tag = written(partner)["ETag"]
    indicator.measure.assignments.all().delete()
    assert partner.put(DRAFT, {"value": "31"}, If_Match=tag).status_code == 403


# --- Changing -----------------------------------------------------------------------------------


def test_a_draft_is_replaced_as_it_was_seen(partner: Partner) -> None:
    tag = written(partner, comment="Provisoire")["ETag"]
    answer = partner.put(DRAFT, {"value": "31", "source": "bilan"}, If_Match=tag)
    assert answer.status_code == 200
    # What is left out is empty: the whole content is replaced.
    assert (answer.json()["value"], answer.json()["comment"]) == ("31", "")
    assert answer["ETag"] != tag
    assert partner.get(DRAFT)["ETag"] == answer["ETag"]


def test_a_version_not_seen_is_not_replaced(partner: Partner) -> None:
    first = written(partner)["ETag"]
    second = partner.put(DRAFT, {"value": "31"}, If_Match=first)["ETag"]
    assert partner.put(DRAFT, {"value": "32"}).status_code == 428
    late = partner.put(DRAFT, {"value": "32"}, If_Match=first)
    assert (late.status_code, late["ETag"]) == (412, second)
    assert partner.delete(DRAFT).status_code == 428
    assert partner.delete(DRAFT, If_Match=first).status_code == 412
    assert partner.post(f"{DRAFT}submit/").status_code == 428
    assert partner.post(f"{DRAFT}submit/", If_Match=first).status_code == 412
    assert Observation.objects.get().value == 31
    several = f'"other", {second}'
    assert partner.put(DRAFT, {"value": "33"}, If_Match=several).status_code == 200
    assert partner.put(DRAFT, {"value": "34"}, If_Match="*").status_code == 200


def test_the_tag_changes_with_the_answer_only(partner: Partner) -> None:
    tag = written(partner)["ETag"]
    same = partner.put(DRAFT, {"value": "30", "source": "bilan"}, If_Match=tag)
    assert same["ETag"] == tag
    unchanged = partner.get(DRAFT, If_None_Match=tag)
    assert (unchanged.status_code, unchanged["ETag"], unchanged.content) == (304, tag, b"")
    submitted = partner.post(f"{DRAFT}submit/", If_Match=tag)
    assert submitted["ETag"] != tag
    assert partner.get(DRAFT, If_None_Match=tag).status_code == 200


def test_a_draft_is_discarded(partner: Partner) -> None:
    tag = written(partner)["ETag"]
    gone = partner.delete(DRAFT, If_Match=tag)
    assert (gone.status_code, gone.content) == (204, b"")
    assert not Observation.objects.exists()
    assert partner.get(DRAFT).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["indicators/entreprises/drafts/2020/", "indicators/entreprises/drafts/2020-02-30--2020-12-31/",
     "indicators/nothing/drafts/2020-01-01--2020-12-31/", DRAFT],
)  # fmt: skip
def test_what_is_not_there_is_not_found(partner: Partner, address: str) -> None:
    assert partner.get(address).status_code == 404


# --- Handing in, publishing ---------------------------------------------------------------------


def test_a_draft_is_handed_in_and_published_by_someone_else(
    partner: Partner, indicator: Indicator
) -> None:
    reviewer = member(indicator.plan, Role.REVIEWER)
    tag = written(partner)["ETag"]
    answer = partner.post(f"{DRAFT}submit/", If_Match=tag)
    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    told = Notification.objects.get(user=reviewer)
    assert told.text.startswith("À relire\u00a0: ")
    assert not Notification.objects.filter(user=partner.user).exists()
    changed = partner.put(DRAFT, {"value": "31"}, If_Match=answer["ETag"])
    assert (changed.status_code, "in review" in changed.json()["detail"]) == (409, True)
    assert partner.delete(DRAFT, If_Match=answer["ETag"]).status_code == 409
    again = partner.post(f"{DRAFT}submit/", If_Match=answer["ETag"])
    assert (again.status_code, again["ETag"]) == (200, answer["ETag"])


def test_a_returned_draft_says_why_and_is_answered(partner: Partner, indicator: Indicator) -> None:
    reviewer = member(indicator.plan, Role.REVIEWER)
    partner.post(f"{DRAFT}submit/", If_Match=written(partner)["ETag"])
    workflow.send_back(
        Observation.objects.get(), reviewer=reviewer, reason="La source dit 31.", at=timezone.now()
    )
    read = partner.get(DRAFT)
    assert (read.json()["state"], read.json()["return_reason"]) == (
        "returned",
        "La source dit 31.",
    )
    assert reviewer.name.encode() not in read.content
    changed = partner.put(DRAFT, {"value": "31", "source": "bilan"}, If_Match=read["ETag"])
    answer = partner.post(f"{DRAFT}submit/", If_Match=changed["ETag"])
    assert answer.json()["state"] == "submitted"


def test_a_value_without_source_is_not_handed_in(partner: Partner) -> None:
    tag = written(partner, source="")["ETag"]
    answer = partner.post(f"{DRAFT}submit/", If_Match=tag)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/source"


def test_a_surprising_value_is_confirmed(partner: Partner, indicator: Indicator) -> None:
    TargetFactory.create(indicator=indicator, value=Decimal(100))
    tag = written(partner, value="3000")["ETag"]
    answer = partner.post(f"{DRAFT}submit/", If_Match=tag)
    assert (answer.status_code, len(answer.json()["doubts"])) == (422, 1)
    code = answer.json()["confirmation"]
    wrong = partner.post(f"{DRAFT}submit/", {"confirmation": "yes"}, If_Match=tag)
    assert wrong.status_code == 422
    right = partner.post(f"{DRAFT}submit/", {"confirmation": code}, If_Match=tag)
    assert right.json()["state"] == "submitted"


@pytest.mark.parametrize("value", ["-3", "12.5"])
def test_a_count_below_zero_or_finer_than_its_unit_is_confirmed_first(
    partner: Partner, value: str
) -> None:
    answer = partner.post(f"{DRAFT}submit/", If_Match=written(partner, value=value)["ETag"])
    assert (answer.status_code, len(answer.json()["doubts"])) == (422, 1)


@pytest.mark.parametrize(
    ("role", "trusts", "status"),
    [
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 403),
        (Role.REVIEWER, False, 403),
        (Role.REVIEWER, True, 200),
    ],
)
def test_only_a_trusted_system_publishes(
    indicator: Indicator, role: Role, trusts: bool, status: int
) -> None:
    Plan.objects.update(allows_self_publication=trusts)
    partner = Partner(indicator.plan, role, assigned_to=indicator.measure)
    tag = partner.post(f"{DRAFT}submit/", If_Match=written(partner)["ETag"])["ETag"]
    answer = partner.post(f"{DRAFT}publish/", If_Match=tag)
    assert answer.status_code == status
    assert Observation.objects.get().state == ("published" if status == 200 else "submitted")


def test_a_trusted_system_publishes_what_it_wrote_and_progress_follows(
    indicator: Indicator,
) -> None:
    TargetFactory.create(indicator=indicator, value=Decimal(100))
    Plan.objects.update(allows_self_publication=True)
    partner = Partner(indicator.plan, Role.REVIEWER)
    draft = written(partner)
    early = partner.post(f"{DRAFT}publish/", If_Match=draft["ETag"])
    assert (early.status_code, early.json()["detail"]) == (409, "Hand it in first.")
    tag = partner.post(f"{DRAFT}submit/", If_Match=draft["ETag"])["ETag"]
    answer = partner.post(f"{DRAFT}publish/", If_Match=tag)
    assert (answer.status_code, answer.json()["state"]) == (200, "published")
    public = partner.get(answer.json()["published_url"]).json()
    assert public["value"] == "30"
    [progress] = partner.get("/api/v1/progress/?indicator=entreprises").json()["results"]
    assert (progress["value"], progress["rate"]) == ("30", "0.3")
    assert partner.get(DRAFT).status_code == 404


def test_a_trusted_system_does_not_review_others(indicator: Indicator) -> None:
    Plan.objects.update(allows_self_publication=True)
    author = member(indicator.plan, Role.CONTRIBUTOR)
    theirs = ObservationFactory.create(
        indicator=indicator, author=author, source=Source.objects.get(code="bilan")
    )
    workflow.submit(theirs, at=timezone.now())
    partner = Partner(indicator.plan, Role.REVIEWER)
    answer = partner.post(f"{DRAFT}publish/", If_Match=partner.get(DRAFT)["ETag"])
    assert answer.status_code == 403


def test_a_correction_has_a_reason_and_changes_something(
    partner: Partner, indicator: Indicator
) -> None:
    source = Source.objects.get(code="bilan")
    ObservationFactory.create(indicator=indicator, published=True, source=source)
    same = written(partner)
    assert (same.status_code, "same is published" in same.json()["detail"]) == (409, True)
    without = written(partner, value="31")
    assert [error["pointer"] for error in without.json()["errors"]] == ["/correction_reason"]
    row = written(partner, value="31", correction_reason="Le bilan final dit 31.").json()
    assert row["is_correction"] is True


def test_days_published_twice_are_refused(partner: Partner, indicator: Indicator) -> None:
    ObservationFactory.create(indicator=indicator, published=True)
    answer = written(partner, period_start="2020-07-01", period_end="2021-06-30")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/period_end"]


# --- Lists, former codes, costs -----------------------------------------------------------------


def test_lists_say_where_things_stand(partner: Partner, indicator: Indicator) -> None:
    author = member(indicator.plan, Role.REVIEWER)
    written(partner)
    ObservationFactory.create(indicator=indicator, year=2021, author=author)
    ObservationFactory.create(indicator=indicator, year=2019, published=True)
    ObservationFactory.create(year=2022)

    def years(query: str) -> list[str]:
        rows = partner.get(f"observation-drafts/{query}").json()["results"]
        return [row["period_end"][:4] for row in rows]

    assert years("") == ["2021", "2020"]
    assert years("?mine=true") == ["2020"]
    assert years("?mine=false") == ["2021"]
    assert years("?state=submitted,returned") == []
    assert years("?page_size=1&page=2") == ["2020"]
    assert partner.get("observation-drafts/?state=published").status_code == 400
    assert partner.get("observation-drafts/?etat=draft").status_code == 400


def test_a_former_code_leads_to_the_present_one(partner: Partner, indicator: Indicator) -> None:
    indicator.code = "entreprises-aidees"
    indicator.save()
    indicator.plan.slug = "grand-est"
    indicator.plan.save()
    answer = written(partner)
    assert (answer.status_code, answer["Location"]) == (
        308,
        "http://127.0.0.1:8000/api/v1/plans/grand-est/indicators/entreprises-aidees/drafts/",
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_methods_that_are_not_there(partner: Partner, method: str) -> None:
    answer = partner.ask(
        method, "observations/bulk/" if method != "POST" else "observation-drafts/"
    )
    assert answer.status_code == 405
    assert answer["Allow"] == ("POST" if method != "POST" else "GET, HEAD")


def queries_of(partner: Partner, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert partner.get(address).status_code == 200
    return len(asked)


def test_a_list_costs_the_same_for_one_and_for_three(
    partner: Partner, indicator: Indicator
) -> None:
    partner.get("observation-drafts/")  # its use is noted, once a minute
    written(partner)
    one = queries_of(partner, "observation-drafts/")
    for year in (2018, 2019):
        other = IndicatorFactory.create(plan=indicator.plan)
        ObservationFactory.create(indicator=other, year=year)
    three = queries_of(partner, "observation-drafts/")
    assert (one, three) == (4, 4)  # the token, its role, the count, the rows


@pytest.mark.parametrize("then", ["draft", "submit", "publish"])
def test_a_period_without_end(indicator: Indicator, then: str) -> None:
    """The last day that the site reckons with is no reason to fail, then or at the next value."""
    TargetFactory.create(indicator=indicator, value=Decimal(100))
    Plan.objects.update(allows_self_publication=True)
    partner = Partner(indicator.plan, Role.REVIEWER)
    row = {"indicator": indicator.code, "value": "3", "source": "bilan",
           "period_start": "1950-01-01", "period_end": "2199-12-31"}  # fmt: skip
    body = {"atomic": False, "then": then, "rows": [row]}
    [result] = partner.post("observations/bulk/", body).json()["results"]
    if then == "draft":
        assert result["outcome"] == "created"
        return
    assert result["outcome"] == "refused"
    row["confirmation"] = result["confirmation"]
    answer = partner.post("observations/bulk/", body)
    assert answer.status_code == 200
    assert answer.json()["results"][0]["outcome"] == "created"
    assert partner.get("/api/v1/progress/").status_code == 200
    later = {**row, "period_start": "2020-01-01", "period_end": "2020-12-31"}
    [again] = partner.post("observations/bulk/", {"atomic": False, "rows": [later]}).json()[
        "results"
    ]
    assert again["outcome"] == ("refused" if then == "publish" else "created")


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", ["period_start", "period_end"])
def test_a_day_that_is_not_reckoned_with(partner: Partner, name: str, day: str) -> None:
    """A period that ends in 9999 has none after it to propose: the next entry would fail."""
    answer = written(partner, **{name: day})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "pointer": f"/{name}",
            "detail": "Write a day such as 2024-12-31, from 1900-01-01 to 2199-12-31.",
        }
    ]
