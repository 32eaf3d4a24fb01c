"""The application's database account does a day's work, owns nothing, cannot touch the trail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from pghistory.models import Context, Events
from psycopg import sql
from pytest_django import Settings

from accounts.models import User
from config import database_roles
from config.database_roles import LOCK, RoleError, as_owner, protect, recorded_tables
from indicators import services
from indicators.models import Observation, ProgressRecord
from indicators.tasks import refresh_all_progress
from plans import workflow
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def logged_in_as(user: str) -> Iterator[None]:
    """Let Django's connection of this test be one of another account: a real one, not SET ROLE."""
    kept = connection.settings_dict
    connection.close()
    connection.settings_dict = {**kept, "USER": user}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = kept


def drop(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone():
            cursor.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(role)))


@pytest.fixture
def new_role() -> Iterator[str]:
    """The name of an account that nobody has made yet, of this process of the run alone."""
    name = f"app_of_{connection.settings_dict['NAME']}"
    drop(name)
    yield name
    drop(name)


@pytest.fixture
def role(new_role: str) -> str:
    protect(connection, new_role)
    return new_role


@pytest.fixture
def as_application(role: str) -> Iterator[None]:
    with logged_in_as(role):
        yield


def ask(statement: str, *parameters: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.mark.usefixtures("as_application")
def test_a_plan_is_loaded_worked_on_and_published() -> None:
    """A plan file; entry, review and publication by two people; the nightly run; the trail."""
    assert ask("SELECT current_user, session_user")[0][0] == connection.settings_dict["USER"]
    file = django_settings.BASE_DIR / "reference/grand-est-2019.yaml"
    call_command("load_plan", file, verbosity=0)
    assert Plan.objects.filter(slug="grand-est-2019").exists()

    plan = PlanFactory.create(slug="plan-ia")
    indicator = IndicatorFactory.create(plan=plan)
    source = SourceFactory.create(plan=plan)
    author = member(plan, Role.CONTRIBUTOR, assigned_to=indicator.measure)
    reviewer = member(plan, Role.REVIEWER)
    draft = ObservationFactory.create(
        indicator=indicator, source=source, author=author, published=False
    )
    page = signed_in(author).get(f"/agent/plans/plan-ia/indicateurs/{indicator.code}/saisie/")
    assert page.status_code == 200
    services.publish(
        workflow.submit(draft, at=timezone.now()), reviewer=reviewer, at=timezone.now()
    )
    assert Observation.objects.get(pk=draft.pk).state == "published"
    refresh_all_progress()
    assert ProgressRecord.objects.filter(indicator=indicator).exists()
    assert signed_in(reviewer).get("/plans/plan-ia/").status_code == 200
    assert Events.objects.tracks(Observation.objects.get(pk=draft.pk)).count() >= 2


@pytest.mark.usefixtures("as_application")
def test_an_administrator_works_in_the_administration() -> None:
    administrator = User.objects.create_superuser("marie@example.org", "a long enough password")
    browser = signed_in(administrator)
    region = PlanFactory.create().region
    answer = browser.post(
        f"/admin/plans/region/{region.pk}/change/",
        {"insee_code": region.insee_code, "slug": region.slug, "name": "Grand Est renommé"},
    )
    assert answer.status_code == 302, answer.content[:2000]
    region.refresh_from_db()
    assert region.name == "Grand Est renommé"
    assert browser.post(f"/admin/plans/region/{region.pk}/history/").status_code in {200, 405}


@pytest.mark.usefixtures("as_application")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plans_planevent SET title = 'forged'",
        "DELETE FROM plans_planevent",
        "TRUNCATE plans_planevent",
        "INSERT INTO plans_planevent SELECT * FROM plans_planevent",
        "UPDATE pghistory_context SET metadata = '{}'",
        "DELETE FROM pghistory_context",
        "INSERT INTO pghistory_context SELECT * FROM pghistory_context",
        "SELECT _pgh_attach_context()",
        "UPDATE django_migrations SET name = 'forged'",
        "TRUNCATE plans_plan CASCADE",
        "ALTER TABLE plans_plan DISABLE TRIGGER ALL",
        "ALTER TABLE plans_planevent OWNER TO CURRENT_USER",
        "DROP TABLE plans_planevent",
        "DROP TRIGGER plans_keep_context ON pghistory_context",
        "CREATE TABLE mine (id int)",
        """CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME)
        RETURNS BOOLEAN AS 'SELECT true' LANGUAGE sql""",
        "CREATE FUNCTION public.mine() RETURNS INT AS 'SELECT 1' LANGUAGE sql",
        "SET session_replication_role = replica",
        "SET ROLE {owner}",
    ],
)
def test_it_is_refused_what_would_change_the_trail(statement: str) -> None:
    PlanFactory.create()
    # Within a context, as a request makes one: or there would be none to attach.
    ask("SELECT set_config('pghistory.context_id', gen_random_uuid()::text, false), "
        "set_config('pghistory.context_metadata', '{}', false)")  # fmt: skip
    before = trail()
    owner = ask("SELECT tableowner FROM pg_tables WHERE tablename = 'plans_plan'")[0][0]
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner|may only be"):
        ask(statement.replace("{owner}", str(owner)))
    assert trail() == before


