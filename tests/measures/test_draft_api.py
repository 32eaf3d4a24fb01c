"""States of milestones written by partners' systems."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from measures.models import Milestone, MilestoneUpdate
from plans.models import Plan, Role
from tests.agent.staff import member
from tests.factories import (
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    PlanFactory,
    SourceFactory,
)
from tests.partner import Partner

pytestmark = pytest.mark.django_db

DRAFTS = "measures/pack-ia/milestones/appel/drafts/"
DRAFT = f"{DRAFTS}2022-12-31/"


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000


@pytest.fixture
def milestone() -> Milestone:
    plan = PlanFactory.create(slug="grand-est-2019")
    SourceFactory.create(plan=plan, code="bilan")
    measure = MeasureFactory.create(plan=plan, code="pack-ia")
    made: Milestone = MilestoneFactory.create(measure=measure, code="appel")
    return made


@pytest.fixture
def partner(milestone: Milestone) -> Partner:
    return Partner(milestone.measure.plan, Role.CONTRIBUTOR, assigned_to=milestone.measure)


def written(partner: Partner, **content: Any) -> Any:
    body = {"as_of": "2022-12-31", "advancement": "done", "source": "bilan", **content}
    return partner.post(DRAFTS, body)


def test_a_state_is_drafted_changed_and_handed_in(partner: Partner, milestone: Milestone) -> None:
    made = written(partner)
    assert made.status_code == 201
    row = made.json()
    assert made["Location"] == row["url"]
    assert row["url"].endswith(f"/api/v1/plans/grand-est-2019/{DRAFT}")
    assert (row["milestone"], row["advancement"], row["advancement_label"], row["state"]) == (
        "appel",
        "done",
        "fait",
        "draft",
    )
    changed = partner.put(
        DRAFT, {"advancement": "in_progress", "source": "bilan"}, If_Match=made["ETag"]
    )
    assert changed.json()["advancement"] == "in_progress"
    assert partner.put(DRAFT, {"advancement": "done"}, If_Match=made["ETag"]).status_code == 412
    answer = partner.post(f"{DRAFT}submit/", If_Match=changed["ETag"])
    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    stored = MilestoneUpdate.objects.get()
    assert (stored.milestone, stored.as_of, stored.author) == (
        milestone,
        date(2022, 12, 31),
        partner.user,
    )


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"advancement": "finished"}, "/advancement"),
        ({"as_of": "2999-01-01"}, "/as_of"),
        ({"as_of": "1900-01-01"}, "/as_of"),
        ({"source": "none"}, "/source"),
        ({"value": "3"}, "/value"),
    ],
)
def test_a_wrong_state_is_refused(partner: Partner, content: dict[str, Any], pointer: str) -> None:
    answer = written(partner, **content)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("role", "assigned", "status"),
    [
        (Role.VIEWER, True, 403),
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 201),
        (Role.REVIEWER, False, 201),
    ],
)
def test_who_may_draft(milestone: Milestone, role: Role, assigned: bool, status: int) -> None:
    where = milestone.measure if assigned else None
    partner = Partner(milestone.measure.plan, role, assigned_to=where)
    assert written(partner).status_code == status


def test_someone_elses_state_is_theirs(partner: Partner, milestone: Milestone) -> None:
    author = member(partner.plan, Role.REVIEWER)
    MilestoneUpdateFactory.create(milestone=milestone, as_of=date(2022, 12, 31), author=author)
    read = partner.get(DRAFT)
    assert partner.delete(DRAFT, If_Match=read["ETag"]).status_code == 403
    assert written(partner).status_code == 409


@pytest.mark.parametrize("trusts", [True, False])
def test_only_a_trusted_system_publishes(milestone: Milestone, trusts: bool) -> None:
    Plan.objects.update(allows_self_publication=trusts)
    plan = Plan.objects.get()
    partner = Partner(plan, Role.REVIEWER)
    tag = partner.post(f"{DRAFT}submit/", If_Match=written(partner)["ETag"])["ETag"]
    answer = partner.post(f"{DRAFT}publish/", If_Match=tag)
    assert answer.status_code == (200 if trusts else 403)
    public = partner.get("/api/v1/plans/grand-est-2019/measures/pack-ia/milestones/appel/").json()
    assert (public["latest_update"] is not None) == trusts


def test_a_discarded_state_and_wrong_days(partner: Partner) -> None:
    assert partner.delete(DRAFT, If_Match=written(partner)["ETag"]).status_code == 204
    for words in ("2022-12-31", "2022-02-30", "20221231", "hier"):
        assert partner.get(f"{DRAFTS}{words}/").status_code == 404


def test_a_list_costs_the_same_for_one_and_for_three(
    partner: Partner, milestone: Milestone
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert partner.get("milestone-drafts/").status_code == 200
        return len(asked)

    written(partner)
    one = cost()
    for code in ("deux", "trois"):
        other = MilestoneFactory.create(measure=milestone.measure, code=code)
        MilestoneUpdateFactory.create(milestone=other, as_of=date(2022, 1, 1))
    assert (one, cost()) == (4, 4)
    rows = partner.get("milestone-drafts/?mine=true").json()["results"]
    assert [row["milestone"] for row in rows] == ["appel"]
