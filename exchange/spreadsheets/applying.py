"""The checked rows become drafts, or submissions, in one transaction.

It follows `plans.workflow.save_draft`, `submit` and `withdraw` row for row, as statements over all
the rows at once: same states, same revisions, same refusals. What the check saw must still be
true; else nothing is written and the rows that changed are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import Notification
from accounts.services import settle
from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets.columns import Kind
from indicators.models import Indicator, Observation
from indicators.services import lock_indicators, refresh_progress
from measures.models import Milestone, MilestoneUpdate
from plans.constraints import check_at_each_statement
from plans.permissions import Action, Rights

Outcome = ImportRow.Outcome


class ConflictError(Exception):
    """What some rows start from has changed since the check; nothing was written."""

    def __init__(self, rows: Iterable[int]) -> None:
        self.rows = tuple(rows)
        super().__init__(f"{len(self.rows)} rows")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the contributions of a kind are kept."""

    table: str
    subject: str
    identity: str
    """Condition: contribution c is about what row r is about."""
    columns: Mapping[str, str]
    """Column of the contribution → column of the row."""
    new_columns: Mapping[str, str]
    """The same for what only a new contribution is given."""


_SHARED = {
    "provisional": "r.provisional",
    "source_id": "r.source_id",
    "locator": "r.locator",
    "comment": "r.comment",
    "correction_reason": "r.reason",
}
_SHAPES: Mapping[Kind, _Shape] = MappingProxyType(
    {
        Kind.VALUES: _Shape(
            table="indicators_observation",
            subject="indicator_id",
            identity="c.indicator_id = r.indicator_id AND c.period_start = r.starts_on "
            "AND c.period_end = r.ends_on",
            columns={
                "value": "r.value",
                "numerator": "r.numerator",
                "denominator": "r.denominator",
                "qualifier": "r.qualifier",
                **_SHARED,
            },
            new_columns={
                "indicator_id": "r.indicator_id",
                "period_start": "r.starts_on",
                "period_end": "r.ends_on",
                # Settled by a trigger, from the indicator.
                "measurement": "''",
            },
        ),
        Kind.MILESTONES: _Shape(
            table="measures_milestoneupdate",
            subject="milestone_id",
            identity="c.milestone_id = r.milestone_id AND c.as_of = r.ends_on",
            columns={"advancement": "r.advancement", **_SHARED},
            new_columns={"milestone_id": "r.milestone_id", "as_of": "r.ends_on"},
        ),
    }
)

# Locked one after the other in the order that a publication follows: what is entered, then what is
# published; each in the order of the ids, so that two imports never wait for one another. Counted,
# so that the ids stay in the database.
_LOCK = """
    SELECT count(*) FROM (
        SELECT c.id FROM {table} c
        JOIN exchange_importrow r ON c.id = r.{column}
        WHERE r.job_id = %(job)s AND r.kind = %(kind)s
          AND r.outcome IN ('new', 'changed', 'withdraw')
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ) locked
"""

_CONFLICTS = """
    SELECT r.id FROM exchange_importrow r
    LEFT JOIN {table} opened ON {opened} AND opened.state IN ('draft', 'submitted', 'returned')
    LEFT JOIN {table} current ON {current}
        AND current.state = 'published' AND current.superseded_at IS NULL
    WHERE r.job_id = %(job)s AND r.kind = %(kind)s AND r.outcome IN ('new', 'changed', 'withdraw')
      AND (r.{subject} IS NULL
           OR opened.id IS DISTINCT FROM r.open_id
           OR opened.revision IS DISTINCT FROM r.open_revision
           OR opened.state = 'submitted'
           OR current.id IS DISTINCT FROM r.current_id
           OR (r.source_code <> '' AND r.source_id IS NULL))
    ORDER BY r.position
"""

_INSERT = """
    INSERT INTO {table} (
        {columns}, state, submitted_at, supersedes_id, author_id, edited_by_id, recorded_at,
        edited_at, revision, date_inferred, evidence_url,
        evidence_file, evidence_name, return_reason, withdrawal_reason
    )
    SELECT {values}, %(state)s, %(submitted)s, r.current_id, %(user)s, %(user)s, %(at)s,
        %(at)s, 1, coalesce(corrected.date_inferred, false), coalesce(corrected.evidence_url, ''),
        coalesce(corrected.evidence_file, ''), coalesce(corrected.evidence_name, ''), '', ''
    FROM exchange_importrow r
    LEFT JOIN {table} corrected ON corrected.id = r.current_id
    WHERE r.job_id = %(job)s AND r.kind = %(kind)s AND r.outcome IN ('new', 'changed')
      AND r.open_id IS NULL
    ORDER BY r.position
"""

_UPDATE = """
    UPDATE {table} c
    SET {assignments}, supersedes_id = r.current_id, revision = c.revision + 1,
        edited_by_id = %(user)s, edited_at = %(at)s,
        state = CASE WHEN %(submits)s THEN 'submitted' ELSE c.state END,
        submitted_at = CASE WHEN %(submits)s THEN %(at)s ELSE c.submitted_at END,
        return_reason = CASE WHEN %(submits)s THEN '' ELSE c.return_reason END
    FROM exchange_importrow r
    WHERE r.job_id = %(job)s AND r.kind = %(kind)s AND r.outcome = 'changed'
      AND c.id = r.open_id
"""

