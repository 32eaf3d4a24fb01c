"""The embedded servers: shared, durable, stopped by the last who leaves, clear when they fail."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from config.embedded.commands import servers_for
from config.embedded.paths import SOCKET_PATH_LIMIT, EmbeddedError, Layout
from config.embedded.servers import running

HOLDER = """
import sys
from config.embedded.paths import Layout
from config.embedded.servers import running
with running(Layout.of(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


def query(layout: Layout, sql: str) -> object:
    database = layout.owner_database
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        dbname=database["NAME"],
        autocommit=True,
    ) as connection:
        found = connection.execute(sql)
        return found.fetchone() if found.description else None


def queue(layout: Layout) -> "Redis":
    return Redis(unix_socket_path=str(layout.redis_socket), decode_responses=True)


def sockets(layout: Layout) -> list[str]:
    return sorted(path.name for path in layout.run.iterdir() if path.is_socket())


def test_both_servers_keep_their_data(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout), queue(layout) as client:
        query(layout, "CREATE TABLE kept AS SELECT 'é' AS letter")
        client.set("kept", "à")
    assert sockets(layout) == []
    with running(layout), queue(layout) as client:
        assert query(layout, "SELECT letter, upper(letter) FROM kept") == ("é", "É")
        assert client.get("kept") == "à"


def test_the_last_to_leave_stops_them(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout, durable=False):
        first = query(layout, "SELECT pg_postmaster_start_time()")
        with running(layout, durable=False):
            assert query(layout, "SELECT pg_postmaster_start_time()") == first
        assert query(layout, "SELECT pg_postmaster_start_time()") == first
    assert sockets(layout) == []


def test_what_a_killed_process_left_is_taken_over_and_stopped(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        holder.kill()
    assert sockets(layout) == [".s.PGSQL.5432", "redis.sock"]
    with running(layout):
        assert query(layout, "SELECT 1") == (1,)
    assert sockets(layout) == []


def test_a_killed_database_starts_again(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout, redis=False):
        query(layout, "CREATE TABLE kept AS SELECT 1 AS one")
        pid_file = layout.postgres / "postmaster.pid"
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGKILL)
    # Another program got its number since: PostgreSQL alone would wait for that program.
    pid_file.write_text(
        pid_file.read_text().replace(pid_file.read_text().split("\n")[0], f"{os.getpid()}")
    )
    with running(layout, redis=False):
        assert query(layout, "SELECT one FROM kept") == (1,)


def test_a_long_path_puts_the_sockets_elsewhere(data_dir: Path) -> None:
    layout = Layout.of(data_dir / ("long" * 30) / "data")
    assert layout.data not in layout.run.parents
    assert len(os.fsencode(layout.postgres_socket)) <= SOCKET_PATH_LIMIT
    data_dir.mkdir(mode=0o711)
    with running(layout, durable=False), queue(layout) as client:
        assert query(layout, "SELECT 1") == (1,)
        assert client.ping() is True
    layout.run.rmdir()


def test_a_path_with_blanks_and_accents_works(data_dir: Path) -> None:
    layout = Layout.of(data_dir / "Données, d’essai")
    data_dir.mkdir(mode=0o711)
    with running(layout, durable=False), queue(layout) as client:
        assert query(layout, "SELECT 1") == (1,)
        assert client.ping() is True
    layout.run.rmdir()


def test_the_sockets_are_for_nobody_else(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout, durable=False):
        assert oct(layout.run.stat().st_mode)[-3:] == "700"
        assert query(layout, "SHOW listen_addresses") == ("",)
        with queue(layout) as client:
            assert client.config_get("port") == {"port": "0"}


def test_a_file_is_no_data_folder(data_dir: Path) -> None:
    data_dir.write_text("")
    with pytest.raises(EmbeddedError, match=r"is not a folder\.$"), running(Layout.of(data_dir)):
        pass


def test_a_folder_with_something_else_is_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "thesis.odt").write_text("mine")
    with pytest.raises(EmbeddedError, match=r"thesis\.odt"), running(Layout.of(data_dir)):
        pass
    assert [path.name for path in data_dir.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"PG_VERSION": "16\n"}, "was written by PostgreSQL 16 and this is 18"),
        ({"base": "?"}, "holds no readable PostgreSQL data"),
    ],
)
def test_a_database_that_cannot_be_read_is_left_alone(
    data_dir: Path, files: dict[str, str], complaint: str
) -> None:
    layout = Layout.of(data_dir)
    layout.prepare()
    layout.postgres.mkdir()
    for name, text in files.items():
        (layout.postgres / name).write_text(text)
    with pytest.raises(EmbeddedError, match=complaint), running(layout):
        pass
    assert {path.name: path.read_text() for path in layout.postgres.iterdir()} == files


def test_a_damaged_database_is_one_line(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout, redis=False):
        pass
    (layout.postgres / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedError) as caught, running(layout, redis=False):
        pass
    assert str(caught.value).startswith("PostgreSQL did not start: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_damaged_queue_is_one_line(data_dir: Path) -> None:
    layout = Layout.of(data_dir)
    with running(layout, postgres=False), queue(layout) as client:
        client.set("a", "b")
    (layout.redis / "appendonly.aof").write_bytes(b"not a journal of Redis")
    with pytest.raises(EmbeddedError) as caught, running(layout, postgres=False):
        pass
    assert str(caught.value).startswith("Redis did not start: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_one_line() -> None:
    with pytest.raises(EmbeddedError) as caught:
        Layout.of("/proc/no-such-place").prepare()
    assert str(caught.value).startswith("Cannot use the data folder /proc/no-such-place: ")


@pytest.mark.parametrize(
    "words", [["help"], ["--version"], [], ["check"], ["makemessages"], ["migrate", "--help"]]
)
def test_commands_that_need_no_server_start_none(words: list[str]) -> None:
    assert isinstance(servers_for(words), nullcontext)


@pytest.mark.parametrize("words", [["migrate"], ["shell"], ["check", "--database", "default"]])
def test_servers_of_your_own_are_used_instead(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert not isinstance(servers_for(words), nullcontext)
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere")
    assert isinstance(servers_for(words), nullcontext)


def test_the_application_has_an_account_that_owns_nothing(data_dir: Path) -> None:
    """Also in a data folder of a release that had one account only."""
    layout = Layout.of(data_dir)
    with running(layout, redis=False):
        assert query(layout, "DROP ROLE plans_app") is None
    with running(layout, redis=False):
        assert query(
            layout,
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, "
            "has_schema_privilege('plans_app', 'public', 'CREATE') "
            "FROM pg_roles WHERE rolname = 'plans_app'",
        ) == (False, False, False, True, False)
        assert layout.database["USER"] == "plans_app"
