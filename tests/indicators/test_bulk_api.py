"""Many values in one request: each row judged for itself, all or nothing, rehearsed, repeated."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Notification
from indicators.models import Indicator, Observation
from indicators.services import refresh_all_progress
from plans import workflow
from plans.models import Plan, Role, Scope, Source
from plans.together import NotTogetherError
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

BULK = "observations/bulk/"


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="grand-est-2019")
    SourceFactory.create(plan=made, code="bilan")
    return made


@pytest.fixture
def companies(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(plan=plan, code="entreprises")
    return made


@pytest.fixture
def partner(companies: Indicator) -> Partner:
    return Partner(companies.plan, Role.REVIEWER)


def row(year: int = 2020, value: str = "30", **content: Any) -> dict[str, Any]:
    return {
        "indicator": "entreprises",
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "value": value,
        "source": "bilan",
        **content,
    }


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["outcome"] for one in answer.json()["results"]]


def stored() -> dict[int, Decimal]:
    return {one.period_start.year: one.value for one in Observation.objects.all()}


def test_rows_are_made_then_left_or_replaced(partner: Partner) -> None:
    first = partner.post(BULK, {"rows": [row(2019), row(2020)]})
    assert outcomes(first) == ["created", "created"]
    result = first.json()["results"][1]
    assert (result["row"], result["indicator"], result["period"], result["state"]) == (
        1,
        "entreprises",
        "2020-01-01--2020-12-31",
        "draft",
    )
    assert (
        partner.get(result["url"].removeprefix("http://127.0.0.1:8000"))["ETag"] == result["etag"]
    )
    again = partner.post(BULK, {"rows": [row(2020), row(2019, "29"), row(2018)]})
    assert outcomes(again) == ["unchanged", "updated", "created"]
    assert stored() == {2018: 30, 2019: 29, 2020: 30}
    counts = {name: again.json()[name] for name in ("created", "updated", "unchanged", "refused")}
    assert counts == {"created": 1, "updated": 1, "unchanged": 1, "refused": 0}


def test_rows_not_named_are_not_touched(partner: Partner, companies: Indicator) -> None:
    theirs = ObservationFactory.create(indicator=companies, year=2015)
    before = Observation.objects.filter(pk=theirs.pk).values().get()
    partner.post(BULK, {"rows": [row(2019), row(2020)]})
    partner.post(BULK, {"rows": [row(2019, "1")]})
    assert Observation.objects.filter(pk=theirs.pk).values().get() == before
    assert stored()[2020] == 30


def test_all_or_nothing(partner: Partner) -> None:
    answer = partner.post(BULK, {"rows": [row(2019), row(2020, "x"), row(2021, source="none")]})
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["detail"] == "2 of 3 rows are refused, and nothing was written."
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/rows/1/value",
        "/rows/2/source",
    ]
    assert stored() == {}


def test_each_row_for_itself(partner: Partner) -> None:
    rows = [row(2019), row(2020, "x"), row(2021, indicator="none"), "no row", row(2018)]
    answer = partner.post(BULK, {"atomic": False, "rows": rows})
    assert outcomes(answer) == ["created", "refused", "refused", "refused", "created"]
    assert [[error["pointer"] for error in one["errors"]] for one in answer.json()["results"]] == [
        [],
        ["/value"],
        ["/indicator"],
        [""],
        [],
    ]
    assert stored() == {2018: 30, 2019: 30}


@pytest.mark.parametrize("atomic", [True, False])
def test_a_rehearsal_reports_what_would_be_and_writes_nothing(
    partner: Partner, atomic: bool
) -> None:
    reviewer = member(partner.plan, Role.REVIEWER)
    partner.post(BULK, {"rows": [row(2019)]})
    body = {
        "dry_run": True,
        "atomic": atomic,
        "then": "submit",
        "rows": [row(2019, "31"), row(2020), row(2021, "x")],
    }
    answer = partner.post(BULK, body)
    assert outcomes(answer) == ["updated", "created", "refused"]
    assert [one["state"] for one in answer.json()["results"]] == ["submitted", "submitted", None]
    assert stored() == {2019: 30}
    assert not Notification.objects.filter(user=reviewer).exists()


def test_a_value_named_twice_is_refused_twice(partner: Partner) -> None:
    answer = partner.post(BULK, {"atomic": False, "rows": [row(2020), row(2019), row(2020, "31")]})
    assert outcomes(answer) == ["refused", "created", "refused"]
    assert answer.json()["results"][0]["errors"] == [
        {"pointer": "", "detail": "The same indicator and period stand in row 2 too."}
    ]


def test_each_row_asks_for_the_right_to_its_indicator(plan: Plan, companies: Indicator) -> None:
    """Edge case 18: rights are asked of each object, not of the address."""
    other = IndicatorFactory.create(plan=plan, code="autre")
    elsewhere = IndicatorFactory.create(code="ailleurs")
    partner = Partner(plan, Role.CONTRIBUTOR, assigned_to=companies.measure)
    rows = [row(2020), row(2020, indicator=other.code), row(2020, indicator=elsewhere.code)]
    answer = partner.post(BULK, {"atomic": False, "rows": rows})
    assert outcomes(answer) == ["created", "refused", "refused"]
    assert [one["errors"][0]["detail"] for one in answer.json()["results"][1:]] == [
        "Its measure is not assigned to this system.",
        "The plan has no indicator of this code.",
    ]
    assert list(Observation.objects.values_list("indicator", flat=True)) == [companies.pk]


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.VIEWER, Scope.CONTRIBUTE), (Role.REVIEWER, Scope.READ)],
)
def test_who_may_not_contribute_sends_no_rows(
    companies: Indicator, role: Role, scope: Scope
) -> None:
    answer = Partner(companies.plan, role, scope=scope).post(BULK, {"rows": [row()]})
    assert (answer.status_code, stored()) == (403, {})


def test_what_someone_else_began_is_left_to_them(partner: Partner, companies: Indicator) -> None:
    ObservationFactory.create(indicator=companies, author=member(partner.plan, Role.REVIEWER))
    answer = partner.post(BULK, {"atomic": False, "rows": [row(2020, "31")]})
    assert outcomes(answer) == ["refused"]
    assert stored() == {2020: 30}


def test_what_a_person_changed_meanwhile_is_replaced_only_when_seen(partner: Partner) -> None:
    [made] = partner.post(BULK, {"rows": [row()]}).json()["results"]
    draft = Observation.objects.get()
    draft.value = Decimal(32)
    person = member(partner.plan, Role.REVIEWER)
    workflow.save_draft(draft, editor=person, revision=draft.revision, at=timezone.now())
    unseen = partner.post(BULK, {"atomic": False, "rows": [row(value="31")]})
    stale = partner.post(BULK, {"atomic": False, "rows": [row(value="31", if_match=made["etag"])]})
    assert (outcomes(unseen), outcomes(stale), stored()) == (["refused"], ["refused"], {2020: 32})
    pointers = [answer.json()["results"][0]["errors"][0]["pointer"] for answer in (unseen, stale)]
    assert pointers == ["/if_match", "/if_match"]
    draft_url = "indicators/entreprises/drafts/2020-01-01--2020-12-31/"
    seen = partner.get(draft_url)["ETag"]
    assert outcomes(partner.post(BULK, {"rows": [row(value="31", if_match=seen)]})) == ["updated"]


def test_rows_are_handed_in(partner: Partner) -> None:
    reviewer = member(partner.plan, Role.REVIEWER)
    partner.post(BULK, {"rows": [row(2019)]})
    answer = partner.post(BULK, {"then": "submit", "rows": [row(2019), row(2020)]})
    assert outcomes(answer) == ["unchanged", "created"]
    assert [one["state"] for one in answer.json()["results"]] == ["submitted", "submitted"]
    # Reviewers are told once of the whole request, not row by row; nor again of what they know.
    told = "À relire\u00a0: 2 valeurs déposées par «\u00a0Agence régionale, tableau de bord\u00a0»"
    again = partner.post(BULK, {"then": "submit", "rows": [row(2019), row(2020)]})
    assert [one.text for one in Notification.objects.filter(user=reviewer)] == [told]
    assert outcomes(again) == ["unchanged", "unchanged"]
    changed = partner.post(BULK, {"atomic": False, "rows": [row(2019, "31")]})
    assert outcomes(changed) == ["refused"]


def test_a_surprising_row_is_confirmed(partner: Partner, companies: Indicator) -> None:
    TargetFactory.create(indicator=companies, value=Decimal(100))
    body = {"atomic": False, "then": "submit", "rows": [row(value="3000"), row(2019)]}
    answer = partner.post(BULK, body)
    assert outcomes(answer) == ["refused", "created"]
    [result, _fine] = answer.json()["results"]
    assert len(result["doubts"]) == 1
    body["rows"] = [row(value="3000", confirmation=result["confirmation"])]
    assert outcomes(partner.post(BULK, body)) == ["created"]


def test_what_is_published_already_is_left(partner: Partner, companies: Indicator) -> None:
    """So a whole table may be sent each night."""
    source = Source.objects.get(code="bilan")
    ObservationFactory.create(indicator=companies, published=True, source=source)
    answer = partner.post(BULK, {"then": "submit", "rows": [row(2020), row(2021)]})
    assert outcomes(answer) == ["unchanged", "created"]
    [published, _draft] = answer.json()["results"]
    assert (published["state"], published["etag"]) == ("published", None)
    assert published["url"].endswith("/observations/2020-01-01--2020-12-31/")
    wrong = partner.post(BULK, {"atomic": False, "rows": [row(2020, "31")]})
    assert wrong.json()["results"][0]["errors"][0]["pointer"] == "/correction_reason"
    right = partner.post(BULK, {"rows": [row(2020, "31", correction_reason="Bilan final.")]})
    assert outcomes(right) == ["created"]
    assert Observation.objects.get(state="draft").supersedes is not None


def test_only_a_trusted_system_publishes_in_bulk(partner: Partner) -> None:
    answer = partner.post(BULK, {"then": "publish", "rows": [row()]})
    assert (answer.status_code, stored()) == (403, {})


def test_progress_is_right_just_after(partner: Partner, companies: Indicator) -> None:
    """Edge case 21: the stored progress is that of the values, in the same transaction."""
    TargetFactory.create(indicator=companies, value=Decimal(100))
    refresh_all_progress(on=timezone.localdate())
    Plan.objects.update(allows_self_publication=True)
    answer = partner.post(
        BULK, {"then": "publish", "rows": [row(year, "10") for year in range(2018, 2022)]}
    )
    assert outcomes(answer) == ["created"] * 4
    assert {one["state"] for one in answer.json()["results"]} == {"published"}
    [progress] = companies.progress_records.all()
    assert (progress.value, progress.rate, progress.evaluated_on) == (
        40,
        Decimal("0.4"),
        timezone.localdate(),
    )


def test_two_rows_that_overlap_are_not_both_published(partner: Partner) -> None:
    Plan.objects.update(allows_self_publication=True)
    half = row(2020) | {"period_start": "2020-07-01", "period_end": "2021-06-30"}
    answer = partner.post(BULK, {"atomic": False, "then": "publish", "rows": [row(2020), half]})
    assert outcomes(answer) == ["created", "refused"]
    assert Observation.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rows": []}, "/rows"),
        ({}, "/rows"),
        ({"rows": "all"}, "/rows"),
        ({"rows": [{}] * 501}, "/rows"),
        ({"rows": [{}], "then": "delete"}, "/then"),
        ({"rows": [{}], "replace": True}, "/replace"),
    ],
)
def test_a_wrong_envelope(partner: Partner, body: Any, pointer: str) -> None:
    answer = partner.post(BULK, body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def rows_of(count: int) -> list[dict[str, Any]]:
    """A day each, from 1 January 2020."""
    days = [date(2020, 1, 1) + timedelta(days=place) for place in range(count)]
    return [row() | {"period_start": f"{day}", "period_end": f"{day}"} for day in days]


def test_five_hundred_rows_of_which_seven_are_bad(partner: Partner) -> None:
    rows = rows_of(500)
    bad: dict[int, dict[str, Any]] = {
           17: {"value": "x"}, 60: {"source": "?"}, 101: {"period_end": "2019-01-01"},
           202: {"indicator": "?"}, 303: {"value": None}, 404: {"unit": "€"},
           499: {"period_start": "2999-01-01", "period_end": "2999-01-01"}}  # fmt: skip
    for place, content in bad.items():
        rows[place] |= content
    report = partner.post(BULK, {"atomic": False, "rows": rows}).json()
    assert (report["created"], report["refused"]) == (493, 7)
    assert [one["row"] for one in report["results"] if one["errors"]] == sorted(bad)
    assert Observation.objects.count() == 493


def test_three_rows_cost_the_queries_of_one(partner: Partner, companies: Indicator) -> None:
    """Whether they are judged, drafted, handed in or published."""
    Plan.objects.update(allows_self_publication=True)
    IndicatorFactory.create(plan=companies.plan, code="autre")
    partner.get(BULK)  # its use is noted, once a minute

    def cost(rows: list[dict[str, Any]], then: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert partner.post(BULK, {"then": then, "rows": rows}).status_code == 200
        return len(asked)

    for then, first in (("draft", 2000), ("submit", 2005), ("publish", 2010)):
        several = [row(first), row(first + 1), row(first + 1, indicator="autre")]
        one, more = cost([row(first + 2)], then), cost(several, then)
        assert one == more <= 32, then
        assert cost(several, then) <= 27, then


def trail() -> list[tuple[Any, ...]]:
    """What the audit trail and the notifications say of each step, but for moments and keys."""
    events = Observation.pgh_event_model.objects.order_by("pgh_id")
    named = ("period_start", "pgh_label", "state", "value", "revision", "author_id", "reviewer_id",
             "correction_reason", "return_reason")  # fmt: skip
    steps = [
        (
            *(getattr(event, name) for name in named),
            event.supersedes_id is not None,
            event.superseded_at is not None,
            event.submitted_at is not None,
            event.published_at is not None,
        )
        for event in events
    ]
    return sorted(steps, key=lambda step: (step[0], steps.index(step)))


@pytest.mark.parametrize("then", ["draft", "submit", "publish"])
@pytest.mark.parametrize("together", [True, False])
def test_rows_written_together_leave_what_each_by_itself_would(
    partner: Partner, companies: Indicator, monkeypatch: pytest.MonkeyPatch, then: str,
    together: bool,
) -> None:  # fmt: skip
    """New, changed, returned, corrected and left as they are: the same states and audit trail."""
    Plan.objects.update(allows_self_publication=True)
    reviewer = member(partner.plan, Role.REVIEWER)
    source = Source.objects.get(code="bilan")
    ObservationFactory.create(indicator=companies, year=2015, published=True, source=source)
    partner.post(BULK, {"rows": [row(2016), row(2017), row(2018)]})
    partner.post(BULK, {"then": "submit", "rows": [row(2018)]})
    workflow.send_back(
        Observation.objects.get(period_start__year=2018),
        reviewer=reviewer,
        reason="Source ?",
        at=timezone.now(),
    )
    before = len(trail())
    if not together:
        monkeypatch.setattr("indicators.bulk_api.together.write", _refuse)
    answer = partner.post(
        BULK,
        {
            "then": then,
            "rows": [
                row(2015, "31", correction_reason="Bilan final."),
                row(2016), row(2017, "29"), row(2018, "28"),
                row(2019, source="", document={"kind": "official", "title": "Bilan 2019"}),
            ],
        },
    )  # fmt: skip
    assert outcomes(answer) == ["created", "unchanged", "updated", "updated", "created"]
    steps = len(trail()) - before
    # A line for each step: 4 saved, then 5 handed in, then 5 published and one replaced.
    assert steps == {"draft": 4, "submit": 9, "publish": 15}[then]
    state = {"draft": "draft", "submit": "submitted", "publish": "published"}[then]
    found = Observation.objects.filter(superseded_at=None).order_by("period_start", "-pk")
    latest = {one.period_start.year: one for one in reversed(found)}
    wanted = dict.fromkeys(range(2015, 2020), state)
    if then == "draft":
        wanted[2018] = "returned"
    assert {year: one.state for year, one in latest.items()} == wanted
    assert {year: one.revision for year, one in latest.items()} == {
        2015: 1, 2016: 1, 2017: 2, 2018: 2, 2019: 1,
    }  # fmt: skip
    assert latest[2018].return_reason == ("Source ?" if then == "draft" else "")
    assert latest[2015].supersedes is not None
    assert latest[2019].source.title == "Bilan 2019"
    unread = Notification.objects.unread().filter(kind=Notification.Kind.RETURNED)
    assert unread.exists() == (then == "draft")


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise NotTogetherError