_WITHDRAW = """
    UPDATE {table} c
    SET superseded_at = %(at)s, withdrawal_reason = r.reason
    FROM exchange_importrow r
    WHERE r.job_id = %(job)s AND r.kind = %(kind)s AND r.outcome = 'withdraw'
      AND c.id = r.current_id
"""


def write(job: ImportJob, rights: Rights, *, at: datetime) -> None:
    """Write what the check of a job found; the caller owns the transaction.

    Raises ConflictError, with the rows concerned, when the check is no longer true.
    """
    _lock_subjects(job)
    conflicts: list[int] = list(_no_longer_allowed(job, rights))
    for kind, shape in _SHAPES.items():
        parameters = {"job": job.pk, "kind": kind.value}
        with connection.cursor() as cursor:
            for column in ("open_id", "current_id"):
                cursor.execute(_LOCK.format(table=shape.table, column=column), parameters)
            cursor.execute(
                _CONFLICTS.format(
                    table=shape.table,
                    subject=shape.subject,
                    opened=shape.identity.replace("c.", "opened."),
                    current=shape.identity.replace("c.", "current."),
                ),
                parameters,
            )
            conflicts += [pk for (pk,) in cursor.fetchall()]
    if conflicts:
        raise ConflictError(conflicts)
    _prepare_for_many_rows()
    if job.submits:
        _settle_returned(job, at)
    for kind, shape in _SHAPES.items():
        _write_kind(job, kind, shape, at)
    _refresh(job, at)


def _prepare_for_many_rows() -> None:
    """Let a statement write a hundred thousand rows in seconds, and hold up nobody meanwhile.

    What is kept for the commit is kept row by row, and the commit is when everybody else waits:
    foreign keys are checked before it. The editions alone stay there.
    """
    check_at_each_statement(Observation, MilestoneUpdate)
    with connection.cursor() as cursor:
        # Each trigger asks which of them sleep. Where nothing answers, it recovers from an error at
        # each row, and each time PostgreSQL walks through all that is kept for the commit: an hour.
        # The answer is "none".
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")


def _rows_to_write(job: ImportJob) -> Any:
    return ImportRow.objects.filter(
        job=job, outcome__in=(Outcome.NEW, Outcome.CHANGED, Outcome.WITHDRAW)
    ).order_by()


def _lock_subjects(job: ImportJob) -> None:
    """Lock indicators before their observations, as every publication does."""
    lock_indicators(_rows_to_write(job).values("indicator_id"))


def _no_longer_allowed(job: ImportJob, rights: Rights) -> Iterable[int]:
    """Return the rows that the person may no longer write: roles change between two steps."""
    rows = _rows_to_write(job)
    if not rights.may(Action.REVIEW):
        yield from rows.filter(outcome=Outcome.WITHDRAW).values_list("pk", flat=True)
    drafts = rows.exclude(outcome=Outcome.WITHDRAW)
    subjects: list[tuple[str, Indicator | Milestone]] = [
        ("indicator", indicator)
        for indicator in Indicator.objects.filter(
            pk__in=drafts.values("indicator_id")
        ).select_related("measure__plan", "plan")
    ]
    subjects += [
        ("milestone", milestone)
        for milestone in Milestone.objects.filter(
            pk__in=drafts.values("milestone_id")
        ).select_related("measure__plan")
    ]
    allowed: dict[int | None, bool] = {}
    for name, subject in subjects:
        key = subject.measure_id
        if key not in allowed:
            allowed[key] = rights.may(Action.CONTRIBUTE, subject)
        if not allowed[key]:
            yield from drafts.filter(**{name: subject}).values_list("pk", flat=True)


def _settle_returned(job: ImportJob, at: datetime) -> None:
    """Mark as done, in notifications, the returned entries that are handed in again."""
    again = {"pk__in": job.rows.entered().values("open_id"), "state": "returned"}
    returned: list[Observation | MilestoneUpdate] = [
        *Observation.objects.filter(
            **again, indicator__in=job.rows.values("indicator")
        ).select_related("indicator__plan"),
        *MilestoneUpdate.objects.filter(
            **again, milestone__in=job.rows.values("milestone")
        ).select_related("milestone__measure__plan"),
    ]
    for contribution in returned:
        settle(kind=Notification.Kind.RETURNED, url=contribution.get_absolute_url(), at=at)


def _write_kind(job: ImportJob, kind: Kind, shape: _Shape, at: datetime) -> None:
    created = {**shape.new_columns, **shape.columns}
    parameters = {
        "job": job.pk,
        "kind": kind.value,
        "user": job.user_id,
        "at": at,
        "state": "submitted" if job.submits else "draft",
        "submitted": at if job.submits else None,
        "submits": job.submits,
    }
    statements = (
        _UPDATE.format(
            table=shape.table,
            assignments=", ".join(f"{column} = {value}" for column, value in shape.columns.items()),
        ),
        _INSERT.format(
            table=shape.table,
            columns=", ".join(created),
            values=", ".join(created.values()),
        ),
        _WITHDRAW.format(table=shape.table),
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, parameters)


def _refresh(job: ImportJob, at: datetime) -> None:
    """Store the progress that withdrawals change: drafts change none."""
    withdrawn = ImportRow.objects.filter(job=job, outcome=Outcome.WITHDRAW, indicator__isnull=False)
    indicators = list(withdrawn.order_by().values_list("indicator_id", flat=True).distinct())
    if indicators:
        refresh_progress(indicators, on=timezone.localdate(at))
