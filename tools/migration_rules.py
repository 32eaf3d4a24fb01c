"""Refuse a migration that the release before it could not live with: `make check` runs this.

A rolling upgrade migrates first; the release that still runs must go on reading and writing until
the last of its processes has been replaced. So what it uses may not go away nor be renamed, and
what it does not know of may not be asked of it. What must go, goes one release later, in a
migration that says why it may:

    class Migration(migrations.Migration):
        breaks_nobody = "indicators.Indicator.old is written by no release since 1.2"

Also refused: what holds a lock on a whole table for as long as the table is large, and a migration
without a way back. Operations are read, not SQL: no database is needed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

import django
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.fields import NOT_PROVIDED

# The first release has nothing before it: its migrations, and those of other people's apps, are
# not read.
FIRST_RELEASE: Mapping[str, str] = {
    "accounts": "0001",
    "exchange": "0001",
    "indicators": "0002",
    "measures": "0001",
    "objectives": "0001",
    "plans": "0001",
}
STATEMENT = "breaks_nobody"

_GONE = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
_NEW_RULE = "the release before may write what it refuses: make sure it never did, and say so"
_BREAKING_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|FUNCTION|TYPE)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL|TRUNCATE|"
    r"LOCK\s+TABLE)\b",
    re.IGNORECASE,
)


def findings(migration: migrations.Migration, before: ProjectState) -> Iterator[str]:
    """Say what the release before this migration, which left that state, could not live with."""
    made = {
        operation.name_lower
        for operation in migration.operations
        if isinstance(operation, migrations.CreateModel)
    }
    for operation in _flat(migration.operations):
        model = getattr(operation, "model_name", "").lower()
        if model in made:
            continue  # nobody uses a table that is not there yet
        if isinstance(operation, migrations.AlterField):
            complaints = _of_changed_field(operation, before.models[migration.app_label, model])
        else:
            complaints = _of_operation(operation)
        for complaint in complaints:
            yield f"{operation.describe()}: {complaint}"


def _flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    """What changes the database: of the separated operations, those on its side."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


def _of_operation(operation: Operation) -> Iterator[str]:
    if isinstance(operation, _GONE):
        yield "the release before still uses it: let it go one release later"
    if not operation.reversible:
        yield "there is no way back: give the reverse"
    match operation:
        case migrations.AddField(field=field):
            yield from _of_new_field(field)
        case migrations.AddIndex() | migrations.RemoveIndex() if not isinstance(
            operation, (AddIndexConcurrently, RemoveIndexConcurrently)
        ):
            yield "the table takes no write meanwhile: use AddIndexConcurrently"
        case AddConstraintNotValid():
            yield _NEW_RULE
        case migrations.AddConstraint():
            yield f"{_NEW_RULE}, and the table is read under a lock: AddConstraintNotValid"
        case migrations.RunSQL(sql=statement):
            for found in _BREAKING_SQL.findall(_text(statement)):
                yield f"the release before may use it: {found[0]}"


def _of_changed_field(operation: migrations.AlterField, before: ModelState) -> Iterator[str]:
    old, new = before.get_field(operation.name), operation.field
    if old.null and not new.null and not _database_fills(new):
        yield "the release before may write no value: keep it nullable, or give db_default"
    if old.get_internal_type() != new.get_internal_type():
        yield "the release before writes another type: add a field beside it"
    elif (new.max_length or 0) < (old.max_length or 0) and new.max_length is not None:
        yield "the release before may write more than fits"
    if new.unique and not old.unique:
        yield f"{_NEW_RULE}; the index is built under a lock"


def _of_new_field(field: models.Field[object, object]) -> Iterator[str]:
    if field.many_to_many:
        return
    if not field.null and not _database_fills(field):
        yield "the release before writes rows without it: make it nullable, or give db_default"
    if field.unique:
        yield "a unique index is built under a lock: add the field, then the index concurrently"


def _database_fills(field: models.Field[object, object]) -> bool:
    return (
        getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
        or isinstance(field, (models.GeneratedField, models.AutoField))
        or bool(field.many_to_many)
    )


def _text(statement: object) -> str:
    if isinstance(statement, (list, tuple)):
        return "; ".join(map(_text, statement))
    return str(statement)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    wrong = read = 0
    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app not in FIRST_RELEASE or name[:4] <= FIRST_RELEASE[app]:
            continue
        read += 1
        said = getattr(migration, STATEMENT, "")
        before = loader.project_state((app, name), at_end=False)
        for finding in findings(migration, before):
            if said:
                print(f"{app}/{name}: {finding} (allowed: {said})")
            else:
                wrong += 1
                print(f"{app}/{name}: {finding}")
    print(f"{read} migrations since the first release, {wrong} findings.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
