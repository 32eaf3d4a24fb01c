"""Start the embedded servers for whoever needs them, stop them when the last one leaves.

Every process that uses the servers of a data folder holds a shared lock on one file of it. The
system drops the lock with the process, however it ends; the process that can turn its lock into
an exclusive one is the last, and stops the servers.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from config.embedded.account import Account
from config.embedded.paths import EmbeddedError, Layout
from config.embedded.postgres import Postgres
from config.embedded.redis import Redis


@contextmanager
def running(
    layout: Layout, *, postgres: bool = True, redis: bool = True, durable: bool = True
) -> Iterator[None]:
    """Hold the wanted servers of this data folder, started if nobody had."""
    layout.prepare()
    account = Account.for_folder(layout.postgres)
    database = Postgres(layout, account, durable)
    queue = Redis(layout, account, durable)
    wanted = [server for server, want in ((database, postgres), (queue, redis)) if want]

    with ExitStack() as stack:
        users = stack.enter_context(_open(layout.data / "users.lock"))
        turn = stack.enter_context(_open(layout.data / "turn.lock"))
        try:
            with _locked(turn):
                fcntl.flock(users, fcntl.LOCK_SH)
                account.own(layout.run)
                for server in wanted:
                    if not server.is_running():
                        server.start()
            yield
        finally:
            with _locked(turn):
                if _is_last(users):
                    for server in (queue, database):
                        if server.is_running():
                            server.stop()


def _open(path: Path) -> IO[str]:
    try:
        return path.open("a")
    except OSError as error:
        raise EmbeddedError(
            f"Cannot use the data folder {path.parent}: {error.strerror} ({path.name})."
        ) from error


@contextmanager
def _locked(file: IO[str]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