def trail() -> list[list[tuple[object, ...]]]:
    return [ask(f"SELECT * FROM {table} ORDER BY 1") for table in recorded_tables()]


@pytest.mark.usefixtures("as_application")
def test_no_table_of_the_trail_can_be_written() -> None:
    """All of them, whatever app they belong to: a model that is audited tomorrow too."""
    rights = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
    held = {
        (table, right)
        for table in recorded_tables()
        for right in rights
        if ask("SELECT has_table_privilege(%s, %s)", table, right) != [(False,)]
    }
    assert held == set()
    assert len(recorded_tables()) > 20


@pytest.mark.usefixtures("as_application")
def test_it_owns_nothing_and_is_nothing_special() -> None:
    owned = ask("SELECT relname FROM pg_class WHERE relowner = CURRENT_USER::regrole")
    special = ask(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
        "FROM pg_roles WHERE rolname = CURRENT_USER"
    )
    assert (owned, special) == ([], [(False,)])


@pytest.mark.usefixtures("as_application")
def test_it_cannot_put_the_triggers_to_sleep() -> None:
    plan = PlanFactory.create(title="Avant")
    triggers = [str(name) for (name,) in ask(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'plans_plan'::regclass AND NOT tgisinternal"
    )]  # fmt: skip
    ask("SELECT set_config('pgtrigger.ignore', %s, false)", "{" + ",".join(triggers) + "}")
    Plan.objects.filter(pk=plan.pk).update(title="Après")
    assert ask("SELECT title FROM plans_planevent ORDER BY pgh_id DESC LIMIT 1") == [("Après",)]


@pytest.mark.usefixtures("as_application")
def test_it_cannot_hang_the_recording_functions_on_a_table_of_its_own() -> None:
    function = ask(
        "SELECT proname FROM pg_proc WHERE prosecdef AND prosrc LIKE '%%plans_planevent%%' LIMIT 1"
    )[0][0]
    ask("CREATE TEMP TABLE mine (LIKE plans_plan)")
    with pytest.raises(ProgrammingError, match="permission denied for function"):
        ask(
            "CREATE TRIGGER forging AFTER INSERT ON mine "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )


@pytest.mark.usefixtures("as_application")
def test_who_made_a_past_change_cannot_be_rewritten() -> None:
    """The context of a request is named by a setting, which any statement can set."""
    known = "0b9f8a52-7d0c-4a53-9f8d-1f6e3a3f0c11"
    plan = PlanFactory.create()
    said = []
    for metadata in ('{"user": 7, "url": "/agent/"}', '{"user": 9, "sending": "x"}', "{}"):
        ask("SELECT set_config('pghistory.context_id', %s, false), "
            "set_config('pghistory.context_metadata', %s, false)", known, metadata)  # fmt: skip
        Plan.objects.filter(pk=plan.pk).update(title=f"Titre {metadata}")
        said.append(Context.objects.get(pk=known).metadata)
    assert said[0] == {"user": 7, "url": "/agent/"}
    assert said[1:] == [{"user": 7, "url": "/agent/", "sending": "x"}] * 2


