"""Look the locked packages up among the known vulnerabilities: `make check` runs this.

Exit 0: looked up, nothing known. 1: something is known. 2: not looked up, because no service of
vulnerabilities answers from here; `make check` says so at its end, and with AUDIT=required
(`make audit`, for a run at fixed hours) it is 1.

A service that answers is first asked about a version that is known to be vulnerable: a mirror of
packages, which knows of no vulnerability, answers that all is well of anything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = ("requirements/base.txt", "requirements/production.txt", "requirements/dev.txt")
SERVICES = ("pypi", "osv")
SECONDS = 15
# CVE-2020-14343, known to every such service since 2021.
KNOWN_BAD = "pyyaml==5.3"
CLEAN, VULNERABLE, NOT_LOOKED_UP = 0, 1, 2


def look_up(requirements: str, service: str) -> dict[str, list[str]] | None:
    """Ask a service about pinned packages: the vulnerabilities of each, or None for no answer.

    Nothing is installed. A package that the service has never heard of counts as no answer: it is
    not known to be well.
    """
    words = [
        sys.executable, "-m", "pip_audit", "--requirement", requirements, "--no-deps",
        "--disable-pip", "--vulnerability-service", service, "--progress-spinner", "off",
        "--timeout", str(SECONDS), "--format", "json",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [*words, "--cache-dir", cache],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    if not packages or any("skip_reason" in package for package in packages):
        return None
    return {
        f"{package['name']} {package['version']}": [one["id"] for one in package["vulns"]]
        for package in packages
    }


def knows(service: str) -> bool:
    """Whether a service knows of a vulnerability that every one of them knows."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, "canary.txt")
        canary.write_text(f"{KNOWN_BAD}\n")
        answer = look_up(str(canary), service)
    return answer is not None and any(answer.values())


def main() -> int:
    service = next((one for one in SERVICES if knows(one)), None)
    answers = {lock: look_up(lock, service) for lock in LOCKS} if service else {}
    if service is None or None in answers.values():
        print("NOT LOOKED UP: no service of known vulnerabilities answers from here.")
        required = os.environ.get("AUDIT") == "required"
        return VULNERABLE if required else NOT_LOOKED_UP
    known = {
        f"{package}: {', '.join(names)}"
        for answer in answers.values()
        for package, names in (answer or {}).items()
        if names
    }
    print("\n".join(sorted(known)) or f"Nothing is known against the locked packages ({service}).")
    return VULNERABLE if known else CLEAN


if __name__ == "__main__":
    sys.exit(main())
