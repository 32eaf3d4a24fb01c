"""Compile the lock files: every version with its hashes, for every Python we support.

The files hold no index and no download address: whoever installs chooses where from.
"""

import os
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path("requirements")


def main() -> int:
    upgrade = sys.argv[1:]
    common = [
        str(Path(sys.executable).with_name("uv")), "pip", "compile", "pyproject.toml", "--quiet",
        "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
        "--custom-compile-command", "make lock", *upgrade,
    ]  # fmt: skip
    base, production, dev, bench = (
        REQUIREMENTS / f"{name}.txt" for name in ("base", "production", "dev", "bench")
    )
    # Local folders of wheels are nobody else's.
    environment = {key: value for key, value in os.environ.items() if "FIND_LINKS" not in key}
    for words in (
        [*common, "--output-file", str(base)],
        [*common, "--all-extras", "--constraint", str(base), "--output-file", str(production)],
        [
            *common,
            "--all-extras",
            "--group",
            "dev",
            "--constraint",
            str(production),
            "--output-file",
            str(dev),
        ],
        [*common, "--group", "bench", "--constraint", str(dev), "--output-file", str(bench)],
    ):  # fmt: skip
        code = subprocess.run(words, check=False, env=environment).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
