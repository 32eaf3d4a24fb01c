"""Whether a plan's rows changed, asked without reading them.

PostgreSQL marks each row with the transaction that wrote it (`xmin`) and the place it stands at
(`ctid`). For each table the number of rows and the sum of what their marks hash to change with
every insert, update and delete, by whatever path; one query does it for every plan. Where the marks
change and the data do not (a database restored, a table rewritten), packages are built once more,
with the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date

from django.conf import settings
from django.db import connection

from indicators.progress import RULES_VERSION

EDITION = 2
"""Raised when a package of the same rows is to be written otherwise."""

# How the rows of each table lead to their plan.
OF_PLANS = {
    "plan": "SELECT id, xmin, ctid FROM plans_plan",
    "role": "SELECT plan_id, xmin, ctid FROM plans_planorganisation",
    "plan_sector": "SELECT plan_id, xmin, ctid FROM plans_plan_sectors",
    "source": "SELECT plan_id, xmin, ctid FROM plans_source",
    "claim": "SELECT plan_id, xmin, ctid FROM plans_claim",
    "note": "SELECT plan_id, xmin, ctid FROM plans_note",
    "citation": (
        "SELECT plan_id, part.xmin, part.ctid FROM plans_notecitation part"
        " JOIN plans_note whole ON whole.id = part.note_id"
    ),
    "objective": "SELECT plan_id, xmin, ctid FROM objectives_objective",
    "objective_note": (
        "SELECT plan_id, part.xmin, part.ctid FROM objectives_objective_notes part"
        " JOIN objectives_objective whole ON whole.id = part.objective_id"
    ),
    "measure": "SELECT plan_id, xmin, ctid FROM measures_measure",
    **{
        table: (
            f"SELECT plan_id, part.xmin, part.ctid FROM measures_{table} part"  # noqa: S608 - names below
            " JOIN measures_measure whole ON whole.id = part.measure_id"
        )
        for table in ("measureorganisation", "measure_sectors", "measure_notes", "milestone")
    },
    "update": (
        "SELECT plan_id, part.xmin, part.ctid FROM measures_milestoneupdate part"
        " JOIN measures_milestone middle ON middle.id = part.milestone_id"
        " JOIN measures_measure whole ON whole.id = middle.measure_id"
    ),
    "indicator": "SELECT plan_id, xmin, ctid FROM indicators_indicator",
    **{
        table: (
            f"SELECT plan_id, part.xmin, part.ctid FROM indicators_{table} part"  # noqa: S608 - names below
            " JOIN indicators_indicator whole ON whole.id = part.indicator_id"
        )
        for table in ("indicator_notes", "target", "observation")
    },
    **{
        table: (
            f"SELECT plan_id, part.xmin, part.ctid FROM indicators_{table} part"  # noqa: S608 - names below
            " JOIN indicators_target middle ON middle.id = part.target_id"
            " JOIN indicators_indicator whole ON whole.id = middle.indicator_id"
        )
        for table in ("targetperiod", "checkpoint")
    },
}
SHARED = ("plans_region", "plans_organisation", "plans_sector", "indicators_unit")

_TOTALS = " UNION ALL ".join(
    [
        f"SELECT '{name}', plan_id, count(*), sum(hashtext(writer::text || place::text)::bigint)"  # noqa: S608 - names above
        f" FROM ({rows}) AS marked (plan_id, writer, place) GROUP BY plan_id"
        for name, rows in OF_PLANS.items()
    ]
    + [
        f"SELECT '{table}', NULL, count(*), sum(hashtext(xmin::text || ctid::text)::bigint)"  # noqa: S608
        f" FROM {table}"
        for table in SHARED
    ]
)


def fingerprints(*, on: date) -> dict[int, str]:
    """Return the fingerprint of every plan on a day, by its id. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        totals = cursor.fetchall()
    shared = [f"{on} {EDITION} {RULES_VERSION} {settings.BASE_URL} {settings.SITE['publisher']}"]
    own: dict[int, list[str]] = defaultdict(list)
    for name, plan, count, marks in totals:
        (shared if plan is None else own[plan]).append(f"{name} {count} {marks}")
    return {
        plan: hashlib.sha256("\n".join(sorted([*shared, *lines])).encode()).hexdigest()
        for plan, lines in own.items()
    }
