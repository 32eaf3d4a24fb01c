"""What bandit finds, without what a line says is meant: `make check` runs this.

ruff has most of bandit's rules under the same numbers (S608 is B608), so one mark on a line serves
both: `# noqa: S608 - why`. What the whole project does on purpose is left out here, with its
reason, as it is in ruff's settings.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

FOLDERS = (
    "config", "agent", "dashboards", "exchange", "indicators", "measures", "objectives", "plans",
    "accounts", "tools", "docker", "manage.py",
)  # fmt: skip
MEANT = {
    "B101": "assert states an invariant",
    "B105": "it takes every entry named like a password for one; ruff's S105 reads the rest",
    "B404": "importing subprocess is no fault",
    "B405": "what is parsed is what our own renderer wrote, said where it is parsed (S314)",
    "B406": "escape and quoteattr write XML; nothing here is parsed with xml.sax",
    "B603": "a subprocess is given a list of words, never a shell line",
    "B607": "the tools of a developer are found on their path",
}
# Two rules of bandit are one of ruff.
SAME = {"B703": "S308"}


def main() -> int:
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive", *FOLDERS,
         "--exclude", "*/migrations/*", "--skip", ",".join(MEANT)],
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print(f"bandit did not run: {done.stderr.strip()}")
        return 1
    wrong = [one for one in report["results"] if not is_meant(one)]
    for error in report["errors"]:
        print(f"{error['filename']}: not read: {error['reason']}")
    for one in wrong:
        print(f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}")
    print(f"{report['metrics']['_totals']['loc']} lines read, {len(wrong)} findings.")
    return 1 if wrong or report["errors"] else 0


def is_meant(finding: dict[str, object]) -> bool:
    """Whether a line of the statement says that this very rule is broken on purpose."""
    lines = Path(str(finding["filename"])).read_text().splitlines()
    rows = finding["line_range"]
    assert isinstance(rows, list)
    rule = str(finding["test_id"])
    mark = re.compile(rf"# noqa: .*\b{SAME.get(rule, rule.replace('B', 'S', 1))}\b")
    # A statement may end, and be marked, a line after the part of it that bandit names.
    return any(
        mark.search(lines[row - 1]) for row in range(rows[0], min(rows[-1] + 2, len(lines) + 1))
    )


if __name__ == "__main__":
    sys.exit(main())
