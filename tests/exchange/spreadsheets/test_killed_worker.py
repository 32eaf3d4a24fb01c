"""A worker killed in the middle of an import: another one goes on, nothing is lost or doubled.

A real Celery worker, a real queue, a real database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from exchange import tasks
from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets import jobs
from indicators.models import Observation
from plans.models import Plan, Role, Source
from tests.exchange.spreadsheets.workbooks import NOON, member, received
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)

State = ImportJob.State
ROWS = 12_000
FIRST_DAY = date(1990, 1, 1)


@pytest.fixture(autouse=True)
def _empty_queue() -> None:
    """Forget what other tests asked for."""
    current_app.control.purge()


@pytest.fixture
def source() -> Source:
    made: Source = SourceFactory.create(plan=PlanFactory.create(), code="bilan")
    return made


def a_job(plan: Plan) -> ImportJob:
    """A file of many days of one indicator, which is observed when it can be."""
    IndicatorFactory.create(plan=plan, code="mesures", frequency="once")
    days = (FIRST_DAY + timedelta(days=number) for number in range(ROWS))
    lines = [
        "Indicateur;Début de période;Fin de période;Valeur;Source",
        *(f"mesures;{day:%d/%m/%Y};{day:%d/%m/%Y};{number};bilan"
          for number, day in enumerate(days)),
    ]  # fmt: skip
    content = "\n".join(lines).encode()
    return received(plan, member(plan, Role.REVIEWER), content, "saisie.csv")


def until(job: ImportJob, holds: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        job.refresh_from_db()
        if holds():
            return
        assert time.monotonic() < end, (job.state, log.read_text())
        time.sleep(0.01)


def silence_lasts() -> None:
    """Make the dead worker's silence long enough, and let the beat come round."""
    ImportJob.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))
    current_app.send_task("exchange.tasks.take_up_imports", ignore_result=True)


def test_a_worker_killed_while_it_checks(source: Source, tmp_path: Path) -> None:
    job, log = a_job(source.plan), tmp_path / "worker.log"
    with worker(log) as struck:
        tasks.queue(job.pk)
        until(job, lambda: job.rows_done > 0, log)
        struck.kill()
    job.refresh_from_db()
    assert job.state == State.CHECKING
    assert 0 < job.rows_done < ROWS

    silence_lasts()
    with worker(log):
        until(job, lambda: job.state == State.CHECKED, log)

    assert job.counts == {"new": ROWS}
    numbers = ImportRow.objects.filter(job=job).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(2, ROWS + 2))


@contextmanager
def held(source: Source) -> Iterator[None]:
    """Hold the source, as somebody who deletes it: rows that refer to it wait."""
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"] or None, user=settings["USER"],
        password=settings["PASSWORD"] or None, dbname=settings["NAME"],
    ) as other:  # fmt: skip
        other.execute("SELECT FROM plans_source WHERE id = %s FOR UPDATE", (source.pk,))
        yield
        other.rollback()


def somebody_waits_to_write() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event_type = 'Lock' AND query LIKE '%%INSERT INTO indicators_observation%%'"
        )
        return cursor.rowcount > 0


def test_a_worker_killed_while_it_writes(source: Source, tmp_path: Path) -> None:
    job, log = a_job(source.plan), tmp_path / "worker.log"
    jobs.work_on(job.pk, at=NOON)
    jobs.confirm(job, submits=True, at=NOON)

    with worker(log) as struck:
        with held(source):
            tasks.queue(job.pk)
            # All the rows are inserted, and the last check before the commit waits.
            until(job, somebody_waits_to_write, log)
            struck.kill()
        job.refresh_from_db()
    assert job.state == State.WRITING
    assert not Observation.objects.exists()

    silence_lasts()
    with worker(log):
        until(job, lambda: job.state == State.WRITTEN, log)
        # A message that comes twice finds nothing to do.
        tasks.queue(job.pk)
        tasks.queue(job.pk)

    found = Observation.objects.order_by("period_start").values_list("period_start", "value")
    assert list(found) == [(FIRST_DAY + timedelta(days=number), number) for number in range(ROWS)]
    assert set(Observation.objects.values_list("state", "revision")) == {("submitted", 1)}
