"""Whether a process noted in a pid file is still the one that wrote it."""

from pathlib import Path

import psutil


def running_pid(pid_file: Path, name: str) -> int | None:
    """The process id in the first line of the file, if that process runs and has this name.

    The number of a dead process may belong to another program by now. One that has ended and
    that nobody has collected yet (a zombie, common in containers) does not run any more.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.name() == name and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if alive else None
