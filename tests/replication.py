"""PostgreSQL twice: one that takes writes, and a streaming replica of it, both real and struck.

The replica is made and run by what its container runs (docker/replica.sh), under the rules of
docker/pg_hba.conf.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.embedded.account import Account
from config.embedded.postgres import installation, shared_libraries
from tests.processes import ROOT
from tests.waiting import until
from tools.bench.site import free_port

OWNER, APPLICATION = "plans_owner", "plans_app"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "jit": "off",
    # How fast the disk is, is not what is tried.
    "fsync": "off",
    # Which server was asked what is read in its log.
    "log_statement": "all",
    "log_min_duration_statement": "-1",
}


class Server:
    """One PostgreSQL: its data, its port, its log."""

    def __init__(self, folder: Path, account: Account, passwords: Path, port: int) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder.with_suffix(".log")
        self.account = account
        self.passwords = passwords
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        return (self.passwords / "owner_password").read_text()

    def initialise(self) -> None:
        """Make an empty database for the site, as the image of PostgreSQL does."""
        self.account.own(self.folder)
        self._run(
            "initdb", f"--pgdata={self.data}", f"--username={OWNER}", "--auth=scram-sha-256",
            f"--pwfile={self.passwords / 'owner_password'}", "--encoding=UTF8", "--locale=C",
            "--no-sync",
        )  # fmt: skip
        self.start()
        with self.connect("postgres") as connection:
            connection.execute("CREATE DATABASE plans")

    def start(self) -> None:
        """Run it as what it is."""
        self._spawn("postgres", "-D", str(self.data), *self._options())

    def follow(self, writer: Server) -> None:
        """Run it as a replica of another, copied where there is no data yet."""
        self.account.own(self.folder)
        self._spawn(str(self.passwords / "replica.sh"), *self._options(), writer=writer)

    def make_account(self, writer: Server) -> None:
        """Make the account that replicas have on a writer."""
        self._run(str(self.passwords / "replica.sh"), "account", writer=writer)

    def connect(self, name: str = "plans") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=OWNER, password=self.password, dbname=name,
            autocommit=True, connect_timeout=2,
        )  # fmt: skip

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values or None).fetchall()

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to each of its processes."""
        assert self.process is not None
        postmaster = psutil.Process(self.process.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def kill(self) -> None:
        """End all of its processes at once, as a power cut does."""
        assert self.process is not None
        postmaster = psutil.Process(self.process.pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        psutil.wait_procs(processes, timeout=10)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.kill()

    def promote(self) -> None:
        """Make a replica the server that takes writes."""
        self._run("pg_ctl", "promote", "--wait", f"--pgdata={self.data}")

    def forget(self) -> None:
        """Delete its data: what it runs next begins anew."""
        shutil.rmtree(self.folder)

    def statements(self, begins: int, word: str) -> int:
        """Count the statements of the log that hold a word, from a place in it."""
        with self.log.open("rb") as log:
            log.seek(begins)
            text = log.read().decode(errors="replace")
        return sum(
            word in line for line in text.splitlines() if "statement:" in line or "execute" in line
        )

    def log_size(self) -> int:
        return self.log.stat().st_size

    def _options(self) -> list[str]:
        options = OPTIONS | {
            "port": str(self.port),
            "hba_file": str(self.passwords / "pg_hba.conf"),
        }
        return [word for name, value in options.items() for word in ("-c", f"{name}={value}")]

    def _environment(self, writer: Server | None) -> dict[str, str]:
        of_writer = {"WRITER_HOST": "127.0.0.1", "WRITER_PORT": str(writer.port)} if writer else {}
        return {
            "PATH": f"{installation() / 'bin'}{os.pathsep}{os.defpath}",
            "LC_ALL": "C", "TZ": "UTC", "PGDATA": str(self.data), "TMPDIR": str(self.folder),
            "SECRETS_FOLDER": str(self.passwords), **of_writer,
        }  # fmt: skip

    def _spawn(self, *words: str, writer: Server | None = None) -> None:
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words, env=self._environment(writer), cwd="/", stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, **self.account.run_as,
            )  # fmt: skip

        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            return self.answers()

        until(ready, f"{self.folder.name} starts", 60)

    def _run(self, *words: str, writer: Server | None = None) -> None:
        done = subprocess.run(
            words, env=self._environment(writer), cwd="/", stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **self.account.run_as,
        )  # fmt: skip
        assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"


class Pair:
    """The two, by what they are at the moment."""

    def __init__(self, folder: Path) -> None:
        account = Account.for_folder(folder / "none")
        for programs in (installation(), *shared_libraries()):
            account.open_tree(programs)
        # What the containers are given, where the account of the servers may read it.
        given = folder / "given"
        given.mkdir()
        for name in ("owner_password", "replication_password"):
            (given / name).write_text(secrets.token_urlsafe(24))
        for name in ("replica.sh", "pg_hba.conf"):
            shutil.copy(ROOT / "docker" / name, given)
        self.application_password = secrets.token_urlsafe(24)
        # The first of the addresses is the one that the former writer will have.
        one, other = sorted((free_port(), free_port()))
        self.writer = Server(folder / "first", account, given, one)
        self.replica = Server(folder / "second", account, given, other)

    def start(self) -> None:
        self.writer.initialise()
        self.writer.make_account(self.writer)
        self.replica.follow(self.writer)

    def stop(self) -> None:
        for server in (self.writer, self.replica):
            server.stop()

    def swap(self) -> None:
        """Note that the replica was promoted."""
        self.writer, self.replica = self.replica, self.writer

    @property
    def settings(self) -> dict[str, str]:
        """What tells the site of them: both addresses, in one order, whoever takes writes."""
        hosts = ",".join(
            f"127.0.0.1:{port}" for port in sorted((self.writer.port, self.replica.port))
        )
        return {
            "DATABASE_URL": f"postgres://{APPLICATION}@{hosts}/plans",
            "DATABASE_PASSWORD": self.application_password,
            "DATABASE_REPLICA_URL": f"postgres://{APPLICATION}@{hosts}/plans",
        }

    @property
    def owner_settings(self) -> dict[str, str]:
        return {
            **self.settings,
            "MIGRATION_DATABASE_URL": self.settings["DATABASE_URL"].replace(APPLICATION, OWNER),
            "MIGRATION_DATABASE_PASSWORD": self.writer.password,
        }

    def lag(self) -> int:
        """Return the bytes that the replica has not replayed."""
        [(written,)] = self.writer.ask("SELECT pg_current_wal_lsn()")
        [(behind,)] = self.replica.ask(
            "SELECT pg_wal_lsn_diff(%s, pg_last_wal_replay_lsn())", written
        )
        return max(0, int(behind))

    def caught_up(self) -> None:
        until(lambda: self.lag() == 0, "the replica catches up")


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Start the two; stop them at the end."""
    made = Pair(folder)
    with ExitStack() as stack:
        stack.callback(made.stop)
        made.start()
        yield made
