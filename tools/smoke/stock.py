"""PostgreSQL and Redis as Debian packages them, in a folder of their own."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.embedded.account import Account
from tools.bench.site import free_port
from tools.smoke.looking import SmokeError, need


def program(name: str) -> str:
    """Find a server's program, where Debian puts those of PostgreSQL 15 first."""
    folders = ["/usr/lib/postgresql/15/bin", os.environ.get("PATH", os.defpath), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise SmokeError(f"{name} is not here: apt-get install postgresql redis-server")
    return found


def version(name: str) -> str:
    said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True)
    numbers = re.search(r"\d+\.\d+[.\d]*", said.stdout)
    return numbers[0] if numbers else "?"


class Stock:
    """PostgreSQL and Redis as Debian packages them, in a folder, on free ports of the loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = Account.for_folder(folder / "postgres")
        self.postgres_port = free_port()
        self.redis_port = free_port()
        self.owner_password = secrets.token_urlsafe(24)
        self.log = (folder / "servers.log").open("ab")

    @contextmanager
    def running(self, redis_command: Sequence[str]) -> Iterator[None]:
        with ExitStack() as stack:
            data, queue = self.folder / "postgres", self.folder / "redis"
            for folder in (data, queue):
                self.account.own(folder)
            key = self.folder / "owner_password"
            key.write_text(self.owner_password)
            key.chmod(0o644)
            # The account and the database that the image of PostgreSQL makes.
            self._run(
                "initdb", f"--pgdata={data}", "--username=plans_owner", f"--pwfile={key}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            )  # fmt: skip
            listens = (
                f"-c listen_addresses=127.0.0.1 -c port={self.postgres_port} "
                # How fast the disk is, and what a power cut does, is not what is tried.
                f"-c unix_socket_directories={shlex.quote(str(data))} -c fsync=off"
            )
            stack.callback(self._run, "pg_ctl", "stop", f"--pgdata={data}", "--mode=fast", "--wait")
            self._run("pg_ctl", "start", f"--pgdata={data}", "--wait", f"--options={listens}")
            with self.connect("postgres") as connection:
                connection.execute("CREATE DATABASE plans")
            redis = subprocess.Popen(
                [
                    program(redis_command[0]), *redis_command[1:], "--port", str(self.redis_port),
                    "--bind", "127.0.0.1", "--dir", str(queue),
                ],
                stdout=self.log, stderr=self.log, cwd="/", start_new_session=True,
                **self.account.run_as,
            )  # fmt: skip
            stack.callback(redis.wait)
            stack.callback(redis.terminate)
            yield

    def connect(self, name: str = "plans") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.postgres_port, user="plans_owner", dbname=name,
            password=self.owner_password, autocommit=True,
        )  # fmt: skip

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [program(name), *words], stdout=self.log, stderr=self.log, check=False, cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, start_new_session=True,
            **self.account.run_as,
        )  # fmt: skip
        need(done.returncode == 0, f"{name} fails:\n{(self.folder / 'servers.log').read_text()}")
