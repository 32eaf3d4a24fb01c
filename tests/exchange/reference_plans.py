"""The plans shipped in reference/, loaded as a person loads them, and how tests read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from indicators.evaluation import Evaluation, evaluate_indicators
from indicators.models import Indicator, Observation
from measures.models import Milestone, MilestoneUpdate
from plans.models import Note, Plan
from tests.typography import plain

FOLDER = Path(__file__).resolve().parent.parent.parent / "reference"

GRAND_EST = "grand-est-2019"
AUVERGNE_RHONE_ALPES = "auvergne-rhone-alpes-2022"
ENACT = "enact-2024"
MIAI = "miai-2019"
DEMONSTRATION = "demo/demonstration"

REAL_PLANS = (GRAND_EST, AUVERGNE_RHONE_ALPES, ENACT, MIAI)


def load(*names: str) -> None:
    """Load plan files, by their path in the folder, without the extension."""
    call_command("load_plan", *(str(FOLDER / f"{name}.yaml") for name in names), stdout=StringIO())


def plan(name: str) -> Plan:
    """Return a loaded plan."""
    return Plan.objects.get(slug=name.rpartition("/")[2])


def as_typed(text: str) -> str:
    """Return a text with plain spaces and straight apostrophes."""
    return plain(text).replace("’", "'")


def said(text: str, *phrases: str) -> tuple[str, ...]:
    """Return those of the phrases that a text holds."""
    return tuple(phrase for phrase in phrases if phrase in as_typed(text))


def note(name: str, code: str) -> Note:
    """Return a note of a plan."""
    return Note.objects.get(plan__slug=name, code=code)


def sources_of(shown: Note) -> list[str]:
    """Return the codes of the sources that a note cites, in order."""
    return [citation.source.code for citation in shown.citations.select_related("source")]


def observed(name: str) -> set[tuple[str, date, date, Decimal, str, str]]:
    """Return every published value of a plan without ratios.

    Indicator, first day, last day, value, how exactly it is stated, source.
    """
    return {
        (row.indicator.code, row.period_start, row.period_end, row.value, row.qualifier, source)
        for row in Observation.objects.filter(indicator__plan__slug=name)
        .current()
        .select_related("indicator", "source")
        if row.value is not None and (source := row.source.code if row.source else "")
    }


def milestones(name: str, on: date) -> dict[str, str | None]:
    """Return what is known on a day of each milestone of a plan; None where nobody said."""
    latest = {
        update.milestone_id: update.advancement
        for update in MilestoneUpdate.objects.latest_of_each(on)
    }
    return {
        milestone.code: latest.get(milestone.pk)
        for milestone in Milestone.objects.filter(measure__plan__slug=name)
    }


def evaluations(name: str, on: date) -> dict[str, Evaluation]:
    """Return the evaluation of each indicator of a plan, where none has two targets."""
    indicators = list(
        Indicator.objects.filter(plan=plan(name)).select_related("plan", "unit", "measure")
    )
    evaluated = evaluate_indicators(indicators, on=on)
    found = {}
    for indicator in indicators:
        [found[indicator.code]] = evaluated[indicator.pk]
    return found


def statuses(name: str, on: date) -> dict[str, str]:
    """Return the status of each indicator of a plan on a day."""
    return {code: str(one.result.status) for code, one in evaluations(name, on).items()}
