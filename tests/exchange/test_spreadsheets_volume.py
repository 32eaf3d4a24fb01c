"""A hundred thousand rows in the background: all written, in a memory that does not follow them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from indicators.models import Indicator, Observation
from indicators.periods import Frequency, calendar_period, following_period
from plans.models import Plan, Role
from tests.exchange.spreadsheets import NOON, member, received
from tests.factories import IndicatorFactory, MeasureFactory, PlanFactory, SourceFactory
from tests.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent
INDICATORS = int(os.environ.get("VOLUME_INDICATORS", "100"))
MONTHS = 200

# What the Celery worker calls, in a process of its own whose memory is looked at.
WORK = """
import re, sys, time
from pathlib import Path
import django
django.setup()
from exchange.tasks import work_on_import
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before, start = peak(), time.monotonic()
work_on_import(int(sys.argv[1]))
print(before, peak(), time.monotonic() - start)
"""


def work(job: ImportJob) -> tuple[float, float]:
    """Do the job's next step in another process; return its growth (MB) and its time (s)."""
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
    )
    assert done.returncode == 0, done.stderr
    before, after, seconds = map(float, done.stdout.split())
    job.refresh_from_db()
    return (after - before) / 1024, seconds


def months() -> Iterator[tuple[date, date]]:
    period = calendar_period(Frequency.MONTH, date(2010, 1, 1))
    for _number in range(MONTHS):
        yield period
        period = following_period(Frequency.MONTH, period[0])


def a_large_plan() -> tuple[Plan, list[Indicator]]:
    plan = PlanFactory.create()
    measure = MeasureFactory.create(plan=plan)
    return plan, [
        IndicatorFactory.create(plan=plan, measure=measure, frequency=Frequency.MONTH)
        for _number in range(INDICATORS)
    ]


def test_it_is_written_in_bounded_memory(tmp_path: Path) -> None:
    plan, indicators = a_large_plan()
    source = SourceFactory.create(plan=plan)
    user = member(plan, Role.REVIEWER)
    drafts = [
        Observation(
            indicator=indicator,
            period_start=start,
            period_end=end,
            value=1,
            author=user,
            edited_by=user,
            source=source,
        )
        for indicator in indicators[: INDICATORS // 2]
        for start, end in months()
    ]
    Observation.objects.bulk_create(drafts, batch_size=5000)
    path = tmp_path / "saisie.csv"
    with path.open("w") as file:
        file.write("Indicateur;Début de période;Fin de période;Valeur;Source\n")
        for indicator in indicators:
            for number, (start, end) in enumerate(months()):
                file.write(
                    f"{indicator.code};{start:%d/%m/%Y};{end:%d/%m/%Y};{number},5;{source.code}\n"
                )
    job = received(plan, user, path, "saisie.csv")

    growth, seconds = work(job)
    print("check", growth, seconds, job.state, job.counts)
    jobs.confirm(job, submits=True, at=NOON)
    growth, seconds = work(job)
    print("write", growth, seconds, job.state)
    assert job.state == "written"
    assert Observation.objects.count() == INDICATORS * MONTHS


@pytest.mark.parametrize("scenario", ["update", "twins", "correct", "errors"])
def test_scenarios(tmp_path: Path, scenario: str) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    plan, indicators = a_large_plan()
    source = SourceFactory.create(plan=plan)
    user = member(plan, Role.REVIEWER)
    if scenario in ("update", "correct"):
        with transaction.atomic():
            with connection.cursor() as c:
                c.execute("SET CONSTRAINTS ALL IMMEDIATE")
            more = (
                {"state": "published", "published_at": timezone.now()}
                if scenario == "correct"
                else {}
            )
            t = time.monotonic()
            Observation.objects.bulk_create(
                [
                    Observation(
                        indicator=indicator,
                        period_start=start,
                        period_end=end,
                        value=1,
                        author=user,
                        edited_by=user,
                        source=source,
                        **more,
                    )
                    for indicator in indicators
                    for start, end in months()
                ],
                batch_size=5000,
            )
            print("setup", time.monotonic() - t)
    path = tmp_path / "saisie.csv"
    with path.open("w") as file:
        file.write("Indicateur;Début de période;Fin de période;Valeur;Source;Motif\n")
        for indicator in indicators:
            for number, (start, end) in enumerate(months()):
                if scenario == "twins":
                    number //= 2
                    start, end = calendar_period(
                        Frequency.MONTH, date(2010 + number // 12, number % 12 + 1, 1)
                    )
                value = f"{number},5" if scenario != "errors" else "douze"
                file.write(
                    f"{indicator.code};{start:%d/%m/%Y};{end:%d/%m/%Y};{value};{source.code};Essai\n"
                )
    job = received(plan, user, path, "saisie.csv")
    growth, seconds = work(job)
    print(scenario, "check", growth, seconds, job.state, job.counts, flush=True)
    if job.can_be_confirmed:
        jobs.confirm(job, submits=True, at=NOON)
        growth, seconds = work(job)
        print(scenario, "write", growth, seconds, job.state, flush=True)
