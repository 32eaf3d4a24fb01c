"""docs/benchmarks.md, written anew by each run."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill

from tools.bench.site import ROOT

HEAD = (
    "Written by `make bench` on {day}, {machine}; {busy:.1f} processes were already waiting for a "
    "core when it began, so figures are relative: each is measured in turns with what it is "
    "compared with, in the same run. Of {goals} goals {reached} are reached. What is measured and "
    "how it is made fast: [speed.md](speed.md)."
)
TABLE = """
| what | this site | against | ratio | goal | reached |
|---|---|---|---|---|---|
"""
REACHED = {"True": "yes", "False": "no"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    mine: str
    against: str
    ratio: str
    goal: str
    reached: str


class Rows:
    """The rows of a run, kept as they come: what fails or is cut short takes none away."""

    def __init__(self, path: Path | None = None) -> None:
        self.held: list[Row] = []
        self.failures: list[str] = []
        self._path = path

    def add(self, *words: object) -> None:
        """Keep a row: print it, and append it to the file as JSON on a line of its own."""
        row = Row(*map(str, words))
        self.held.append(row)
        print("  ".join(map(str, words)), flush=True)
        if self._path is not None:
            said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(row)}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(said, ensure_ascii=False) + "\n")

    def run(self, name: str, part: Callable[[], None]) -> None:
        """Measure a part; one that fails says so in a row, and the others go on."""
        begun = time.monotonic()
        try:
            part()
        except Exception as error:
            self.failures.append(name)
            traceback.print_exc()
            why = " ".join(f"{type(error).__name__}: {error}".split())[:120]
            self.add(name, f"not measured: {why.replace('|', '/')}", "—", "—", "—", False)
        print(f"[{name}: {time.monotonic() - begun:.0f} s]", flush=True)


def write(rows: list[Row], *, begun: datetime, busy: float, machine: str) -> None:
    """Write the page."""
    lines = [
        f"| {row.what} | {row.mine} | {row.against} | {row.ratio} | {row.goal} "
        f"| {REACHED.get(row.reached, row.reached)} |\n"
        for row in rows
    ]
    held_to = [row for row in rows if row.reached in REACHED]
    head = HEAD.format(
        day=f"{begun:%d %B %Y, %H:%M} UTC", machine=machine, busy=busy, goals=len(held_to),
        reached=sum(REACHED[row.reached] == "yes" for row in held_to),
    )  # fmt: skip
    text = f"# Benchmarks\n\n{fill(head, 100, break_on_hyphens=False)}\n{TABLE}{''.join(lines)}"
    (ROOT / "docs" / "benchmarks.md").write_text(text)
