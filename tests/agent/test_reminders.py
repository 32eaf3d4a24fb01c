"""A due date that comes near or passes is told once to each person of whom the thing is awaited."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from accounts.models import Notification, User
from agent import reminders, tasks
from indicators import services
from indicators.models import Indicator
from measures.models import Measure, MeasureAssignment, Milestone
from plans import workflow
from plans.models import Membership, Role
from tests.agent.staff import member
from tests.at_once import at_once
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
DUE = date(2026, 1, 31)
"""When the value for 2025 is due: a lag of 31 days."""


def morning(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=PARIS).replace(hour=6)


def pilot(measure: Measure | None) -> User:
    assert measure is not None
    user = member(measure.plan, Role.CONTRIBUTOR)
    MeasureAssignment.objects.create(measure=measure, user=user)
    return user


@pytest.fixture
def indicator() -> Indicator:
    """A yearly indicator, published up to 2024: the value for 2025 is due on 31 January 2026."""
    made: Indicator = IndicatorFactory.create(
        title="Entreprises accompagnées", code="entreprises", availability_lag_days=31
    )
    ObservationFactory.create(indicator=made, year=2024, published=True)
    return made


def told(user: User) -> list[tuple[str, str]]:
    return list(user.notifications.order_by("id").values_list("kind", "text"))


def unread(user: User) -> list[str]:
    return list(user.notifications.unread().order_by("id").values_list("kind", flat=True))


def test_a_due_date_passing_produces_one_reminder(indicator: Indicator) -> None:
    person = pilot(indicator.measure)
    day = DUE + timedelta(days=1)

    for _ in range(3):
        reminders.remind_everyone(at=morning(day))
    for later in range(1, 60):
        reminders.remind_everyone(at=morning(day + timedelta(days=later)))

    assert told(person) == [
        ("overdue", "Attendu depuis le 31 janvier 2026\u00a0: Entreprises accompagnées (2025)")
    ]
    assert person.notifications.get().url == (
        f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/saisie/"
        "?debut=2025-01-01&fin=2025-12-31"
    )


def test_each_day_around_a_due_date(indicator: Indicator) -> None:
    """Nothing, then one notice fourteen days before, then one reminder the day after."""
    person = pilot(indicator.measure)
    counts = {}
    for days in range(-20, 40):
        reminders.remind_everyone(at=morning(DUE + timedelta(days=days)))
        counts[days] = person.notifications.count()

    assert [days for days in range(-19, 40) if counts[days] != counts[days - 1]] == [-14, 1]
    assert told(person) == [
        ("due_soon", "À fournir avant le 31 janvier 2026\u00a0: Entreprises accompagnées (2025)"),
        ("overdue", "Attendu depuis le 31 janvier 2026\u00a0: Entreprises accompagnées (2025)"),
    ]
    assert unread(person) == ["overdue"]  # the notice is moot once the date has passed


def test_a_deliverable_is_reminded_of_by_its_date() -> None:
    plan = PlanFactory.create()
    milestone = MilestoneFactory.create(
        measure__plan=plan, title="Panorama publié", due_on=date(2026, 6, 30)
    )
    person = pilot(milestone.measure)

    reminders.remind(plan, at=morning(date(2026, 6, 16)))
    reminders.remind(plan, at=morning(date(2026, 7, 1)))

    assert told(person) == [
        ("due_soon", "À fournir avant le 30 juin 2026\u00a0: Panorama publié"),
        ("overdue", "Attendu depuis le 30 juin 2026\u00a0: Panorama publié"),
    ]


def test_without_pilot_the_managers_are_told() -> None:
    plan = PlanFactory.create()
    MilestoneFactory.create(measure__plan=plan, due_on=DUE)
    managers = [member(plan), member(plan)]
    others = [member(plan, role) for role in (Role.VIEWER, Role.CONTRIBUTOR, Role.REVIEWER)]
    others.append(member(PlanFactory.create()))

    reminders.remind_everyone(at=morning(DUE))

    assert [len(told(user)) for user in managers] == [1, 1]
    assert [told(user) for user in others] == [[], [], [], []]


def test_a_pilot_is_told_and_the_managers_are_not(indicator: Indicator) -> None:
    manager, person = member(indicator.plan), pilot(indicator.measure)

    reminders.remind_everyone(at=morning(DUE))

    assert (len(told(person)), len(told(manager))) == (1, 0)


def test_who_left_the_plan_or_has_no_account_any_more_is_told_nothing(
    indicator: Indicator,
) -> None:
    gone, closed = pilot(indicator.measure), pilot(indicator.measure)
    Membership.objects.filter(user=gone).delete()
    User.objects.filter(pk=closed.pk).update(is_active=False)

    reminders.remind_everyone(at=morning(DUE))

    assert Notification.objects.count() == 0


def draft(indicator: Indicator, author: User) -> Any:
    return ObservationFactory.create(
        indicator=indicator,
        author=author,
        year=2025,
        value=Decimal(41),
        source=SourceFactory.create(plan=indicator.plan),
    )


def test_what_is_handed_in_is_the_reviewers_turn(indicator: Indicator) -> None:
    person = pilot(indicator.measure)
    reviewer = member(indicator.plan, Role.REVIEWER)
    reminders.remind_everyone(at=morning(DUE))
    row = workflow.submit(draft(indicator, person), at=morning(DUE))

    reminders.remind_everyone(at=morning(DUE + timedelta(days=1)))
    assert (unread(person), unread(reviewer)) == ([], ["to_review"])

    # Returned, it is theirs again: they are told of the return, and the date has passed.
    workflow.send_back(row, reviewer=reviewer, reason="Quelle source ?", at=morning(DUE))
    reminders.remind_everyone(at=morning(DUE + timedelta(days=2)))
    assert (unread(person), unread(reviewer)) == (["returned", "overdue"], [])


def test_a_value_that_is_published_closes_its_reminder(indicator: Indicator) -> None:
    person, reviewer = pilot(indicator.measure), member(indicator.plan, Role.REVIEWER)
    late = morning(DUE + timedelta(days=1))
    reminders.remind_everyone(at=late)
    row = workflow.submit(draft(indicator, person), at=late)
    services.publish(row, reviewer=reviewer, at=late)

    reminders.remind_everyone(at=late + timedelta(days=1))

    assert unread(person) == ["published"]


def test_a_deliverable_that_is_done_is_not_reminded_of() -> None:
    plan = PlanFactory.create()
    milestone = MilestoneFactory.create(measure__plan=plan, due_on=DUE)
    manager = member(plan)
    MilestoneUpdateFactory.create(milestone=milestone, as_of=date(2026, 1, 15), published=True)

    reminders.remind_everyone(at=morning(DUE + timedelta(days=1)))

    assert told(manager) == []


def test_a_new_due_date_is_told_anew() -> None:
    plan = PlanFactory.create()
    milestone = MilestoneFactory.create(measure__plan=plan, due_on=DUE)
    manager = member(plan)
    reminders.remind(plan, at=morning(DUE))
    Milestone.objects.filter(pk=milestone.pk).update(due_on=DUE + timedelta(days=7))
    reminders.remind(plan, at=morning(DUE))

    assert [text[:33] for _kind, text in told(manager)] == [
        "À fournir avant le 31 janvier 202",
        "À fournir avant le 7 février 2026",
    ]
    assert unread(manager) == ["due_soon"]


def test_who_joins_is_not_told_what_was_due_long_ago(indicator: Indicator) -> None:
    reminders.remind_everyone(at=morning(DUE + timedelta(days=1)))
    newcomer = member(indicator.plan)

    reminders.remind_everyone(at=morning(DUE + timedelta(days=32)))

    assert told(newcomer) == []


def test_a_beat_that_was_down_for_a_week_makes_up_for_it(indicator: Indicator) -> None:
    person = pilot(indicator.measure)

    reminders.remind_everyone(at=morning(DUE + timedelta(days=7)))

    assert [kind for kind, _text in told(person)] == ["overdue"]


def test_a_long_title_does_not_hide_the_date() -> None:
    plan = PlanFactory.create()
    MilestoneFactory.create(measure__plan=plan, title="T" * 200, due_on=DUE)
    manager = member(plan)

    reminders.remind(plan, at=morning(DUE))

    ((_kind, text),) = told(manager)
    assert text == f"À fournir avant le 31 janvier 2026\u00a0: {'T' * 159}…"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_once(indicator: Indicator) -> None:
    people = [pilot(indicator.measure), pilot(indicator.measure)]
    for number in range(5):
        MilestoneFactory.create(measure=indicator.measure, title=f"Jalon {number}", due_on=DUE)
    at_once(*[lambda: reminders.remind_everyone(at=morning(DUE + timedelta(days=1)))] * 3)

    assert [person.notifications.count() for person in people] == [6, 6]


def test_the_beat_asks_for_it_every_morning_before_the_mails_leave() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["remind"]

    assert entry["task"] == tasks.remind.name
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({6}, {0})
    assert settings.CELERY_TIMEZONE == "Europe/Paris"


def test_the_task_reminds_of_today() -> None:
    plan = PlanFactory.create()
    MilestoneFactory.create(measure__plan=plan, due_on=date.today() - timedelta(days=2))  # noqa: DTZ011
    manager = member(plan)

    tasks.remind.apply()
    tasks.remind.apply()

    assert [kind for kind, _text in told(manager)] == ["overdue"]
