"""A complete environment of a public installation, and its settings read in a process."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMPLETE = {
    "SECRET_KEY": "k5h2j9s8d7f6g5h4j3k2l1m0n9b8v7c6x5z4a3s2d1f0g9h8j7k6",
    "DATABASE_URL": "postgres://u:p@db.example.org:5433/plans?sslmode=require",
    "REDIS_URL": "redis://queue.example.org:6379/0",
    "ALLOWED_HOSTS": "plans.example.org,www.plans.example.org",
    "BASE_URL": "https://plans.example.org/",
}


def read(settings: dict[str, str], *expressions: str) -> tuple[int, list[str], str]:
    """Load the production settings in a process of their own; what the expressions print."""
    code = "from config.settings import production as s\n" + "\n".join(
        f"print({expression})" for expression in expressions
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr
