"""The account that the embedded servers run under when root starts them.

PostgreSQL refuses to run as root. It gets an account of its own, which must be able to reach
the data and the programs; nothing else is opened to it.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from config.embedded.paths import EmbeddedError

ACCOUNT_NAME = "pgserver"


class RunAs(TypedDict, total=False):
    """The arguments of subprocess that change the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    # Root hands over to this account; anybody else runs the servers as themselves.
    switch: bool

    @classmethod
    def current(cls) -> "Account":
        return cls(os.geteuid(), os.getegid(), switch=False)

    @classmethod
    def for_folder(cls, folder: Path) -> "Account":
        """Who may run a server on this folder: its owner when root asks, else whoever asks."""
        if os.geteuid() != 0:
            return cls.current()
        if folder.exists():
            owner = folder.stat()
            if owner.st_uid != 0:
                return cls(owner.st_uid, owner.st_gid, switch=True)
        entry = _ensure_entry()
        return cls(entry.pw_uid, entry.pw_gid, switch=True)

    @property
    def run_as(self) -> RunAs:
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make a private folder of this account; refuse one that belongs to somebody else."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {self.uid, os.geteuid()}:
            raise EmbeddedError(f"The folder {folder} belongs to another account.")
        if self.switch:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def open_way(self, folder: Path) -> None:
        """Let this account pass through the folders above, without letting it list them."""
        if not self.switch or self._reaches(folder):
            return
        closed = [
            above for above in reversed(folder.parents) if not above.stat().st_mode & stat.S_IXOTH
        ]
        for above in closed:
            above.chmod(above.stat().st_mode | stat.S_IXOTH)
        if closed:
            print(  # noqa: T201
                f"Note: other accounts may now pass through {', '.join(map(str, closed))} "
                "(not list them): the embedded servers do not run as root.",
                file=sys.stderr,
            )

    def open_tree(self, folder: Path) -> None:
        """Let this account read an installed package (umask 077 would hide it)."""
        if not self.switch:
            return
        self.open_way(folder)
        if self._reaches(folder):
            return
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                execute = stat.S_IXOTH if mode & stat.S_IXUSR else 0
                path.chmod(mode | stat.S_IROTH | execute)

    def _reaches(self, folder: Path) -> bool:
        found = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(folder)],
            check=False,
            cwd="/",
            **self.run_as,
        )
        return found.returncode == 0


def _ensure_entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        pass
    useradd = shutil.which("useradd")
    if useradd is None:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and there is no useradd here to make the account "
            f"{ACCOUNT_NAME}: make it, run as another user, or give DATABASE_URL and REDIS_URL."
        )
    done = subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        # Whatever useradd said: another start may have been a moment faster.
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        raise EmbeddedError(
            f"The account {ACCOUNT_NAME} could not be made: {' '.join(done.stderr.split())}"
        ) from None
