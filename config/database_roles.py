"""Two accounts of the database: one owns the tables and migrates, the other runs the application.

The application's account owns nothing. It reads and writes rows; it cannot change a table, a
trigger or a function, so that the rules which the database enforces hold against the application
itself. It reads the audit trail and cannot write in it: the triggers that fill the trail run with
the rights of the owner (SECURITY DEFINER), and nobody else can call what they call.

What it can still do, and no account could be refused: say that somebody else made a change, since
it is the application that knows who is signed in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from pghistory.models import Context, Event
from psycopg import sql

# Any two numbers of ours; advisory locks belong to one database.
LOCK = (1_886_151_022, 1)
POLL = 0.5  # seconds

_ACCOUNT = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
_NEW_FUNCTION = re.compile(r"CREATE\s+OR\s+REPLACE\s+FUNCTION", re.IGNORECASE)


class RoleError(CommandError):
    """The application's account is not, or cannot be made, what it should be."""


def recorded_tables() -> list[str]:
    """Return the tables that make the audit trail: written by triggers, by nobody else."""
    events = {
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, Event) and model._meta.managed
    }
    return sorted({*events, Context._meta.db_table})


def application_role() -> str | None:
    """Return the account that runs the application; None where one account does everything."""
    role = connections.settings[DEFAULT_DB_ALIAS]["USER"]
    owner = settings.MIGRATION_DATABASE.get("USER")
    return role if owner and owner != role else None


@contextmanager
def as_owner() -> Iterator[BaseDatabaseWrapper]:
    """Run what follows as the owner of the tables, where the installation has one.

    Raises RoleError inside a transaction, which belongs to the account that began it.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    owner = settings.MIGRATION_DATABASE
    if not owner or owner["USER"] == connection.settings_dict["USER"]:
        yield connection
        return
    if connection.in_atomic_block:
        raise RoleError("The account of the database cannot change within a transaction.")
    kept = connection.settings_dict
    connection.close()
    # A new dictionary: this one is also what the application's account is read from.
    nothing: dict[str, Any] = {"OPTIONS": {}}
    account = {name: owner.get(name) or nothing.get(name, "") for name in _ACCOUNT}
    connection.settings_dict = {**kept, **account}
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict = kept


@contextmanager
def only_migration(connection: BaseDatabaseWrapper, say: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock that lets one migration of this database run; wait while another does.

    Asked again and again rather than waited for: a statement that waits holds a snapshot, and an
    index that the other migration builds concurrently would wait for it in turn.
    """
    said = False
    while not _answer(connection, "SELECT pg_try_advisory_lock(%s, %s)", LOCK):
        if not said:
            say("Another migration of this database is under way: waiting for it to end.")
            said = True
        time.sleep(POLL)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            _answer(connection, "SELECT pg_advisory_unlock(%s, %s)", LOCK)


