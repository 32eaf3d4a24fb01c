"""Prove that `make run` works as a newcomer has it: start, first page, Ctrl-C, nothing left.

Runs before the development dependencies are installed, so that nothing leans on them.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

PATIENCE = 600  # seconds: a first start installs everything
READY = "The site is ready: "


def main() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="plans-ia-") as folder:
        Path(folder).chmod(0o711)  # as root, the database's own account passes through
        run = subprocess.Popen(
            ["make", "run", f"PORT={port}"],
            env=os.environ | {"DATA_DIR": str(Path(folder, "data"))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(run.pid, signal.SIGTERM))
        signal.alarm(PATIENCE)
        status = None
        with run:
            assert run.stdout is not None
            for line in run.stdout:
                print(line, end="", flush=True)
                if line.startswith(READY):
                    address = line.removeprefix(READY).strip()
                    with urllib.request.urlopen(address, timeout=60) as page:  # noqa: S310
                        status = page.status
                    # What Ctrl-C in a terminal does: the signal goes to make and what it runs.
                    os.killpg(run.pid, signal.SIGINT)
        left = [path.name for path in Path(folder, "data", "run").glob("*")]
    print(f"First page: {status}. Sockets left behind: {left or 'none'}.")
    return 0 if status == 200 and not left else 1


if __name__ == "__main__":
    sys.exit(main())
