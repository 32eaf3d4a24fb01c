"""The pages made anew: the first view after a publication, and how pages grow with their data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median

import psycopg

from tools.bench.against import Say
from tools.bench.mass import Mass
from tools.bench.site import ROOT, Site

DEMONSTRATION = "/plans/demonstration/"
PLANS = (DEMONSTRATION, "/plans/grand-est-2019/")
HOLDS_ALL = "/plans/banc-d-essai/"
STARTS = 5
"""How many processes tell what a cold one does."""
Measured = dict[str, dict[str, float]]


def inside(own: Site, mode: str, *paths: str) -> Measured:
    """Measure in a process of its own: see `tools.bench.inside`."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tools.bench.inside", mode, *paths],
        cwd=ROOT, env=own.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{mode} {paths}:\n{done.stderr}")
    found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


def first_views(own: Site, row: Say) -> None:
    """Add the rows of the first view of a plan's page."""
    own.manage("shell", "--verbosity=0", "--command", REFRESH)
    for path, one in inside(own, "published", *PLANS).items():
        ratio = one["view"] / one["sql"]
        _row(row, f"First view of {path} after a publication in it", one, "≤ 5", ratio <= 5)
    for path, one in inside(own, "parts", *PLANS).items():
        _row(row, f"The same, none of its parts kept: {path}", one, "—", "—")
    for path in PLANS:
        starts = [inside(own, "cold", path)[path] for _ in range(STARTS)]
        one = {name: median(start[name] for start in starts) for name in starts[0]}
        _row(row, f"The same, very first request of a process: {path}", one, "—", "—")


def _row(row: Say, what: str, one: dict[str, float], goal: str, reached: object) -> None:
    row(
        what, f"{one['view'] * 1000:.1f} ms",
        f"{one['sql'] * 1000:.1f} ms ({one['queries']:.0f} queries, SQL alone)",
        f"{one['view'] / one['sql']:.1f}", goal, reached,
    )  # fmt: skip


REFRESH = (
    "from indicators.services import refresh_all_progress; from django.utils import timezone; "
    "refresh_all_progress(on=timezone.localdate())"
)


def sizes(own: Site, counts: Sequence[int], row: Say) -> None:
    """Add the rows of three pages as the stored values grow."""
    # Rows written past the triggers, which only the owner of the tables may.
    with psycopg.connect(own.owner, autocommit=True) as connection:
        mass = Mass(connection)
        at_first: dict[str, float] = {}
        for count in counts:
            mass.grow(count)
            own.manage("shell", "--verbosity=0", "--command", STORED)
            for path, one in inside(own, "parts", DEMONSTRATION, HOLDS_ALL, "/").items():
                # The sizes are minutes apart: what else the machine did meanwhile is left out by
                # taking the least of the times, not their median.
                least, first = one["least"], at_first.setdefault(path, one["least"])
                row(
                    f"{path} at {count:,} observations", f"{least * 1000:.1f} ms",
                    f"{first * 1000:.1f} ms at {counts[0]:,}", f"{least / first:.2f}",
                    "≤ 1.2", least / first <= 1.2,
                )  # fmt: skip


# What a nightly run stores, without evaluating a million values each time.
STORED = """
from django.utils import timezone
from indicators.models import Indicator, Observation, ProgressRecord
from indicators.progress import RULES_VERSION
rows = Indicator.objects.filter(plan__slug="banc-d-essai")
ProgressRecord.objects.filter(indicator__in=rows).delete()
latest = {
    one.indicator_id: one for one in Observation.objects.filter(indicator__in=rows)
    .order_by("indicator_id", "-period_end").distinct("indicator_id")
}
ProgressRecord.objects.bulk_create(ProgressRecord(
    indicator=row, evaluated_on=timezone.localdate(), rules_version=RULES_VERSION,
    status="no_target", explanation="Banc d’essai.", latest=latest[row.pk],
    value=latest[row.pk].value, reported_until=latest[row.pk].period_end,
) for row in rows)
"""
