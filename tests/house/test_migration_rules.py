"""The rules that keep a migration from breaking the release before it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from tools.migration_rules import FIRST_RELEASE, findings, main

RULE = models.CheckConstraint(name="n", condition=models.Q(a__gt=0))
INDEX = models.Index(fields=("a",), name="n")


def state() -> ProjectState:
    """What the release before left: a plan with a field that may be empty, and one that may not."""
    before = ProjectState()
    fields = {
        "id": models.BigAutoField(primary_key=True),
        "a": models.IntegerField(null=True),
        "word": models.CharField(max_length=20),
    }
    before.add_model(ModelState("plans", "Plan", list(fields.items())))
    return before


def found(*operations: Operation) -> list[str]:
    migration = migrations.Migration("0009_x", "plans")
    migration.operations = list(operations)
    return [finding.split(": ", 1)[1] for finding in findings(migration, state())]


@pytest.mark.parametrize(
    ("operation", "complaint"),
    [
        (migrations.RemoveField("plan", "a"), "still uses it"),
        (migrations.DeleteModel("Plan"), "still uses it"),
        (migrations.RenameField("plan", "a", "b"), "still uses it"),
        (migrations.RenameModel("Plan", "Other"), "still uses it"),
        (migrations.AlterModelTable("plan", "other"), "still uses it"),
        (migrations.AddField("plan", "a", models.IntegerField(default=0)), "without it"),
        (migrations.AddField("plan", "a", models.IntegerField(null=True, unique=True)), "unique"),
        (migrations.AlterField("plan", "a", models.IntegerField()), "may write no value"),
        (migrations.AlterField("plan", "word", models.CharField(max_length=10)), "than fits"),
        (migrations.AlterField("plan", "word", models.DateField()), "another type"),
        (
            migrations.AlterField("plan", "word", models.CharField(max_length=20, unique=True)),
            "may write what it refuses",
        ),
        (migrations.AddIndex("plan", INDEX), "AddIndexConcurrently"),
        (migrations.RemoveIndex("plan", "n"), "AddIndexConcurrently"),
        (migrations.AddConstraint("plan", RULE), "may write what it refuses"),
        (AddConstraintNotValid("plan", RULE), "may write what it refuses"),
        (migrations.RunSQL("SELECT 1"), "no way back"),
        (migrations.RunSQL("ALTER TABLE x DROP COLUMN y", ""), "may use it: DROP COLUMN"),
        (migrations.RunSQL(["SELECT 1", "alter table x rename to y"], ""), "may use it: rename to"),
        (migrations.RunPython(lambda *_: None), "no way back"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Operation) else None,
)
def test_what_the_release_before_could_not_live_with(operation: Operation, complaint: str) -> None:
    (said,) = found(operation)
    assert complaint in said


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("plan", "a", models.IntegerField(null=True)),
        migrations.AddField("plan", "a", models.IntegerField(db_default=0)),
        migrations.AddField("plan", "a", models.ManyToManyField("plans.Sector")),
        migrations.AlterField("plan", "a", models.IntegerField(null=True)),
        migrations.AlterField("plan", "a", models.IntegerField(db_default=0)),
        migrations.AlterField("plan", "word", models.CharField("mot", max_length=30)),
        AddIndexConcurrently("plan", INDEX),
        migrations.RunSQL("CREATE FUNCTION f() …", "DROP FUNCTION f()"),
        migrations.RunPython(lambda *_: None, migrations.RunPython.noop),
        migrations.AlterModelOptions("plan", {"ordering": ("a",)}),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Plan")]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_it_never_notices(operation: Operation) -> None:
    assert found(operation) == []


def test_a_table_that_is_new_may_be_anything() -> None:
    made = migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])
    rule, index = migrations.AddConstraint("new", RULE), migrations.AddIndex("new", INDEX)
    assert found(made, rule, index) == []
    hidden = migrations.SeparateDatabaseAndState(database_operations=[migrations.DeleteModel("P")])
    assert len(found(made, hidden)) == 1


def test_a_migration_that_says_why_is_let_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    migration = migrations.Migration("9999_x", "plans")
    migration.operations = [migrations.DeleteModel("Plan")]
    monkeypatch.setattr(
        "tools.migration_rules.MigrationLoader",
        lambda _: SimpleNamespace(
            disk_migrations={("plans", "9999_x"): migration},
            project_state=lambda _node, at_end: state(),
        ),
    )
    assert main() == 1
    assert "plans/9999_x: Delete model Plan: the release before" in capsys.readouterr().out
    migration.breaks_nobody = "no release writes it since 1.2"
    assert main() == 0
    assert "(allowed: no release writes it since 1.2)" in capsys.readouterr().out


def test_every_app_of_ours_with_a_table_is_read() -> None:
    assert sorted(FIRST_RELEASE) == [
        "accounts", "exchange", "indicators", "measures", "objectives", "plans",
    ]  # fmt: skip
