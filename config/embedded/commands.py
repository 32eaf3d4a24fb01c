"""Which management commands need the embedded servers."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from config.embedded.paths import Layout
from config.embedded.servers import running

# The rest may touch the database: better to start the servers once too often than to fail.
WITHOUT_SERVERS = frozenset(
    {
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "startapp",
        "startproject",
        "version",
    }
)


def servers_for(arguments: Sequence[str]) -> AbstractContextManager[None]:
    """The embedded servers that this command needs and nobody else provides."""
    command = next(iter(arguments), "help")
    if command in WITHOUT_SERVERS or command.startswith("-") or "--help" in arguments:
        return nullcontext()
    # `check` looks at the code alone unless it is told to look at the database too.
    if command == "check" and "--database" not in arguments:
        return nullcontext()
    return embedded_servers()


def embedded_servers(
    layout: Layout | None = None, *, durable: bool = True
) -> AbstractContextManager[None]:
    """PostgreSQL unless DATABASE_URL is given, Redis unless REDIS_URL is."""
    postgres = not os.environ.get("DATABASE_URL")
    redis = not os.environ.get("REDIS_URL")
    if not (postgres or redis):
        return nullcontext()
    # A polite end must run what follows, or the servers would be left behind.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return running(
        layout or Layout.from_environment(), postgres=postgres, redis=redis, durable=durable
    )