@pytest.mark.usefixtures("as_application")
def test_taking_a_person_out_of_the_trail_is_the_owners_work(settings: Settings) -> None:
    settings.MIGRATION_DATABASE = {}
    UserFactory.create(email="marie@example.org")
    with pytest.raises(CommandError, match="give MIGRATION_DATABASE_URL"):
        call_command("anonymise_accounts", account="marie@example.org")
    assert not User.objects.filter(email="marie@example.org").exists()


def test_an_account_that_could_get_past_it_is_refused(new_role: str) -> None:
    name = sql.Identifier(new_role)
    for clause, reason in (
        ("SUPERUSER", "is a superuser"),
        ("CREATEROLE", "may create roles"),
        ("REPLICATION", "may replicate"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(f"CREATE ROLE {{}} LOGIN {clause}").format(name))
        with pytest.raises(RoleError, match=reason):
            protect(connection, new_role)
        drop(new_role)


def test_granting_twice_changes_nothing(role: str) -> None:
    def rights() -> list[tuple[object, ...]]:
        return ask(
            "SELECT relname, relacl::text FROM pg_class c JOIN pg_namespace n "
            "ON n.oid = relnamespace WHERE nspname = 'public' ORDER BY 1"
        )

    before = rights()
    protect(connection, role)
    assert rights() == before


def test_a_password_is_set_and_never_sent(
    new_role: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., object]
) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "un mot de passe")
    connection.force_debug_cursor = True
    try:
        protect(connection, new_role)
        sent = " ".join(str(query["sql"]) for query in connection.queries)
    finally:
        connection.force_debug_cursor = False
    assert "un mot de passe" not in sent
    stored = ask("SELECT rolpassword FROM pg_authid WHERE rolname = %s", new_role)[0][0]
    assert str(stored).startswith("SCRAM-SHA-256$")


def test_migrating_grants_and_keeps_the_running_release_recording(
    new_role: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration writes a recording function anew; the application notices nothing of it."""
    settings.MIGRATION_DATABASE = {**connection.settings_dict}
    protect(connection, new_role)
    function = ask(
        "SELECT pg_get_functiondef(oid), oid::regprocedure::text FROM pg_proc "
        "WHERE prosecdef AND prosrc LIKE '%%plans_planevent%%' LIMIT 1"
    )[0]
    rights = " SECURITY DEFINER\n SET search_path TO 'public', 'pg_temp'"
    plain = str(function[0]).replace(rights, "")
    assert "SECURITY DEFINER" not in plain
    with database_roles.recording_as_owner(connection), transaction.atomic():
        ask(plain.replace("%", "%%"))
        assert ask("SELECT prosecdef FROM pg_proc WHERE oid = %s::regprocedure", function[1]) == [
            (True,)
        ]
    said = StringIO()
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "USER", new_role)
        with as_owner() as owner:
            assert owner.settings_dict["USER"] == settings.MIGRATION_DATABASE["USER"]
        call_command("migrate", verbosity=0, stdout=said)
        PlanFactory.create()
        assert ask("SELECT current_user, count(*) FROM plans_planevent") == [(new_role, 1)]
        call_command("grant_application_role", stdout=said)
        connection.close()
    assert f"{new_role} reads and writes rows, owns nothing" in said.getvalue()


def test_of_two_migrations_at_once_the_second_waits() -> None:
    said = StringIO()
    parameters = connection.get_connection_params()
    plain = {name: parameters[name] for name in ("dbname", "user", "host", "port")}
    ended: list[float] = []

    def migrate() -> None:
        call_command("migrate", verbosity=0, stdout=said)
        ended.append(time.monotonic())
        connection.close()

    with psycopg.connect(**plain, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
        second = threading.Thread(target=migrate)
        second.start()
        time.sleep(2.5)
        assert ended == []
        released = time.monotonic()
        other.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)
        second.join(timeout=60)
    assert ended
    assert ended[0] > released
    assert said.getvalue().count("Another migration of this database is under way") == 1


def test_the_account_does_not_change_in_the_middle_of_a_transaction(
    settings: Settings,
) -> None:
    settings.MIGRATION_DATABASE = {**connection.settings_dict, "USER": "somebody_else"}
    with transaction.atomic(), pytest.raises(RoleError, match="within a transaction"), as_owner():
        pass
