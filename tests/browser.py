"""The browser of the tests: which one, and how to get it.

`python -m tests.browser` (part of `make test`) installs it where the machine lets it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = (
    "The browser tests need Chromium: install it (on Debian: apt-get install chromium; elsewhere: "
    ".venv/bin/playwright install chromium) or give its path in CHROMIUM_PATH."
)


def find_chromium() -> str | None:
    """The browser the person named, one of the system's, or one that playwright installed."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        return shutil.which(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    own = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return str(own[-1]) if own else None


def install_chromium() -> None:
    """Ask the system's packages for it: only root may, and only Debian's tool is tried."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium for the browser tests ...", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(
            words, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )


def main() -> int:
    if find_chromium() is None and not os.environ.get("CHROMIUM_PATH"):
        install_chromium()
    if find_chromium() is not None:
        return 0
    print(ADVICE, file=sys.stderr)
    # Without a browser a person may still run the rest; an automatic run may not pretend.
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
