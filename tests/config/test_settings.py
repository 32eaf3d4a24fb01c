"""Production refuses to start half configured, and says which variable is missing.

A setting has one place: modules laid side by side by stars would hide a second one.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.config.production import COMPLETE, ROOT, read

BASE = ROOT / "config/settings/base"


def test_a_complete_environment_is_taken() -> None:
    database = "s.DATABASES['default']"
    code, lines, _ = read(
        COMPLETE,
        "s.ALLOWED_HOSTS",
        "s.BASE_URL",
        "s.DEBUG, s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE",
        f"{database}['HOST'], {database}['PORT'], {database}['OPTIONS']['sslmode']",
        f"{database}['OPTIONS']['connect_timeout'], 'replica' in s.DATABASES, s.READS_REPLICA",
        "s.CELERY_BROKER_URL, s.CACHES['default']['LOCATION']",
        "s.FIRST_LOGIN",
    )
    assert (code, lines) == (
        0,
        [
            "['plans.example.org', 'www.plans.example.org']",
            "https://plans.example.org",
            "False True True True",
            "db.example.org 5433 require",
            "5 False False",
            "redis://queue.example.org:6379/0 redis://queue.example.org:6379/1",
            "False",
        ],
    )


def test_a_replica_has_the_password_of_the_writer_and_one_of_its_own_where_it_is_given() -> None:
    code, lines, _ = read(
        COMPLETE
        | {
            "DATABASE_URL": "postgres://plans_app@db1,db2/plans",
            "DATABASE_PASSWORD": "fuchsia-tern",
            "DATABASE_REPLICA_URL": "postgres://plans_app@db1,db2/plans",
        },
        "*(s.DATABASES[name]['PASSWORD'] for name in ('default', 'replica'))",
        "*(s.DATABASES[name]['ENGINE'] for name in ('default', 'replica'))",
        "s.READS_REPLICA",
    )
    assert (code, lines) == (
        0,
        [
            "fuchsia-tern fuchsia-tern",
            "config.replicas.writer config.replicas.reader",
            "True",
        ],
    )
    known = "postgres://plans_app:postgres@db2/plans"
    code, _, said = read(COMPLETE | {"DATABASE_REPLICA_URL": known})
    assert code == 1
    assert "DATABASE_REPLICA_URL holds a password that everybody knows." in said


@pytest.mark.parametrize("name", sorted(COMPLETE))
@pytest.mark.parametrize("value", [None, ""])
def test_nothing_needed_has_a_default(name: str, value: str | None) -> None:
    given = {key: text for key, text in COMPLETE.items() if key != name}
    if value is not None:
        given[name] = value
    code, _, complaint = read(given)
    expected = f"ImproperlyConfigured: {name} is not set: production does not start without it.\n"
    assert code == 1
    assert complaint.endswith(expected)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak: give at least 50 random characters."),
        ({"SECRET_KEY": "x" * 60}, "SECRET_KEY is too weak: give at least 50 random characters."),
        (
            {"SECRET_KEY": "django-insecure-" + COMPLETE["SECRET_KEY"]},
            "SECRET_KEY is too weak: give at least 50 random characters.",
        ),
        ({"DEBUG": "1"}, "DEBUG is on: production does not start with it."),
    ],
)
def test_what_is_unsafe_is_refused(settings: dict[str, str], complaint: str) -> None:
    code, _, said = read(COMPLETE | settings)
    assert code == 1
    assert said.endswith(f"ImproperlyConfigured: {complaint}\n")


def names_written_in(source: Path) -> set[str]:
    """The settings that a module gives a value, wherever in it; not those that it imports."""
    return {
        node.id
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.isupper()
    }


def test_a_setting_that_holds_everywhere_is_written_in_one_module() -> None:
    modules = defaultdict(list)
    for source in sorted(BASE.glob("*.py")):
        for name in names_written_in(source):
            modules[name].append(source.stem)
    assert len(modules) > 100
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}


def test_every_module_of_settings_is_laid_beside_the_others() -> None:
    starred = {
        node.module
        for node in ast.walk(ast.parse((BASE / "__init__.py").read_text()))
        if isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] == ["*"]
    }
    written = {f"config.settings.base.{source.stem}" for source in BASE.glob("[!_]*.py")}
    assert starred == written
