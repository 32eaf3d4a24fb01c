"""What a file must say consistently: its codes, what they refer to, its dates and its terms.

Nothing here asks the database, save for the codes that plans share (`Shared`), passed in. What a
file may not change of what is stored is in `conflicts`.
"""

from __future__ import annotations

from collections.abc import Iterator

from exchange.plan_files.checking import contents, frame
from exchange.plan_files.checking.references import (
    Checked,
    Shared,
    indicators_of,
    objectives_and_measures,
)
from exchange.plan_files.problems import Problem
from exchange.plan_files.validation import Readable

__all__ = ["Shared", "check"]


def check(readable: Readable, shared: Shared) -> list[Problem]:
    """Return everything inconsistent in a file."""
    return list(_problems(Checked(readable, shared)))


def _problems(checked: Checked) -> Iterator[Problem]:
    yield from checked.codes()
    if checked.readable.region is not None:
        yield from frame.check_region(checked, checked.readable.region)
    if checked.readable.plan is not None:
        yield from frame.check_plan(checked, checked.readable.plan)
    yield from frame.check_claims(checked)
    for note in checked.contents.notes:
        for citation in note.citations:
            yield from checked.source(citation.path, citation.source)
    for objective in checked.contents.objectives:
        yield from contents.check_objective(checked, objective)
    for _objective, measure in objectives_and_measures(checked.contents):
        yield from contents.check_measure(checked, measure)
    for indicator in indicators_of(checked.contents):
        yield from contents.check_indicator(checked, indicator)
