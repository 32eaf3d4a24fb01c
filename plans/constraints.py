"""What the database checks at the end of a transaction, checked before: while it can still be told.

The triggers of the editions (`indicators.0002_new_edition`, `dashboards.0001_public_editions`) wait
for the end too, for another reason: each takes a lock that every other writer waits for. Django's
`check_constraints` and `SET CONSTRAINTS ALL IMMEDIATE` set them off with the rest, and the lock is
held until the commit. Here constraints are named, so that the editions stay where they belong.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import Model

EDITIONS = ("new_edition", "public_insert", "public_update", "public_delete")
"""The constraint triggers that give an edition: nothing of theirs can be refused."""

_NAMED = """
    SELECT string_agg(DISTINCT format('%%I.%%I', schema.nspname, held.conname), ', ')
    FROM pg_constraint held JOIN pg_namespace schema ON schema.oid = held.connamespace
    WHERE held.condeferrable AND held.conname <> ALL(%(editions)s)
      AND schema.nspname = current_schema()
      AND (%(tables)s::text[] IS NULL OR held.conrelid = ANY (%(tables)s::regclass[]))
"""


def _names(tables: list[str] | None) -> str:
    """Return the constraints that may wait, of these tables or of all, as a statement names them.

    Asked of the database: nothing else knows how its foreign keys are called.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"editions": list(EDITIONS), "tables": tables})
        (names,) = cursor.fetchone()
    return str(names)


def _set(names: str, when: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {names} {when}")


def check_now() -> None:
    """Check what waits for the end of the transaction; what comes next waits again.

    Raises IntegrityError where the database refuses.
    """
    names = _names(None)
    _set(names, "IMMEDIATE")
    _set(names, "DEFERRED")


def check_at_each_statement(*models: type[Model]) -> None:
    """Check the constraints of these models' tables at each statement until the transaction ends.

    Only of these: the more constraints are named, the longer the database looks for those of a row.
    """
    _set(_names([model._meta.db_table for model in models]), "IMMEDIATE")
