"""A hundred thousand rows in the background: all written, in a memory that does not follow them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from indicators.models import Indicator, Observation, ProgressRecord
from indicators.periods import Frequency, calendar_period, following_period
from indicators.services import refresh_progress
from plans.models import Role, Source
from tests.exchange.spreadsheets.workbooks import NOON, member, received
from tests.factories import IndicatorFactory, MeasureFactory, PlanFactory, SourceFactory
from tests.processes import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)

INDICATORS, MONTHS = 500, 200
ROWS = INDICATORS * MONTHS
PUBLISHED = ROWS // 2
MOST_GROWTH = 80
"""Megabytes. The file's cells alone, held as Python objects, would take three times as much."""

# What the Celery worker calls, in a process of its own whose peak of memory is looked at.
WORK = """
import re, sys
from pathlib import Path
import django
django.setup()
from exchange.tasks import work_on_import
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
work_on_import(int(sys.argv[1]))
print((peak() - before) // 1024)
"""


def work(job: ImportJob) -> int:
    """Do the job's next step in another process; return by how many megabytes that grew."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORK, str(job.pk)],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": database_url(),
        },
        capture_output=True,
        text=True,
        check=False,
        # Ten seconds are enough. Joining rows one by one takes an hour.
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    job.refresh_from_db()
    return int(done.stdout)


def months() -> Iterator[tuple[date, date]]:
    period = calendar_period(Frequency.MONTH, date(2010, 1, 1))
    for _number in range(MONTHS):
        yield period
        period = following_period(Frequency.MONTH, period[0])


def publish_half(indicators: list[Indicator], source: Source, author: User) -> None:
    """Publish a value for each month of half the indicators, as a moment ago."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            """
            INSERT INTO indicators_observation (
                indicator_id, period_start, period_end, value, measurement, qualifier, state,
                provisional, date_inferred, source_id, locator, comment, correction_reason,
                return_reason, withdrawal_reason, evidence_url, evidence_file, evidence_name,
                author_id, revision, recorded_at, edited_at, published_at
            )
            SELECT indicator, month, month + interval '1 month' - interval '1 day', 1, '', 'exact',
                'published', false, false, %s, '', '', '', '', '', '', '', '', %s, 1, now(), now(),
                now()
            FROM unnest(%s::bigint[]) AS indicator,
                generate_series(date '2010-01-01', date '2026-08-01', interval '1 month') AS month
            """,
            (source.pk, author.pk, [one.pk for one in indicators[: INDICATORS // 2]]),
        )


def test_a_hundred_thousand_rows_half_of_them_corrections(tmp_path: Path) -> None:
    plan = PlanFactory.create()
    measure = MeasureFactory.create(plan=plan)
    indicators = [
        IndicatorFactory.create(plan=plan, measure=measure, frequency=Frequency.MONTH)
        for _number in range(INDICATORS)
    ]
    source = SourceFactory.create(plan=plan)
    user = member(plan, Role.REVIEWER)
    publish_half(indicators, source, user)
    refresh_progress([one.pk for one in indicators], on=date(2026, 11, 21))
    path = tmp_path / "saisie.csv"
    with path.open("w") as file:
        file.write("Indicateur;Début de période;Fin de période;Valeur;Source;Motif\n")
        for indicator in indicators:
            for number, (start, end) in enumerate(months()):
                file.write(
                    f"{indicator.code};{start:%d/%m/%Y};{end:%d/%m/%Y};{number},5;{source.code};"
                    "Série révisée\n"
                )
    job = received(plan, user, path, "saisie.csv")

    growth = work(job)
    assert (job.state, job.counts) == ("checked", {"new": PUBLISHED, "changed": PUBLISHED})
    assert growth < MOST_GROWTH
    jobs.confirm(job, submits=True, at=NOON)
    growth = work(job)

    assert job.state == "written"
    assert growth < MOST_GROWTH
    submitted = Observation.objects.filter(state="submitted")
    assert submitted.count() == ROWS
    assert submitted.filter(supersedes__isnull=False).count() == PUBLISHED
    # What is not public changes no progress: every indicator's is still stored.
    assert ProgressRecord.objects.count() == INDICATORS