@contextmanager
def recording_as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """While migrating: give each new recording function its rights in the same transaction.

    Or else, between a migration and the grants that follow it, the release that still runs would
    be refused its own audit trail.
    """

    def execute(
        run: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        result = run(statement, params, many, context)
        if isinstance(statement, str) and _NEW_FUNCTION.search(statement):
            _record_as_owner(context["cursor"])
        return result

    with connection.execute_wrapper(execute):
        yield


def protect(connection: BaseDatabaseWrapper, role: str) -> None:
    """Grant the application's account what it needs, and nothing else; run as the owner.

    Does the same each time it is run; to be run after each migration. In one transaction: an
    application that runs meanwhile notices nothing.

    Raises RoleError when the account could get past what it is refused.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _ensure_role(connection, cursor, role)
        _check_role(cursor, role)
        _grant(cursor, role)
        _record_as_owner(cursor)
        _keep_triggers_awake(cursor)
        _keep_contexts(cursor)


def _ensure_role(connection: BaseDatabaseWrapper, cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone():
        return
    cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
    if not cursor.fetchone()[0]:
        raise RoleError(
            f"The role {role} of DATABASE_URL does not exist, and the owner may not create it: "
            f"CREATE ROLE {role} LOGIN PASSWORD '…'"
        )
    password = connections.settings[connection.alias].get("PASSWORD") or ""
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:
        # Only its digest leaves this process: the server's log may hold every statement.
        digest = connection.connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        )
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(digest.decode()))
    cursor.execute(statement)


def _check_role(cursor: CursorWrapper, role: str) -> None:
    cursor.execute(
        "SELECT rolsuper, rolcreaterole, rolbypassrls OR rolreplication, "
        "       pg_has_role(rolname, current_user, 'MEMBER'), "
        "       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "               WHERE c.relowner = r.oid AND n.nspname = 'public') "
        "FROM pg_roles r WHERE rolname = %s",
        [role],
    )
    found = cursor.fetchone()
    reasons = ("is a superuser", "may create roles", "may replicate or bypass row security",
               "is a member of the owner", "owns tables")  # fmt: skip
    wrong = [reason for reason, holds in zip(reasons, found, strict=True) if holds]
    if wrong:
        raise RoleError(f"The role {role} of DATABASE_URL {' and '.join(wrong)}: give another one.")


def _grant(cursor: CursorWrapper, role: str) -> None:
    name = sql.Identifier(role)
    recorded = [*recorded_tables(), "django_migrations"]
    cursor.execute(
        "SELECT relname, relkind, s.table FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "LEFT JOIN LATERAL (SELECT t.relname AS table FROM pg_depend d "
        "    JOIN pg_class t ON t.oid = d.refobjid WHERE d.objid = c.oid "
        "    AND d.deptype IN ('a', 'i') AND c.relkind = 'S') s ON true "
        "WHERE n.nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY relname"
    )
    # Tables that the application's models do not know (an extension's, a colleague's) are read
    # and written too: what is not the trail is the application's.
    statements = [sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name)]
    for relation, kind, owned_by in cursor.fetchall():
        target = sql.Identifier("public", relation)
        if kind == "S":
            # The trail's own numbers are drawn by the owner.
            right = "" if owned_by in recorded else "USAGE, SELECT ON SEQUENCE"
            revoked = "SEQUENCE"
        else:
            read_only = relation in recorded or kind in "vm"
            right = "SELECT ON TABLE" if read_only else "SELECT, INSERT, UPDATE, DELETE ON TABLE"
            revoked = "TABLE"
        statements.append(sql.SQL(f"REVOKE ALL ON {revoked} {{}} FROM {{}}").format(target, name))
        if right:
            statements.append(sql.SQL(f"GRANT {right} {{}} TO {{}}").format(target, name))
    cursor.execute(sql.SQL("; ").join(statements))
    # What everybody may do, this account may: the trail must not be open to everybody.
    cursor.execute(
        sql.SQL("REVOKE ALL ON {} FROM PUBLIC").format(
            sql.SQL(", ").join(sql.Identifier("public", table) for table in recorded)
        )
    )
    cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [role])
    if cursor.fetchone()[0]:
        cursor.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(name))
        cursor.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [role])
        if cursor.fetchone()[0]:
            raise RoleError(f"The role {role} may still create tables in the schema public.")


def _record_as_owner(cursor: CursorWrapper) -> None:
    """Let the triggers that write the trail do so with the owner's rights, and nobody call them.

    The search path is fixed, or whoever runs the statement could put a table of theirs before ours.
    Without the right to execute them nobody can hang such a function on a table of their own.
    """
    inserts = rf"INSERT INTO \"?({'|'.join(recorded_tables())})\"?"
    cursor.execute(
        "SELECT format('ALTER FUNCTION %%s SECURITY DEFINER SET search_path = public, pg_temp; "
        "REVOKE EXECUTE ON FUNCTION %%s FROM PUBLIC', p.oid::regprocedure, p.oid::regprocedure) "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND p.prorettype = 'trigger'::regtype AND NOT p.prosecdef "
        "AND p.prosrc ~ %s",
        [inserts],
    )
    statements = [row[0] for row in cursor.fetchall()]
    if statements:
        cursor.execute("; ".join(statements))


def _keep_triggers_awake(cursor: CursorWrapper) -> None:
    """Let nobody but the owner put triggers to sleep with the setting `pgtrigger.ignore`."""
    cursor.execute(
        """
        CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME)
        RETURNS BOOLEAN AS $$
            DECLARE
                asked TEXT := current_setting('pgtrigger.ignore', true);
            BEGIN
                IF coalesce(asked, '') = '' THEN
                    RETURN FALSE;
                END IF;
                RETURN trigger_name = ANY(asked::TEXT[]) AND pg_has_role(
                    session_user,
                    (SELECT p.proowner FROM pg_proc p
                     WHERE p.oid = 'public._pgtrigger_should_ignore(name)'::regprocedure),
                    'MEMBER'
                );
            END;
        $$ LANGUAGE plpgsql
        """
    )


def _keep_contexts(cursor: CursorWrapper) -> None:
    """Let the context of a change (who, which page) be completed, and never be rewritten."""
    cursor.execute(
        f"""
        CREATE OR REPLACE FUNCTION public.plans_keep_context() RETURNS TRIGGER AS $$
            BEGIN
                IF public._pgtrigger_should_ignore(TG_NAME) THEN
                    RETURN NEW;
                END IF;
                NEW.id := OLD.id;
                NEW.created_at := OLD.created_at;
                NEW.metadata := NEW.metadata || jsonb_strip_nulls(OLD.metadata);
                RETURN NEW;
            END;
        $$ LANGUAGE plpgsql;
        CREATE OR REPLACE TRIGGER plans_keep_context
            BEFORE UPDATE ON public.{Context._meta.db_table}
            FOR EACH ROW EXECUTE FUNCTION public.plans_keep_context()
        """
    )


def _answer(connection: BaseDatabaseWrapper, statement: str, params: tuple[int, ...]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return bool(cursor.fetchone()[0])
