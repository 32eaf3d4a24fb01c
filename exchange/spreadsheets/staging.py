"""The checked rows in the database, and what only shows when they are all there.

Rows are written by COPY, and compared with one another by the database: the memory of a worker
does not grow with the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets.columns import Kind, letters_of
from exchange.spreadsheets.contents import Content
from exchange.spreadsheets.directory import CodeBook
from exchange.spreadsheets.documents import Table
from exchange.spreadsheets.drafts import Draft
from plans.models import Source

_COLUMNS = (
    "job_id", "position", "kind", "sheet", "number", "subject", "moment", "blank", "outcome",
    "problems", "differences", "indicator_id", "milestone_id", "starts_on", "ends_on", "value",
    "numerator", "denominator", "qualifier", "advancement", "provisional", "source_id",
    "source_code", "locator", "comment", "reason", "open_id", "open_revision", "current_id",
)  # fmt: skip


def store(
    job: ImportJob, drafts: Iterable[Draft], position: int, sources: CodeBook[Source]
) -> None:
    """Append checked rows to the job's, numbered from `position`."""
    sql = f"COPY exchange_importrow ({', '.join(_COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for number, draft in enumerate(drafts, start=position):
            copy.write_row(_row(job, draft, number, sources))


def _row(job: ImportJob, draft: Draft, position: int, sources: CodeBook[Source]) -> tuple[Any, ...]:
    content = draft.content or Content()
    source = sources.get(content.source)
    current = draft.stored.current if draft.stored else None
    opened = draft.stored.open if draft.stored else None
    problems = [problem.as_stored(draft.cell_name(problem.column)) for problem in draft.problems]
    return (
        job.pk,
        position,
        draft.table.kind.value,
        draft.table.name[:60],
        draft.row.number,
        draft.subject,
        draft.moment,
        draft.blank,
        draft.outcome.value,
        json.dumps(problems),
        json.dumps(draft.differences),
        draft.indicator.pk if draft.indicator else None,
        draft.milestone.pk if draft.milestone else None,
        draft.start,
        draft.end,
        content.value,
        content.numerator,
        content.denominator,
        content.qualifier,
        content.advancement,
        content.provisional,
        source.pk if source else None,
        content.source,
        content.locator,
        content.comment,
        content.reason,
        opened.pk if opened else None,
        opened.revision if opened else None,
        current.pk if current else None,
    )


_FLAG = """
    UPDATE exchange_importrow flagged
    SET outcome = 'error',
        problems = flagged.problems || jsonb_build_array(jsonb_build_object(
            'cell', (%(letters)s::jsonb ->> flagged.sheet) || flagged.number,
            'column', %(column)s::text, 'level', 'error',
            'message', replace(%(message)s, '{{other}}', found.other)))
    FROM ({found}) found
    WHERE flagged.id = found.id
"""

# Each names its neighbour: a list of all the others would be as long as the file for each row.
_TWINS = """
    SELECT id, coalesce(before, after)::text
               || CASE WHEN coalesce(sheet_before, sheet_after) = sheet THEN ''
                       ELSE ' (' || coalesce(sheet_before, sheet_after) || ')' END AS other
    FROM (
        SELECT id, sheet, lag(number) OVER alike AS before, lead(number) OVER alike AS after,
               lag(sheet) OVER alike AS sheet_before, lead(sheet) OVER alike AS sheet_after
        FROM exchange_importrow
        WHERE job_id = %(job)s AND kind = %(kind)s AND NOT blank AND {subject} IS NOT NULL
          AND starts_on IS NOT NULL AND ends_on IS NOT NULL
        WINDOW alike AS (PARTITION BY {subject}, starts_on, ends_on ORDER BY position)
    ) said
    WHERE before IS NOT NULL OR after IS NOT NULL
"""

