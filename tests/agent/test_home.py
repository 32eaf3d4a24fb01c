"""The staff home: what is awaited, of whom, by when, and where each line leads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from agent.desk import Desk, DeskBuilder, DueLine, WorkLine, how_far
from agent.due import Due, Teams, When, due_in, when_due
from indicators.models import Indicator, Observation
from indicators.services import refresh_progress
from measures.models import Measure, MeasureAssignment, Milestone
from plans import workflow
from plans.models import Plan, Role
from plans.permissions import all_rights
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def pilot(measure: Measure | None, role: Role = Role.CONTRIBUTOR) -> User:
    assert measure is not None
    user = member(measure.plan, role)
    MeasureAssignment.objects.create(measure=measure, user=user)
    return user


def yearly(plan: Plan, *, latest: int, lag: int = 31, **fields: object) -> Indicator:
    """An indicator observed every year, the latest value published that of `latest`."""
    indicator: Indicator = IndicatorFactory.create(
        plan=plan, availability_lag_days=lag, **{"title": "Entreprises accompagnées", **fields}
    )
    ObservationFactory.create(indicator=indicator, year=latest, published=True)
    return indicator


def due(plan: Plan, *, on: date = TODAY) -> list[Due]:
    return due_in([plan], Teams([plan]), on=on)


def desk(user: User, *, mine: bool = False, on: date = TODAY) -> Desk:
    return DeskBuilder(user, all_rights(user), on=on).desk(mine=mine)


def titles(lines: tuple[DueLine, ...] | tuple[WorkLine, ...]) -> list[str]:
    return [line.due.subject.title if isinstance(line, DueLine) else line.title for line in lines]


# --- Due dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "period_end", "when"),
    [
        (date(2026, 3, 9), None, When.OVERDUE),
        (date(2026, 3, 10), None, When.NOW),  # what is due today is not late
        (date(2026, 3, 24), None, When.NOW),
        (date(2026, 3, 25), None, When.LATER),
        (date(2026, 6, 30), date(2026, 3, 9), When.NOW),  # its period is over: it can be known
        (date(2026, 6, 30), date(2026, 3, 10), When.LATER),
    ],
)
def test_when_something_is_due(due_on: date, period_end: date | None, when: When) -> None:
    assert when_due(due_on, period_end=period_end, on=TODAY) == when


def test_a_value_is_due_a_lag_after_the_end_of_the_next_period() -> None:
    plan = PlanFactory.create()
    indicator = yearly(plan, latest=2024, lag=90)

    (one,) = due(plan)

    assert (one.subject, one.due_on) == (indicator, date(2026, 3, 31))
    assert (one.period, one.period_text) == ((date(2025, 1, 1), date(2025, 12, 31)), "2025")
    assert one.when == When.NOW
    assert one.entry_url == (
        f"/agent/plans/{plan.slug}/indicateurs/{indicator.code}/saisie/"
        "?debut=2025-01-01&fin=2025-12-31"
    )


def test_of_several_targets_the_first_due_date_counts() -> None:
    plan = PlanFactory.create()
    indicator = IndicatorFactory.create(plan=plan, frequency=Indicator.Frequency.ONCE)
    for code, due_on in (("b", date(2026, 12, 31)), ("a", date(2026, 6, 30))):
        TargetFactory.create(
            indicator=indicator, code=code, starts_on=date(2025, 1, 1), due_on=due_on
        )

    assert [(one.due_on, one.period) for one in due(plan)] == [(date(2026, 6, 30), None)]


def test_nothing_is_awaited_of_what_was_abandoned_or_has_no_frequency() -> None:
    plan = PlanFactory.create()
    over = MeasureFactory.create(plan=plan, state="abandoned", state_reason="Budget retiré.")
    yearly(plan, latest=2020, measure=over)
    yearly(plan, latest=2020, frequency=None)
    dropped = yearly(plan, latest=2020)
    TargetFactory.create(
        indicator=dropped,
        starts_on=date(2020, 1, 1),
        due_on=date(2027, 12, 31),
        abandoned_on=date(2024, 1, 1),
        abandonment_reason="Remplacée.",
    )
    MilestoneFactory.create(measure=over, due_on=date(2020, 1, 1))
    MilestoneFactory.create(measure__plan=plan, due_on=None)

    assert due(plan) == []


def test_a_deliverable_is_due_until_it_is_published_as_done_or_abandoned() -> None:
    plan = PlanFactory.create()
    measure = MeasureFactory.create(plan=plan)
    states = {"Fait": "done", "Abandonné": "abandoned", "En cours": "in_progress", "Prévu": None}
    for title, state in states.items():
        milestone = MilestoneFactory.create(measure=measure, title=title, due_on=date(2026, 3, 1))
        if state:
            MilestoneUpdateFactory.create(milestone=milestone, advancement=state, published=True)

    assert [(one.subject.title, one.when) for one in due(plan)] == [
        ("En cours", When.OVERDUE),
        ("Prévu", When.OVERDUE),
    ]
    assert due(plan)[0].entry_url == (
        f"/agent/plans/{plan.slug}/mesures/{measure.code}"
        f"/jalons/{Milestone.objects.get(title='En cours').code}/saisie/"
    )


# --- Of whom -----------------------------------------------------------------------------------


def test_a_value_is_awaited_of_the_pilots_of_its_measure_else_of_the_managers() -> None:
    plan = PlanFactory.create()
    manager, other_manager = member(plan), member(plan)
    member(plan, Role.REVIEWER)
    with_pilot, without = (
        yearly(plan, latest=2024, title=title) for title in ("Avec pilote", "Sans pilote")
    )
    of_plan = yearly(plan, latest=2024, title="Du plan", on_plan=True)
    pilots = {pilot(with_pilot.measure).pk, pilot(with_pilot.measure).pk}

    people = {one.subject: set(one.people) for one in due(plan)}

    assert people == {
        with_pilot: pilots,
        without: {manager.pk, other_manager.pk},
        of_plan: {manager.pk, other_manager.pk},
    }


def test_a_pilot_who_left_or_may_only_read_is_asked_for_nothing() -> None:
    plan = PlanFactory.create()
    manager = member(plan)
    measure = yearly(plan, latest=2024).measure
    assert measure is not None
    MeasureAssignment.objects.create(measure=measure, user=UserFactory.create())
    pilot(measure, Role.VIEWER)
    closed = pilot(measure)
    closed.is_active = False
    closed.save()

    assert [set(one.people) for one in due(plan)] == [{manager.pk}]


# --- The desk ----------------------------------------------------------------------------------


def draft(indicator: Indicator, author: User, year: int = 2025) -> Observation:
    row: Observation = ObservationFactory.create(
        indicator=indicator,
        author=author,
        edited_by=author,
        edited_at=NOON,
        year=year,
        value=Decimal(41),
        source=SourceFactory.create(plan=indicator.plan),
    )
    return row


def test_the_desk_sorts_what_waits() -> None:
    plan = PlanFactory.create()
    late = yearly(plan, latest=2024, title="En retard")
    author = pilot(late.measure)
    yearly(plan, latest=2024, title="Attendu", lag=120, measure=late.measure)
    yearly(plan, latest=2025, title="Plus tard", measure=late.measure)
    returned = yearly(plan, latest=2025, title="Renvoyé", measure=late.measure, lag=60)
    reviewer = member(plan, Role.REVIEWER)
    workflow.send_back(
        workflow.submit(draft(returned, author, year=2019), at=NOON),
        reviewer=reviewer,
        reason="Quelle source ?",
        at=NOON,
    )
    submitted = workflow.submit(draft(late, author), at=NOON)
    draft(late, author, year=2019)
    published = workflow.submit(draft(returned, author, year=2022), at=NOON)
    workflow.publish(published, plan, reviewer=reviewer, at=NOON)

    mine = desk(author, mine=True)

    assert titles(mine.overdue) == ["En retard"]
    assert titles(mine.now) == ["Attendu"]
    assert titles(mine.later) == ["Plus tard", "Renvoyé"]
    assert [(line.title, plain(line.said), line.when) for line in mine.drafts] == [
        ("En retard", "41 entreprises", "2019")
    ]
    assert [line.contribution.return_reason for line in mine.returned] == ["Quelle source ?"]
    assert titles(mine.published) == ["Renvoyé"]
    assert mine.to_review == ()
    # The reviewer has it to review; for the others what is handed in is only on its way.
    assert [line.contribution for line in desk(reviewer).to_review] == [submitted]
    assert [line.due.under_way for line in desk(reviewer).overdue] == [submitted]


def test_a_line_leads_where_the_reader_can_act() -> None:
    plan = PlanFactory.create()
    indicator = yearly(plan, latest=2024)
    author, other = pilot(indicator.measure), member(plan, Role.CONTRIBUTOR)
    viewer, reviewer = member(plan, Role.VIEWER), member(plan, Role.REVIEWER)
    entry = (
        f"/agent/plans/{plan.slug}/indicateurs/{indicator.code}/saisie/"
        "?debut=2025-01-01&fin=2025-12-31"
    )

    def leads_to(user: User) -> list[str]:
        return [line.url for line in desk(user).overdue]

    public = f"/plans/{plan.slug}/indicateurs/{indicator.code}/"
    assert [leads_to(user) for user in (author, reviewer)] == [[entry], [entry]]
    assert [leads_to(user) for user in (other, viewer)] == [[public], [public]]
    row = draft(indicator, author)
    assert [line.url for line in desk(author).drafts] == [entry]
    assert [leads_to(user) for user in (author, viewer)] == [[entry], [row.get_absolute_url()]]
    workflow.submit(row, at=NOON)
    assert [leads_to(user) for user in (author, reviewer, viewer)] == [
        [row.get_absolute_url()] for _ in range(3)
    ]


def test_a_plan_that_is_not_public_has_no_public_page_to_lead_to() -> None:
    plan = PlanFactory.create(is_public=False)
    yearly(plan, latest=2024)

    assert [line.url for line in desk(member(plan, Role.VIEWER)).overdue] == [""]


def test_mine_keeps_what_is_awaited_of_me_and_what_i_wrote() -> None:
    plan = PlanFactory.create()
    own, other = yearly(plan, latest=2024, title="À moi"), yearly(plan, latest=2024, title="Autre")
    me, colleague = pilot(own.measure), pilot(other.measure)
    draft(own, me, year=2019)
    draft(other, colleague, year=2019)

    assert titles(desk(me, mine=True).overdue) == ["À moi"]
    assert titles(desk(me, mine=True).drafts) == ["À moi"]
    assert sorted(titles(desk(me).overdue)) == ["Autre", "À moi"]
    assert sorted(titles(desk(me).drafts)) == ["Autre", "À moi"]


def test_nobody_reviews_their_own_unless_the_plan_says_so() -> None:
    plan = PlanFactory.create()
    indicator = yearly(plan, latest=2024)
    manager = member(plan)
    workflow.submit(draft(indicator, manager), at=NOON)
    assert desk(manager).to_review == ()

    Plan.objects.update(allows_self_publication=True)
    assert titles(desk(manager).to_review) == ["Entreprises accompagnées"]


def test_a_person_sees_the_plans_they_work_in_and_no_other() -> None:
    mine, other, guarded = PlanFactory.create_batch(3)
    Plan.objects.filter(pk=guarded.pk).update(requires_two_factor=True)
    for plan in (mine, other, guarded):
        yearly(plan, latest=2024)
    user = member(mine)
    MembershipFactory.create(plan=guarded, user=user, role=Role.MANAGER)

    assert [line.due.plan for line in desk(user).overdue] == [mine]
    assert desk(UserFactory.create()).is_clear


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 10), "aujourd’hui"),
        (date(2026, 3, 9), "depuis 1 jour"),
        (date(2026, 3, 12), "dans 2 jours"),
        (date(2025, 9, 10), "depuis 6 mois"),
        (date(2021, 1, 31), "depuis 5 ans"),
    ],
)
def test_how_far_a_day_is(day: date, said: str) -> None:
    assert how_far(day, on=TODAY) == said


# --- The pages ---------------------------------------------------------------------------------


def busy_plan(**fields: object) -> Plan:
    plan: Plan = PlanFactory.create(**fields)
    indicator = yearly(plan, latest=2020)
    milestone = MilestoneFactory.create(
        measure=indicator.measure, due_on=timezone.localdate() - timedelta(days=3)
    )
    author = pilot(indicator.measure)
    workflow.submit(draft(indicator, author), at=timezone.now())
    draft(indicator, author, year=2022)
    MilestoneUpdateFactory.create(milestone=milestone, author=author, advancement="in_progress")
    return plan


@pytest.mark.parametrize("role", list(Role))
def test_every_member_sees_the_desk_of_their_plan(role: Role) -> None:
    plan = busy_plan()
    client = signed_in(member(plan, role))

    home, page = client.get("/agent/"), client.get(f"/agent/plans/{plan.slug}/")

    assert (home.status_code, page.status_code) == (200, 200)
    to_review = 1 if role in (Role.REVIEWER, Role.MANAGER) else 0
    assert [len(answer.context["desk"].to_review) for answer in (home, page)] == [to_review] * 2
    assert home["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_who_is_no_member_sees_nothing_of_a_plan() -> None:
    plan = busy_plan()
    stranger = signed_in(member(PlanFactory.create()))

    assert stranger.get(f"/agent/plans/{plan.slug}/").status_code == 404
    assert plan.title not in stranger.get("/agent/").content.decode()
    page = stranger.get("/agent/", {"plan": plan.slug}).content.decode()
    assert "Vous ne travaillez pas dans le plan demandé" in page
    for address in ("/agent/", f"/agent/plans/{plan.slug}/"):
        assert Client().get(address)["Location"] == f"/comptes/login/?next={address}"


def test_the_filters_are_in_the_address() -> None:
    here, there = busy_plan(), busy_plan()
    user = member(here)
    MembershipFactory.create(plan=there, user=user, role=Role.MANAGER)
    client = signed_in(user)

    def plans(**query: str) -> set[Plan]:
        found: Desk = client.get("/agent/", query).context["desk"]
        return {line.due.plan for line in (*found.overdue, *found.now)}

    assert plans() == {here, there}
    assert plans(plan=there.slug) == {there}
    assert plans(plan=there.slug, pour="moi") == set()


def test_who_is_assigned_to_something_sees_their_own_first() -> None:
    plan = busy_plan()
    assigned = User.objects.get(assignments__measure__plan=plan)

    assert signed_in(assigned).get("/agent/").context["mine"] is True
    assert signed_in(assigned).get("/agent/", {"pour": "tous"}).context["mine"] is False
    assert signed_in(member(plan)).get("/agent/").context["mine"] is False


def test_the_desk_costs_as_many_queries_for_one_plan_as_for_three() -> None:
    user = member(busy_plan())
    client = signed_in(user)

    def queries() -> int:
        client.get("/agent/")  # what a session costs once
        with CaptureQueriesContext(connection) as asked:
            client.get("/agent/")
        return len(asked)

    for plan in Plan.objects.all():
        refresh(plan)
    alone = queries()
    for _ in range(2):
        plan = busy_plan()
        MembershipFactory.create(plan=plan, user=user, role=Role.MANAGER)
        refresh(plan)

    assert queries() == alone


def test_the_lists_themselves_cost_twenty_one_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Rights 3, own work 1, teams 2, values 3, deliverables 3, counts 2, lists 4, published 3."""
    user = member(busy_plan())
    for _ in range(2):
        MembershipFactory.create(plan=busy_plan(), user=user, role=Role.MANAGER)
    for plan in Plan.objects.all():
        refresh(plan)

    with django_assert_num_queries(21):
        desk(user, on=timezone.localdate())


def refresh(plan: Plan) -> None:
    refresh_progress(
        Indicator.objects.filter(plan=plan).values_list("pk", flat=True), on=timezone.localdate()
    )


@pytest.mark.parametrize(
    ("role", "tabs"),
    [
        (Role.VIEWER, {"Vue d’ensemble"}),
        (Role.CONTRIBUTOR, {"Vue d’ensemble", "Saisie"}),
        (Role.REVIEWER, {"Vue d’ensemble", "Saisie", "Relecture"}),
        (Role.MANAGER, {"Vue d’ensemble", "Saisie", "Relecture", "Membres"}),
    ],
)
def test_the_tabs_of_a_plan_follow_the_role(role: Role, tabs: set[str]) -> None:
    plan = PlanFactory.create()

    page = signed_in(member(plan, role)).get(f"/agent/plans/{plan.slug}/").content.decode()

    names = {"Vue d’ensemble", "Saisie", "Relecture", "Membres"}
    assert {name for name in names if f">{name}</a>" in page} == tabs
