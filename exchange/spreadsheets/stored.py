"""What the database says of the values and states that rows are about, many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from django.db import connection

from exchange.spreadsheets.columns import Kind
from exchange.spreadsheets.contents import NO_VERSION, Content, version_of

Key: TypeAlias = tuple[int, date, date]
"""Indicator and period; or milestone and twice the day."""


@dataclass(frozen=True, slots=True)
class Version:
    """A contribution as stored."""

    pk: int
    revision: int
    state: str
    edited_by: int | None
    content: Content

    @property
    def is_open(self) -> bool:
        """Whether it is being entered or reviewed."""
        return self.state != "published"

    @property
    def name(self) -> str:
        """Return the version's name in the column Version."""
        return version_of(self.pk, self.revision, is_open=self.is_open)


@dataclass(slots=True)
class Stored:
    """What there is for one period or day: what is being entered, and what is published."""

    open: Version | None = None
    current: Version | None = None

    @property
    def base(self) -> Version | None:
        """What a person who downloads a file is given, and what a row changes."""
        return self.open or self.current

    @property
    def version(self) -> str:
        """Return the name of the base, or of nothing."""
        return NO_VERSION if self.base is None else self.base.name


_COMMON = "c.provisional, c.source_id, c.locator, c.comment, c.correction_reason"
_SELECT = {
    Kind.VALUES: f"""
        SELECT c.id, c.revision, c.state, c.edited_by_id,
               c.indicator_id, c.period_start, c.period_end,
               c.value, c.numerator, c.denominator, c.qualifier, '' AS advancement, {_COMMON}
        FROM indicators_observation c""",  # noqa: S608 - the text above
    Kind.MILESTONES: f"""
        SELECT c.id, c.revision, c.state, c.edited_by_id,
               c.milestone_id, c.as_of, c.as_of,
               NULL::numeric, NULL::numeric, NULL::numeric, 'exact', c.advancement, {_COMMON}
        FROM measures_milestoneupdate c""",  # noqa: S608
}
# Two statements in one, each with the partial unique index that answers it.
_STATES = (
    "c.state IN ('draft', 'submitted', 'returned')",
    "c.state = 'published' AND c.superseded_at IS NULL",
)
_KEYS = {
    Kind.VALUES: """
        JOIN unnest(%s::bigint[], %s::date[], %s::date[]) AS k (subject, first, last)
        ON c.indicator_id = k.subject AND c.period_start = k.first AND c.period_end = k.last""",
    Kind.MILESTONES: """
        JOIN unnest(%s::bigint[], %s::date[], %s::date[]) AS k (subject, first, last)
        ON c.milestone_id = k.subject AND c.as_of = k.last""",
}
_WITHIN = {
    Kind.VALUES: """
        WHERE c.indicator_id = ANY(%s::bigint[])
        AND c.period_end >= %s AND c.period_start <= %s AND""",
    Kind.MILESTONES: """
        WHERE c.milestone_id = ANY(%s::bigint[]) AND c.as_of >= %s AND c.as_of <= %s AND""",
}


def stored_for(
    kind: Kind, keys: Iterable[Key], source_codes: Mapping[int, str]
) -> dict[Key, Stored]:
    """Return what there is for each of these periods or days: one query."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    columns: list[Any] = [list(column) for column in zip(*wanted, strict=True)]
    sql = " UNION ALL ".join(f"{_SELECT[kind]} {_KEYS[kind]} WHERE {states}" for states in _STATES)
    return _fetch(sql, columns * 2, source_codes)


def stored_within(
    kind: Kind, subjects: Iterable[int], span: tuple[date, date], source_codes: Mapping[int, str]
) -> dict[Key, Stored]:
    """Return what there is for these indicators or milestones in a span of days: one query."""
    parameters = [list(subjects), *span]
    sql = " UNION ALL ".join(f"{_SELECT[kind]} {_WITHIN[kind]} {states}" for states in _STATES)
    return _fetch(sql, parameters * 2, source_codes)


def _fetch(sql: str, parameters: list[Any], source_codes: Mapping[int, str]) -> dict[Key, Stored]:
    found: dict[Key, Stored] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for row in cursor.fetchall():
            version = _version(row, source_codes)
            stored = found.setdefault((row[4], row[5], row[6]), Stored())
            if version.is_open:
                stored.open = version
            else:
                stored.current = version
    return found


def _version(row: tuple[Any, ...], source_codes: Mapping[int, str]) -> Version:
    published = row[2] == "published"
    return Version(
        pk=row[0],
        revision=row[1],
        state=row[2],
        edited_by=row[3],
        content=Content(
            value=row[7],
            numerator=row[8],
            denominator=row[9],
            qualifier=row[10],
            advancement=row[11],
            provisional=row[12],
            source=source_codes.get(row[13], ""),
            locator=row[14],
            comment=row[15],
            # Why the published version corrected another is its own story: the next correction
            # has a reason of its own.
            reason="" if published else row[16],
        ),
    )
