"""Plan files as tests write them: the documented example, a small plan, and changes of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from exchange.plan_files.loading import load_files
from exchange.plan_files.problems import PlanFileError
from exchange.plan_files.report import Report
from tests.typography import plain

DOCUMENTATION = Path(__file__).resolve().parent.parent.parent / "docs" / "plan-files.md"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

EXAMPLE, RELATED = re.findall(
    r"^```yaml\n(.*?)^```$", DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
"""The complete example of the documentation, and the programme that is related to it."""

SMALL = """\
format: 1
region: {insee_code: "44", slug: grand-est, name: Grand Est}
plan: {slug: petit, kind: regional_plan, title: Petit plan, public: true}
organisations:
  - {code: agence, name: Agence}
sectors:
  - {code: sante, name: Santé}
units:
  - {code: entreprise, name: entreprise, name_plural: entreprises}
sources:
  - {code: seed, kind: official, title: Délibération}
objectives:
  - code: o1
    kind: axis
    title: Premier axe
    measures:
      - code: pack
        title: Pack IA
        milestones:
          - code: guichet
            title: Guichet
            updates:
              - {as_of: 2024-06-01, advancement: in_progress, source: seed}
        indicators:
          - code: aidees
            title: Entreprises aidées
            kind: output
            measurement: flow
            unit: entreprise
            targets:
              - {kind: total, value: 100, due_on: 2028-12-31, wording: Cent, source: seed}
            observations:
              - {period_start: 2024-01-01, period_end: 2024-12-31, value: 23, source: seed}
"""


def edited(text: str, *replacements: tuple[str, str]) -> str:
    """Return a text with each passage replaced; each is there exactly once."""
    for old, new in replacements:
        assert text.count(old) == 1, f"{text.count(old)} times in the text: {old}"
        text = text.replace(old, new)
    return text


def load(folder: Path, *texts: str, dry_run: bool = False) -> list[Report]:
    """Load texts as the files 1.yaml, 2.yaml…"""
    paths = []
    for number, text in enumerate(texts, 1):
        path = folder / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return load_files(paths, at=NOW, dry_run=dry_run)


def refused(folder: Path, *texts: str) -> list[str]:
    """Return why loading texts is refused, no-break spaces and the folder left out."""
    try:
        load(folder, *texts)
    except PlanFileError as error:
        return [plain(line).replace(f"{folder}/", "") for line in error.lines]
    return []


def told(report: Report) -> list[str]:
    """Return the summary of a load but for its first and last lines, with plain spaces."""
    return [plain(line).strip() for line in report.lines()][1:-1]