# In the order of their beginnings, a period overlaps an earlier one when that one has not ended,
# or the next one when that one has begun.
_CROSSING = """
    SELECT id, CASE WHEN latest[1] >= first THEN latest[2] ELSE next_number END::text AS other
    FROM (
        SELECT row.id, starts_on - DATE '1900-01-01' AS first, ends_on,
               lead(starts_on) OVER ordered AS next_start, lead(number) OVER ordered AS next_number,
               max(ARRAY[ends_on - DATE '1900-01-01', number]) OVER (
                   ordered ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ) AS latest
        FROM exchange_importrow row
        JOIN indicators_indicator indicator
          ON indicator.id = row.indicator_id AND indicator.measurement IN ('flow', 'ratio')
        WHERE job_id = %(job)s AND row.kind = %(kind)s AND outcome IN ('new', 'changed')
        WINDOW ordered AS (PARTITION BY indicator_id ORDER BY starts_on, ends_on)
    ) placed
    WHERE latest[1] >= first OR next_start <= ends_on
"""

# Written as the exclusion constraint is, whose index answers it.
_PUBLISHED = """
    SELECT DISTINCT ON (row.id) row.id,
           to_char(published.period_start, 'DD/MM/YYYY') || ' – '
           || to_char(published.period_end, 'DD/MM/YYYY') AS other
    FROM exchange_importrow row
    JOIN indicators_observation published
      ON int8range(published.indicator_id, published.indicator_id, '[]')
         && int8range(row.indicator_id, row.indicator_id, '[]')
     AND daterange(published.period_start, published.period_end, '[]')
         && daterange(row.starts_on, row.ends_on, '[]')
     AND published.state = 'published' AND published.superseded_at IS NULL
     AND published.measurement IN ('flow', 'ratio')
    WHERE row.job_id = %(job)s AND row.kind = %(kind)s AND row.outcome = 'new'
    ORDER BY row.id, published.period_start
"""


_ENOUGH_TO_MATTER = 1_000
_ANALYZE = "ANALYZE exchange_importrow, indicators_observation, measures_milestoneupdate"


def refresh_statistics(rows: int) -> None:
    """Let the database count its rows again, before statements that join this many of them.

    A hundred thousand rows that came a moment ago are none to its planner: without this, it joined
    them one by one with all those of their indicator, for an hour. Called outside of transactions:
    the locks it takes are for a moment, and two imports do not wait for one another.
    """
    if rows >= _ENOUGH_TO_MATTER:
        with connection.cursor() as cursor:
            cursor.execute(_ANALYZE)


def compare_rows(job: ImportJob, tables: Iterable[Table]) -> None:
    """Flag the rows that contradict one another, or overlap what is published."""
    tables = list(tables)
    for kind, subject, column in (
        (Kind.VALUES, "indicator_id", "start"),
        (Kind.MILESTONES, "milestone_id", "as_of"),
    ):
        letters = _letters(tables, kind, column)
        if not letters:
            continue
        twins = _TWINS.format(subject=subject)
        message = (
            _(
                "La même période est remplie deux fois dans ce fichier : voir aussi la ligne "
                "{other}."
            )
            if kind == Kind.VALUES
            else _(
                "Le même jour est rempli deux fois dans ce fichier : voir aussi la ligne {other}."
            )
        )
        _flag(job, kind, twins, message, column, letters)
    letters = _letters(tables, Kind.VALUES, "start")
    if letters:
        _flag(
            job,
            Kind.VALUES,
            _CROSSING,
            _(
                "Cette période recouvre en partie celle de la ligne {other} : rien ne compte deux "
                "fois."
            ),
            "start",
            letters,
        )
        _flag(
            job,
            Kind.VALUES,
            _PUBLISHED,
            _("Une valeur publiée porte sur une période qui recouvre celle-ci : {other}."),
            "start",
            letters,
        )


def _letters(tables: Iterable[Table], kind: Kind, column: str) -> dict[str, str]:
    return {
        table.name[:60]: letters_of(table.places[column]) for table in tables if table.kind == kind
    }


def _flag(
    job: ImportJob, kind: Kind, found: str, message: str, column: str, letters: Mapping[str, str]
) -> None:
    parameters = {
        "job": job.pk,
        "kind": kind.value,
        "message": message,
        "column": column,
        "letters": json.dumps(letters),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FLAG.format(found=found), parameters)


def count_outcomes(job: ImportJob) -> dict[str, int]:
    """Return how many rows have each outcome."""
    rows = ImportRow.objects.filter(job=job)
    counted = rows.values_list("outcome").annotate(times=Count("pk")).order_by("outcome")
    return dict(counted)
