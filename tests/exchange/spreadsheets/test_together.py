"""An import and a publication at the same time, on the real database: one after the other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import applying, jobs
from indicators import services
from indicators.models import Indicator, Observation
from plans import workflow
from plans.models import Plan, Role
from tests.at_once import Aside, until_somebody_waits
from tests.exchange.spreadsheets.workbooks import NOON, checked, member, received
from tests.factories import IndicatorFactory, ObservationFactory, PlanFactory, SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)

State = ImportJob.State


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create()
    SourceFactory.create(plan=made, code="bilan")
    return made


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(plan=plan, code="entreprises")
    return made


@pytest.fixture
def author(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


def a_file(*years: int) -> bytes:
    rows = [f"entreprises;01/01/{year};31/12/{year};7;bilan;Révisé" for year in years]
    titles = "Indicateur;Début de période;Fin de période;Valeur;Source;Motif"
    return "\n".join([titles, *rows]).encode()


def confirmed(plan: Plan, user: User, *years: int) -> ImportJob:
    job = checked(plan, user, a_file(*years), "a.csv")
    jobs.confirm(job, submits=False, at=NOON)
    return job


@pytest.fixture
def draft(indicator: Indicator, author: User) -> Observation:
    """A draft of the author for 2024."""
    made: Observation = ObservationFactory.create(
        indicator=indicator, year=2024, value=30, author=author, edited_by=author,
        source=indicator.plan.sources.get(),
    )  # fmt: skip
    return made


def test_a_publication_under_way_wins_and_the_import_writes_nothing(
    plan: Plan, indicator: Indicator, author: User, draft: Observation
) -> None:
    reviewer = member(plan, Role.REVIEWER)
    job = confirmed(plan, author, 2023, 2024)
    submitted = workflow.submit(draft, at=NOON)

    with transaction.atomic():
        services.publish(submitted, reviewer=reviewer, at=NOON)
        importing = Aside(lambda: jobs.work_on(job.pk, at=NOON))
        until_somebody_waits()
    importing.wait()

    job.refresh_from_db()
    assert importing.refusal is None
    assert job.state == State.CONFLICT
    [published] = Observation.objects.all()
    assert (published.state, published.value) == ("published", 30)
    assert [row.starts_on for row in job.rows.filter(outcome="error")] == [date(2024, 1, 1)]


def test_a_publication_of_another_period_waits_and_both_are_kept(
    plan: Plan, indicator: Indicator, author: User
) -> None:
    reviewer = member(plan, Role.REVIEWER)
    other = workflow.submit(
        ObservationFactory.create(
            indicator=indicator, year=2021, author=author, source=plan.sources.get()
        ),
        at=NOON,
    )
    job = confirmed(plan, author, 2023, 2024)

    with transaction.atomic():
        jobs.work_on(job.pk, at=NOON)
        publishing = Aside(lambda: services.publish(other, reviewer=reviewer, at=NOON))
        until_somebody_waits()
    publishing.wait()

    job.refresh_from_db()
    assert publishing.refusal is None
    assert job.state == State.WRITTEN
    found = Observation.objects.order_by("period_start").values_list("period_start", "state")
    assert [(start.year, state) for start, state in found] == [
        (2021, "published"), (2023, "draft"), (2024, "draft"),
    ]  # fmt: skip


def test_other_plans_are_written_while_an_import_is(
    plan: Plan, indicator: Indicator, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft and a publication elsewhere do not wait for its commit, withdrawals included."""
    ObservationFactory.create(
        indicator=indicator, year=2022, author=author, source=plan.sources.get(), published=True
    )
    lines = (
        "Indicateur;Début de période;Fin de période;Valeur;Source;Motif;Retrait",
        "entreprises;01/01/2022;31/12/2022;;;Erreur;RETIRER",
        "entreprises;01/01/2023;31/12/2023;7;bilan;;",
    )
    job = checked(plan, author, "\n".join(lines).encode(), "a.csv")
    jobs.confirm(job, submits=False, at=NOON)
    elsewhere = IndicatorFactory.create()
    reviewer = member(elsewhere.plan, Role.REVIEWER)
    handed_in = workflow.submit(
        ObservationFactory.create(
            indicator=elsewhere, year=2021, author=author,
            source=SourceFactory.create(plan=elsewhere.plan),
        ),
        at=NOON,
    )  # fmt: skip
    done = []
    last_step = applying.refresh_progress

    def everything_is_written(*args: Any, **kwargs: Any) -> int:
        """Between the last statement of the import and its commit, let others work."""
        number = last_step(*args, **kwargs)
        others = [
            Aside(lambda: ObservationFactory.create(indicator=elsewhere, year=2020)),
            Aside(lambda: services.publish(handed_in, reviewer=reviewer, at=NOON)),
        ]
        for other in others:
            other.wait()
            assert other.refusal is None
            done.append(other)
        return number

    monkeypatch.setattr(applying, "refresh_progress", everything_is_written)
    jobs.work_on(job.pk, at=NOON)

    job.refresh_from_db()
    assert (job.state, job.counts) == (State.WRITTEN, {"new": 1, "withdraw": 1})
    assert len(done) == 2
    found = Observation.objects.filter(indicator=elsewhere).order_by("period_start")
    assert [row.state for row in found] == ["draft", "published"]


def test_two_imports_of_the_same_periods_one_is_told(
    plan: Plan, indicator: Indicator, author: User
) -> None:
    colleague = member(plan, Role.REVIEWER)
    first = confirmed(plan, author, 2023, 2024)
    second = confirmed(plan, colleague, 2024, 2023)

    both = [Aside(lambda job=job: jobs.work_on(job.pk, at=NOON)) for job in (first, second)]
    for one in both:
        one.wait()

    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted((first.state, second.state)) == [State.CONFLICT, State.WRITTEN]
    winner = author if first.state == State.WRITTEN else colleague
    assert set(Observation.objects.values_list("author", "value")) == {(winner.pk, 7)}
    assert Observation.objects.count() == 2


def test_two_workers_at_one_import_write_once(
    plan: Plan, indicator: Indicator, author: User
) -> None:
    job = confirmed(plan, author, 2023, 2024)

    both = [Aside(lambda: jobs.work_on(job.pk, at=NOON)) for _worker in range(2)]
    for one in both:
        one.wait()

    job.refresh_from_db()
    assert [one.refusal for one in both] == [None, None]
    assert job.state == State.WRITTEN
    assert Observation.objects.count() == 2


def test_a_worker_that_was_taken_for_dead_stops(
    plan: Plan, indicator: Indicator, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = received(plan, author, a_file(2023, 2024), "a.csv")
    statistics = jobs.refresh_statistics

    def overtaken(rows: int) -> None:
        """Between two of its steps, let the lease end and another worker do it all."""
        monkeypatch.setattr(jobs, "refresh_statistics", statistics)
        ImportJob.objects.update(heartbeat_at=NOON.replace(year=2000))
        for number in jobs.take_up(at=NOON):
            jobs.work_on(number, at=NOON)

    monkeypatch.setattr(jobs, "refresh_statistics", overtaken)
    jobs.work_on(job.pk, at=NOON)

    job.refresh_from_db()
    assert (job.state, job.counts, job.rows.count()) == (State.CHECKED, {"new": 2}, 2)
