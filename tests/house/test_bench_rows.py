"""The rows of a benchmark: what is measured is kept, whatever happens to the rest of the run."""

from __future__ import annotations

import json
from pathlib import Path

from tools.bench.report import Rows


def test_a_part_that_fails_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = Rows(path)

    def measures() -> None:
        rows.add("Pages", "2 ms", "1 ms", "2.00", "≤ 5", True)

    def fails() -> None:
        rows.add("Tables", "3 s", "1 s", "3.00", "≤ 2.5", False)
        raise TimeoutError("no answer\nafter 60 s | of silence")

    for name, part in (("Pages", measures), ("Tables", fails), ("Pages again", measures)):
        rows.run(name, part)

    assert [row.what for row in rows.held] == ["Pages", "Tables", "Tables", "Pages"]
    # It stands in a table of Markdown: on one line, in one cell.
    assert rows.held[2].mine == "not measured: TimeoutError: no answer after 60 s / of silence"
    assert rows.failures == ["Tables"]
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["what"] for row in kept] == ["Pages", "Tables", "Tables", "Pages"]
    assert [row["reached"] for row in kept] == ["True", "False", "False", "True"]
    # Another run adds to the file: it takes nothing away.
    Rows(path).add("Pages", "1 ms", "1 ms", "1.00", "≤ 5", True)
    assert len(path.read_text().splitlines()) == 5
