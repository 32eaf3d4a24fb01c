"""docs/benchmarks.md, written anew by each run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tools.bench.site import ROOT

HEAD = """# Benchmarks

Written by `make bench` on {day}, {machine}; {busy:.1f} processes were already waiting for a core
when it began, so figures are relative: each is measured in turns with what it is compared with,
in the same run. What is measured and how it is made fast: [speed.md](speed.md).

| what | this site | against | ratio | goal | reached |
|---|---|---|---|---|---|
"""
REACHED = {"True": "yes", "False": "no"}
TAIL = """
Not measured yet: the import of 100 000 rows with validation against `COPY FROM` and
django-import-export, which waits for the import of workbooks.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    mine: str
    against: str
    ratio: str
    goal: str
    reached: str


def write(rows: list[Row], *, begun: datetime, busy: float, machine: str) -> None:
    """Write the page."""
    lines = [
        f"| {row.what} | {row.mine} | {row.against} | {row.ratio} | {row.goal} "
        f"| {REACHED.get(row.reached, row.reached)} |\n"
        for row in rows
    ]
    head = HEAD.format(day=f"{begun:%d %B %Y, %H:%M} UTC", machine=machine, busy=busy)
    (ROOT / "docs" / "benchmarks.md").write_text(head + "".join(lines) + TAIL)
