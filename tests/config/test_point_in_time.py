"""The drill of docs/runbook.md: back to the second before a mistake, from a base backup and WAL.

On a server of its own, with the very settings that the page gives.
"""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from config.embedded.account import Account
from config.embedded.paths import Layout
from config.embedded.postgres import Postgres, installation

RUNBOOK = (Path(__file__).resolve().parents[2] / "docs/runbook.md").read_text()


def settings_of(heading: str, archive: Path, moment: str = "") -> list[tuple[str, str]]:
    """The settings of PostgreSQL that the page gives under a heading, with this drill's folder."""
    part = RUNBOOK.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]
    lines = re.findall(r"^(\w+) = '(.*)'$", part, re.MULTILINE)
    assert lines, heading
    return [
        (name, value.replace("/srv/wal", str(archive)).replace("2026-01-31 14:05:00+01", moment))
        for name, value in lines
    ]


def rows(server: Postgres) -> list[str]:
    with connected(server) as connection:
        return [str(word) for (word,) in connection.execute("SELECT word FROM t ORDER BY word")]


def connected(server: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    name = server.layout.owner_database
    return psycopg.connect(
        host=name["HOST"], port=name["PORT"], user=name["USER"], dbname="plans", autocommit=True
    )


def test_back_to_the_second_before_a_mistake(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    layout.prepare()
    account = Account.for_folder(layout.postgres)
    account.own(layout.run)
    archive, base = data_dir / "wal", data_dir / "base"
    account.own(archive)
    account.own(base)
    server = Postgres(layout, account)
    server.start()
    try:
        with connected(server) as connection:
            for name, value in settings_of("Keep what is needed", archive):
                connection.execute(
                    psycopg.sql.SQL("ALTER SYSTEM SET {} = {}").format(
                        psycopg.sql.Identifier(name), psycopg.sql.Literal(value)
                    )
                )
        server.stop()
        server.start()
        with connected(server) as connection:
            connection.execute("CREATE TABLE t (word text)")
            connection.execute("INSERT INTO t VALUES ('before the base backup')")
        subprocess.run(
            [str(installation() / "bin/pg_basebackup"), f"--host={layout.run}",
             "--username=postgres", f"--pgdata={base}", "--checkpoint=fast", "--wal-method=none"],
            check=True, cwd="/", **account.run_as,
        )  # fmt: skip
        with connected(server) as connection:
            connection.execute("INSERT INTO t VALUES ('after it, from the WAL')")
            time.sleep(1.1)
            moment = str(connection.execute("SELECT now()").fetchone()[0])  # type: ignore[index]
            time.sleep(1.1)
            connection.execute("DELETE FROM t")
            connection.execute("INSERT INTO t VALUES ('the mistake')")
            connection.execute("SELECT pg_switch_wal()")
            wait_for_archive(connection)
        assert rows(server) == ["the mistake"]
    finally:
        server.stop()

    layout.postgres.rename(data_dir / "lost")
    base.rename(layout.postgres)
    with (layout.postgres / "postgresql.auto.conf").open("a") as file:
        for name, value in settings_of("Go back to a moment", archive, moment):
            file.write(f"{name} = '{value}'\n")
    signal = layout.postgres / "recovery.signal"
    signal.touch()
    server.start()
    try:
        wait_for_promotion(server)
        assert rows(server) == ["after it, from the WAL", "before the base backup"]
        with connected(server) as connection:
            connection.execute("INSERT INTO t VALUES ('life goes on')")
        assert not signal.exists()
    finally:
        server.stop()


def wait_for_archive(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = connection.execute(
            "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1), failed_count "
            "FROM pg_stat_archiver"
        ).fetchone()
        if found is not None and found[0]:
            return
        time.sleep(0.1)
    pytest.fail(f"nothing is archived: {found}")


def wait_for_promotion(server: Postgres) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with connected(server) as connection:
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                return
        time.sleep(0.1)
    pytest.fail(server.log.read_text())
