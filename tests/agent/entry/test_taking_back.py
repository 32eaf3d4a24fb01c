"""What was handed in, and where its author goes from there: back to a draft, on to a correction."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.models import Notification, User
from indicators.models import Indicator, Observation
from plans import workflow
from plans.models import Role
from tests.agent.entry.forms import NOW, address, contributor, text, typed
from tests.agent.staff import member, signed_in
from tests.at_once import at_once
from tests.factories import (
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    SourceFactory,
)
from tests.html import html_errors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]

OPEN_2025 = "?debut=2025-01-01&fin=2025-12-31"


@pytest.fixture
def author(indicator: Indicator) -> User:
    made = member(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure)
    made.name = "Claire Petit"
    made.save()
    return made


@pytest.fixture
def reviewer(indicator: Indicator) -> User:
    made = member(indicator.plan, Role.REVIEWER)
    made.name = "Bruno Keller"
    made.save()
    return made


@pytest.fixture
def submitted(indicator: Indicator, author: User, reviewer: User) -> Observation:
    """45 for 2025, by Claire, which Bruno was told to review."""
    draft = ObservationFactory.create(
        indicator=indicator,
        year=2025,
        value=Decimal(45),
        author=author,
        source=SourceFactory.create(plan=indicator.plan),
    )
    return workflow.submit(draft, at=NOW - timedelta(hours=1))


def take_back(client: Client, row: Any) -> Any:
    return client.post(f"{row.get_absolute_url()}reprendre/")


def state_of(row: Any) -> str:
    row.refresh_from_db()
    return str(row.state)


def unread(person: User) -> list[str]:
    return list(Notification.objects.unread().filter(user=person).values_list("kind", flat=True))


# --- Back to a draft --------------------------------------------------------------------------


def test_the_author_takes_back_what_nobody_has_reviewed(
    submitted: Observation, author: User, reviewer: User, indicator: Indicator
) -> None:
    client = signed_in(author)
    offered = [
        "Reprendre en brouillon" in text(client.get(page))
        for page in (submitted.get_absolute_url(), address(indicator, OPEN_2025))
    ]

    answer = take_back(client, submitted)

    assert offered == [True, True]
    assert answer["Location"] == address(indicator, OPEN_2025)
    assert (state_of(submitted), submitted.submitted_at) == ("draft", None)
    assert unread(reviewer) == []
    client.post(
        answer["Location"],
        typed("46", draft=submitted.pk, revision=1, source=submitted.source_id, action="submit"),
    )
    assert (state_of(submitted), submitted.value) == ("submitted", 46)
    assert unread(reviewer) == ["to_review"]


def test_the_audit_trail_has_a_line_of_it(submitted: Observation, author: User) -> None:
    take_back(signed_in(author), submitted)

    states = submitted.events.order_by("pgh_id").values_list("state", flat=True)  # type: ignore[attr-defined]
    assert list(states) == ["draft", "submitted", "draft"]


def test_a_double_click_takes_back_once(submitted: Observation, author: User) -> None:
    client = signed_in(author)

    locations = [take_back(client, submitted)["Location"] for _ in range(2)]

    assert len(set(locations)) == 1
    assert submitted.events.count() == 3  # type: ignore[attr-defined]


def test_nobody_else_takes_it_back(submitted: Observation, reviewer: User) -> None:
    plan, measure = submitted.indicator.plan, submitted.indicator.measure
    others = [
        reviewer,
        member(plan, Role.MANAGER),
        member(plan, Role.CONTRIBUTOR, assigned_to=measure),
        member(plan, Role.VIEWER),
    ]

    answers = [take_back(signed_in(one), submitted).status_code for one in others]
    pages = [text(signed_in(one).get(submitted.get_absolute_url())) for one in others]

    assert answers == [403] * 4
    assert [page for page in pages if "Reprendre en brouillon" in page] == []
    assert state_of(submitted) == "submitted"


def test_an_author_who_is_assigned_no_more_does_not_take_it_back(
    submitted: Observation, author: User
) -> None:
    submitted.indicator.measure.assignments.all().delete()

    assert take_back(signed_in(author), submitted).status_code == 403


@pytest.mark.parametrize("decision", ["published", "returned"])
def test_once_somebody_has_decided_it_is_too_late(
    submitted: Observation, author: User, reviewer: User, decision: str
) -> None:
    if decision == "published":
        workflow.publish(submitted, submitted.permission_plan, reviewer=reviewer, at=NOW)
    else:
        workflow.send_back(submitted, reviewer=reviewer, reason="Vérifiez.", at=NOW)
    client = signed_in(author)

    answer = client.post(f"{submitted.get_absolute_url()}reprendre/", follow=True)

    assert "Trop tard pour la reprendre" in text(answer)
    assert state_of(submitted) == decision


@pytest.mark.django_db(transaction=True)
def test_of_an_author_and_a_reviewer_at_once_one_wins(
    submitted: Observation, author: User, reviewer: User
) -> None:
    plan = submitted.permission_plan

    def publish() -> str:
        try:
            workflow.publish(submitted, plan, reviewer=reviewer, at=NOW)
        except workflow.WorkflowError:
            return "refused"
        return "published"

    def back() -> str:
        try:
            workflow.take_back(submitted, at=NOW)
        except workflow.WorkflowError:
            return "refused"
        return "draft"

    said = at_once(partial(publish), partial(back))

    assert sorted(said) in (["draft", "refused"], ["published", "refused"])
    assert state_of(submitted) in said


def test_the_state_of_a_milestone_is_taken_back_too(indicator: Indicator, author: User) -> None:
    milestone = MilestoneFactory.create(measure=indicator.measure)
    row = workflow.submit(
        MilestoneUpdateFactory.create(
            milestone=milestone, author=author, source=SourceFactory.create(plan=indicator.plan)
        ),
        at=NOW,
    )

    answer = signed_in(author).post(f"{row.get_absolute_url()}reprendre/", follow=True)

    assert answer.status_code == 200
    assert state_of(row) == "draft"
    assert answer.context["stored"].pk == row.pk


# --- What came back, and what is published ----------------------------------------------------


def test_what_came_back_says_who_when_why_and_leads_to_its_form(
    submitted: Observation, author: User, reviewer: User, indicator: Indicator
) -> None:
    workflow.send_back(submitted, reviewer=reviewer, reason="Vérifiez le total.", at=NOW)
    client = signed_in(author)

    page = client.get(submitted.get_absolute_url())

    assert "Renvoyé par Bruno Keller le <time" in text(page)
    assert "Vérifiez le total." in text(page)
    assert html_errors(page.content.decode()) == []
    way = page.context["onward"].entry_url
    assert f'href="{way}"' in text(page)
    assert "Reprendre ma saisie" in text(page)
    form = client.get(way, follow=True)
    assert form.context["stored"].pk == submitted.pk


def test_the_day_it_came_back_is_that_of_the_latest_return(
    submitted: Observation, author: User, reviewer: User
) -> None:
    workflow.send_back(submitted, reviewer=reviewer, reason="Vérifiez.", at=NOW)
    row = Observation.objects.get(pk=submitted.pk)
    row.comment = "Relu."
    workflow.save_draft(row, editor=author, revision=row.revision, at=NOW)

    page = signed_in(author).get(submitted.get_absolute_url())

    first = submitted.events.filter(state="returned").order_by("pgh_id").first()  # type: ignore[attr-defined]
    assert page.context["onward"].returned_at == first.pgh_created_at


def test_who_may_not_contribute_here_is_led_to_no_form(
    submitted: Observation, reviewer: User
) -> None:
    workflow.send_back(submitted, reviewer=reviewer, reason="Vérifiez.", at=NOW)
    viewer = signed_in(member(submitted.permission_plan, Role.VIEWER))
    colleague = signed_in(member(submitted.permission_plan, Role.REVIEWER))

    assert viewer.get(submitted.get_absolute_url()).context["onward"].entry_url == ""
    assert "Reprendre cette saisie" in text(colleague.get(submitted.get_absolute_url()))


def test_what_is_published_says_by_whom_and_leads_on(
    submitted: Observation, author: User, reviewer: User, indicator: Indicator
) -> None:
    workflow.publish(submitted, submitted.permission_plan, reviewer=reviewer, at=NOW)
    client = signed_in(author)

    page = client.get(submitted.get_absolute_url())

    assert "Publié par Bruno Keller le <time" in text(page)
    assert f'href="{indicator.get_absolute_url()}"' in text(page)
    assert client.get(page.context["onward"].entry_url)["Location"] == address(indicator, OPEN_2025)
    assert page.context["onward"].newer is None


def test_what_is_replaced_leads_to_what_is_public_today(
    indicator: Indicator, author: User, reviewer: User
) -> None:
    old = Observation.objects.get(period_start__year=2024)
    draft = ObservationFactory.create(
        indicator=indicator,
        year=2024,
        value=Decimal(41),
        author=author,
        source=old.source,
        supersedes=old,
        correction_reason="Une convention avait été oubliée.",
    )
    workflow.submit(draft, at=NOW)
    draft.refresh_from_db()
    workflow.publish(draft, indicator.plan, reviewer=reviewer, at=NOW)

    page = signed_in(author).get(old.get_absolute_url())

    assert f'href="{draft.get_absolute_url()}"' in text(page)
    assert page.context["onward"].entry_url == ""
    assert "Remplacé le <time" in text(page)


def test_of_a_plan_that_is_not_public_the_preview_is_shown(
    submitted: Observation, author: User, reviewer: User
) -> None:
    plan = submitted.permission_plan
    plan.is_public = False
    plan.save()
    workflow.publish(submitted, plan, reviewer=reviewer, at=NOW)
    client = signed_in(author)

    way = client.get(submitted.get_absolute_url()).context["onward"].public_url

    assert way.startswith(f"/agent/plans/{plan.slug}/")
    assert client.get(way).status_code == 200


def test_a_visitor_of_the_entry_page_in_review_sees_no_button_of_others(
    submitted: Observation, indicator: Indicator
) -> None:
    page = contributor(indicator).get(address(indicator, OPEN_2025))

    assert "Cette saisie attend la relecture" in text(page)
    assert "Reprendre en brouillon" not in text(page)
